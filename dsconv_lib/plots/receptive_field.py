"""Receptive fields of whole networks: how they grow, where they lie."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dsconv_lib.plots.panels import frame, heading, panels
from dsconv_lib.plots.style import COLORS, INK, MUTED, figure, tint


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
    drawing, grid = figure(4.5, 0.6 + 0.25 * len(names))
    axes = grid[0, 0]
    before, gap = 1, min(3, max(sizes) / 40)
    for place, (name, size, jump) in enumerate(zip(names, sizes, jumps, strict=True)):
        pooled = name.startswith("pool")
        axes.barh(place, before, color=tint("input", 0.25), height=0.78)
        axes.barh(place, size - before, left=before, color=COLORS["input"], height=0.78)
        text = f"r = {size}" if place == len(names) - 1 else f"{size}"
        axes.text(size + gap, place, text, va="center", fontweight="bold", color=INK)
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
    drawing, places = panels(len(fields), 2.25, 2.4, columns=columns)
    for axes, (name, (size, first, output)) in zip(places, fields.items(), strict=True):
        side = (image_size, image_size)
        axes.add_patch(Rectangle((0, 0), *side, facecolor=tint("input", 0.35), edgecolor="none"))
        frame(axes, first, first, size, size)
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
    drawing, grid = figure(4.1, 0.5 + 0.58 * len(centres))
    axes = grid[0, 0]
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
        axes.text(spots[0], place + 0.5, spot, va="center", ha="center", color=INK)
        axes.text(-5, place, name, va="center", ha="right", color=INK)
    axes.set(xlim=(-1, image_size + 4), ylim=(len(centres) - 0.2, -0.5), yticks=[])
    axes.set_xticks([*range(0, image_size, stride), image_size - 1])
    axes.spines[["left", "bottom"]].set_visible(False)
    return drawing
