"""Figures of chapter 8: how strongly an output depends on each input position."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from dsconv_lib.plots.cells import heading, note, strip
from dsconv_lib.plots.style import COLORS, FAINT, INK, MUTED, canvas, figure, ramp, tint


def path_counts(rows: Mapping[str, Sequence[int]]) -> Figure:
    """Draw strips that say how many paths lead from each input position to the output.

    Parameters
    ----------
    rows : mapping of str to sequence of int
        Counts per position, each of odd length; middles stand below each other. A position with
        count 0 is hatched.

    Returns
    -------
    Figure
    """
    widest = max(len(counts) for counts in rows.values())
    drawing, axes = canvas(1.5 * len(rows) + 0.1, widest + 4.5, top=-0.3, left=-4.3, unit=0.31)
    for place, (name, counts) in enumerate(rows.items()):
        start = (widest - len(counts)) / 2
        empty = {index for index, count in enumerate(counts) if count == 0}
        row = 1.5 * place
        strip(axes, list(counts), kind="gradient", row=row, column=start, hatched=empty)
        note(axes, row, -1.0, name, align="right")
    return drawing


def pattern_bars(patterns: Mapping[int, np.ndarray], sigmas: Mapping[int, float]) -> Figure:
    """Draw the share of the gradient per position against a Gaussian, two panels per row.

    Parameters
    ----------
    patterns : mapping of int to array, shape (2L + 1,)
        Depth L and the shares, which sum to 1.
    sigmas : mapping of int to float
        Standard deviation of the Gaussian, in positions.

    Returns
    -------
    Figure
    """
    rows = -(-len(patterns) // 2)
    drawing, panels = figure(4.1, 1.7 * rows, rows=rows, columns=2)
    for axes in panels.flat[len(patterns) :]:
        axes.set_axis_off()
    for axes, (depth, pattern) in zip(panels.flat, patterns.items(), strict=False):
        offsets = np.arange(len(pattern)) - len(pattern) // 2
        sigma, reach = sigmas[depth], len(pattern) // 2 + 1.5
        fine = np.linspace(-reach, reach, 400)
        axes.bar(offsets, pattern, width=0.85, color=tint("gradient", 0.65))
        gauss = np.exp(-(fine**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
        axes.plot(fine, gauss, color=INK, linewidth=1.2)
        heading(axes, f"L = {depth}, σ = {sigma:.2f}")
        axes.set(xlim=(-reach, reach), yticks=[], xticks=[-depth, 0, depth])
        axes.spines[["left"]].set_visible(False)
    return drawing


def gradient_maps(maps: Mapping[str, np.ndarray], sigmas: Mapping[str, float]) -> Figure:
    """Draw gradient maps side by side; a circle of radius 2σ lies inside the field's square.

    Parameters
    ----------
    maps : mapping of str to array, shape (H, W)
        Share of the gradient per input position, covering just the receptive field. Each map has
        its own scale, from 0 to its largest value.
    sigmas : mapping of str to float
        Standard deviation per axis, in pixels; written into the title.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(min(4.5, 1.5 * len(maps)), 2.0, columns=len(maps))
    for axes, (name, values) in zip(panels.flat, maps.items(), strict=True):
        rows, columns = values.shape
        middle = ((columns - 1) / 2, (rows - 1) / 2)
        axes.imshow(values, cmap=ramp("gradient"), vmin=0, interpolation="none")
        axes.add_patch(Circle(middle, 2 * sigmas[name], fill=False, edgecolor=INK, linestyle="--"))
        heading(axes, name, f"σ = {sigmas[name]:.1f}")
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(f"{columns} pixels")
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color(FAINT)
    return drawing


def field_against_effective(
    depths: Sequence[int], sizes: Sequence[int], sigmas: Sequence[float]
) -> Figure:
    """Draw the size of the field and the width of the effective field (4σ) against depth.

    Parameters
    ----------
    depths : sequence of int
        Number of layers.
    sizes : sequence of int
        Receptive fields, in pixels.
    sigmas : sequence of float
        Measured standard deviations, in pixels.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(4.1, 2.7)
    axes = panels[0, 0]
    widths = [4 * sigma for sigma in sigmas]
    axes.plot(depths, sizes, "o-", color=COLORS["input"], markersize=4)
    axes.plot(depths, widths, "s-", color=COLORS["gradient"], markersize=4)
    axes.text(depths[-1], sizes[-1] * 1.02, "2L + 1", ha="right", va="bottom", color=INK)
    axes.text(depths[-1], widths[-1] + 3, "4σ", ha="right", va="bottom", color=INK)
    axes.fill_between(depths, widths, color=tint("gradient", 0.2), linewidth=0)
    axes.set(xlabel="L (layers)", ylabel="pixels", xlim=(0, depths[-1] * 1.03))
    axes.set_ylim(0, sizes[-1] * 1.12)
    return drawing


def cue_images(images: np.ndarray, signs: np.ndarray) -> Figure:
    """Draw grey images in a row, with the signs of their near and far blob above.

    Parameters
    ----------
    images : array, shape (N, H, W)
        Grey values; 0 is drawn as middle grey.
    signs : array, shape (N, 2)
        1 for a bright blob, 0 for a dark one: near, far.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(5.0, 1.7, columns=len(images))
    for axes, image, (near, far) in zip(panels.flat, images, signs, strict=True):
        limit = float(np.abs(images).max())
        axes.imshow(image, cmap="gray", vmin=-limit, vmax=limit, interpolation="none")
        middle = (image.shape[1] // 2 - 0.5, image.shape[0] // 2 - 0.5)
        axes.add_patch(
            Rectangle(middle, 1, 1, fill=False, edgecolor=COLORS["output"], linewidth=2.2)
        )
        heading(axes, f"near {'+' if near else '−'}   far {'+' if far else '−'}")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return drawing


def loss_curves(losses: Mapping[str, Sequence[float]], *, chance: float) -> Figure:
    """Draw the mean loss of each epoch, one labelled curve per run.

    Parameters
    ----------
    losses : mapping of str to sequence of float
        Cross-entropy per epoch, in nats.
    chance : float
        Loss of guessing, in nats; a dotted line.

    Returns
    -------
    Figure
    """
    drawing, panels = figure(4.1, 2.4)
    axes = panels[0, 0]
    for (name, values), marker, color in zip(
        losses.items(), "os^v", (MUTED, INK) * 2, strict=False
    ):
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, marker=marker, markersize=5, color=color)
        axes.annotate(
            name,
            (2, values[1]),
            xytext=(6, 6),
            textcoords="offset points",
            fontweight="bold",
            color=INK,
        )
    axes.axhline(chance, color=FAINT, linestyle=":")
    axes.annotate(
        f"{chance:.2f}",
        (len(values), chance),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        color=INK,
    )
    axes.set(xlabel="epoch", ylabel="cross-entropy", ylim=(0, chance * 1.15))
    return drawing
