"""Draw the map of the chapters: a picture of the parts, with arrows for what needs what.

The parts, the titles and the arrows come from the one list of chapters (`chapters.py`).

The picture is one column wide, so it reads on a phone; `book.css` colours it for both themes.
"""

from __future__ import annotations

import json
import re
from html import escape
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from chapters import Chapter, read
from dsconv_lib.exercises import framework

WIDTH, MARGIN = 360, 6  # of the drawing, in its own units
NODE_X, RADIUS = 90, 11.5  # the column of numbered circles
TEXT_X, TEXT_WIDTH, TEXT_HEIGHT = 112, 34, 16  # titles: left edge, characters a line, line height
HEADER, ROW, GAP = 30, 36, 10  # heights: a part's name, a chapter of one line, between parts
SENTENCE_END = re.compile(r"(?<=[?.!])\s")


class ChapterMap(nodes.General, nodes.Element):
    """Stands for the map until the pages' addresses are known."""


class ChapterMapDirective(SphinxDirective):
    """Mark the place of the map."""

    def run(self) -> list[nodes.Node]:
        """Return a placeholder."""
        return [ChapterMap()]


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
        names = escape(json.dumps(exercises(chapter)))
        done = f'<text class="done" x="{NODE_X - 30}" y="{y + 4:g}"></text>'
        link = f'<a class="ready" href="{escape(href)}" data-names="{names}">'
        return f"{link}{drawing}{done}</a>"
    return f'<g class="coming">{drawing}</g>'


def exercises(chapter: Chapter) -> list[str]:
    """Name a chapter's exercises; the page's script tells how many of them are done."""
    name = chapter.number.zfill(2)
    return framework.names(name) if name in framework.chapters() else []


def draw(chapters: list[Chapter], hrefs: dict[str, str]) -> str:
    """Return the map as SVG: the parts' bands, the arrows, then the chapters on top."""
    bands, stations, centres, y = [], [], {}, 0.0
    for caption, group in groupby(chapters, lambda chapter: chapter.part):
        top, y = y, y + HEADER
        for chapter in group:
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
    for chapter in chapters:
        for needed in chapter.needs:
            number, other = chapter.number, str(needed)
            classes = "arrow ready" if {number, other} <= set(hrefs) else "arrow"
            start, end = centres[other], centres[number]
            arrows.append(arrow(start, end, classes, neighbours=int(number) == needed + 1))
    arrows.sort(key=lambda item: "ready" in item)
    return (
        f'<svg class="chapter-map" viewBox="0 0 {WIDTH} {y - GAP + 2:g}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join([*bands, *arrows, *stations])}</svg>'
    )


def place(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace each placeholder by the picture."""
    for node in list(doctree.findall(ChapterMap)):
        chapters = [chapter for chapter in read(Path(app.srcdir)) if not chapter.is_optional]
        hrefs = {
            chapter.number: app.builder.get_relative_uri(docname, chapter.docname)
            for chapter in chapters
            if chapter.docname
        }
        node.replace_self(nodes.raw("", draw(chapters, hrefs), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(ChapterMap)
    app.add_directive("chapter-map", ChapterMapDirective)
    app.connect("doctree-resolved", place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
