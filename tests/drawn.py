"""Every figure of the book, drawn once, and what stands in a figure."""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from dsconv_lib import ConvSpec, plots

rng = np.random.default_rng(0)

# One call of every figure of the book; a figure without an entry here fails a test below.
FIGURES = {
    "positions": lambda: plots.positions(9, 3, stride=2, padding=1, dilation=2),
    "centring": lambda: plots.centring([3, 2, 5, 4]),
    "shared_sizes": lambda: plots.shared_sizes(range(5, 13), 3, stride=2),
    "stamps": lambda: plots.stamps([2, -1, 3], [1, 2, 3], stride=2, padding=1, extra=1),
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
    "cue_images": lambda: plots.cue_images(
        rng.normal(size=(4, 9, 11)), np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
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
    "curves": lambda: plots.curves(
        {"a": [0.7, 0.69, 0.6, 0.6], "b": [0.7, 0.4, 0.2, 0.1]},
        labels=("epoch", "loss"),
        level=0.69,
    ),
}


def patches(figure, *, kind=None, hatched=False):
    """The middles of the cells of one colour, as (row, column)."""
    color = plots.COLORS[kind] if kind else None
    return [
        tuple(np.round(p.get_center()[::-1], 6).tolist())
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
    found = [
        t.get_text() for t in figure.axes[0].texts if np.allclose(t.get_position(), (column, row))
    ]
    assert len(found) == 1, (row, column, found)
    return int(found[0].replace("−", "-"))


def texts(figure):
    """What can be read in a figure."""
    return [text.get_text() for text in words(figure)]
