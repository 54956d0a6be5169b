"""A figure as SVG: small, the same to the byte each time, text as text, few colours.

Matplotlib writes the SVG; what it repeats for each mark (groups, names, fonts, clips that clip
nothing) is taken out, and coordinates are rounded. The result stands alone: on its white paper it
reads well on any page. A page with a theme can exchange the few colours for its own.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from dsconv_lib.plots.style import DOTS_PER_INCH, FONT_STACK, PAPER

Element = ElementTree.Element
Point = tuple[float, float]

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "dsconv_lib", "svg.image_inline": True}
MOST_MARKS = 2000
"""An axes with more marks than that is drawn as pixels inside the SVG."""

TOKEN = re.compile(r"[A-Za-z]|-?[\d.]+(?:e-?\d+)?")
DROPPED = {"font-family", "stroke-dashoffset"}
DEFAULTS = {"stroke-linejoin": "round", "stroke-linecap": "butt", "stroke-width": "1"}


def svg(figure: Figure) -> str:
    """Write a figure as SVG.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    str
        One mark a line; the first is the paper, a ``rect`` of class ``paper``. Lengths inside are
        points, ``width`` and ``height`` CSS pixels.

    Examples
    --------
    >>> from dsconv_lib import plots
    >>> plots.svg(plots.canvas(1, 2)[0]).splitlines()[1]
    '<rect class="paper" width="60.48" height="30.24" fill="#ffffff"/>'
    """
    written = StringIO()
    dense = [axes for axes in figure.axes if _marks(axes) > MOST_MARKS]
    before = [axes.get_rasterization_zorder() for axes in dense]
    for axes in dense:
        axes.set_rasterization_zorder(np.inf)
    with matplotlib.rc_context(SETTINGS):
        figure.savefig(written, format="svg", dpi=2 * DOTS_PER_INCH, metadata={"Date": None})
    for axes, order in zip(dense, before, strict=True):
        axes.set_rasterization_zorder(order)
    return _tidy(ElementTree.fromstring(written.getvalue()))


def _marks(axes: Axes) -> int:
    """Count patches, texts, markers and the members of collections."""
    markers = sum(
        np.shape(line.get_xydata())[0] for line in axes.lines if line.get_marker() != "None"
    )
    members = sum(
        max(np.shape(group.get_offsets())[0], len(group.get_paths())) for group in axes.collections
    )
    return len(axes.patches) + len(axes.texts) + markers + members


def _tidy(root: Element) -> str:
    """Return what matplotlib's SVG draws, each mark once, and nothing else."""
    named = {e.attrib["id"]: e for e in root.iter() if "id" in e.attrib}
    marks = list(_drawn(root, named, ""))[1:]  # the first is matplotlib's paper
    used = sorted(set(re.findall(r"url\(#(\w+)\)", "".join(marks))))
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])
    pixels = (_short(length * 96 / 72) for length in (width, height))
    return "\n".join(
        [
            f'<svg xmlns="{SVG}" width="{next(pixels)}" height="{next(pixels)}"'
            f' viewBox="0 0 {_short(width)} {_short(height)}"'
            f' font-family="{FONT_STACK}" stroke-linejoin="round">',
            f'<rect class="paper" width="{_short(width)}" height="{_short(height)}"'
            f' fill="{PAPER}"/>',
            *(_definition(named[name]) for name in used),
            *marks,
            "</svg>",
        ]
    )


def _drawn(parent: Element, named: dict[str, Element], clip: str) -> Iterator[str]:
    """Go through the groups and yield every mark; ``clip`` is the clip path of a group."""
    for element in parent:
        kind = _kind(element)
        clip_here = element.get("clip-path", clip)
        if kind == "g" and "transform" in element.attrib:
            yield _formula(element)
        elif kind == "g":
            yield from _drawn(element, named, clip_here)
        elif element.get("style") == "fill: none":
            continue  # an axes without a ground
        elif kind == "path":
            yield _path(element, element.attrib, (0, 0), named, clip_here)
        elif kind == "use":
            mark = named[element.attrib[LINK][1:]]
            place = float(element.attrib["x"]), float(element.attrib["y"])
            yield _path(mark, element.attrib, place, named, clip_here)
        elif kind == "text":
            yield _text(element)
        elif kind == "image":
            yield _image(element)


def _path(
    mark: Element, drawn: dict[str, str], place: Point, named: dict[str, Element], clip: str
) -> str:
    """Write a path, moved to its place; keep its clip only where that cuts something off."""
    data, points = _outline(mark.attrib["d"], place)
    style = _style(drawn) | _style(mark.attrib)
    cut = clip and _cuts(named[clip[5:-1]][0], points)
    return f'<path d="{data}"{_written(style)}{f" clip-path={quoteattr(clip)}" if cut else ""}/>'


