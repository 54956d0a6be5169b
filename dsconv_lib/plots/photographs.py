"""Photographs: what layers make of them, and what outputs see of them."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dsconv_lib.plots.style import COLORS, INK, PAPER, figure

WIDEST = 5.0
"""Inches; their labels can be read on a phone that shows this without scrolling."""
PIXEL = 1 / 48
"""Inches for one pixel, made smaller where two pictures would not fit side by side."""
NARROWEST = 2.4
"""Inches of the widest picture at least, so that there is room for the names."""


def pictures(named: Mapping[str, np.ndarray], *, columns: int = 2) -> Figure:
    """Show grey pictures, all drawn to one scale, with their names and sizes.

    Parameters
    ----------
    named : mapping of str to array, shape (rows, columns)
        Name and grey values, 0 black to 1 white; what lies outside is shown as black or white.
        Their sizes may differ.
    columns : int
        Pictures side by side.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no picture, or one has not two axes.
    """
    shapes = {name: np.shape(grey) for name, grey in named.items()}
    if not shapes or any(len(shape) != 2 for shape in shapes.values()):
        raise ValueError(f"named has shapes {shapes}; give one or more pictures (rows, columns)")
    columns = min(columns, len(named))
    rows = -(-len(named) // columns)
    tallest = max(shape[0] for shape in shapes.values())
    widest = max(shape[1] for shape in shapes.values())
    pixel = min(max(PIXEL, NARROWEST / widest), (WIDEST / columns - 0.15) / widest)
    drawing, panels = figure(
        min(columns * (widest * pixel + 0.15), WIDEST),
        rows * (tallest * pixel + 0.4),
        rows=rows,
        columns=columns,
    )
    for axes in panels.flat:
        axes.set_axis_off()
        axes.set(xlim=(-0.5, widest - 0.5), ylim=(tallest - 0.5, -0.5), aspect="equal")
    for axes, (name, grey) in zip(panels.flat, named.items(), strict=False):
        height, width = grey.shape
        axes.imshow(
            grey,
            interpolation="none",
            cmap="gray",
            vmin=0,
            vmax=1,
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        )
        axes.set(xlim=(-0.5, widest - 0.5), ylim=(tallest - 0.5, -0.5))
        axes.set_title(f"{name}: {height} × {width}", loc="left", color=INK)
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
    drawing, panels = figure(WIDEST, WIDEST * rows / columns + 0.1)
    axes = panels[0, 0]
    axes.imshow(photo, interpolation="none", cmap="gray", vmin=0, vmax=1)
    row, column = centre
    for name, side in sorted(sizes.items(), key=lambda item: item[1]):
        corner = (column - side / 2, row - side / 2)
        edge = COLORS["output"]
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=edge, linewidth=2.5))
        axes.annotate(
            f"{name}: {side}",
            (column + side / 2, row - side / 2),
            (4, 0),
            textcoords="offset points",
            va="top",
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2},
        )
    axes.set_axis_off()
    return drawing
