"""Draw the house of CONTRIBUTING.md: each part of the library above the parts that it uses.

Parts that use no other and that no other uses stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from xml.sax.saxutils import escape

import house

FILE = house.ROOT / "book" / "_static" / "house.svg"
ROOM, GAP, STOREY = (132, 38), 20, 92
SWEEPS = 61
# A room by its name, or where the line from one to another passes a storey.
Point = tuple[str, ...]
STYLE = """\
svg { font: 15px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
rect { fill: #eef4f9; stroke: #0072b2; stroke-width: 1.5; }
text { fill: #1a1a1a; text-anchor: middle; }
path { fill: none; stroke: #6b7280; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  rect { fill: #16242f; stroke: #56a9da; }
  text { fill: #f0f0f0; }
  path { stroke: #9aa4b2; }
}"""


def reduced(graph: house.Graph) -> house.Graph:
    """Leave out what a node uses through others anyway."""
    return {
        name: used - {far for other in used for far in house.reached(graph, other)}
        for name, used in graph.items()
    }


def storeys(graph: house.Graph) -> tuple[list[list[Point]], list[tuple[Point, Point]]]:
    """Stack the parts, and the points where a line passes a storey; pairs are joined by a line."""
    stack: list[list[Point]] = [[(name,) for name in floor] for floor in house.floors(graph)]
    level = {name: number for number, floor in enumerate(stack) for (name,) in floor}
    lines = []
    for name, used in sorted(reduced(graph).items()):
        for other in sorted(used):
            passed: list[Point] = []
            for number in range(level[name] - 1, level[other], -1):
                passed.append((name, other, str(number)))
                stack[number].append(passed[-1])
            path: list[Point] = [(name,), *passed, (other,)]
            lines += list(pairwise(path))
    return stack, lines


def apart(wishes: Sequence[float]) -> list[float]:
    """Put things at least 1 apart, in this order, and together as near as may be to their wishes.

    Neighbours that would come too near move together, to the mean of what they wish.
    """
    groups: list[list[float]] = []
    for number, wish in enumerate(wishes):
        groups.append([wish - number])
        while len(groups) > 1 and fmean(groups[-2]) >= fmean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    means = [fmean(group) for group in groups for _ in group]
    return [mean + number for number, mean in enumerate(means)]


def columns(
    stack: Sequence[Sequence[Point]], lines: Sequence[tuple[Point, Point]]
) -> dict[Point, float]:
    """Give each point its column, near to those that it is joined to."""
    joined: dict[Point, list[Point]] = {point: [] for floor in stack for point in floor}
    for high, low in lines:
        joined[high].append(low)
        joined[low].append(high)
    column = {point: float(number) for floor in stack for number, point in enumerate(floor)}
    for sweep in range(SWEEPS):
        for floor in stack[:: -1 if sweep % 2 else 1]:
            wishes = sorted(
                (fmean(column[other] for other in joined[point]), point) for point in floor
            )
            places = apart([wish for wish, _ in wishes])
            column |= {point: place for (_, point), place in zip(wishes, places, strict=True)}
    left = min(column.values())
    return {point: round(place - left, 2) for point, place in column.items()}


def drawing(graph: house.Graph) -> str:
    """Return the picture as SVG; it follows the light or dark of the page that shows it."""
    joined = {name for name, used in graph.items() if used}.union(*graph.values())
    stack, lines = storeys({name: graph[name] for name in sorted(joined)})
    column = columns(stack, lines)
    beside = max(column.values()) + 1
    for number, name in enumerate(sorted(set(graph) - joined)):
        stack[number % len(stack)].append((name,))
        column[name,] = beside + number // len(stack)
    top = len(stack) - 1
    middle = {
        point: (
            GAP + ROOM[0] / 2 + column[point] * (ROOM[0] + GAP),
            GAP + ROOM[1] / 2 + (top - number) * STOREY,
        )
        for number, floor in enumerate(stack)
        for point in floor
    }
    width = max(x for x, _ in middle.values()) + ROOM[0] / 2 + GAP
    height = GAP + ROOM[1] + top * STOREY + GAP
    half = ROOM[1] / 2
    marks = []
    for high, low in lines:
        (x, y), (to_x, to_y) = middle[high], middle[low]
        y, to_y = y + half, to_y - half
        bend = (y + to_y) / 2
        past = f"V{to_y + ROOM[1]:g}" if len(low) > 1 else ""
        curve = f"M{x:g} {y:g}C{x:g} {bend:g} {to_x:g} {bend:g} {to_x:g} {to_y:g}"
        marks.append(f'<path d="{curve}{past}"/>')
    for point in (point for floor in reversed(stack) for point in floor if len(point) == 1):
        x, y = middle[point]
        marks.append(
            f'<rect x="{x - ROOM[0] / 2:g}" y="{y - half:g}" '
            f'width="{ROOM[0]}" height="{ROOM[1]}" rx="5"/>'
            f'<text x="{x:g}" y="{y + 5:g}">{escape(point[0])}</text>'
        )
    uses = "; ".join(
        f"{name} uses {', '.join(sorted(used))}" for name, used in sorted(graph.items()) if used
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" height="{height:g}" role="img">',
            "<title>The parts of dsconv_lib, each above those that it uses</title>",
            f"<desc>{escape(uses)}.</desc>",
            f"<style>\n{STYLE}\n</style>",
            *marks,
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write the picture."""
    FILE.write_text(drawing(house.parts_used()), encoding="utf-8")
    print(f"house: {FILE.relative_to(house.ROOT)} is drawn")


if __name__ == "__main__":
    main()
