"""Figures of chapter 8 show what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from dsconv_lib import ConvSpec, plots


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]


def fills(figure):
    """Colours of the cells of a drawing, by (row, column) of their middles."""
    found = {}
    for patch in figure.axes[0].patches:
        if patch.get_fill() and not patch.get_hatch():
            left, top = patch.get_xy()
            found[top + 0.5, left + 0.5] = to_hex(patch.get_facecolor(), keep_alpha=True)
    return found


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_tree_colours_exactly_what_the_output_reads():
    figure = plots.dependency_tree([ConvSpec(3, stride=2), ConvSpec(2)], 9, outputs=[1])
    # output 1 reads cells 1, 2 of layer 1, which read inputs 2..4 and 4..6
    colours = fills(figure)
    floor = max(row for row, _ in colours)
    inputs = {column for (row, column), c in colours.items() if row == floor and c != "#ffffffff"}
    assert inputs == {2, 3, 4, 5, 6}
    assert {colours[floor, column] for column in inputs} == {plots.tint("input", 0.35)}
    assert "r = 5" in words(figure)


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
    patches = figure.axes[0].patches
    hatched = [patch.get_x() + 0.5 for patch in patches if patch.get_hatch()]
    dashed = {patch.get_x() + 0.5 for patch in patches if patch.get_linestyle() == "--"}
    assert hatched == [1, 2]
    assert dashed == {-1}
    assert "r = 6" in words(figure)


def test_tree_brackets_every_chosen_output():
    figure = plots.dependency_tree([ConvSpec(3, stride=3)], 12, outputs=[0, 2])
    brackets = [sorted({*line.get_xdata()}) for line in figure.axes[0].lines]
    assert brackets == [[-0.45, 2.45], [5.55, 8.45]]


def test_growth_names_and_adds():
    figure = plots.field_growth(["conv1", "pool1"], [3, 4], [1, 1])
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[0].patches]
    assert bars == [(0, 1), (1, 2), (0, 3), (3, 1)]
    assert {"conv1", "pool1", "3", "r = 4"} <= {*words(figure)}


def test_fields_are_drawn_to_scale():
    figure = plots.fields_on_image({"a": (20, -5, 1), "b": (8, 2, 0)}, 12, columns=2)
    boxes = [axes.patches[1] for axes in figure.axes]
    assert [(box.get_x(), box.get_y(), box.get_width()) for box in boxes] == [
        (-5, -5, 20),
        (2, 2, 8),
    ]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_xlim()[1] > 15
    assert "r = 20, output 1" in words(figure)


def test_rulers_put_centres_where_they_are():
    figure = plots.centre_rulers({"a": [2.5, 10.5], "b": [0, 8]}, 16, 8)
    lines = figure.axes[0].lines
    assert [list(line.get_xdata()) for line in lines if line.get_marker() == "s"] == [
        [2.5, 10.5],
        [0, 8],
    ]
    marks = [line.get_xdata()[0] for line in lines if line.get_marker() != "s"]
    assert marks == [3.5, 11.5, 3.5, 11.5]
    assert {"a", "b", "2.5", "0"} <= {*words(figure)}


def test_path_counts_are_aligned_in_the_middle():
    figure = plots.path_counts({"a": [1, 2, 1], "b": [1, 0, 5, 0, 1]})
    columns = {0.0: [], 1.5: []}
    for row, column in fills(figure):
        columns[row].append(column)
    assert sorted(columns[0.0]) == [1, 2, 3]
    assert sorted(columns[1.5]) == [0, 1, 2, 3, 4]
    assert [patch.get_x() + 0.5 for patch in figure.axes[0].patches if patch.get_hatch()] == [1, 3]


def test_pattern_bars_show_shares_and_gaussian():
    shares = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    figure = plots.pattern_bars({2: shares}, {2: 1.1})
    axes, unused = figure.axes
    assert not unused.axison
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
    assert words(figure)[0] == "σ = 0.7"
    color = to_rgb(plots.COLORS["gradient"])
    assert images[0].get_cmap()([0.0, 1.0]) == pytest.approx(np.array([[*color, 0], [*color, 1]]))


def test_field_against_effective_plots_both():
    figure = plots.field_against_effective([1, 4], [3, 9], [0.8, 1.6])
    lines = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert lines == [[3, 9], [3.2, 6.4]]


def test_cue_images_name_both_signs():
    figure = plots.cue_images(np.zeros((2, 5, 5)) + 0.5, np.array([[1, 0], [0, 0]]))
    assert titles(figure) == ["near +   far −", "near −   far −"]


def test_loss_curves_are_labelled():
    figure = plots.loss_curves({"near": [0.5, 0.1, 0.0], "far": [0.7, 0.6, 0.2]}, chance=0.75)
    lines = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert lines == [[0.5, 0.1, 0.0], [0.7, 0.6, 0.2], [0.75, 0.75]]
    assert list(figure.axes[0].lines[0].get_xdata()) == [1, 2, 3]
    assert {"near", "far", "0.75"} <= {*words(figure)}
