"""What the receptive-field explorer shows, as plain values: the tree and the plane.

The same picture as ``static/receptive_field_scene.js``; the library does the arithmetic.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.receptive_field import ReceptiveField, receptive_field
from dsconv_lib.widgets.receptive_field_words import STRINGS, operation
from dsconv_lib.widgets.svg import Scene, bracket, fmt, grid, hatch, line, polygon, rect

OUTPUTS = 5
"""Neighbouring outputs that are drawn."""

HATCH = 5
APART = 2
JOINED = 6
MOST_RUNS = 300

Run = tuple[int, int]


def runs_of(positions: Sequence[int]) -> list[Run]:
    """Join neighbouring positions, given in order, into runs (first, last)."""
    runs: list[Run] = []
    for position in positions:
        if runs and runs[-1][1] == position - 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    return runs


@dataclass(frozen=True)
class Row:
    """One map of the stack as a row of the drawing."""

    runs: list[Run]
    holes: list[Run]
    parents: list[int]
    base: int
    count: int
    field: int
    jump: int
    left: float
    pitch: float
    side: float
    y: float

    @property
    def space(self) -> float:
        """Distance of neighbouring cells in pixels."""
        return self.jump * self.pitch

    @property
    def single(self) -> bool:
        """Whether one can tell the cells apart."""
        return self.space >= 4

    def x(self, position: int) -> float:
        """Centre of a cell."""
        return self.left + (position * self.jump + (self.field - 1) / 2 + 0.5) * self.pitch

    def stretch(self, run: Run) -> tuple[float, float]:
        """Left edge and width of a run of cells."""
        return self.x(run[0]) - self.side / 2, self.x(run[1]) - self.x(run[0]) + self.side


def _rows(
    specs: list[ConvSpec], output: int, at: tuple[float, float], tall: float, gap: float
) -> list[Row]:
    """Place every map of the stack, the input first; ``at`` is the pitch and the left edge."""
    count, (pitch, left) = len(specs), at
    cells = _cells(receptive_field(specs))
    rows = []
    for level in range(count + 1):
        below, above = receptive_field(specs[:level]), receptive_field(specs[level:])
        space, base = below.jump * pitch, output * above.jump
        if space >= 4:
            side = min(tall, space - (2 if space >= 8 else 1))
        else:
            side = max(space, 4 if level == count else 0)
        parents = sorted(above.offsets)
        runs = [(base + first, base + last) for first, last in runs_of(parents)]
        row = Row(
            runs=runs,
            holes=[(one[1] + 1, other[0] - 1) for one, other in pairwise(runs)],
            parents=parents,
            base=base,
            count=(cells - below.size) // below.jump + 1,
            field=below.size,
            jump=below.jump,
            left=left,
            pitch=pitch,
            side=side,
            y=28 + (count - level) * (tall + gap),
        )
        rows.append(row)
    return rows


def _cells(field: ReceptiveField) -> int:
    """Input positions that the drawing holds."""
    return int(field.size + (OUTPUTS - 1) * field.jump)


def tree_scene(specs: list[ConvSpec], output: int, width: int) -> Scene:
    """Draw one output's dependencies, from the output (top) to the input (bottom)."""
    field, count = receptive_field(specs), len(specs)
    wide = width >= 420
    largest = 30 if count <= 4 else 22 if count <= 8 else 12
    pitch, _, left = grid(_cells(field), width, 104 if wide else 52, 6, largest)
    tall = pitch - 2 if pitch >= 8 else 7 if count > 8 else 9
    gap = 46 if count <= 3 else 36 if count <= 5 else 28 if count <= 8 else 15
    rows = _rows(specs, output, (pitch, left), tall, gap)
    names = "cell reached field-input hole hole-hatch band taps chosen bracket bracket-jump"
    d = dict.fromkeys(names.split(), "")
    texts: list[tuple[str, float, float, str, str]] = []
    for level, row in enumerate(rows):
        kind = "chosen" if level == count else "reached" if level else "field-input"
        _draw_row(d, row, kind, tall, len(field.offsets) / field.size)
        if row.single and row.side >= 16:
            _number_row(texts, row, kind, output, tall)
        if level:
            _draw_taps(d, row, rows[level - 1], specs[level - 1], tall)
    for layer in range(1, count + 1):
        at = (rows[layer].y + tall + rows[layer - 1].y) / 2 + 4
        template = STRINGS["operation" if wide else "layer"]
        text = template.format(layer=layer, what=operation(specs[layer - 1]))
        texts.append(("row", 0, at, "start", text))
    aside = max(0, 14 - (tall + gap) / 2)
    here, bottom = rows[count], rows[0]
    texts.append(("row-end", 0, here.y + tall / 2 + 4 - aside, "start", STRINGS["row_output"]))
    texts.append(("row-end", 0, bottom.y + tall / 2 + 4 + aside, "start", STRINGS["row_input"]))

    def caption(text: str, x: float, y: float) -> None:
        half = len(text) * 3.4
        texts.append(("label", max(half, min(width - half, x)), y, "middle", text))

    x, w = bottom.stretch((bottom.base, bottom.base + field.size - 1))
    shelf = bottom.y + tall + 5
    d["bracket"] = bracket(x, x + w, shelf + 6, -6)
    caption(STRINGS["bracket_field"].format(size=field.size), x + w / 2, shelf + 21)
    one, other = (here.x(min(output, OUTPUTS - 2) + step) for step in (0, 1))
    d["bracket-jump"] = bracket(one, other, here.y - 4, -5)
    caption(STRINGS["bracket_jump"].format(jump=field.jump), (one + other) / 2, here.y - 14)
    written = [(kind, fmt(x), fmt(y), anchor, text) for kind, x, y, anchor, text in texts]
    return Scene(width, math.ceil(shelf + 28), d, written)


