"""What both static drawings are made of: path text, hatching, numbers, sentences, SVG.

The views' module ``static/shapes.js`` holds the same functions; a test draws with both and compares
every character.
"""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

INPUT, KERNEL, OUTPUT, HOLE = "#0072B2", "#E69F00", "#009E73", "#D55E00"
MUTED, FAINT = "#6b7480", "#b4bcc6"

STYLE: dict[str, dict[str, object]] = {
    "mesh": {"stroke": FAINT},
    "pad": {"stroke": MUTED, "stroke-dasharray": "3 2"},
    "cell": {"stroke": FAINT},
    "input": {"fill": INPUT, "fill-opacity": 0.2, "stroke": INPUT},
    "hole": {"fill": HOLE, "fill-opacity": 0.1, "stroke": HOLE},
    "hole-hatch": {"stroke": HOLE},
    "taps": {"stroke": KERNEL, "stroke-width": 2},
    "tap": {"fill": KERNEL, "stroke": "#a36f00"},
    "tap-pad": {"fill": KERNEL, "fill-opacity": 0.35, "stroke": KERNEL, "stroke-dasharray": "3 2"},
    "output": {"fill": OUTPUT, "fill-opacity": 0.2, "stroke": OUTPUT},
    "chosen": {"fill": OUTPUT, "stroke": "currentColor", "stroke-width": 2},
    "start": {"fill": OUTPUT},
    "start-chosen": {"fill": KERNEL, "stroke": "currentColor"},
    "skipped": {"stroke": MUTED},
    "ghost": {"stroke": HOLE, "stroke-dasharray": "3 2"},
    "ghost-tap": {"fill": KERNEL, "fill-opacity": 0.35, "stroke": KERNEL},
    "ghost-taps": {"stroke": HOLE, "stroke-dasharray": "4 3"},
    "bracket": {"stroke": KERNEL},
    "bracket-jump": {"stroke": OUTPUT},
    "reached": {"fill": OUTPUT, "fill-opacity": 0.3, "stroke": OUTPUT},
    "field-input": {"fill": INPUT},
    "band": {"fill": KERNEL, "fill-opacity": 0.35},
    "plane": {"fill": INPUT},
    "plane-back": {"fill": "#ffffff"},
    "plane-lines": {"stroke": "#ffffff"},
    "row": {"fill": MUTED},
    "row-end": {"font-weight": 650},
    "num": {"font-size": 11},
    "num-pad": {"font-size": 11, "fill": MUTED},
    "num-hole": {
        "font-size": 11,
        "fill": "#10151b",
        "stroke": "#ffffff",
        "stroke-width": 3,
        "paint-order": "stroke",
    },
    "num-tap": {"font-size": 11, "font-weight": 650, "fill": "#10151b"},
    "num-chosen": {"font-size": 11, "font-weight": 650, "fill": "#10151b"},
    "num-field": {"font-size": 11, "font-weight": 650, "fill": "#ffffff"},
}
"""How each class looks where no style sheet is loaded; ``static/theme.css`` overrules it."""

Text = tuple[str, str, str, str, str]


@dataclass
class Scene:
    """A drawing as plain values.

    Attributes
    ----------
    width, height : int
        In pixels.
    paths : dict
        Path text per class, from the back to the front.
    texts : list of (class, x, y, anchor, text)
    """

    width: int
    height: int
    paths: dict[str, str]
    texts: list[Text] = field(default_factory=list)


