"""Panels with images: places side by side, a heading, pixels, a frame over them."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dsconv_lib.plots.style import COLORS, INK, figure, ramp


def panels(
    count: int, width: float, height: float, *, columns: int = 2
) -> tuple[Figure, list[Axes]]:
    """Make a figure of several panels; places that are left over stay empty.

    Parameters
    ----------
    count : int
        Panels.
    width, height : float
        Of each, in inches.
    columns : int
        Panels side by side.

    Returns
    -------
    figure, axes
        The figure and the axes of its panels, line by line.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    drawing, places = figure(columns * width, rows * height, rows=rows, columns=columns)
    for spare in places.flat[count:]:
        spare.set_axis_off()
    return drawing, list(places.flat[:count])


def heading(
    axes: Axes,
    first: str,
    second: str = "",
    *,
    align: Literal["left", "center", "right"] = "center",
) -> None:
    """Write one or two lines over a panel.

    Parameters
    ----------
    axes : Axes
    first, second : str
        A line each: matplotlib does not centre text of two lines in an SVG.
    align : {"left", "center", "right"}
        Of a single line.
    """
    axes.set_title(first, color=INK, pad=20 if second else 5, loc=align)
    if second:
        axes.annotate(
            second,
            (0.5, 1),
            (0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            horizontalalignment="center",
            color=INK,
        )


def pixels(
    axes: Axes,
    values: np.ndarray,
    *,
    kind: str | None = None,
    low: float = 0,
    high: float | None = 1,
) -> None:
    """Show an image, each pixel as a square; pixel (r, c) has its centre at row r, column c.

    Parameters
    ----------
    axes : Axes
    values : array, shape (rows, columns)
    kind : str, optional
        A key of ``COLORS``: the paper at ``low``, the full colour at ``high``; without it black
        and white.
    low, high : float
        What lies beyond them is shown as they are; ``None`` for the largest value.
    """
    colors = ramp(kind) if kind else "gray"
    axes.imshow(values, interpolation="none", cmap=colors, vmin=low, vmax=high)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def frame(
    axes: Axes, row: float, column: float, height: float, width: float, *, kind: str = "output"
) -> None:
    """Outline a rectangle, over cells and pixels.

    Parameters
    ----------
    axes : Axes
    row, column : float
        Its upper left corner.
    height, width : float
    kind : str
        A key of ``COLORS``.
    """
    box = Rectangle((column, row), width, height, fill=False, linewidth=2.5, zorder=4)
    box.set_edgecolor(COLORS[kind])
    axes.add_patch(box)
