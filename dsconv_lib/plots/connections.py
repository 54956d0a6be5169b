"""Which output reads which input: kernels between channels, and a convolution as a matrix."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dsconv_lib.plots.cells import cell, grid, note, strip
from dsconv_lib.plots.style import MUTED, canvas

SMALL = 0.127
"""Inches of a cell without a number, so that three groupings fit side by side on a phone."""
NUMBERED = 0.3
"""Inches of a cell that a number just fits in."""


def groups(in_channels: int, out_channels: int, numbers: Sequence[int]) -> Figure:
    """Draw which output channel reads which input channel, one panel per number of groups.

    A row is an output channel (green), a column an input channel (blue); a filled square is a
    kernel. Below stands how many there are: output channels times inputs that each reads.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    numbers : sequence of int
        Numbers of groups, each of which divides C and O.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a number of groups does not divide the channels.

    Examples
    --------
    >>> groups(4, 6, [1, 2]).axes[0].texts[-1].get_text()
    '6 · 2 = 12'
    """
    pitch = max(in_channels, 7) + 3.8
    drawing, axes = canvas(
        out_channels + 8.5, pitch * len(numbers), top=-5.5, left=-3.3, unit=SMALL
    )
    for place, number in enumerate(numbers):
        if number < 1 or in_channels % number or out_channels % number:
            raise ValueError(
                f"numbers={list(numbers)} holds {number}, which does not divide "
                f"in_channels={in_channels} and out_channels={out_channels}; "
                "give numbers that divide both."
            )
        left, middle = place * pitch, place * pitch + (in_channels - 1) / 2
        reads, fills = in_channels // number, out_channels // number
        note(axes, -4.8, middle, f"groups = {number}", bold=True)
        note(axes, -2.9, middle, "C", color=MUTED)
        note(axes, (out_channels - 1) / 2, left - 2.7, "O", color=MUTED)
        strip(axes, [""] * in_channels, kind="input", row=-1.3, column=left)
        grid(axes, [[""]] * out_channels, kind="output", column=left - 1.3)
        for row, column in np.ndindex(out_channels, in_channels):
            inside = row // fills == column // reads
            cell(axes, row, left + column, kind="kernel" if inside else None, strength=0.75)
        total = f"{out_channels} · {reads} = {out_channels * reads}"
        note(axes, out_channels + 1.1, middle, total)
    return drawing


def convolution_matrix(matrix: np.ndarray, size: tuple[int, int], *, row: int) -> Figure:
    """Draw a convolution as a matrix, and beside it the picture with what one row reads.

    Rows are outputs, columns the pixels of the picture, row by row; both are numbered from 0. Zeros
    are left empty. The marked row and the pixels that it reads are outlined.

    Parameters
    ----------
    matrix : array of int, shape (outputs, H · W)
    size : (int, int)
        H and W of the picture, in pixels.
    row : int
        The row that is marked.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the matrix has not one column per pixel, or no such row.

    Examples
    --------
    >>> import numpy as np
    >>> drawing = convolution_matrix(np.array([[1, 0, 1, 0], [0, 1, 0, 1]]), (2, 2), row=1)
    >>> drawing.axes[0].texts[0].get_text()
    'T   2 × 4'
    """
    outputs, pixels = matrix.shape
    height, width = size
    if height * width != pixels:
        raise ValueError(
            f"size={size} has {height * width} pixels, but matrix has {pixels} columns; "
            "it needs one column per pixel."
        )
    if not 0 <= row < outputs:
        raise ValueError(f"row={row} is outside 0 to {outputs - 1}, the rows of matrix.")
    rows = max(outputs, height)
    drawing, axes = canvas(rows + 2.8, pixels + width + 2.8, top=-2.4, left=-1.5, unit=NUMBERED)
    note(axes, -2.1, (pixels - 1) / 2, f"T   {outputs} × {pixels}", color=MUTED)
    strip(axes, range(pixels), kind="input", row=-1.2)
    grid(axes, np.arange(outputs)[:, None], kind="output", column=-1.2, chosen={(row, 0)})
    grid(axes, np.full(matrix.shape, ""))
    for i, j in np.argwhere(matrix):
        cell(axes, i, j, kind="kernel", text=matrix[i, j], strength=0.75, chosen=i == row)
    left = pixels + 0.8
    note(axes, -1.0, left + (width - 1) / 2, f"{height} × {width}", color=MUTED)
    for pixel in range(pixels):
        read = bool(matrix[row, pixel])
        down, right = divmod(pixel, width)
        kind, strength = ("kernel", 0.75) if read else ("input", 0.3)
        cell(axes, down, left + right, kind=kind, text=pixel, strength=strength, chosen=read)
    return drawing
