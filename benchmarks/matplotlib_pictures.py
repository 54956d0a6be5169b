"""The widgets' pictures drawn with matplotlib, for `ipywidgets.interact` in the benchmark.

matplotlib gets the scenes that the widgets draw, as few large paths, which is the fastest that it
can be asked for: the comparison is of the two ways to a picture, not of two pictures.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dsconv_lib import ConvSpec, receptive_field
from dsconv_lib.plots import COLORS
from dsconv_lib.widgets import OutputSizeExplorer
from dsconv_lib.widgets.output_size import scene as strip_scene
from dsconv_lib.widgets.receptive_field_scene import tree_scene
from dsconv_lib.widgets.svg import STYLE, Scene

DPI = 100
PLANE = 208
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
TOKEN = re.compile(r"[MLhvHaz]|-?\d+(?:\.\d+)?")


def to_path(d: str) -> Path:
    """Turn the path text of a scene into a matplotlib path."""
    tokens = iter(TOKEN.findall(d))
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    x = y = 0.0
    for command in tokens:
        if command == "z":
            points.append((x, y))
            codes.append(Path.CLOSEPOLY)
            continue
        if command == "a":  # half a circle, to the right or back
            radius, *_, dx, _ = (float(next(tokens)) for _ in range(7))
            bow = -4 / 3 * radius * np.sign(dx)
            points += [(x, y + bow), (x + dx, y + bow), (x + dx, y)]
            codes += repeat(Path.CURVE4, 3)
            x += dx
            continue
        value = float(next(tokens))
        if command in "ML":
            x, y = value, float(next(tokens))
        else:
            x, y = {"h": (x + value, y), "v": (x, y + value), "H": (value, y)}[command]
        points.append((x, y))
        codes.append(Path.MOVETO if command == "M" else Path.LINETO)
    return Path(points, codes)


def paint(axes: Axes, scene: Scene) -> None:
    """Draw a scene: one patch per class, one text per number."""
    axes.set_xlim(0, scene.width)
    axes.set_ylim(scene.height, 0)
    axes.axis("off")
    for kind, d in scene.paths.items():
        if not d:
            continue
        style: dict[str, Any] = {**STYLE.get(kind, {})}
        dashed = style.get("stroke-dasharray") is not None
        edge = str(style.get("stroke", "none")).replace("currentColor", "black")
        patch = PathPatch(to_path(d), facecolor="none", edgecolor=edge, ls="--" if dashed else "-")
        patch.set_linewidth(0.72 * float(style.get("stroke-width", 1)))
        if "fill" in style:
            patch.set_facecolor((style["fill"], float(style.get("fill-opacity", 1))))
        axes.add_patch(patch)
    for _, x, y, anchor, text in scene.texts:
        axes.text(float(x), float(y), text, ha=ANCHORS[anchor], fontsize=8)


def output_size_picture(widget: OutputSizeExplorer, width: int) -> Figure:
    """Draw what the output-size explorer shows."""
    scene = strip_scene(widget, 0, width)
    figure = plt.figure(figsize=(width / DPI, scene.height / DPI), dpi=DPI)
    paint(figure.add_axes((0, 0, 1, 1)), scene)
    return figure


def field_picture(specs: list[ConvSpec], output: int, width: int) -> Figure:
    """Draw what the receptive-field explorer shows: the tree and the plane."""
    scene = tree_scene(specs, output, width)
    height, total = max(scene.height, PLANE), width + 18 + PLANE
    figure = plt.figure(figsize=(total / DPI, height / DPI), dpi=DPI)
    paint(figure.add_axes((0, 0, width / total, scene.height / height)), scene)
    field = receptive_field(specs)
    mask = np.zeros(field.size)
    mask[sorted(field.offsets)] = 1
    plane = figure.add_axes((1 - PLANE / total, 0, PLANE / total, PLANE / height))
    plane.imshow(np.outer(mask, mask), cmap=_two_colours(), vmin=0, vmax=1)
    plane.axis("off")
    return figure


def _two_colours() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([COLORS["hole"], COLORS["input"]])