def _outline(data: str, place: Point = (0, 0)) -> tuple[str, np.ndarray]:
    """Return path data moved and rounded, with short commands for level and upright lines."""
    parts: list[str] = []
    points: list[Point] = []
    for command, numbers in _commands(data):
        moved = [value + place[index % 2] for index, value in enumerate(numbers)]
        points += zip(moved[::2], moved[1::2], strict=True)
        short = [_short(value) for value in moved]
        before = tuple(map(_short, points[-2])) if len(points) > 1 else ("", "")
        if command == "L" and short[1] == before[1]:
            parts.append(f"H{short[0]}")
        elif command == "L" and short[0] == before[0]:
            parts.append(f"V{short[1]}")
        else:
            parts.append(command + " ".join(short))
    return "".join(parts), np.array(points)


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Cut path data into commands and their numbers."""
    tokens = TOKEN.findall(data)
    starts = [index for index, token in enumerate(tokens) if token.isalpha()]
    for start, end in pairwise([*starts, len(tokens)]):
        yield tokens[start], [float(number) for number in tokens[start + 1 : end]]


def _cuts(clip: Element, points: np.ndarray) -> bool:
    """Tell whether a clip (a rectangle) leaves out one of the points."""
    if _kind(clip) != "rect":
        return True
    low, size = (
        np.array([float(clip.attrib[key]) for key in keys])
        for keys in (("x", "y"), ("width", "height"))
    )
    high = low + size
    return bool((points < low - 0.5).any() or (points > high + 0.5).any())


def _text(element: Element) -> str:
    """Write a label; its place is kept, its font is the page's."""
    place = _kept(element, ("x", "y"))
    turn = _numbers_short(element.get("transform", ""))
    if turn and not turn.startswith("rotate(0 "):
        place["transform"] = turn
    return f"<text{_written(place | _style(element.attrib))}>{escape(element.text or '')}</text>"


def _formula(element: Element) -> str:
    """Write a formula of matplotlib: every letter has its place, so it keeps its own font."""
    copy = ElementTree.fromstring(ElementTree.tostring(element))
    for part in copy.iter():
        part.tag = _kind(part)
        part.attrib = {
            key: value if key == "style" else _numbers_short(value)
            for key, value in part.attrib.items()
        }
        part.tail = None
        part.text = (part.text or "").strip("\n ") or None
    return ElementTree.tostring(copy, encoding="unicode")


def _image(element: Element) -> str:
    """Write an image, its PNG as small as it can be."""
    picture = Image.open(BytesIO(base64.b64decode(element.attrib[LINK].split(",")[1])))
    values = np.asarray(picture.convert("RGBA"))
    if (values[..., 3] == 255).all():
        values = values[..., :3]
        if (values == values[..., :1]).all():
            values = values[..., 0]
    smaller = BytesIO()
    Image.fromarray(values).save(smaller, format="png", optimize=True)
    data = base64.b64encode(smaller.getvalue()).decode()
    kept = _kept(element, ("x", "y", "width", "height", "transform", "style"))
    kept["preserveAspectRatio"] = "none"
    return f'<image{_written(kept)} href="data:image/png;base64,{data}"/>'


def _definition(element: Element) -> str:
    """Write a clip path or the pattern of a hatching."""
    name, kind = element.attrib["id"], _kind(element)
    if kind == "clipPath":
        inside = {key: _numbers_short(value) for key, value in element[0].attrib.items()}
        return f'<clipPath id="{name}"><{_kind(element[0])}{_written(inside)}/></clipPath>'
    lines = element[-1]
    size = {key: element.attrib[key] for key in ("patternUnits", "width", "height")}
    data, _ = _outline(lines.attrib["d"])
    drawn = f'<path d="{data}"{_written(_style(lines.attrib))}/>'
    return f'<pattern id="{name}"{_written(size)}>{drawn}</pattern>'


def _kept(element: Element, keys: Sequence[str]) -> dict[str, str]:
    """Return some of an element's attributes, their numbers rounded."""
    return {key: _numbers_short(element.attrib[key]) for key in keys if key in element.attrib}


def _style(attributes: dict[str, str]) -> dict[str, str]:
    """Read a style, less what is so anyway."""
    pairs = (part.split(": ", 1) for part in attributes.get("style", "").split("; ") if part)
    style = {key: value.rstrip(";") for key, value in pairs if key not in DROPPED}
    style = {key: value for key, value in style.items() if DEFAULTS.get(key) != value}
    return {key: value if "#" in value else _numbers_short(value) for key, value in style.items()}


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())


def _kind(element: Element) -> str:
    return element.tag.partition("}")[2] or element.tag


def _numbers_short(text: str) -> str:
    return re.sub(r"-?\d*\.\d+(?:e-?\d+)?|-0\b", lambda number: _short(float(number[0])), text)


def _short(number: float) -> str:
    """Round to hundredths of a point."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
