"""Cost formulas against integers worked by hand, and the table in which they are shown."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsconv_lib import ConvSpec
from dsconv_lib.cost import Cost, LayerCost, conv_cost, separable_cost, separable_ratio

ASYMMETRIC = ConvSpec((3, 2), (2, 1), ((1, 0), (0, 2)), (1, 3))


def counts(cost):
    return cost.parameters, cost.macs, cost.bytes, cost.saved_bytes


# --- one convolution ---


def test_a_small_convolution_by_hand():
    # Rows: 7 + 1 + 0, spans 3, step 2 -> 3. Columns: 9 + 0 + 2, spans 4 -> 8. Six taps.
    row = conv_cost(ASYMMETRIC, (7, 9), 4, 6, groups=2, batch=5)
    assert row.output_shape == (5, 6, 3, 8)
    assert row.parameters == 6 * (4 // 2) * 6 + 6 == 78
    assert row.macs == 5 * 6 * 2 * 6 * 3 * 8 == 8640
    assert row.bytes == 4 * (5 * 4 * 7 * 9 + 78 + 5 * 6 * 3 * 8) == 4 * (1260 + 78 + 720)
    assert row.saved_bytes == 4 * 1260
    assert (row.name, row.kind, row.runs) == ("conv", "Conv2d", 1)


def test_what_is_left_out_of_a_convolution_costs_nothing():
    row = conv_cost(ASYMMETRIC, (7, 9), 4, 6, bias=False, value_bytes=2, name="stem")
    assert counts(row) == (144, 3456, 2 * (252 + 144 + 144), 2 * 252)
    assert row.name == "stem"


@pytest.mark.parametrize(
    ("spec", "size", "kind", "shape", "macs"),
    [
        (ConvSpec(3), 9, "Conv1d", (1, 5, 7), 5 * 2 * 3 * 7),
        (ConvSpec(3, dilation=2), (9,), "Conv1d", (1, 5, 5), 5 * 2 * 3 * 5),
        (ConvSpec(2), (5, 7), "Conv2d", (1, 5, 4, 6), 5 * 2 * 4 * 24),
        (ConvSpec((1, 2, 3)), (3, 4, 5), "Conv3d", (1, 5, 3, 3, 3), 5 * 2 * 6 * 27),
    ],
)
def test_one_to_three_axes(spec, size, kind, shape, macs):
    row = conv_cost(spec, size, 2, 5)
    assert (row.kind, row.output_shape, row.macs) == (kind, shape, macs)


def test_the_numbers_of_chapter_3():
    row = conv_cost(ConvSpec(3, padding=1), (56, 56), 64, 128)
    assert (row.parameters, row.macs) == (73_856, 231_211_008)
    assert conv_cost(ConvSpec(1), (56, 56), 64, 128).parameters == 8_320


def test_the_intensities_of_chapter_14():
    spec, rest = ConvSpec(3, padding=1), ((56, 56), 128, 128)
    depthwise = conv_cost(spec, *rest, groups=128, bias=False)
    pointwise = conv_cost(ConvSpec(1), *rest, bias=False)
    standard = conv_cost(spec, *rest, bias=False)
    shown = [round(row.intensity, 2) for row in (depthwise, pointwise, standard)]
    assert shown == [2.25, 31.36, 243.31]
    assert depthwise.macs_per_byte == depthwise.macs / depthwise.bytes
    assert depthwise.intensity == 2 * depthwise.macs / depthwise.bytes


BAD = [
    (lambda: conv_cost(ConvSpec(3), 9, 0, 4), ValueError, "in_channels=0 must be at least 1"),
    (lambda: conv_cost(ConvSpec(3), 9, 4, -2), ValueError, "out_channels=-2 must be at least 1"),
    (lambda: conv_cost(ConvSpec(3), 9, 4, 2.0), TypeError, "out_channels must be an integer"),
    (lambda: conv_cost(ConvSpec(3), 9, 4, 4, groups=0), ValueError, "groups=0 must be at least 1"),
    (lambda: conv_cost(ConvSpec(3), 9, 4, 4, batch=0), ValueError, "batch=0 must be at least 1"),
    (lambda: conv_cost(ConvSpec(3), 9, 4, 4, value_bytes=0), ValueError, "value_bytes=0 must be"),
    (
        lambda: conv_cost(ConvSpec(3), 9, 4, 6, groups=3),
        ValueError,
        "groups=3 must divide in_channels=4 and out_channels=6: use a common divisor, such as",
    ),
    (lambda: conv_cost(ConvSpec(3), 9, 6, 4, groups=3), ValueError, "groups=3 must divide"),
    (lambda: conv_cost(ConvSpec(3), 2, 4, 4), ValueError, "spans 3 positions, but size=2"),
    (lambda: conv_cost(ConvSpec((3, 3)), (9,), 4, 4), ValueError, "agree on the number of axes"),
    (lambda: separable_cost(ConvSpec(3), 9, 0, 4), ValueError, "in_channels=0 must be at least 1"),
    (
        lambda: separable_cost(ConvSpec(3), 9, 4, 4, channel_multiplier=0),
        ValueError,
        "channel_multiplier=0 must be at least 1",
    ),
    (lambda: separable_ratio(0, 4), ValueError, "kernel_size=0 must be at least 1"),
    (lambda: separable_ratio((3, 0), 4), ValueError, "kernel_size=0 must be at least 1"),
    (lambda: separable_ratio(3, 0), ValueError, "out_channels=0 must be at least 1"),
    (lambda: separable_ratio(3, 4.5), TypeError, "out_channels must be an integer"),
    (
        lambda: separable_ratio(3, 4, channel_multiplier=0),
        ValueError,
        "channel_multiplier=0 must be at least 1",
    ),
    (lambda: Cost((LayerCost("a", "b", None),)).within("c"), ValueError, r"name='c' is no.*'a'"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_say_what_to_use(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- separable convolution ---


def test_the_separable_layer_of_chapter_13():
    cost = separable_cost(ConvSpec(3, padding=1), (224, 224), 3, 16)
    standard = conv_cost(ConvSpec(3, padding=1), (224, 224), 3, 16)
    assert (cost.parameters, standard.parameters) == (94, 448)
    assert (cost.macs, standard.macs) == (3_763_200, 21_676_032)
    assert [layer.name for layer in cost.layers] == ["conv_dw", "conv_pw"]


def test_a_separable_layer_by_hand():
    # Two kernels for each of 3 channels, then 5 outputs; 3 × 8 positions as above.
    cost = separable_cost(
        ASYMMETRIC, (7, 9), 3, 5, channel_multiplier=2, bias=False, batch=2, value_bytes=8
    )
    depthwise, pointwise = cost.layers
    assert depthwise.output_shape == (2, 6, 3, 8)
    assert pointwise.output_shape == (2, 5, 3, 8)
    assert counts(depthwise) == (
        36,
        2 * 36 * 24,
        8 * (2 * 3 * 63 + 36 + 2 * 6 * 24),
        8 * 2 * 3 * 63,
    )
    assert counts(pointwise) == (
        30,
        2 * 30 * 24,
        8 * (2 * 6 * 24 + 30 + 2 * 5 * 24),
        8 * 2 * 6 * 24,
    )
    with_bias = separable_cost(ASYMMETRIC, (7, 9), 3, 5, channel_multiplier=2)
    assert with_bias.parameters == 36 + 6 + 30 + 5


@given(
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    channels=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    multiplier=st.integers(1, 4),
    size=st.tuples(st.integers(5, 12), st.integers(5, 12)),
)
def test_the_ratio_is_that_of_the_counts(kernel, channels, multiplier, size):
    separable = separable_cost(
        ConvSpec(kernel), size, *channels, channel_multiplier=multiplier, bias=False
    )
    standard = conv_cost(ConvSpec(kernel), size, *channels, bias=False)
    ratio = separable_ratio(kernel, channels[1], channel_multiplier=multiplier)
    assert ratio == pytest.approx(separable.macs / standard.macs)
    assert ratio == pytest.approx(separable.parameters / standard.parameters)


def test_a_plain_kernel_size_is_square():
    assert separable_ratio(3, 256) == pytest.approx(1 / 256 + 1 / 9)
    assert separable_ratio(5, 8, channel_multiplier=3) == pytest.approx(3 / 8 + 3 / 25)
    assert 1 / separable_ratio(3, 10**9) == pytest.approx(9)


# --- the table ---

ROWS = (
    LayerCost("", "Net", (2, 10), macs=0, bytes=80),
    LayerCost("block.a", "Conv2d", (2, 4, 5, 6), 1_112, 12_345, 4_938, 600, runs=2),
    LayerCost("block.<b>", "Linear", None, 30, runs=0),
)
COST = Cost(ROWS, ("fft", "svd"), ("sort",))

TEXT = """\
layer      kind    output   runs  parameters    MACs  bytes  saved  FLOP/byte
(top)      Net     2×10        1           0       0     80      0       0.00
block.a    Conv2d  2×4×5×6     2       1,112  12,345  4,938    600       5.00
block.<b>  Linear  –           0          30       0      0      0       0.00
total                                  1,142  12,345  5,018    600       4.92
unknown MACs: fft, svd
unknown saved bytes: sort"""


def test_sums():
    assert counts(COST) == (1_142, 12_345, 5_018, 600)
    assert COST.macs_per_byte == 12_345 / 5_018
    assert COST.intensity == 2 * 12_345 / 5_018
    assert Cost(()).macs_per_byte == Cost(()).intensity == ROWS[2].macs_per_byte == 0


def test_printed_table():
    assert str(COST) == TEXT
    assert str(Cost(ROWS[1:2], (), ("sort",))).splitlines()[3:] == ["unknown saved bytes: sort"]


def test_an_empty_table_has_a_total():
    assert str(Cost(())).splitlines()[1].split() == ["total", "0", "0", "0", "0", "0.00"]


def test_repr_is_short():
    assert repr(Cost(ROWS)) == (
        "Cost(layers=3, parameters=1142, macs=12345, bytes=5018, saved_bytes=600)"
    )
    assert repr(COST).endswith("saved_bytes=600, unknown=('fft', 'svd'), unknown_saved=('sort',))")


class Cells(HTMLParser):
    """Rows of cells, each with its tag and style; every tag must be closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.open, self.notes = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append([tag, dict(attrs)["style"], ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("th", "td"):
            self.rows[-1][-1][2] += data
        else:
            self.notes.append(data)


def test_html_table_holds_the_same_and_is_escaped():
    html = COST._repr_html_()
    cells = Cells(html)
    lines = TEXT.splitlines()
    assert [[c[2] for c in row if c[2]] for row in cells.rows] == [
        re.split(r"\s+", line) for line in lines[:5]
    ]
    assert cells.notes == lines[5:]
    assert {c[0] for row in (cells.rows[0], cells.rows[-1]) for c in row} == {"th"}
    assert {c[0] for row in cells.rows[1:-1] for c in row} == {"td"}
    for row in cells.rows:
        sides = ["text-align: left"] * 3 + ["text-align: right"] * 6
        assert [c[1] for c in row] == sides
    assert "<b>" not in html
    assert html.startswith('<div style="overflow-x: auto"><table><thead><tr>')
    assert html.count("<tbody>") == html.count("<tfoot>") == 1


def test_html_brings_no_colours_and_no_styles_from_elsewhere():
    assert not re.search("color|background|class=|<style|<link|href|src=", COST._repr_html_())


def test_part_of_a_network():
    part = COST.within("block")
    assert part.layers == ROWS[1:]
    assert (part.unknown, part.unknown_saved) == (COST.unknown, COST.unknown_saved)
    assert COST.within("").layers == ROWS
    assert COST.within("block.a").layers == ROWS[1:2]
    with pytest.raises(
        ValueError, match=r"use a name from the table, as '', 'block\.a', 'block\.<b>'"
    ):
        COST.within("bloc")
    many = Cost(tuple(LayerCost(name, "Conv2d", None) for name in "abcdef"))
    with pytest.raises(ValueError, match=r"as 'a', 'b', 'c', 'd', 'e'$"):
        many.within("g")


def test_values_are_frozen():
    for value in (COST, ROWS[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.unknown = ()
    assert dataclasses.replace(COST) == COST
    assert hash(ROWS[0]) == hash(dataclasses.replace(ROWS[0]))
