"""Sizes along one axis: positions of a kernel, its middle, sizes that are shared."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dsconv_lib.arithmetic import output_size, read_counts
from dsconv_lib.plots.cells import bracket, cell, link, note, strip
from dsconv_lib.plots.style import COLORS, INK, MUTED, NARROW, canvas


def positions(
    size: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    beyond: bool = True,
) -> Figure:
    """Draw every legal position of a kernel over a strip of pixels, one below the other.

    The input lies at the bottom, with its unread pixels hatched. Each row above it is one
    position, with the numbers of the pixels read, and the output cell that it fills.

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation : int
        The layer along one axis, in pixels.
    beyond : bool
        Also draw the first position that does not fit.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the kernel does not fit anywhere.
    """
    count = output_size(size, kernel_size, stride, padding, dilation)
    starts = [number * stride - padding for number in range(count + beyond)]
    reach = dilation * (kernel_size - 1)
    right = max(size + padding, starts[-1] + reach + 1)
    bottom = len(starts) + 0.4
    figure, axes = canvas(
        bottom + 3.7, right + padding + 2.7, top=-1.6, left=-padding - 0.1, unit=NARROW
    )
    bracket(axes, -0.85, starts[0], starts[0] + reach, _span_label(kernel_size, dilation))
    for row, start in enumerate(starts):
        fits = row < count
        strip(axes, [""] * (size + 2 * padding), row=row, column=-padding)
        for position in range(start, start + reach + 1, dilation):
            if dilation > 1 and position < start + reach:
                between = [position + 0.5, position + dilation - 0.5]
                axes.plot(between, [row, row], color=COLORS["kernel"], lw=3, zorder=4)
            inside = position < size + padding
            kind = "kernel" if inside else "hole"
            cell(axes, row, position, kind=kind, text=position, strength=0.45, hatch=not inside)
        note(axes, row, right + 0.35, "→" if fits else "×", size=13, color=MUTED)
        if fits:
            cell(axes, row, right + 1.4, kind="output", text=row)
    counts = read_counts(size, kernel_size, stride, padding, dilation)
    _input_strip(axes, bottom, padding, counts)
    bracket(axes, bottom + 0.85, 0, size - 1, f"n = {size}", above=False)
    note(axes, bottom + 1.27, right + 1.4, f"m = {count}", bold=True)
    return figure


def centring(kernel_sizes: Sequence[int]) -> Figure:
    """Draw kernels over the pixel that they should be centred on, with their middle marked.

    Parameters
    ----------
    kernel_sizes : sequence of int
        One row each; odd ones have a middle tap, even ones have none.

    Returns
    -------
    Figure
    """
    widest = max(kernel_sizes)
    middle = (widest - 1) / 2
    rows = len(kernel_sizes) * 2.1
    figure, axes = canvas(rows + 0.4, widest + 3.2, top=-0.65, left=-2.2)
    for number, kernel_size in enumerate(kernel_sizes):
        row = number * 2.1
        first = int(middle) - (kernel_size - 1) // 2
        odd = kernel_size % 2 == 1
        for tap in range(kernel_size):
            centre = odd and tap == kernel_size // 2
            cell(axes, row, first + tap, kind="kernel", strength=0.45, text=tap, chosen=centre)
        note(axes, row, -1.3, f"K = {kernel_size}", color=MUTED)
        line = first + (kernel_size - 1) / 2
        axes.plot([line, line], [row - 0.62, row - 0.52], color=INK, linewidth=2.2)
        axes.plot([line, line], [row + 0.52, row + 0.72], color=INK, linewidth=2.2)
        if not odd:
            axes.plot([line, line], [row - 0.6, row + 0.7], color=INK, linewidth=2.2, zorder=4)
        note(axes, row + 1.02, line, f"{(kernel_size - 1) / 2:g}", bold=True)
    return figure


def shared_sizes(sizes: Sequence[int], kernel_size: int, *, stride: int) -> Figure:
    """Draw which input sizes give which output size, without padding.

    Parameters
    ----------
    sizes : sequence of int
        Input sizes, rising.
    kernel_size, stride : int
        The layer.

    Returns
    -------
    Figure
    """
    figure, axes = canvas(4.2, len(sizes) + 1.6, top=-0.4, left=-1.3, unit=0.4)
    outputs = [output_size(size, kernel_size, stride) for size in sizes]
    for output in sorted(set(outputs)):
        members = [column for column, value in enumerate(outputs) if value == output]
        centre = sum(members) / len(members)
        for column in members:
            link(axes, (2.0, column), (0.8, centre), width=1.8)
        cell(axes, 0.3, centre, kind="output", text=output)
    strip(axes, sizes, kind="input", row=2.5)
    note(axes, 0.3, -1.0, "m", color=MUTED)
    note(axes, 2.5, -1.0, "n", color=MUTED)
    return figure


def _input_strip(axes: Axes, row: float, padding: int, counts: Sequence[int]) -> None:
    """Draw the input with its padding dashed and its unread pixels hatched."""
    size = len(counts)
    unread = [padding + pixel for pixel, count in enumerate(counts) if count == 0]
    padded = [*range(padding), *range(size + padding, size + 2 * padding)]
    labels = range(-padding, size + padding)
    strip(axes, labels, kind="input", row=row, column=-padding, hatched=unread, dashed=padded)


def _span_label(kernel_size: int, dilation: int) -> str:
    """Say how long the kernel is, for the bracket over the first position."""
    if dilation == 1:
        return f"K = {kernel_size}"
    return f"D(K−1)+1 = {dilation * (kernel_size - 1) + 1}"
