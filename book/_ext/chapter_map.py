"""Draw the map of the chapters: a picture of the parts, with arrows for what needs what.

The parts, the titles and which chapters can be read come from `_toc.yml` and from the chapters
themselves, the arrows from the directive's lines, `chapter: the chapters that it needs`:

    ```{chapter-map}
    1:
    2: 1
    ```

The picture is one column wide, so it reads on a phone; `book.css` colours it for both themes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.api import FileItem, SiteMap

WIDTH, MARGIN = 360, 6  # of the drawing, in its own units
NODE_X, RADIUS = 90, 11.5  # the column of numbered circles
TEXT_X, TEXT_WIDTH, TEXT_HEIGHT = 112, 34, 16  # titles: left edge, characters a line, line height
HEADER, ROW, GAP = 30, 36, 10  # heights: a part's name, a chapter of one line, between parts
LINE = re.compile(r"(\d+):\s*([\d\s]*)")
SENTENCE_END = re.compile(r"(?<=[?.!])\s")
NUMBERED = re.compile(r"(\d+)\s+(.+)")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the map; `docname` is None while it is not written."""

    number: int
    title: str
    docname: str | None


class ChapterMap(nodes.General, nodes.Element):
    """Stands for the map until every title is known."""


class ChapterMapDirective(SphinxDirective):
    """Read which chapters each chapter needs."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a placeholder that holds the needs as a mapping."""
        needs = {}
        for line in self.content:
            if not (match := LINE.fullmatch(line.strip())):
                raise self.error(f"{line!r} is no 'chapter: needed chapters' with numbers")
            needs[int(match[1])] = [int(number) for number in match[2].split()]
        return [ChapterMap(needs=needs)]


def parts(contents: SiteMap, env: BuildEnvironment) -> dict[str, list[Chapter]]:
    """Return the numbered chapters of the contents, by the caption of their part."""
    found: dict[str, list[Chapter]] = {}
    for tree in contents.root.subtrees:
        for item in tree.items:
            docname = str(item) if isinstance(item, FileItem) else None
            title = env.titles[docname].astext() if docname else getattr(item, "title", None)
            if match := NUMBERED.fullmatch(str(title)):
                chapter = Chapter(int(match[1]), match[2], docname)
                found.setdefault(tree.caption or "", []).append(chapter)
    return found


def arrow(start: float, end: float, classes: str, *, neighbours: bool) -> str:
    """Return an arrow between two circles: down to a neighbour, else an arc at the left."""
    if neighbours:
        tip = end - RADIUS - 1.5
        path = f"M{NODE_X} {start + RADIUS:g}V{tip - 4:g}"
        head = f"M{NODE_X} {tip:g}l-3.6 -6.5h7.2z"
    else:
        left, tip = NODE_X - RADIUS, NODE_X - RADIUS - 1.5
        bend = min(14 + 0.24 * (end - start), 96)
        path = f"M{left} {start}C{left - bend:.1f} {start} {tip - bend:.1f} {end} {tip - 4} {end}"
        head = f"M{tip} {end}l-6.5 -3.6v7.2z"
    return (
        f'<g class="{classes}"><path class="line" d="{path}"/><path class="head" d="{head}"/></g>'
    )


def station(chapter: Chapter, y: float, lines: list[str], href: str | None) -> str:
    """Return one chapter: its circle, number and title, linked if it can be read."""
    top = y + 4.6 - TEXT_HEIGHT * (len(lines) - 1) / 2
    spans = "".join(
        f'<tspan x="{TEXT_X}" y="{top + TEXT_HEIGHT * i:g}">{escape(line)} </tspan>'
        for i, line in enumerate(lines)
    )
    drawing = (
        f'<rect class="row" x="{NODE_X - 16}" y="{y - ROW / 2:g}" rx="6" '
        f'width="{WIDTH - MARGIN - 6 - NODE_X + 16}" height="{ROW}"/>'
        f'<circle cx="{NODE_X}" cy="{y}" r="{RADIUS}"/>'
        f'<text class="number" x="{NODE_X}" y="{y + 4:g}">{chapter.number}</text>'
        f'<text class="title">{spans}</text>'
    )
    if href:
        return f'<a class="ready" href="{escape(href)}">{drawing}</a>'
    return f'<g class="coming">{drawing}</g>'


def draw(
    found: dict[str, list[Chapter]], needs: dict[int, list[int]], hrefs: dict[int, str]
) -> str:
    """Return the map as SVG: the parts' bands, the arrows, then the chapters on top."""
    bands, stations, centres, y = [], [], {}, 0.0
    for caption, chapters in found.items():
        top, y = y, y + HEADER
        for chapter in chapters:
            sentences = SENTENCE_END.split(chapter.title)
            lines = [line for text in sentences for line in wrap(text, TEXT_WIDTH)]
            height = ROW + TEXT_HEIGHT * (len(lines) - 1) * 0.6
            centres[chapter.number] = round(y + height / 2, 1)
            stations.append(
                station(chapter, centres[chapter.number], lines, hrefs.get(chapter.number))
            )
            y += height
        y += 6
        bands.append(
            f'<rect class="band" x="1" y="{top + 1:g}" width="{WIDTH - 2}" height="{y - top:g}" '
            f'rx="10"/><text class="part" x="{NODE_X - RADIUS}" y="{top + 21:g}">'
            f"{escape(caption)}</text>"
        )
        y += GAP
    arrows = []
    for number, needed in sorted(needs.items()):
        for other in needed:
            classes = "arrow ready" if {number, other} <= set(hrefs) else "arrow"
            start, end = centres[other], centres[number]
            arrows.append(arrow(start, end, classes, neighbours=number == other + 1))
    arrows.sort(key=lambda item: "ready" in item)
    return (
        f'<svg class="chapter-map" viewBox="0 0 {WIDTH} {y - GAP + 2:g}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join([*bands, *arrows, *stations])}</svg>'
    )


def place(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by its picture; the numbers must be those of the contents."""
    for node in list(doctree.findall(ChapterMap)):
        found, needs = parts(app.config.external_site_map, app.env), node["needs"]
        chapters = {item.number: item for group in found.values() for item in group}
        named = {*needs, *(other for needed in needs.values() for other in needed)}
        if named != set(chapters):
            raise ExtensionError(
                f"{docname}: the chapter map and the contents differ in the chapters "
                f"{sorted(named ^ set(chapters))}; name each chapter of _toc.yml in both"
            )
        hrefs = {
            number: app.builder.get_relative_uri(docname, item.docname)
            for number, item in chapters.items()
            if item.docname
        }
        node.replace_self(nodes.raw("", draw(found, needs, hrefs), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(ChapterMap)
    app.add_directive("chapter-map", ChapterMapDirective)
    app.connect("doctree-resolved", place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
