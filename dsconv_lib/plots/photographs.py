"""Photographs and grey images: what layers make of them, and what outputs see of them."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from dsconv_lib.plots.panels import frame, heading, panels, pixels
from dsconv_lib.plots.style import INK, PAPER, TEXT_SIZE

WIDEST = 5.0
"""Inches; their labels can be read on a phone that shows this without scrolling."""
PIXEL = 1 / 48
"""Inches for one pixel, made smaller where two pictures would not fit side by side."""
NARROWEST = 2.4
"""Inches of the widest picture at least, so that there is room for the names."""


def pictures(named: Mapping[str, np.ndarray], *, columns: int = 2) -> Figure:
    """Show pictures, grey or in colour, all drawn to one scale, with their names and sizes.

    Parameters
    ----------
    named : mapping of str to array, shape (rows, columns) or (rows, columns, 3)
        Name and grey values, or those of red, green and blue, 0 black to 1 white; what lies outside
        is shown as 0 or 1. Their sizes may differ.
    columns : int
        Pictures side by side.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no picture, or one has another shape.
    """
    shapes = {name: np.shape(grey) for name, grey in named.items()}
    if not shapes or any(len(shape) != 2 and shape[2:] != (3,) for shape in shapes.values()):
        raise ValueError(
            f"named has shapes {shapes}; give one or more pictures (rows, columns), or in colour "
            "(rows, columns, 3)"
        )
    columns = min(columns, len(named))
    tallest = max(shape[0] for shape in shapes.values())
    widest = max(shape[1] for shape in shapes.values())
    pixel = min(max(PIXEL, NARROWEST / widest), (WIDEST / columns - 0.15) / widest)
    drawing, places = panels(
        len(named), widest * pixel + 0.15, tallest * pixel + 0.4, columns=columns
    )
    for axes, (name, grey) in zip(places, named.items(), strict=True):
        pixels(axes, np.clip(grey, 0, 1))
        axes.set(xlim=(-0.5, widest - 0.5), ylim=(tallest - 0.5, -0.5))
        heading(axes, f"{name}: {grey.shape[0]} × {grey.shape[1]}", align="left")
    return drawing


def fields_on_photo(
    photo: np.ndarray, sizes: Mapping[str, int], *, centre: tuple[float, float]
) -> Figure:
    """Frame what outputs of several layers see of a photograph.

    Parameters
    ----------
    photo : array, shape (rows, columns)
        Grey values, 0 black to 1 white.
    sizes : mapping of str to int
        For each layer the side of its receptive field in pixels.
    centre : (float, float)
        Row and column of the middle of all of them.

    Returns
    -------
    Figure
    """
    rows, columns = photo.shape
    drawing, (axes,) = panels(1, WIDEST, WIDEST * rows / columns + 0.1)
    pixels(axes, photo)
    row, column = centre
    for name, side in sorted(sizes.items(), key=lambda item: item[1]):
        frame(axes, row - side / 2, column - side / 2, side, side)
        axes.annotate(
            f"{name}: {side}",
            (column + side / 2, row - side / 2),
            (4, 0),
            textcoords="offset points",
            va="top",
            fontsize=TEXT_SIZE + 1,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2},
        )
    return drawing


def filter_responses(
    photo: np.ndarray, responses: Mapping[int, np.ndarray], *, box: tuple[int, int, int, int]
) -> Figure:
    """Show a photograph and the strength of a filter's response to it at several dilations.

    Parameters
    ----------
    photo : array, shape (H, W)
        Grey values.
    responses : mapping of int to array, shape (H, W)
        Dilation -> response. All are drawn on one scale, the stronger, the deeper the colour.
    box : (int, int, int, int)
        First row, row after the last, first column, column after the last of the region that
        is framed.

    Returns
    -------
    Figure
    """
    height, width = photo.shape
    drawing, (first, *others) = panels(len(responses) + 1, 2.5, 2.5 * height / width + 0.35)
    heading(first, "photo")
    pixels(first, photo, low=photo.min(), high=None)
    strongest = max(float(np.abs(image).max()) for image in responses.values())
    for axes, (dilation, image) in zip(others, responses.items(), strict=True):
        heading(axes, f"D = {dilation}")
        pixels(axes, np.abs(image), kind="output", high=0.7 * strongest)
    top, bottom, left, right = box
    for axes in (first, *others):
        frame(axes, top - 0.5, left - 0.5, bottom - top, right - left, kind="hole")
    return drawing


def cue_images(images: np.ndarray, signs: np.ndarray) -> Figure:
    """Draw grey images in a row, with the signs of their near and far blob above.

    Parameters
    ----------
    images : array, shape (N, H, W)
        Grey values; 0 is drawn as middle grey.
    signs : array, shape (N, 2)
        1 for a bright blob, 0 for a dark one: near, far.

    Returns
    -------
    Figure
    """
    count, height, width = images.shape
    limit = float(np.abs(images).max())
    drawing, places = panels(count, WIDEST / count, 1.7, columns=count)
    for axes, image, (near, far) in zip(places, images, signs, strict=True):
        pixels(axes, image, low=-limit, high=limit)
        frame(axes, height // 2 - 0.5, width // 2 - 0.5, 1, 1)
        heading(axes, f"near {'+' if near else '−'}   far {'+' if far else '−'}")
    return drawing
