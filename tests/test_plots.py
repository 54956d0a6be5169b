"""The figures show what they claim, in one visual language, and nothing is cut off."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from dsconv_lib import ConvSpec, output_size, plots
from dsconv_lib.arithmetic import read_counts
from dsconv_lib.plots.style import WIDEST, blend, contrast

ROOT = Path(__file__).parents[1]
PRIMITIVES = {"bracket", "canvas", "cell", "figure", "grid", "heading", "link", "note", "strip"}
PRIMITIVES |= {"ramp", "svg", "tint"}
rng = np.random.default_rng(0)

# One call of every figure of the book; a figure without an entry here fails a test below.
FIGURES = {
    "positions": lambda: plots.positions(9, 3, stride=2, padding=1, dilation=2),
    "centring": lambda: plots.centring([3, 2, 5, 4]),
    "shared_sizes": lambda: plots.shared_sizes(range(5, 13), 3, stride=2),
    "matrix_and_transpose": lambda: plots.matrix_and_transpose(np.array([[1, 2, 3, 0, 0]] * 2)),
    "stamps": lambda: plots.stamps([2, -1, 3], [1, 2, 3], stride=2, padding=1, extra=1),
    "overlap": lambda: plots.overlap([3, 4], [[1, 1, 2, 1, 1], [1, 1, 2, 2, 1, 1]]),
    "overlap_2d": lambda: plots.overlap_2d(np.outer([1, 1, 2, 1, 1], [1, 1, 2, 1, 2, 1, 1])),
    "dependency_tree": lambda: plots.dependency_tree(
        [ConvSpec(3, padding=1), ConvSpec(3, 2, dilation=2)], 9, outputs=(0, 2)
    ),
    "field_growth": lambda: plots.field_growth(
        ["conv1", "conv2", "pool2", "conv3", "pool3", "conv4"],
        [3, 5, 6, 10, 12, 20],
        [1, 1, 1, 2, 2, 4],
    ),
    "fields_on_image": lambda: plots.fields_on_image(
        {"VGG-16": (212, 6, 3), "b": (300, -40, 3), "c": (9, 0, 0), "d": (30, 100, 2)}, 224
    ),
    "fields_on_photo": lambda: plots.fields_on_photo(
        rng.random((100, 150)), {"b": 40, "a": 14}, centre=(50, 70)
    ),
    "pictures": lambda: plots.pictures({"a": rng.random((30, 40)), "b": rng.random((20, 25))}),
    "centre_rulers": lambda: plots.centre_rulers({"a": [16.0, 48.0], "b": [0.0, 32.0]}, 64, 32),
    "path_counts": lambda: plots.path_counts({"L = 1": [1, 1, 1], "L = 2": [1, 2, 3, 2, 1]}),
    "pattern_bars": lambda: plots.pattern_bars(
        {2: np.full(5, 0.2), 5: np.full(11, 1 / 11)}, {2: 1.2, 5: 1.8}
    ),
    "gradient_maps": lambda: plots.gradient_maps(
        {"before": rng.random((9, 11)), "after": rng.random((9, 11))},
        {"before": 1.0, "after": 2.0},
    ),
    "field_against_effective": lambda: plots.field_against_effective(
        [1, 5, 10], [3, 11, 21], [0.8, 1.8, 2.6]
    ),
    "cue_images": lambda: plots.cue_images(
        rng.normal(size=(4, 9, 11)), np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
    ),
    "loss_curves": lambda: plots.loss_curves(
        {"a": [0.7, 0.69, 0.68, 0.6, 0.6, 0.6], "b": [0.7, 0.4, 0.2, 0.1, 0.1, 0.1]}, chance=0.69
    ),
    "kernel_strips": lambda: plots.kernel_strips([1, 2, 3], [1, 2, 4]),
    "dilated_kernels": lambda: plots.dilated_kernels([[1, 2], [3, 4]], [(1, 1), (2, 3)]),
    "taps_on_image": lambda: plots.taps_on_image(np.arange(25).reshape(5, 5) ** 2, [1, 2]),
    "interleaved_images": lambda: plots.interleaved_images((5, 7), 2, [(2, 2), (2, 3)]),
    "stripes": lambda: plots.stripes([0, 0, 1, 1] * 3, 5, [1, 2]),
    "taps_inside": lambda: plots.taps_inside(
        {1: np.outer([2, 3, 3, 2], [2, 3, 2]), 3: np.outer([1, 1, 1, 1], [1, 1, 1])}
    ),
    "filter_responses": lambda: plots.filter_responses(
        rng.random((20, 30)), {1: rng.random((20, 30)), 3: rng.random((20, 30))}, box=(2, 9, 3, 9)
    ),
    "groups": lambda: plots.groups(4, 6, [1, 2]),
    "convolution_matrix": lambda: plots.convolution_matrix(np.eye(2, 6, dtype=int), (2, 3), row=1),
    "block_diagrams": plots.block_diagrams,
    "dilation_growth": lambda: plots.dilation_growth({"1, 1": [3, 5, 7], "1, 2": [3, 7, 15]}),
}


@pytest.fixture(params=FIGURES, scope="module")
def figure(request):
    return FIGURES[request.param]()


def patches(figure, *, kind=None, hatched=False):
    """Unit cells of one colour, as (row, column)."""
    color = plots.COLORS[kind] if kind else None
    return [
        (p.get_y() + 0.5, p.get_x() + 0.5)
        for p in figure.axes[0].patches
        if isinstance(p, Rectangle)
        and bool(p.get_hatch()) == hatched
        and (color is None or to_hex(p.get_edgecolor()) == color.lower())
        and p.get_fill()
    ]


def words(figure):
    """Every text of a figure that can be seen."""
    hidden = set()
    for axes in figure.axes:
        if not axes.axison:
            hidden.update(axes.xaxis.findobj(Text), axes.yaxis.findobj(Text))
    texts = figure.findobj(Text)
    return [t for t in texts if t.get_text().strip() and t.get_visible() and t not in hidden]


def at(figure, row, column):
    """The number that stands in a cell."""
    found = [t.get_text() for t in figure.axes[0].texts if t.get_position() == (column, row)]
    assert len(found) == 1, (row, column, found)
    return int(found[0].replace("−", "-"))


# The language, for every figure


def test_every_public_figure_is_in_the_table():
    others = {"COLORS", "INK", "MUTED", "TEXT_SIZE", "use_style"}
    assert set(plots.__all__) - PRIMITIVES - others == set(FIGURES)


def test_figures_are_not_left_open_in_pyplot(figure):
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []


def test_figures_fit_a_phone_and_their_text_can_be_read(figure):
    assert figure.get_size_inches()[0] <= WIDEST
    assert min(text.get_fontsize() for text in words(figure)) >= 9


def test_texts_are_not_cut_off_and_do_not_run_into_each_other(figure):
    figure.draw_without_rendering()
    whole = figure.get_tightbbox()
    frame = figure.bbox.transformed(figure.dpi_scale_trans.inverted())
    assert whole.x0 >= frame.x0 - 0.02
    assert whole.y0 >= frame.y0 - 0.02
    assert whole.x1 <= frame.x1 + 0.02
    assert whole.y1 <= frame.y1 + 0.02
    boxes = [(t.get_text(), t.get_window_extent()) for t in words(figure)]
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[:i]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 2 or high <= 3, (first, second)


def test_hatching_and_the_fault_colour_go_together(figure):
    for axes in figure.axes:
        for patch in axes.patches:
            if patch.get_hatch():
                assert to_hex(patch.get_edgecolor()) == plots.COLORS["hole"].lower()


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_has_the_same_bytes(name):
    global rng
    pictures = []
    for _ in range(2):
        rng = np.random.default_rng(1)
        picture = BytesIO()
        FIGURES[name]().savefig(picture, format="png", dpi=40)
        pictures.append(picture.getvalue())
    assert pictures[0] == pictures[1]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast(plots.MUTED, "#ffffff") >= 4.5


def test_tint_goes_from_the_paper_to_the_colour():
    color = plots.COLORS["kernel"].lower()
    assert plots.tint("kernel", 0) == f"{color}00"
    assert plots.tint("kernel", 1) == f"{color}ff"
    assert (blend("kernel", 0), blend("kernel", 1)) == ("#ffffff", color)
    assert blend("kernel", 0.5, "#000000") == "#735000"


def test_too_wide_a_figure_is_refused():
    with pytest.raises(ValueError, match=r"width=7\.5 .* at most 7\.0"):
        plots.figure(7.5)


def test_a_wide_canvas_shrinks_its_cells():
    drawing, _ = plots.canvas(2, 40)
    assert drawing.get_size_inches() == pytest.approx((WIDEST, WIDEST / 20))


def test_rows_run_down():
    _, axes = plots.canvas(3, 5)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_a_cell_keeps_text_as_it_is_and_gives_numbers_a_true_minus():
    drawing, axes = plots.canvas(1, 2)
    plots.cell(axes, 0, 0, text="a-b")
    plots.cell(axes, 0, 1, text=-3)
    assert [t.get_text() for t in words(drawing)] == ["a-b", "−3"]


def test_the_style_is_complete_without_setup_and_nothing_leaks():
    plt.get_backend()
    before = dict(plt.rcParams)
    drawing, axes = plots.figure()
    assert not axes[0, 0].spines["top"].get_visible()
    assert drawing.get_facecolor()[:3] == (1, 1, 1)
    assert dict(plt.rcParams) == before


def test_use_style_reaches_figures_made_with_pyplot():
    with plt.rc_context():
        plots.use_style()
        drawing, axes = plt.subplots()
        assert not axes.spines["right"].get_visible()
        assert FontProperties(family=["sans-serif"]).get_name() == "DejaVu Sans"
        plt.close(drawing)


def test_plots_do_not_import_torch():
    code = "import sys, dsconv_lib.plots; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# Chapter 2


@settings(deadline=None, max_examples=40)
@given(
    size=st.integers(1, 12),
    kernel_size=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 3),
    beyond=st.booleans(),
)
def test_positions_show_outputs_taps_and_unread_pixels(
    size, kernel_size, stride, padding, dilation, beyond
):
    layer = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        count = output_size(size, kernel_size, **layer)
    except ValueError:
        with pytest.raises(ValueError, match="spans"):
            plots.positions(size, kernel_size, **layer)
        return
    figure = plots.positions(size, kernel_size, **layer, beyond=beyond)
    assert len(patches(figure, kind="output")) == count
    taps = [cell for cell in patches(figure, kind="kernel") if cell[0] < count]
    expected = {
        (row, row * stride - padding + tap * dilation)
        for row in range(count)
        for tap in range(kernel_size)
    }
    assert set(taps) == expected
    assert len(taps) == len(expected)
    faults = patches(figure, kind="hole", hatched=True)
    bottom = max(row for row, _ in patches(figure, kind="input") + faults)
    unread = {
        pixel for pixel, reads in enumerate(read_counts(size, kernel_size, **layer)) if not reads
    }
    assert {column for row, column in faults if row == bottom} == unread
    beyond_the_row = [column for row, column in faults if row == count]
    assert bool(beyond_the_row) == beyond
    assert all(column >= size + padding for column in beyond_the_row)
    assert f"m = {count}" in [t.get_text() for t in words(figure)]


def test_only_odd_kernels_have_a_chosen_middle():
    figure = plots.centring([3, 2, 5])
    outlines = [p for p in figure.axes[0].patches if not p.get_fill()]
    assert [at(figure, p.get_y() + 0.5, p.get_x() + 0.5) for p in outlines] == [1, 2]
    middles = [t.get_text() for t in words(figure) if t.get_fontweight() == "bold"]
    assert middles == ["1", "0.5", "2"]


def test_shared_sizes_groups_the_widths_with_the_same_output():
    figure = plots.shared_sizes(range(5, 12), 4, stride=3)
    assert [at(figure, *cell) for cell in patches(figure, kind="output")] == [1, 2, 3]
    assert [column for _, column in patches(figure, kind="output")] == [0.5, 3, 5.5]


def test_matrix_and_transpose_hold_the_same_numbers():
    matrix = np.array([[1, 2, 3, 0, 0, 0, 0], [0, 0, 1, 2, 3, 0, 0], [0, 0, 0, 0, 1, 2, 3]])
    figure = plots.matrix_and_transpose(matrix)
    cells = patches(figure, kind="kernel")
    left = [cell for cell in cells if cell[1] < 7]
    right = [cell for cell in cells if cell[1] > 8]
    top, first = min(left)[0], min(column for _, column in right)
    for row, column in left:
        assert at(figure, row, column) == matrix[int(row - top), int(column)]
    for row, column in right:
        assert at(figure, row, column) == matrix.T[int(row), round(column - first)]
    assert len(left) == len(right) == np.count_nonzero(matrix)


@pytest.mark.parametrize(
    ("stride", "padding", "extra"), [(2, 0, 0), (2, 0, 1), (2, 1, 1), (3, 1, 2), (3, 2, 0)]
)
def test_stamps_add_up_to_the_transposed_convolution(stride, padding, extra):
    values, kernel = [2, -1, 3], [1, 2, 3, 5]
    figure = plots.stamps(values, kernel, stride=stride, padding=padding, extra=extra)
    expected = F.conv_transpose1d(
        torch.tensor([[values]]).double(),
        torch.tensor([[kernel]]).double(),
        stride=stride,
        padding=padding,
        output_padding=extra,
    )
    kept = sorted(column for row, column in patches(figure, kind="output") if row == 0)
    assert [at(figure, 0, column) for column in kept] == expected.flatten().int().tolist()
    assert kept[0] == padding
    assert f"n = {expected.shape[-1]}" in [t.get_text() for t in words(figure)]


def test_deeper_fill_means_a_higher_count():
    counts = np.outer([1, 1, 2], [1, 2, 1, 3])
    figure = plots.overlap_2d(counts)
    fills = {
        (int(p.get_y() + 0.5), int(p.get_x() + 0.5)): p.get_facecolor()[3]
        for p in figure.axes[0].patches
    }
    for a in np.ndindex(counts.shape):
        assert at(figure, *a) == counts[a]
        for b in np.ndindex(counts.shape):
            if counts[a] > counts[b]:
                assert fills[a] > fills[b]


# Chapters 8 and 9


def test_the_tree_reaches_what_the_layers_reach():
    layers = [ConvSpec(3), ConvSpec(3, dilation=2)]
    figure = plots.dependency_tree(layers, 9, outputs=(1,))
    floor = max(row for row, _ in patches(figure, kind="input"))
    reached = sorted(column for row, column in patches(figure, kind="input") if row == floor)
    assert reached == [1, 2, 3, 4, 5, 6, 7]
    assert "r = 7" in [t.get_text() for t in words(figure)]


def test_holes_in_the_tree_are_hatched():
    figure = plots.dependency_tree([ConvSpec(2, dilation=2), ConvSpec(2, dilation=2)], 7)
    holes = patches(figure, kind="hole", hatched=True)
    assert sorted(column for _, column in holes) == [1, 3]


def test_the_sums_on_the_image_are_the_outputs():
    image = np.arange(25).reshape(5, 5) ** 2
    figure = plots.taps_on_image(image, [1, 2])
    totals = [at(figure, *cell) for cell in patches(figure, kind="output")]
    x = torch.tensor(image).double()[None, None]
    ones = torch.ones(1, 1, 3, 3, dtype=torch.double)
    expected = [int(F.conv2d(x, ones, padding=d, dilation=d)[0, 0, 2, 2]) for d in (1, 2)]
    assert totals == expected == [1452, 1920]


def test_taps_outside_the_image_are_refused():
    with pytest.raises(ValueError, match="outside an image of 5×7"):
        plots.taps_on_image(np.ones((5, 7)), [3])


def test_inserted_zeros_are_hatched():
    figure = plots.kernel_strips([1, 2, 3], [1, 3])
    holes = patches(figure, kind="hole", hatched=True)
    assert sorted(column for _, column in holes) == [1, 2, 4, 5]
    assert all(at(figure, *cell) == 0 for cell in holes)
