"""What every figure shares: colours, text sizes, empty figures and canvases.

A colour always means the same thing: input blue, kernel orange, output green, gradient purple,
hole or fault vermilion (and hatched, so that nothing depends on colour alone). A paler colour is
the same one, let through by the paper: so a figure needs few colours, and a page with a dark theme
exchanges them (``book/_static/figures.css``).
"""

from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure

COLORS = {
    "input": "#0072B2",
    "kernel": "#E69F00",
    "output": "#009E73",
    "gradient": "#CC79A7",
    "hole": "#D55E00",
}
"""The colours of the book; ``theme.css`` of the widgets and ``figures.css`` of the pages have them
too, and a test holds the three together."""

PAPER = "#ffffff"
INK = "#1b1f24"
"""Text and outlines."""
MUTED = "#57606a"
"""Secondary text."""
FAINT = "#9aa5b1"
"""Thin lines and empty cells' edges."""
INK_ON_COLOR = "#10151b"
"""Text on a strong colour, the same in both themes."""
DARK = {"paper": "#14181e", "ink": "#eceff3"}
"""What paper and ink become in the dark theme of the pages."""

FONT_STACK = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
"""Fonts of the text in an SVG; places are reckoned with DejaVu Sans, which is wider."""
TEXT_SIZE = 10
"""Points; labels and the numbers inside cells. Nothing in a figure is smaller than 9."""
WIDEST = 7.0
"""Inches; a wider figure would be hard to see as a whole even on a large screen."""
NARROW = 0.3
"""Inches of a cell in long strips and trees: a phone shows fifteen of them without scrolling."""
DOTS_PER_INCH = 96
"""Of the figure, as in CSS; the PNG has twice that."""

STYLE: Any = {
    "figure.dpi": DOTS_PER_INCH,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": "none",
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
    "hatch.linewidth": 1.0,
    "image.interpolation": "none",
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
    """Let the paper through a colour of the book.

    Parameters
    ----------
    kind : str
        A key of ``COLORS``.
    strength : float
        0 gives the paper, 1 the full colour.

    Returns
    -------
    str
        A hex colour with its opacity.

    Examples
    --------
    >>> tint("input", 0.2)
    '#0072b233'
    """
    return to_hex((*to_rgb(COLORS[kind]), strength), keep_alpha=True)


def ink_on(kind: str, strength: float) -> str:
    """Return the colour of text that reads best on a tint, on light paper and on dark.

    Parameters
    ----------
    kind : str
        A key of ``COLORS``.
    strength : float
        As for `tint`.

    Returns
    -------
    str
        ``INK``, which follows the theme, or ``INK_ON_COLOR``, which does not.

    Examples
    --------
    >>> ink_on("kernel", 0.3) == INK, ink_on("kernel", 0.9) == INK_ON_COLOR
    (True, True)
    """
    themes = ((PAPER, INK), (DARK["paper"], DARK["ink"]))
    following = min(contrast(ink, blend(kind, strength, paper)) for paper, ink in themes)
    fixed = min(contrast(INK_ON_COLOR, blend(kind, strength, paper)) for paper, _ in themes)
    return INK if following >= fixed else INK_ON_COLOR


def blend(kind: str, strength: float, paper: str = PAPER) -> str:
    """Return the colour that the eye sees where a tint lies on paper."""
    color, ground = np.array(to_rgb(COLORS[kind])), np.array(to_rgb(paper))
    red, green, blue = strength * color + (1 - strength) * ground
    return to_hex((red, green, blue))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    lights = []
    for color in (first, second):
        parts = np.array(to_rgb(color))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def ramp(kind: str) -> Colormap:
    """Return a colour map from the paper (0) to a full colour (1), for images of strengths.

    Parameters
    ----------
    kind : str
        A key of ``COLORS``.

    Returns
    -------
    Colormap
    """
    return LinearSegmentedColormap.from_list(kind, [tint(kind, 0), tint(kind, 1)])


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
            f"width={width} inches is too wide: a figure has at most {WIDEST}. "
            "Put the panels below each other."
        )
