"""The widgets' pictures drawn with matplotlib, for `ipywidgets.interact` in the benchmark.

matplotlib gets the paths, colours and texts of a widget's own drawing, as the browser has them: a
few large paths, which is about the least that it can be asked for. The comparison is of two ways to
a picture, not of two pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

DPI = 100
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
NUMBER = r"-?\d+(?:\.\d+)?"
CLIP = re.compile(r"path\('([^']*)'\)")
TOKEN = re.compile(rf"[MLhvHaz]|{NUMBER}")

READ = """(root) => [...root.querySelectorAll("svg")].map((svg) => ({
  width: svg.viewBox.baseVal.width,
  height: svg.viewBox.baseVal.height,
  paths: [...svg.querySelectorAll("path")].map((path) => {
    const { fill, fillOpacity, stroke, strokeWidth, strokeDasharray } = getComputedStyle(path);
    const [d, clip] = [path.getAttribute("d"), path.getAttribute("style") ?? ""];
    return { d, clip, fill, fillOpacity, stroke, strokeWidth, strokeDasharray };
  }),
  texts: [...svg.querySelectorAll("text")].map((text) => ({
    x: text.getAttribute("x"), y: text.getAttribute("y"),
    anchor: text.getAttribute("text-anchor"), text: text.textContent,
  })),
}))"""
"""What the browser says of a widget's drawings."""


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


def colour(css: str, opacity: str = "1") -> Any:
    """Turn a computed colour into matplotlib's."""
    if css == "none":
        return "none"
    red, green, blue, *alpha = (float(number) for number in re.findall(NUMBER, css))
    return (red / 255, green / 255, blue / 255, float(opacity) * (alpha[0] if alpha else 1))


def draw_path(axes: Axes, style: dict[str, str]) -> None:
    """Draw one path with its colours."""
    line = "-" if style["strokeDasharray"] == "none" else "--"
    patch = PathPatch(to_path(style["d"]), edgecolor=colour(style["stroke"]), linestyle=line)
    patch.set_facecolor(colour(style["fill"], style["fillOpacity"]))
    patch.set_linewidth(0.72 * float(style["strokeWidth"].removesuffix("px")))
    axes.add_patch(patch)
    if clip := CLIP.search(style["clip"]):
        patch.set_clip_path(to_path(clip[1]), axes.transData)


def picture(drawings: Sequence[dict[str, Any]]) -> Figure:
    """Draw the pictures that a widget shows, side by side, as `READ` gives them."""
    total = sum(drawing["width"] for drawing in drawings)
    tallest = max(drawing["height"] for drawing in drawings)
    figure = plt.figure(figsize=(total / DPI, tallest / DPI), dpi=DPI)
    left = 0.0
    for drawing in drawings:
        width, height = drawing["width"], drawing["height"]
        axes = figure.add_axes((left / total, 0, width / total, height / tallest))
        left += width
        draw(axes, drawing)
    return figure


def draw(axes: Axes, drawing: dict[str, Any]) -> None:
    """Draw one picture: a patch for each of its paths, a text for each of its texts."""
    axes.set_xlim(0, drawing["width"])
    axes.set_ylim(drawing["height"], 0)
    axes.axis("off")
    for path in drawing["paths"]:
        draw_path(axes, path)
    for text in drawing["texts"]:
        anchor = ANCHORS[text["anchor"]]
        axes.text(float(text["x"]), float(text["y"]), text["text"], ha=anchor, fontsize=8)
