"""Figures of receptive fields, what one output depends on, show what they are given."""

import numpy as np
import pytest
from drawn import at, patches, texts
from matplotlib.colors import to_rgb

from dsconv_lib import ConvSpec, plots


def test_tree_colours_exactly_what_the_output_reads():
    figure = plots.dependency_tree([ConvSpec(3, stride=2), ConvSpec(2)], 9, outputs=[1])
    # output 1 reads cells 1, 2 of layer 1, which read inputs 2..4 and 4..6
    assert {column for _, column in patches(figure, kind="input")} == {2, 3, 4, 5, 6}
    assert {column for _, column in patches(figure, kind="kernel")} == {3, 5}
    assert {column for _, column in patches(figure, kind="output")} == {4}
    assert "r = 5" in texts(figure)


def test_tree_links_cells_with_what_they_read():
    figure = plots.dependency_tree([ConvSpec(3, stride=2), ConvSpec(2)], 9, outputs=[1])
    lines = [text for text in figure.axes[0].texts if text.get_text() == ""]
    links = {(line.xyann[0], line.xy[0]) for line in lines}
    # output 1 stands over column 4, cells 1 and 2 of layer 1 over columns 3 and 5
    assert links == {(4, 3), (4, 5), (3, 2), (3, 3), (3, 4), (5, 4), (5, 5), (5, 6)}


def test_tree_hatches_what_is_skipped_and_dashes_what_is_padding():
    layers = [ConvSpec(2, padding=1), ConvSpec(2, dilation=4)]
    figure = plots.dependency_tree(layers, 8, outputs=[0])
    # reads cells 0 and 4 of layer 1: inputs -1, 0 and 3, 4; skips 1 and 2
    marks = figure.axes[0].patches
    assert [column for _, column in patches(figure, hatched=True)] == [1, 2]
    assert {mark.get_x() + 0.5 for mark in marks if mark.get_linestyle() == "--"} == {-1}
    assert "r = 6" in texts(figure)


def test_tree_brackets_every_chosen_output():
    figure = plots.dependency_tree([ConvSpec(3, stride=3)], 12, outputs=[0, 2])
    brackets = [sorted({*line.get_xdata()}) for line in figure.axes[0].lines]
    assert brackets == [[-0.45, 2.45], [5.55, 8.45]]


def test_growth_names_and_adds():
    figure = plots.field_growth(["conv1", "pool1"], [3, 4], [1, 1])
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert bars == [(0, 1), (1, 2), (0, 3), (3, 1)]
    assert {"conv1", "pool1", "3", "r = 4"} <= {*texts(figure)}


def test_fields_are_drawn_to_scale():
    figure = plots.fields_on_image({"a": (20, -5, 1), "b": (8, 2, 0)}, 12, columns=2)
    boxes = [axes.patches[1] for axes in figure.axes]
    assert [(box.get_x(), box.get_y(), box.get_width()) for box in boxes] == [
        (-5, -5, 20),
        (2, 2, 8),
    ]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_xlim()[1] > 15
    assert "r = 20, output 1" in texts(figure)


def test_rulers_put_centres_where_they_are():
    figure = plots.centre_rulers({"a": [2.5, 10.5], "b": [0, 8]}, 16, 8)
    lines = figure.axes[0].lines
    assert [list(line.get_xdata()) for line in lines if line.get_marker() == "s"] == [
        [2.5, 10.5],
        [0, 8],
    ]
    marks = [line.get_xdata()[0] for line in lines if line.get_marker() != "s"]
    assert marks == [3.5, 11.5, 3.5, 11.5]
    assert {"a", "b", "2.5", "0"} <= {*texts(figure)}


def test_path_counts_are_aligned_in_the_middle():
    figure = plots.path_counts({"a": [1, 2, 1], "b": [1, 0, 5, 0, 1]})
    cells = patches(figure)
    assert sorted(cells) == [*((0, c) for c in (1, 2, 3)), *((1.5, c) for c in range(5))]
    assert [at(figure, *cell) for cell in sorted(cells)] == [1, 2, 1, 1, 0, 5, 0, 1]
    assert patches(figure, kind="hole", hatched=True) == [(1.5, 1), (1.5, 3)]


def test_pattern_bars_show_shares_and_gaussian():
    shares = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    figure = plots.pattern_bars({2: shares}, {2: 1.1})
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(shares)
    assert [bar.get_x() + bar.get_width() / 2 for bar in axes.patches] == pytest.approx(
        [-2, -1, 0, 1, 2]
    )
    curve = axes.lines[0].get_ydata()
    assert curve.max() == pytest.approx(1 / (1.1 * np.sqrt(2 * np.pi)), rel=1e-3)
    assert "1.10" in axes.get_title()


def test_maps_show_values_and_two_sigma():
    values = np.arange(12.0).reshape(3, 4)
    figure = plots.gradient_maps({"a": values, "b": values.T}, {"a": 0.7, "b": 1.25})
    images = [axes.images[0] for axes in figure.axes]
    assert np.array_equal(images[0].get_array(), values)
    assert [image.get_clim() for image in images] == [(0, 11), (0, 11)]
    circles = [axes.patches[0] for axes in figure.axes]
    assert [circle.radius for circle in circles] == [1.4, 2.5]
    assert circles[0].center == (1.5, 1.0)
    assert texts(figure)[0] == "σ = 0.7"
    color = to_rgb(plots.COLORS["gradient"])
    assert images[0].get_cmap()([0.0, 1.0]) == pytest.approx(np.array([[*color, 0], [*color, 1]]))


def test_curves_stand_where_their_numbers_are_and_are_named():
    figure = plots.curves(
        {"near": [0.5, 0.1], "far": [0.7, 0.6]}, steps=[1, 4], labels=("epoch", "loss"), level=0.75
    )
    (axes,) = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.5, 0.1], [0.7, 0.6], [0.75, 0.75]]
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [[1, 4], [1, 4]]
    names = {text.get_text(): text.xy for text in axes.texts}
    assert names == {"near": (4, 0.1), "far": (4, 0.6), "0.75": (1, 0.75)}
    assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize("count", [0, 5])
def test_too_many_curves_are_refused(count):
    with pytest.raises(ValueError, match=f"lines has {count} curves"):
        plots.curves({str(k): [1] for k in range(count)}, labels=("", ""))
