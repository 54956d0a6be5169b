"""Figures of chapter 8: what one output depends on, layer by layer and in whole networks."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.plots.cells import bracket, cell, heading, link, note
from dsconv_lib.plots.style import COLORS, INK, MUTED, canvas, figure, tint
from dsconv_lib.receptive_field import ReceptiveField, receptive_field

UNIT = 0.31
"""Inches per cell: trees are wide."""
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
        floor + 1.7 + 1.2 * len(outputs), right - left + 4.5, top=-0.7, left=left - 3.2, unit=UNIT
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


def field_growth(names: Sequence[str], sizes: Sequence[int], jumps: Sequence[int]) -> Figure:
    """Draw how the field grows layer by layer: bars, with what each layer adds in full colour.

    Parameters
    ----------
    names : sequence of str
        One per layer, from the input upwards.
    sizes : sequence of int
        Receptive field after each layer, in pixels.
    jumps : sequence of int
        Jump that each layer meets, in pixels.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(4.5, 0.6 + 0.25 * len(names))
    axes = panels[0, 0]
    before = 1
    for place, (name, size, jump) in enumerate(zip(names, sizes, jumps, strict=True)):
        pooled = name.startswith("pool")
        axes.barh(place, before, color=tint("input", 0.25), height=0.78)
        axes.barh(place, size - before, left=before, color=COLORS["input"], height=0.78)
        text = f"r = {size}" if place == len(names) - 1 else f"{size}"
        axes.text(size + 3, place, text, va="center", fontweight="bold", color=INK)
        axes.text(max(sizes) * 1.36, place, f"{jump}", va="center", ha="right", color=MUTED)
        axes.text(-4, place, name, va="center", ha="right", color=MUTED if pooled else INK)
        before = size
    axes.text(max(sizes) * 1.36, len(names), "jump", va="center", ha="right", color=MUTED)
    axes.set(xlim=(0, max(sizes) * 1.37), ylim=(-0.6, len(names) + 0.5), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return drawing


def fields_on_image(
    fields: Mapping[str, tuple[int, int, int]], image_size: int, *, columns: int = 2
) -> Figure:
    """Draw, to scale, an image and the field of the output in the middle of the map.

    Parameters
    ----------
    fields : mapping of str to (size, first, centre output)
        Per network: side of the field, its first row and column (negative in the padding) and the
        index of the output; all in pixels but the last.
    image_size : int
        Side of the image, in pixels.
    columns : int
        Panels per row.

    Returns
    -------
    Figure
    """
    widest = max(max(-first, first + size - image_size) for size, first, _ in fields.values())
    reach = max(widest, 0) + 14
    rows = -(-len(fields) // columns)
    drawing, panels = figure(2.25 * columns, 2.4 * rows, rows=rows, columns=columns)
    for axes, (name, (size, first, output)) in zip(panels.flat, fields.items(), strict=True):
        side = (image_size, image_size)
        axes.add_patch(Rectangle((0, 0), *side, facecolor=tint("input", 0.35), edgecolor="none"))
        axes.add_patch(
            Rectangle(
                (first, first),
                size,
                size,
                facecolor="none",
                edgecolor=COLORS["output"],
                linewidth=2.2,
            )
        )
        spot = (image_size / 2, image_size * 0.26)
        axes.text(*spot, f"{image_size}", ha="center", color=INK)
        middle = first + size / 2
        axes.plot(middle, middle, marker="s", markersize=5, color=COLORS["output"])
        heading(axes, name, f"r = {size}, output {output}")
        axes.set(xlim=(-reach, image_size + reach), ylim=(image_size + reach, -reach))
        axes.set(aspect="equal")
        axes.set_axis_off()
    return drawing


def centre_rulers(centres: Mapping[str, Sequence[float]], image_size: int, stride: int) -> Figure:
    """Draw where the centres of all outputs lie along one axis, one ruler per network.

    A small mark shows the middle of each block.

    Parameters
    ----------
    centres : mapping of str to sequence of float
        Centre of each output's field, in pixels.
    image_size : int
        Length of the axis, in pixels.
    stride : int
        Length of the blocks into which the axis is cut, in pixels.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(4.1, 0.5 + 0.58 * len(centres))
    axes = panels[0, 0]
    for place, (name, spots) in enumerate(centres.items()):
        for block, start in enumerate(range(0, image_size, stride)):
            axes.add_patch(
                Rectangle(
                    (start - 0.5, place - 0.3),
                    stride,
                    0.6,
                    facecolor=tint("input", 0.16 if block % 2 else 0.34),
                    edgecolor="none",
                )
            )
            block_middle = start + (stride - 1) / 2
            axes.plot([block_middle] * 2, [place - 0.3, place - 0.12], color=MUTED, linewidth=1)
        axes.plot(spots, [place] * len(spots), "s", color=COLORS["output"], markersize=6)
        spot = f"{spots[0]:g}"
        axes.text(spots[0] + 5, place, spot, va="center", fontweight="bold", color=INK)
        axes.text(-5, place, name, va="center", ha="right", color=INK)
    axes.set(xlim=(-1, image_size + 4), ylim=(len(centres) - 0.5, -0.5), yticks=[])
    axes.set_xticks([*range(0, image_size, stride), image_size - 1])
    axes.spines[["left", "bottom"]].set_visible(False)
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
