"""What one output depends on, layer by layer."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.plots.cells import bracket, cell, link, note
from dsconv_lib.plots.style import MUTED, NARROW, canvas
from dsconv_lib.receptive_field import ReceptiveField, receptive_field

STEP = 2.3
"""Rows between two layers of a tree."""


def dependency_tree(
    layers: Sequence[ConvSpec], input_size: int, *, outputs: Sequence[int] = (0,)
) -> Figure:
    """Draw a stack of layers in one dimension and everything that chosen outputs depend on.

    The input is at the bottom. A cell stands over the middle of what it reads. Cells that no
    chosen output depends on are white; positions inside a field that are skipped are hatched; the
    bracket below each field gives its length.

    Parameters
    ----------
    layers : sequence of ConvSpec
        For one axis, from the input upwards.
    input_size : int
        Input positions.
    outputs : sequence of int
        Chosen cells of the last layer.

    Returns
    -------
    Figure
    """
    sizes = [input_size]
    for layer in layers:
        sizes.append(int(layer.axes(1)[0].output_size(sizes[-1])))
    fields = [receptive_field(layers[:level]) for level in range(len(layers) + 1)]
    used = _used(layers, sizes, outputs)
    field = fields[-1]
    starts = [output * field.jump - field.padding for output in outputs]
    left = min([0, *starts])
    right = max([input_size - 1, *(start + field.size - 1 for start in starts)])
    floor = STEP * len(layers)
    drawing, axes = canvas(
        floor + 1.7 + 1.2 * len(outputs), right - left + 4.5, top=-0.7, left=left - 3.2, unit=NARROW
    )
    for level, size in enumerate(sizes):
        row = floor - STEP * level
        _level_name(axes, row, left, level, len(layers))
        chosen = outputs if level == len(layers) else ()
        within = _within(field, starts) if level == 0 else set()
        skipped = (within - used[level]) & set(range(size))
        for index in sorted({*range(size), *used[level], *within}):
            column = fields[level].centre + index * fields[level].jump
            kind = _kind(level, len(layers)) if index in used[level] else None
            cell(
                axes,
                row,
                column,
                kind="hole" if index in skipped else kind,
                text=index,
                strength=0.15 if index in skipped else 0.35,
                hatch=index in skipped,
                dashed=not 0 <= index < size,
                chosen=index in chosen,
            )
    _links(axes, layers, fields, used, floor)
    for place, start in enumerate(starts):
        bracket(
            axes,
            floor + 0.95 + 1.2 * place,
            start,
            start + field.size - 1,
            f"r = {field.size}",
            above=False,
        )
    return drawing


def _used(
    layers: Sequence[ConvSpec], sizes: Sequence[int], outputs: Sequence[int]
) -> list[set[int]]:
    """Positions of every level, input first, on which the outputs depend.

    Padding of the input is kept (indices below 0 or beyond the end); padding higher up reads
    nothing, so it ends there.
    """
    used = [set(outputs)]
    for level in range(len(layers) - 1, -1, -1):
        axis = layers[level].axes(1)[0]
        below = {
            index * axis.stride - axis.before + tap * axis.dilation
            for index in used[0]
            for tap in range(axis.kernel_size)
        }
        used.insert(0, {i for i in below if level == 0 or 0 <= i < sizes[level]})
    return used


def _within(field: ReceptiveField, starts: Sequence[int]) -> set[int]:
    """Input positions inside one of the fields, read or not."""
    return {position for start in starts for position in range(start, start + field.size)}


def _links(
    axes: Axes,
    layers: Sequence[ConvSpec],
    fields: Sequence[ReceptiveField],
    used: Sequence[set[int]],
    floor: float,
) -> None:
    """Draw the taps from every used cell to the cells it reads."""
    for level, layer in enumerate(layers):
        axis = layer.axes(1)[0]
        low, high = fields[level], fields[level + 1]
        row = floor - STEP * level
        for index in used[level + 1]:
            for tap in range(axis.kernel_size):
                source = index * axis.stride - axis.before + tap * axis.dilation
                if source in used[level]:
                    link(
                        axes,
                        (row - STEP + 0.5, high.centre + index * high.jump),
                        (row - 0.5, low.centre + source * low.jump),
                    )


def _level_name(axes: Axes, row: float, left: float, level: int, depth: int) -> None:
    """Write "input" or "layer 2" beside a level."""
    name = "input" if level == 0 else f"layer {level}" if level < depth else "output"
    note(axes, row, left - 1.0, name, align="right", color=MUTED)


def _kind(level: int, depth: int) -> str:
    """Colour of a level: input blue, last layer green, between them orange."""
    return "input" if level == 0 else "output" if level == depth else "kernel"
