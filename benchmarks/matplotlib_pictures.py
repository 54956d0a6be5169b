"""The widgets' pictures drawn with matplotlib, for `ipywidgets.interact` in the benchmark.

matplotlib gets the paths and texts of a widget's own static drawing, a few large paths, which is
about the least that it can be asked for: the comparison is of two ways to a picture, not of two
pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from dsconv_lib.widgets import StaticWidget

DPI = 100
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
CLIP = re.compile(r'path\("([^"]*)"\)')
TOKEN = re.compile(r"[MLhvHaz]|-?\d+(?:\.\d+)?")


def to_path(d: str) -> Path:
    """Turn the path text of a drawing into a matplotlib path."""
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


def draw_path(axes: Axes, style: dict[str, str]) -> None:
    """Draw one path of an SVG with its colours."""
    edge = style.get("stroke", "none").replace("currentColor", "black")
    line = "--" if "stroke-dasharray" in style else "-"
    patch = PathPatch(to_path(style["d"]), facecolor="none", edgecolor=edge, linestyle=line)
    patch.set_linewidth(0.72 * float(style.get("stroke-width", 1)))
    if "fill" in style:
        patch.set_facecolor((style["fill"], float(style.get("fill-opacity", 1))))
    axes.add_patch(patch)
    if clip := CLIP.search(style.get("style", "")):
        patch.set_clip_path(to_path(clip[1]), axes.transData)


def picture(widget: StaticWidget, widths: Sequence[int]) -> Figure:
    """Draw the pictures that a widget shows, side by side.

    Parameters
    ----------
    widget : StaticWidget
    widths : sequence of int
        Width of each of its drawings in pixels.
    """
    drawings = [ElementTree.fromstring(text) for text in SVG.findall(widget.static_html())]
    sizes: list[tuple[float, float]] = []
    for drawing, width in zip(drawings, widths, strict=True):
        sizes.append(
            (width, width * float(drawing.attrib["height"]) / float(drawing.attrib["width"]))
        )
    total, tallest = sum(width for width, _ in sizes), max(height for _, height in sizes)
    figure = plt.figure(figsize=(total / DPI, tallest / DPI), dpi=DPI)
    left = 0.0
    for drawing, (width, height) in zip(drawings, sizes, strict=True):
        axes = figure.add_axes((left / total, 0, width / total, height / tallest))
        left += width
        draw(axes, drawing)
    return figure


def draw(axes: Axes, drawing: Any) -> None:
    """Draw one SVG: a patch for each of its paths, a text for each of its texts."""
    axes.set_xlim(0, float(drawing.attrib["width"]))
    axes.set_ylim(float(drawing.attrib["height"]), 0)
    axes.axis("off")
    for node in drawing.iter():
        if node.tag == "path":
            draw_path(axes, node.attrib)
        elif node.tag == "text":
            x, y, anchor = (node.attrib[key] for key in ("x", "y", "text-anchor"))
            axes.text(float(x), float(y), node.text, ha=ANCHORS[anchor], fontsize=8)