def _draw_row(d: dict[str, str], row: Row, kind: str, tall: float, density: float) -> None:
    """Draw the cells of one map: those the output depends on, the holes, the others."""
    bottom = kind == "field-input"

    def put(name: str, run: Run) -> None:
        first, last = run
        pieces = [(p, p) for p in range(first, last + 1)] if row.single else [run]
        for piece in pieces:
            x, w = row.stretch(piece)
            d[name] += rect(x, row.y, w, tall)
            if name == "hole":
                d["hole-hatch"] += hatch(x, row.y, w, tall, HATCH)

    if len(row.runs) > MOST_RUNS and not row.single:
        x, w = row.stretch((row.runs[0][0], row.runs[-1][1]))
        share = tall * density if bottom else tall
        d[kind] += rect(x, row.y + tall - share, w, share)
        if bottom:
            d["hole"] += rect(x, row.y, w, tall - share)
            d["hole-hatch"] += hatch(x, row.y, w, tall - share, HATCH)
    else:
        for run in row.runs:
            put(kind, run)
        for run in row.holes if bottom else []:
            put("hole", run)
    if row.single:
        taken = _taken(row, bottom)
        for position in range(row.count):
            if position not in taken:
                put("cell", (position, position))
    else:
        x = row.x(0) - row.side / 2
        d["cell"] += rect(x, row.y, row.x(row.count - 1) + row.side / 2 - x, tall)


def _number_row(texts: list[Any], row: Row, kind: str, output: int, tall: float) -> None:
    """Number the cells of one map."""
    reached, taken = _taken(row, False), _taken(row, kind == "field-input")
    for position in range(row.count):
        name = "num" if position in taken else "num-pad"
        if kind == "chosen" and position == output:
            name = "num-chosen"
        elif kind == "field-input" and position in taken:
            name = "num-field" if position in reached else "num-hole"
        texts.append((name, row.x(position), row.y + tall / 2 + 4, "middle", str(position)))


def _taken(row: Row, holes: bool) -> set[int]:
    """Positions of a row's runs, and of its holes if wanted."""
    runs = [*row.runs, *(row.holes if holes else [])]
    return {position for first, last in runs for position in range(first, last + 1)}


def _draw_taps(d: dict[str, str], above: Row, below: Row, spec: ConvSpec, tall: float) -> None:
    """Draw the taps of one layer: lines where they are few, otherwise the band that they cover."""
    (axis,) = spec.axes()
    top, bottom = above.y + tall, below.y
    reach = axis.effective_kernel_size - 1
    width = (above.parents[-1] * axis.stride + reach + 1) * below.space
    if len(above.parents) * axis.kernel_size * APART <= width:
        for parent in above.parents:
            x = above.x(above.base + parent)
            for tap in range(axis.kernel_size):
                child = below.base + parent * axis.stride + tap * axis.dilation
                d["taps"] += line(x, top, below.x(child), bottom)
        return
    groups: list[Run] = []
    for parent in above.parents:
        if groups and (parent - groups[-1][1]) * above.space <= JOINED:
            groups[-1] = (groups[-1][0], parent)
        else:
            groups.append((parent, parent))
    for a, b in groups:
        d["band"] += polygon(
            [
                (above.x(above.base + a) - above.side / 2, top),
                (above.x(above.base + b) + above.side / 2, top),
                (below.x(below.base + b * axis.stride + reach) + below.side / 2, bottom),
                (below.x(below.base + a * axis.stride) - below.side / 2, bottom),
            ]
        )


def plane_scene(specs: list[ConvSpec], most: int) -> tuple[Scene, str]:
    """Draw the field in rows and columns, which reach alike: rows clipped by columns.

    Returns
    -------
    scene : Scene
    clip : str
        The inline style that clips the rows.
    """
    field = receptive_field(specs)
    side = min(most, 16 * field.size)
    pitch = side / field.size
    runs = runs_of(sorted(field.offsets))
    fine = len(runs) > side
    stripes = [(0, field.size - 1)] if fine else runs
    rows = "".join(rect(0, a * pitch, side, (b - a + 1) * pitch) for a, b in stripes)
    columns = "".join(rect(a * pitch, 0, (b - a + 1) * pitch, side) for a, b in stripes)
    lines = ""
    if pitch >= 5:
        lines = "".join(
            line(0, i * pitch, side, i * pitch) + line(i * pitch, 0, i * pitch, side)
            for i in range(1, field.size)
        )
    paths = {
        "hole": rect(0, 0, side, side),
        "hole-hatch": hatch(0, 0, side, side, HATCH),
        "plane-back": rows,
        "plane": rows,
        "plane-lines": lines,
    }
    density = len(field.offsets) / field.size
    opacity = f";opacity:{density**2:.4f}" if fine else ""
    return Scene(side, side, paths), f"clip-path:path('{columns}'){opacity}"
