"""The image filter in a page: its picture, a reader's own picture, what moves along."""

from __future__ import annotations

import io
from random import Random

import numpy as np
from PIL import Image
from widget_page import apply, first, page_of, read, show

from dsconv_lib.widgets import ImageFilter

NAME = "image-filter"
# The grey values of one canvas, row by row.
GREY = """(root, which) => {
  const canvas = root.querySelectorAll("canvas")[which];
  // A copy is read: the page's own canvas is made to be drawn on.
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  return [height, width, [...data.filter((_, i) => i % 4 === 0)]];
}"""


def grey(root, which):
    """The pixels of the input (0) or the output (1)."""
    rows, columns, pixels = root.evaluate(GREY, which)
    return np.array(pixels).reshape(rows, columns)


def png(picture):
    """A picture as a file that a reader may choose."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "png")
    return {"name": "mine.png", "mimeType": "image/png", "buffer": held.getvalue()}


def choose(root, file):
    root.get_by_label("your own photograph").set_input_files(file)


def test_the_page_shows_what_the_library_says(visit):
    roll = Random(3)
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        for one in [
            *ImageFilter.presets().values(),
            *(ImageFilter.sample(roll) for _ in range(12)),
        ]:
            show(page, NAME, one.state)
            assert read(root) == one.readouts, one


def test_the_pixels_are_those_of_the_filter(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        root.get_by_label("filter", exact=True).select_option("identity")
        photo = grey(root, 0)
        assert photo.shape == (192, 192)
        assert photo.std() > 40
        assert (grey(root, 1) == photo).all()
        root.get_by_label("filter", exact=True).select_option("move")
        assert (grey(root, 1)[:, 1:] == photo[:, :-1]).all()
        apply(root, [{"shift": 5}])
        assert (grey(root, 0) == np.roll(photo, 5, axis=1)).all()
        root.get_by_label("kernel, row 1, column 0").fill("0")
        assert (grey(root, 1) == 128).mean() > 0.9, "a kernel of zeros gives 0, mid-grey"


def test_a_readers_own_picture_is_filtered_and_a_broken_one_explained(visit):
    ramp = np.tile(np.arange(0, 200, 5, dtype=np.uint8), (30, 1))
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        root.get_by_label("filter", exact=True).select_option("identity")
        choose(root, png(ramp))
        root.get_by_text("30 × 40", exact=True).wait_for()
        assert np.abs(grey(root, 0).astype(int) - ramp).max() <= 1
        choose(root, {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"})
        root.get_by_text("This file cannot be read as a picture.").wait_for()
        assert read(root)["output-size"] == "30 × 40", "the picture before stays"
        choose(root, png(ramp[:4]))
        root.get_by_text("fewer than 8 rows").wait_for()
        choose(root, png(np.zeros((300, 1200), np.uint8)))
        root.get_by_text("64 × 256", exact=True).wait_for()
        assert "cannot be read" not in root.inner_text()
        root.get_by_role("button", name="Reset").click()
        assert read(root) == ImageFilter().readouts


def test_what_moves_along_and_what_does_not_is_said(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        words = root.locator("[aria-live]")
        apply(root, [{"shift": 6}])
        assert "outputs changed on the way" in words.inner_text()
        root.get_by_label("border").select_option("circular")
        assert "every output moved along" in words.inner_text()
        apply(root, [{"stride": 4}])
        assert "1.500" in words.inner_text()
        assert read(root)["offset"] == "1.500"
