"""How strongly an output depends on each input position."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from dsconv_lib.plots.cells import note, strip
from dsconv_lib.plots.panels import heading, panels, pixels
from dsconv_lib.plots.style import FAINT, INK, NARROW, canvas, tint


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
    drawing, axes = canvas(1.5 * len(rows) + 0.1, widest + 4.5, top=-0.3, left=-4.3, unit=NARROW)
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
    drawing, places = panels(len(patterns), 2.05, 1.7)
    for axes, (depth, pattern) in zip(places, patterns.items(), strict=True):
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
    drawing, places = panels(len(maps), min(1.5, 4.5 / len(maps)), 2.0, columns=len(maps))
    for axes, (name, values) in zip(places, maps.items(), strict=True):
        rows, columns = values.shape
        middle = ((columns - 1) / 2, (rows - 1) / 2)
        pixels(axes, values, kind="gradient", high=None)
        axes.add_patch(Circle(middle, 2 * sigmas[name], fill=False, edgecolor=INK, linestyle="--"))
        heading(axes, name, f"σ = {sigmas[name]:.1f}")
        axes.set_xlabel(f"{columns} pixels")
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color(FAINT)
    return drawing
