"""Curves, each named at its end."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from dsconv_lib.plots.style import FAINT, INK, MUTED, figure

LOOKS = ((INK, "o"), (MUTED, "s"), (INK, "^"), (MUTED, "v"))
"""Of each curve: the colours of the book mean inputs, kernels and outputs, and no run or model."""


def curves(
    lines: Mapping[str, Sequence[float]],
    *,
    steps: Sequence[float] | None = None,
    labels: tuple[str, str],
    level: float | None = None,
) -> Figure:
    """Draw one curve for each run, model or way, with its name beside its last point.

    Parameters
    ----------
    lines : mapping of str to sequence of float
        At most four; names are symbols or a word.
    steps : sequence of float, optional
        Where the points stand; 1, 2, 3, … without it.
    labels : (str, str)
        What is counted along the bottom and along the side, with its unit.
    level : float, optional
        Drawn as a dotted line with its number, such as the loss of guessing.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are no curves, or more than four.

    Examples
    --------
    >>> drawing = curves({"r": [3, 5, 7]}, labels=("L", "pixels"))
    >>> drawing.axes[0].lines[0].get_xdata().tolist()
    [1, 2, 3]
    """
    if not 0 < len(lines) <= len(LOOKS):
        raise ValueError(
            f"lines has {len(lines)} curves; give 1 to {len(LOOKS)}, or make two figures."
        )
    drawing, grid = figure(4.1, 2.6)
    axes = grid[0, 0]
    for (name, values), (color, marker) in zip(lines.items(), LOOKS, strict=False):
        places = range(1, len(values) + 1) if steps is None else steps[: len(values)]
        axes.plot(places, values, marker=marker, markersize=5, color=color, clip_on=False)
        axes.annotate(
            name,
            (places[-1], values[-1]),
            (8, 0),
            textcoords="offset points",
            verticalalignment="center",
            color=INK,
        )
    if level is not None:
        axes.axhline(level, color=FAINT, linestyle=":")
        axes.annotate(
            f"{level:g}",
            (1, level),
            (0, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            horizontalalignment="right",
            color=INK,
        )
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    return drawing
