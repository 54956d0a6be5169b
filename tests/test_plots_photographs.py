"""Photographs are drawn to one scale, and frames are where the fields are."""

import numpy as np
import pytest

from dsconv_lib import plots


def pixels_per_inch(drawing, axes, height):
    drawing.draw_without_rendering()
    box = axes.get_window_extent()
    rows = abs(np.subtract(*axes.get_ylim()))
    return box.height / rows * height / drawing.dpi


def test_pictures_of_different_sizes_share_a_scale():
    drawing = plots.pictures({"large": np.zeros((40, 60)), "small": np.ones((20, 31))})
    large, small = drawing.axes
    assert large.get_title(loc="left") == "large: 40 × 60"
    assert small.get_title(loc="left") == "small: 20 × 31"
    assert pixels_per_inch(drawing, large, 40) == pytest.approx(
        2 * pixels_per_inch(drawing, small, 20)
    )
    for axes, shape in ((large, (40, 60)), (small, (20, 31))):
        left, right, bottom, top = axes.images[0].get_extent()
        assert (bottom - top, right - left) == shape
        assert axes.images[0].get_clim() == (0, 1)


def test_three_pictures_stand_in_two_rows_and_the_fourth_place_is_empty():
    drawing = plots.pictures({name: np.zeros((30, 200)) for name in "abc"})
    assert drawing.get_figwidth() <= 7
    assert [len(axes.images) for axes in drawing.axes] == [1, 1, 1, 0]


def test_no_title_is_wider_than_its_picture():
    drawing = plots.pictures({"padding 16": np.zeros((96, 144)), "b": np.zeros((120, 176))})
    drawing.draw_without_rendering()
    first, second = drawing.axes
    assert first._left_title.get_window_extent().x1 < second.get_window_extent().x0


@pytest.mark.parametrize("named", [{}, {"flat": np.zeros(5)}])
def test_what_is_no_picture_is_refused(named):
    with pytest.raises(ValueError, match=r"named has shapes .* \(rows, columns\)"):
        plots.pictures(named)


def test_frames_are_as_large_as_the_fields_and_share_their_middle():
    drawing = plots.fields_on_photo(np.zeros((100, 150)), {"b": 40, "a": 14}, centre=(50, 70))
    (axes,) = drawing.axes
    assert [patch.get_width() for patch in axes.patches] == [14, 40]
    for patch in axes.patches:
        assert patch.get_x() + patch.get_width() / 2 == 70
        assert patch.get_y() + patch.get_height() / 2 == 50
    assert [text.get_text() for text in axes.texts] == ["a: 14", "b: 40"]
