"""The drawing language: cells, grids, strips, links, brackets, labels.

Cells are unit squares addressed by (row, column); rows run down, columns run right, and the
centre of cell (r, c) lies at row r, column c. Draw on the axes that `canvas` gives.
"""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dsconv_lib.plots.style import (
    COLORS,
    FAINT,
    INK,
    MUTED,
    PAPER,
    TEXT_SIZE,
    ink_on,
    tint,
)


def cell(
    axes: Axes,
    row: float,
    column: float,
    *,
    height: float = 1,
    width: float = 1,
    kind: str | None = None,
    text: object = "",
    strength: float = 0.3,
    hatch: bool = False,
    dashed: bool = False,
    chosen: bool = False,
) -> None:
    """Draw one cell.

    Parameters
    ----------
    axes : Axes
    row, column : float
        Where its centre lies.
    height, width : float
        Rows and columns that it covers.
    kind : str, optional
        A key of ``COLORS``; an empty white cell without it.
    text : object
        What stands inside; the number, as a rule.
    strength : float
        Depth of the fill, 0 (the paper) to 1.
    hatch : bool
        Hatch it: for holes and faults, so that nothing depends on colour alone.
    dashed : bool
        Dashed edge: for cells that are not real, such as padding.
    chosen : bool
        Heavy dark outline: the cell that the figure talks about.
    """
    place = (column - width / 2, row - height / 2), width, height
    fill = Rectangle(
        *place,
        facecolor=tint(kind, strength) if kind else PAPER,
        edgecolor=COLORS[kind] if kind else FAINT,
        linestyle="--" if dashed else "-",
        zorder=3,
    )
    axes.add_patch(fill)
    if hatch:
        lines = Rectangle(*place, facecolor="none", edgecolor=COLORS[kind or "hole"])
        lines.set(hatch="////", linewidth=0, zorder=3)
        axes.add_patch(lines)
    if chosen:
        frame = Rectangle(*place, fill=False, edgecolor=INK, linewidth=2.2, zorder=5)
        axes.add_patch(frame)
    if str(text):
        color = ink_on(kind, strength) if kind else INK
        note(axes, row, column, text, color=color, boxed=hatch)


def grid(
    axes: Axes,
    values: Sequence[Sequence[object]] | np.ndarray,
    *,
    kind: str | None = None,
    row: float = 0,
    column: float = 0,
    strength: float = 0.3,
    hatched: Collection[tuple[int, int]] = (),
    chosen: Collection[tuple[int, int]] = (),
) -> None:
    """Draw a grid of cells with a value inside each.

    Parameters
    ----------
    axes : Axes
    values : nested sequence, shape (rows, columns)
        What stands in the cells; ``""`` leaves one empty.
    kind : str, optional
        A key of ``COLORS``.
    row, column : float
        Where the first cell stands.
    strength : float
        Depth of the fill.
    hatched : collection of (row, column)
        Cells drawn as holes: vermilion and hatched.
    chosen : collection of (row, column)
        Cells with a heavy outline.
    """
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            hole = (i, j) in hatched
            cell(
                axes,
                row + i,
                column + j,
                kind="hole" if hole else kind,
                text=value,
                strength=0.15 if hole else strength,
                hatch=hole,
                chosen=(i, j) in chosen,
            )


def strip(
    axes: Axes,
    values: Sequence[object],
    *,
    kind: str | None = None,
    row: float = 0,
    column: float = 0,
    strength: float = 0.3,
    hatched: Collection[int] = (),
    chosen: Collection[int] = (),
    dashed: Collection[int] = (),
) -> None:
    """Draw one row of cells, a signal in one dimension.

    Parameters
    ----------
    axes : Axes
    values : sequence
        What stands in the cells.
    kind : str, optional
        A key of ``COLORS``.
    row, column : float
        Where the first cell stands.
    strength : float
        Depth of the fill.
    hatched, chosen, dashed : collection of int
        Indices of the cells drawn as holes, with a heavy outline, as padding.
    """
    for i, value in enumerate(values):
        hole, padded = i in hatched, i in dashed
        cell(
            axes,
            row,
            column + i,
            kind="hole" if hole else None if padded else kind,
            text=value,
            strength=0.15 if hole else strength,
            hatch=hole,
            dashed=padded,
            chosen=i in chosen,
        )


def link(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    kind: str = "kernel",
    width: float = 1.2,
    arrow: bool = False,
) -> None:
    """Draw a line from one cell's centre to another's, below the cells.

    Parameters
    ----------
    axes : Axes
    start, end : (row, column)
    kind : str
        A key of ``COLORS``.
    width : float
        Points.
    arrow : bool
        End in an arrow head.
    """
    axes.annotate(
        "",
        xy=(end[1], end[0]),
        xytext=(start[1], start[0]),
        arrowprops={
            "arrowstyle": "-|>" if arrow else "-",
            "color": COLORS[kind],
            "linewidth": width,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=1,
    )


def bracket(
    axes: Axes, row: float, first: float, last: float, text: str, *, above: bool = True
) -> None:
    """Draw a measure over (or under) the cells ``first`` to ``last`` of a row, with its length.

    Parameters
    ----------
    axes : Axes
    row : float
        Where the line of the bracket lies.
    first, last : float
        Columns of the first and last cell spanned.
    text : str
        Label; symbols and numbers.
    above : bool
        Feet point down and the label stands above; the other way round if false.
    """
    away = -1 if above else 1
    foot = row - 0.2 * away
    edge = [first - 0.45, first - 0.45, last + 0.45, last + 0.45]
    axes.plot(edge, [foot, row, row, foot], color=MUTED, linewidth=1.0, clip_on=False)
    note(axes, row + 0.42 * away, (first + last) / 2, text, color=MUTED)


def note(
    axes: Axes,
    row: float,
    column: float,
    text: object,
    *,
    align: str = "center",
    color: str = INK,
    bold: bool = False,
    boxed: bool = False,
    size: float = TEXT_SIZE,
) -> None:
    """Write a label.

    Parameters
    ----------
    axes : Axes
    row, column : float
        Where it stands.
    text : object
        Symbols and numbers rather than sentences; sentences belong in the caption.
    align : {"left", "center", "right"}
    color : str
        Any matplotlib colour.
    bold : bool
    boxed : bool
        Patch of paper behind the text, so that it reads over hatching.
    size : float
        Points; at least 9.
    """
    words = str(text)
    axes.text(
        column,
        row,
        words.replace("-", "−") if isinstance(text, int | np.integer) else words,
        horizontalalignment=align,
        verticalalignment="center_baseline",
        color=color,
        fontsize=size,
        fontweight="bold" if bold else "normal",
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8} if boxed else None,
        zorder=6,
    )
