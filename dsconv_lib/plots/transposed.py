"""Transposed convolution: stamps that add up, and how often each cell is stamped on."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dsconv_lib.plots.cells import cell, note, strip
from dsconv_lib.plots.style import MUTED, NARROW, canvas


def stamps(
    values: Sequence[int], kernel: Sequence[int], *, stride: int, padding: int = 0, extra: int = 0
) -> Figure:
    """Draw a transposed convolution: each input number stamps its multiple of the kernel.

    Parameters
    ----------
    values : sequence of int
        The input, at the bottom.
    kernel : sequence of int
        What is stamped.
    stride : int
        Distance from one stamp to the next.
    padding : int
        Cells cut off at both ends of the sum (hatched).
    extra : int
        The ``output_padding``: cells kept, or added, at the right end (outlined).

    Returns
    -------
    Figure
    """
    count, taps = len(values), len(kernel)
    full = (count - 1) * stride + taps
    total = np.zeros(full + max(extra - padding, 0), dtype=int)
    for number, value in enumerate(values):
        total[number * stride : number * stride + taps] += value * np.array(kernel)
    kept = range(padding, full - padding + extra)
    cut = [position for position in range(len(total)) if position not in kept]
    figure, axes = canvas(count + 3.0, len(total) + 3.1, top=-0.2, left=-0.2, unit=NARROW)
    saved = range(full - padding, full - padding + extra)
    strip(axes, total.tolist(), kind="output", hatched=cut, chosen=saved)
    note(axes, 0, len(total) - 0.1, f"n = {len(kept)}", align="left", bold=True)
    for number, value in enumerate(values):
        row = number + 1.4
        strip(axes, [""] * len(total), row=row)
        stamp = [value * weight for weight in kernel]
        strip(axes, stamp, kind="kernel", strength=0.45, row=row, column=number * stride)
        note(axes, row, len(total) + 0.5, "←", color=MUTED, size=13)
        cell(axes, row, len(total) + 1.6, kind="input", text=value)
    note(axes, count + 1.5, len(total) + 1.6, f"m = {count}", bold=True)
    return figure


def overlap_2d(counts: np.ndarray) -> Figure:
    """Draw how often each output cell of a transposed convolution is stamped on, in 2-D.

    The more often, the deeper the fill.

    Parameters
    ----------
    counts : array of int, shape (rows, columns)

    Returns
    -------
    Figure
    """
    rows, columns = counts.shape
    figure, axes = canvas(rows + 0.4, columns + 0.4, top=-0.2, left=-0.2, unit=NARROW)
    for (row, column), count in np.ndenumerate(counts):
        depth = 0.08 + 0.62 * count / counts.max()
        cell(axes, row, column, kind="output", text=count, strength=depth)
    return figure