def fmt(value: float) -> str:
    """Write a coordinate to a tenth of a pixel."""
    tenths = math.floor(value * 10 + 0.5)
    return str(tenths // 10) if tenths % 10 == 0 else str(tenths / 10)


def rect(x: float, y: float, w: float, h: float) -> str:
    """Draw a rectangle."""
    return f"M{fmt(x)} {fmt(y)}h{fmt(w)}v{fmt(h)}h{fmt(-w)}z"


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Draw a line."""
    return f"M{fmt(x1)} {fmt(y1)}L{fmt(x2)} {fmt(y2)}"


def polygon(corners: Sequence[tuple[float, float]]) -> str:
    """Draw a closed polygon."""
    return f"M{'L'.join(f'{fmt(x)} {fmt(y)}' for x, y in corners)}z"


def disc(x: float, y: float, r: float) -> str:
    """Draw a disc, as two half circles."""
    half = f"a{fmt(r)} {fmt(r)} 0 0 1"
    return f"M{fmt(x - r)} {fmt(y)}{half} {fmt(2 * r)} 0{half} {fmt(-2 * r)} 0z"


def bracket(x1: float, x2: float, y: float, drop: float) -> str:
    """Draw a bracket below (or, with a negative drop, above) a stretch."""
    return f"M{fmt(x1)} {fmt(y)}v{fmt(drop)}H{fmt(x2)}v{fmt(-drop)}"


def hatch(x: float, y: float, w: float, h: float, gap: int) -> str:
    """Draw diagonal lines across a rectangle, on one grid for the whole drawing."""
    pieces = []
    c = math.ceil((x + y) / gap) * gap
    while c < x + w + y + h:
        left, right = max(x, c - y - h), min(x + w, c - y)
        if right > left:
            pieces.append(line(left, c - left, right, c - right))
        c += gap
    return "".join(pieces)


def grid(
    cells: int, width: float, gutter: float, margin: float, largest: float
) -> tuple[float, float, float]:
    """Place the cells of a drawing; returns their pitch, their side and the left edge."""
    room = width - gutter - margin
    fit = min(largest, room / cells)
    pitch = math.floor(fit) if fit >= 8 else fit
    side = pitch - (2 if pitch >= 8 else min(1, pitch / 4))
    return pitch, side, gutter + math.floor((room - cells * pitch) / 2)


def listing(numbers: Sequence[int], strings: Mapping[str, Any]) -> str:
    """Write 1, 2 and 3; long lists keep their first three and their last."""
    shown = [str(number) for number in numbers]
    if len(shown) > 6:
        shown = [*shown[:3], "…", shown[-1]]
    if len(shown) == 1:
        return shown[0]
    return str(strings["comma"].join(shown[:-1]) + strings["and"] + shown[-1])


def svg(scene: Scene, description: str, name: str, styles: Mapping[str, str] | None = None) -> str:
    """Write a scene as SVG that looks right with and without the style sheet.

    Parameters
    ----------
    scene : Scene
    description : str
        The picture in words, its accessible name.
    name : str
        A class of its own.
    styles : mapping of str to str, optional
        Inline style per class of path.
    """
    pieces = [
        f'<svg class="dsconv-svg dsconv-static {name}" role="img" '
        f'aria-label="{_escape(description)}" '
        f'viewBox="0 0 {scene.width} {scene.height}" width="{scene.width}" height="{scene.height}" '
        'fill="none" font-family="system-ui, sans-serif" font-size="12">'
    ]
    for kind, d in scene.paths.items():
        if d:
            inline = f' style="{_escape(styles[kind])}"' if styles and kind in styles else ""
            pieces.append(f'<path class="dsconv-{kind}"{_attributes(kind)}{inline} d="{d}"/>')
    for kind, x, y, anchor, text in scene.texts:
        attributes = _attributes(kind, fill="currentColor")
        pieces.append(
            f'<text class="dsconv-{kind}"{attributes} x="{x}" y="{y}" text-anchor="{anchor}">'
            f"{_escape(text)}</text>"
        )
    return "".join([*pieces, "</svg>"])


def readouts(entries: Sequence[tuple[str, str, str, object]]) -> str:
    """Write numbers with their names: (name, key, kind of colour, value) each."""
    written = " ".join(
        f'<div class="dsconv-readout dsconv-{kind}">'
        f'<span class="dsconv-name">{_escape(label)}</span> '
        f'<span class="dsconv-number" data-readout="{key}">{value}</span></div>'
        for label, key, kind, value in entries
    )
    return f'<div class="dsconv-readouts">{written}</div>'


def paragraph(name: str, text: str) -> str:
    """Write a paragraph with a class."""
    return f'<p class="{name}">{_escape(text)}</p>'


def _attributes(kind: str, **defaults: object) -> str:
    attributes = {**defaults, **STYLE.get(kind, {})}
    return "".join(f' {key}="{value}"' for key, value in attributes.items())


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
