"""What every figure shares: colours, text sizes, empty figures and canvases.

A colour always means the same thing: input blue, kernel orange, output green, gradient purple,
hole or fault vermilion (and hatched, so that nothing depends on colour alone).
"""

from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

COLORS = {
    "input": "#0072B2",
    "kernel": "#E69F00",
    "output": "#009E73",
    "gradient": "#CC79A7",
    "hole": "#D55E00",
}
"""The colours of the book, the same as the tokens of ``widgets/static/theme.css``."""

INK = "#1f2933"
"""Text and outlines."""
MUTED = "#5f6b7a"
"""Secondary text; 5:1 on white."""
FAINT = "#9aa5b1"
"""Thin lines and empty cells' edges."""
TEXT_SIZE = 10
"""Points; labels and the numbers inside cells. Nothing in a figure is smaller than 9."""
WIDEST = 7.0
"""Inches; a wider figure would have to be shrunk on a phone until its text is unreadable."""
DOTS_PER_INCH = 100
"""Of the figure; notebooks render at twice that."""

STYLE: Any = {
    "figure.dpi": DOTS_PER_INCH,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_SIZE,
    "axes.titlesize": TEXT_SIZE + 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(
        color=[COLORS[k] for k in ("input", "kernel", "output", "gradient", "hole")]
    ),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_SIZE,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}
"""Matplotlib settings of the book; see `use_style`."""


def use_style() -> None:
    """Make the book's settings the default of every matplotlib figure from here on."""
    matplotlib.rcParams.update(STYLE)


def tint(kind: str, strength: float = 0.3) -> str:
    """Mix a colour of the book with white.

    Parameters
    ----------
    kind : str
        A key of ``COLORS``.
    strength : float
        0 gives white, 1 the full colour.

    Returns
    -------
    str
        A hex colour.
    """
    red, green, blue = (part * strength + 1 - strength for part in to_rgb(COLORS[kind]))
    return to_hex((red, green, blue))


def figure(
    width: float = 6.0, height: float = 3.0, *, rows: int = 1, columns: int = 1, **subplots: Any
) -> tuple[Figure, np.ndarray]:
    """Make an empty figure for curves, bars and images.

    Parameters
    ----------
    width, height : float
        Inches; at most 7 wide.
    rows, columns : int
        Number of panels.
    **subplots
        Passed on to ``Figure.subplots``, such as ``sharex=True``.

    Returns
    -------
    figure, axes
        The figure and an array of axes with shape (rows, columns).

    Raises
    ------
    ValueError
        If the figure would be too wide for a phone.
    """
    _refuse_wide(width)
    with matplotlib.rc_context(STYLE):
        result = Figure(figsize=(width, height), layout="constrained")
        axes = result.subplots(rows, columns, squeeze=False, **subplots)
    return result, axes


def canvas(
    rows: float, columns: float, *, top: float = 0.0, left: float = 0.0, unit: float = 0.42
) -> tuple[Figure, Axes]:
    """Make an empty drawing area for cells, without axes around it.

    Parameters
    ----------
    rows, columns : float
        Extent in cells; leave room for labels.
    top, left : float
        Row and column of the first cell that is inside; negative values make room for labels.
    unit : float
        Side of a cell in inches, made smaller where the drawing would exceed 7 inches.

    Returns
    -------
    figure, axes
    """
    unit = min(unit, WIDEST / columns)
    with matplotlib.rc_context(STYLE):
        result = Figure(figsize=(columns * unit, rows * unit))
        axes = result.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(left - 0.5, left + columns - 0.5)
    axes.set_ylim(top + rows - 0.5, top - 0.5)
    axes.set_axis_off()
    return result, axes


def _refuse_wide(width: float) -> None:
    """Raise ValueError where a figure is too wide to be read on a phone."""
    if width > WIDEST:
        raise ValueError(
            f"width={width} inches is too wide for a phone: a figure has at most {WIDEST}. "
            "Put the panels below each other."
        )
