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


def test_a_picture_in_colour_keeps_its_three_channels():
    colours = np.random.default_rng(0).uniform(-1, 2, (20, 30, 3))
    (axes,) = plots.pictures({"colour": colours}).axes
    assert axes.get_title(loc="left") == "colour: 20 × 30"
    assert (axes.images[0].get_array() == colours.clip(0, 1)).all()


def test_no_title_is_wider_than_its_picture():
    drawing = plots.pictures({"padding 16": np.zeros((96, 144)), "b": np.zeros((120, 176))})
    drawing.draw_without_rendering()
    first, second = drawing.axes
    assert first._left_title.get_window_extent().x1 < second.get_window_extent().x0


@pytest.mark.parametrize("named", [{}, {"flat": np.zeros(5)}, {"four": np.zeros((5, 6, 4))}])
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


def test_responses_share_a_scale_and_a_frame():
    photo, weak = np.full((10, 14), 0.5), np.full((10, 14), -1.0)
    figure = plots.filter_responses(photo, {1: weak, 3: 4 * weak}, box=(2, 6, 3, 10))
    assert [axes.get_title() for axes in figure.axes if axes.images] == ["photo", "D = 1", "D = 3"]
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert [image.get_array().max() for image in images] == [0.5, 1, 4]
    assert [image.get_clim() for image in images[1:]] == [(0, 2.8)] * 2
    for axes in figure.axes[:3]:
        (box,) = axes.patches
        assert (*box.get_xy(), box.get_width(), box.get_height()) == (2.5, 1.5, 7, 4)


def test_cue_images_name_both_signs_and_mark_the_middle():
    figure = plots.cue_images(np.full((2, 5, 7), 0.5), np.array([[1, 0], [0, 0]]))
    assert [axes.get_title() for axes in figure.axes] == ["near +   far −", "near −   far −"]
    assert [axes.patches[0].get_xy() for axes in figure.axes] == [(2.5, 1.5)] * 2
