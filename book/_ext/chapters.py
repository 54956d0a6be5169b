"""The chapters of the book, read from their one list, `_toc.yml`, and from the notebooks.

A chapter that is ready is a notebook: its first heading is its title, and its metadata say which
chapters it needs and in one sentence what it gives (`"dsconv": {"needs": [2], "summary": "..."}`).
A chapter to come is a line of `_toc.yml`: `url: coming://5?needs=2,4` and its title.

The directive `chapter-list` names the chapters that are ready, each with its sentence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
COMING = re.compile(r"coming://(\d+)(?:\?needs=([\d,]+))?")
NUMBERED = re.compile(r"([AT]?\d+) (.+)")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the contents.

    Attributes
    ----------
    number, title : str
        "2", "A1" for a chapter in depth, or "T1" for a self-test of part I; what stands after it.
    part : str
        Caption of the part that it stands in.
    needs : tuple of int
        The chapters that it builds on.
    docname, summary : str
        "notebooks/02_output_size" and one sentence; both are empty while it is not written.
    """

    number: str
    title: str
    part: str
    needs: tuple[int, ...]
    docname: str = ""
    summary: str = ""

    @property
    def is_optional(self) -> bool:
        """Whether nothing needs it: in depth, or a self-test. It is not on the map."""
        return not self.number.isdigit()


def read_notebook(path: Path, part: str, docname: str) -> Chapter:
    """Read a written chapter's number, title and metadata."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    heading = "".join(notebook["cells"][0]["source"]).splitlines()[0].removeprefix("# ")
    match = NUMBERED.fullmatch(heading)
    own = notebook["metadata"].get("dsconv", {})
    if match is None or not {"needs", "summary"} <= set(own):
        raise ValueError(
            f"{path.name} begins with {heading!r} and has dsconv={own!r}; a chapter begins with "
            '"# NUMBER TITLE", and its metadata have "dsconv": {"needs": [2], "summary": "..."}'
        )
    return Chapter(match[1], match[2], part, tuple(own["needs"]), docname, own["summary"])


def read_coming(url: str, title: str, part: str) -> Chapter:
    """Read a line of the contents that announces a chapter."""
    match, titled = COMING.fullmatch(url), NUMBERED.fullmatch(title)
    if match is None or titled is None or match[1] != titled[1]:
        raise ValueError(
            f"_toc.yml has url: {url!r} with title: {title!r}; write for example "
            'url: "coming://5?needs=2,4", title: "5 What survives a shift?"'
        )
    needs = tuple(int(number) for number in (match[2] or "").split(",") if number)
    return Chapter(match[1], titled[2], part, needs)


def read(root: Path = ROOT) -> list[Chapter]:
    """Return all chapters, written or coming, in the order of the contents."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = []
    for part in contents["parts"]:
        for entry in part["chapters"]:
            if "url" in entry:
                found.append(read_coming(entry["url"], entry["title"], part["caption"]))
            elif entry["file"].startswith("notebooks/"):
                path = root / f"{entry['file']}.ipynb"
                found.append(read_notebook(path, part["caption"], entry["file"]))
    return found


def ready(root: Path = ROOT) -> list[Chapter]:
    """Return the chapters that can be read."""
    return [chapter for chapter in read(root) if chapter.docname]


class ChapterList(SphinxDirective):
    """Name the chapters that are ready, each with its sentence."""

    def run(self) -> list[nodes.Node]:
        """Parse a definition list of links."""
        lines = []
        for chapter in ready(Path(self.env.srcdir)):
            link = f"[{chapter.number} {chapter.title}](/{chapter.docname}.ipynb)"
            lines += [link, f": {chapter.summary}", ""]
        node = nodes.Element()
        self.state.nested_parse(StringList(lines, "_toc.yml"), 0, node)
        return node.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("chapter-list", ChapterList)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
