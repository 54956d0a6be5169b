"""Figures of chapter 9 with maps, photographs and curves: what dilation gives and what it costs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dsconv_lib.plots.cells import heading, note
from dsconv_lib.plots.style import (
    COLORS,
    INK,
    PAPER,
    TEXT_SIZE,
    figure,
    ink_on,
    ramp,
    tint,
)


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
    down = (len(counts) + 1) // 2
    drawing, panels = figure(4.1, 2.15 * down, rows=down, columns=2)
    for axes in panels.flat[len(counts) :]:
        axes.set_axis_off()
    for axes, (dilation, values) in zip(panels.flat, counts.items(), strict=False):
        inside = np.asarray(values)
        share = inside.sum() / (taps * inside.size)
        heading(axes, f"D = {dilation}:  {100 * share:.0f} %")
        for top, bottom in _runs(inside):
            for first, last in _runs(inside.T):
                count = int(inside[top, first])
                alone = count == 1
                strength = 0.12 if alone else 0.8 * count / taps
                box = Rectangle((first - 0.5, top - 0.5), last - first, bottom - top)
                box.set_facecolor(tint("hole" if alone else "kernel", strength))
                box.set(edgecolor=COLORS["hole"] if alone else PAPER, zorder=2 if alone else 1)
                axes.add_patch(box)
                if alone:
                    lines = Rectangle(box.get_xy(), box.get_width(), box.get_height(), linewidth=0)
                    lines.set(facecolor="none", edgecolor=COLORS["hole"], hatch="///", zorder=2)
                    axes.add_patch(lines)
                middle = (top + bottom - 1) / 2, (first + last - 1) / 2
                color = ink_on("hole" if alone else "kernel", strength)
                note(axes, *middle, count, size=9, boxed=alone, color=color)
        rows, columns = inside.shape
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
        axes.set(xticks=[0, columns - 1], yticks=[0, rows - 1])
    return drawing


def filter_responses(
    photo: np.ndarray, responses: Mapping[int, np.ndarray], *, box: tuple[int, int, int, int]
) -> Figure:
    """Show a photograph and the strength of a filter's response to it at several dilations.

    Parameters
    ----------
    photo : array, shape (H, W)
        Grey values.
    responses : mapping of int to array, shape (H, W)
        Dilation -> response. All are drawn on one scale, the stronger, the deeper the colour.
    box : (int, int, int, int)
        First row, row after the last, first column, column after the last of the region that
        is framed.

    Returns
    -------
    Figure
    """
    panels = {"photo": photo} | {f"D = {d}": np.abs(image) for d, image in responses.items()}
    down = (len(panels) + 1) // 2
    height, width = photo.shape
    drawing, axes_grid = figure(5.0, down * (2.5 * height / width + 0.35), rows=down, columns=2)
    strongest = max(float(np.abs(image).max()) for image in responses.values())
    top, bottom, left, right = box
    for axes in axes_grid.flat:
        axes.set_axis_off()
    for axes, (name, image) in zip(axes_grid.flat, panels.items(), strict=False):
        answer = name != "photo"
        axes.imshow(
            image,
            interpolation="none",
            cmap=ramp("output") if answer else "gray",
            vmin=0 if answer else None,
            vmax=0.7 * strongest if answer else None,
        )
        frame = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False)
        frame.set(edgecolor=COLORS["hole"], linewidth=1.6)
        axes.add_patch(frame)
        heading(axes, name)
    return drawing


def dilation_growth(sizes: Mapping[str, Sequence[int]]) -> Figure:
    """Plot the receptive field against the number of layers, one line per way of stacking.

    Parameters
    ----------
    sizes : mapping of str to sequence of int
        Name -> receptive field after 1, 2, 3, … layers. The last line is drawn in the kernel's
        colour, the others in the input's.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(4.1, 2.6)
    axes = panels[0, 0]
    most = max(len(values) for values in sizes.values())
    for place, (name, values) in enumerate(sizes.items()):
        last = place == len(sizes) - 1
        color = COLORS["kernel" if last else "input"]
        layers = range(1, len(values) + 1)
        axes.plot(layers, values, marker="o", color=color)
        for layer, value in zip(layers, values, strict=True):
            axes.annotate(
                str(value),
                (layer, value),
                xytext=(0, 6 if last else -15),
                textcoords="offset points",
                horizontalalignment="center",
                fontsize=9,
                color=INK,
            )
        axes.annotate(
            name,
            (len(values), values[-1]),
            xytext=(10, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=TEXT_SIZE,
            color=INK,
        )
    axes.set(xlabel="L", ylabel="r", xticks=range(1, most + 1), xlim=(0.7, most + 1.2))
    axes.margins(y=0.15)
    return drawing


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Group equal neighbouring rows: (first, after the last) of each group."""
    changes = [row for row in range(1, len(values)) if (values[row] != values[row - 1]).any()]
    return list(pairwise([0, *changes, len(values)]))
