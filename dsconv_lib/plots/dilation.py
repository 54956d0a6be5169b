"""Dilated kernels: where their taps lie and what they read."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_lowercase

import numpy as np
from matplotlib.figure import Figure

from dsconv_lib.plots.cells import bracket, cell, grid, note, strip
from dsconv_lib.plots.panels import frame, heading, panels
from dsconv_lib.plots.style import canvas

Pair = tuple[int, int]


def kernel_strips(kernel: Sequence[int], dilations: Sequence[int]) -> Figure:
    """Draw one kernel at several dilations, one row each; the zeros put in are hatched.

    Parameters
    ----------
    kernel : sequence of int, length K
    dilations : sequence of int
        The row of dilation D is D(K - 1) + 1 cells wide.

    Returns
    -------
    Figure
    """
    widest = max(dilations) * (len(kernel) - 1) + 1
    drawing, axes = canvas(2 * len(dilations) + 0.3, widest + 2.5, top=-1.0, left=-2.3)
    for place, dilation in enumerate(dilations):
        wide = np.zeros(dilation * (len(kernel) - 1) + 1, dtype=int)
        wide[::dilation] = kernel
        holes = [index for index in range(len(wide)) if index % dilation]
        strip(axes, list(wide), kind="kernel", row=2 * place, strength=0.5, hatched=holes)
        bracket(axes, 2 * place - 0.75, 0, len(wide) - 1, str(len(wide)))
        note(axes, 2 * place, -1.5, f"D = {dilation}", bold=True)
    return drawing


def dilated_kernels(kernel: Sequence[Sequence[int]], dilations: Sequence[Pair]) -> Figure:
    """Draw a kernel with rows and columns at several dilations, two side by side on each line.

    Parameters
    ----------
    kernel : nested sequence of int, shape (rows, columns)
    dilations : sequence of (int, int)
        Dilation of the rows and of the columns.

    Returns
    -------
    Figure
    """
    values = np.asarray(kernel)
    wides = []
    for steps in dilations:
        shape = [step * (size - 1) + 1 for step, size in zip(steps, values.shape, strict=True)]
        wide = np.zeros(shape, dtype=int)
        wide[:: steps[0], :: steps[1]] = values
        wides.append(wide)
    lines = [wides[first : first + 2] for first in range(0, len(wides), 2)]
    widest = max(sum(wide.shape[1] for wide in line) + 1.2 * (len(line) - 1) for line in lines)
    heights = [max(wide.shape[0] for wide in line) + 1.9 for line in lines]
    drawing, axes = canvas(sum(heights), widest + 0.6, top=-1.4, left=-0.3)
    for place, (wide, (down, right)) in enumerate(zip(wides, dilations, strict=True)):
        top = sum(heights[: place // 2])
        left = wides[place - 1].shape[1] + 1.2 if place % 2 else 0
        holes = [(i, j) for i, j in np.ndindex(wide.shape) if i % down or j % right]
        grid(axes, wide, kind="kernel", row=top, column=left, strength=0.5, hatched=holes)
        name = f"D = {down}" if down == right else f"D = ({down}, {right})"
        note(axes, top - 1, left + (wide.shape[1] - 1) / 2, name, bold=True)
    return drawing


def taps_on_image(image: Sequence[Sequence[int]], dilations: Sequence[int]) -> Figure:
    """Draw an image once per dilation, with the nine taps of its middle output and their sum.

    The kernel is 3×3, all ones. Cells inside its window that no tap reads are hatched.

    Parameters
    ----------
    image : nested sequence of int, shape (H, W)
        H and W odd, so that there is a middle.
    dilations : sequence of int
        One panel each.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the taps of a panel would lie outside the image.
    """
    values = np.asarray(image)
    rows, columns = values.shape
    middle = (rows // 2, columns // 2)
    if max(dilations) > min(middle):
        raise ValueError(
            f"dilations={list(dilations)} puts taps outside an image of {rows}×{columns}; "
            f"there D is at most {min(middle)}."
        )
    pitch = columns + 1.0
    drawing, axes = canvas(rows + 3.5, pitch * len(dilations) - 0.4, top=-1.4, left=-0.3, unit=0.38)
    for place, dilation in enumerate(dilations):
        left = place * pitch
        taps = _taps(middle, dilation)
        for row, column in np.ndindex(values.shape):
            away = max(abs(row - middle[0]), abs(column - middle[1]))
            tap = (row, column) in taps
            hole = away <= dilation and not tap
            cell(
                axes,
                row,
                left + column,
                kind="kernel" if tap else "hole" if hole else "input",
                text=values[row, column],
                strength=0.75 if tap else 0.12,
                hatch=hole,
                chosen=(row, column) == middle,
            )
        total = sum(int(values[tap]) for tap in taps)
        note(axes, -1, left + middle[1], f"D = {dilation}", bold=True)
        note(axes, rows + 0.9, left + middle[1] - 0.95, "sum =", align="right")
        cell(axes, rows + 0.9, left + middle[1], kind="output", width=1.4, text=total, chosen=True)
    return drawing


def interleaved_images(size: Pair, dilation: int, outputs: Sequence[Pair]) -> Figure:
    """Letter the pixels by the sub-image they belong to, and mark the taps of some outputs.

    With dilation D, pixel (i, j) belongs to sub-image (i mod D, j mod D); the taps of an output
    all carry the same letter.

    Parameters
    ----------
    size : (int, int)
        Rows and columns of the input.
    dilation : int
        At most 5, because there are 26 letters.
    outputs : sequence of (int, int)
        Input position that the middle tap of the 3×3 kernel reads; one panel each.

    Returns
    -------
    Figure
    """
    rows, columns = size
    pitch = columns + 1.0
    drawing, axes = canvas(rows + 0.6, pitch * len(outputs) - 0.4, top=-0.3, left=-0.3, unit=0.28)
    for place, middle in enumerate(outputs):
        taps = _taps(middle, dilation)
        for row, column in np.ndindex(size):
            phase = row % dilation * dilation + column % dilation
            tap = (row, column) in taps
            cell(
                axes,
                row,
                place * pitch + column,
                kind="kernel" if tap else "input",
                text=ascii_lowercase[phase],
                strength=0.75 if tap else 0.1,
                chosen=(row, column) == middle,
            )
    return drawing


def stripes(signal: Sequence[int], middle: int, dilations: Sequence[int]) -> Figure:
    """Draw stripes once per dilation, with the two taps of the kernel (-1, 0, 1) and its answer.

    Parameters
    ----------
    signal : sequence of int
        The stripes: 0 (deep) and 1 (pale).
    middle : int
        Position that the middle tap reads.
    dilations : sequence of int
        One row each.

    Returns
    -------
    Figure
    """
    drawing, axes = canvas(2.3 * len(dilations), len(signal) + 6.6, top=-0.9, left=-2.4, unit=0.24)
    for place, dilation in enumerate(dilations):
        row = 2.3 * place
        for index, value in enumerate(signal):
            cell(axes, row, index, kind="input", text=value, strength=0.08 if value else 0.45)
        for weight, index in (("−1", middle - dilation), ("+1", middle + dilation)):
            frame(axes, row - 0.5, index - 0.5, 1, 1, kind="kernel")
            note(axes, row - 0.95, index, weight, bold=True)
        answer = signal[middle + dilation] - signal[middle - dilation]
        note(axes, row, -1.5, f"D = {dilation}", bold=True)
        text = f"{signal[middle + dilation]} − {signal[middle - dilation]} ="
        note(axes, row, len(signal) + 1.0, text)
        cell(
            axes,
            row,
            len(signal) + 3.0,
            kind="output",
            text=answer,
            chosen=True,
        )
    return drawing


def taps_inside(counts: Mapping[int, Sequence[Sequence[int]]], *, taps: int = 9) -> Figure:
    """Draw, for several dilations, how many taps of each output lie on the map.

    Each block of equal counts carries its number; the share of all taps stands in the title.
    Outputs with a single tap left are hatched.

    Parameters
    ----------
    counts : mapping of int to nested sequence of int, shape (H, W)
        Dilation -> taps on the map, for each output. Counts that are a product of one factor
        per axis, as those of a rectangular kernel are.
    taps : int
        Taps of the kernel.

    Returns
    -------
    Figure
    """
    drawing, places = panels(len(counts), 2.05, 2.15)
    for axes, (dilation, values) in zip(places, counts.items(), strict=True):
        inside = np.asarray(values)
        share = inside.sum() / (taps * inside.size)
        heading(axes, f"D = {dilation}:  {100 * share:.0f} %")
        for top, bottom in _runs(inside):
            for first, last in _runs(inside.T):
                count = int(inside[top, first])
                alone = count == 1
                cell(
                    axes,
                    (top + bottom - 1) / 2,
                    (first + last - 1) / 2,
                    height=bottom - top,
                    width=last - first,
                    kind="hole" if alone else "kernel",
                    text=count,
                    strength=0.12 if alone else 0.8 * count / taps,
                    hatch=alone,
                )
        rows, columns = inside.shape
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
        axes.set(xticks=[0, columns - 1], yticks=[0, rows - 1])
    return drawing


def _taps(middle: Pair, dilation: int) -> set[Pair]:
    """Positions that a 3×3 kernel reads around its middle."""
    steps = (-dilation, 0, dilation)
    return {(middle[0] + down, middle[1] + right) for down in steps for right in steps}


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Group equal neighbouring rows: (first, after the last) of each group."""
    changes = [row for row in range(1, len(values)) if (values[row] != values[row - 1]).any()]
    return list(pairwise([0, *changes, len(values)]))
