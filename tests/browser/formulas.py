"""The formulas that the book's sources hold, to be compared with those that a browser shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from book_site import PAGES, ROOT

FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*(\S*)")
CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
DOLLARS = re.compile(r"\$\$.+?\$\$|\$(?:[^$\n]|\n(?!\n))+?\$", re.DOTALL)
DETAILS = re.compile(r"<details>.*?</details>", re.DOTALL)


def source_of(name: str) -> str | None:
    """Return the Markdown of a page; None for pages that Sphinx makes itself."""
    stem = ROOT / Path(name).with_suffix("")
    if (page := stem.with_suffix(".md")).is_file():
        return page.read_text(encoding="utf-8")
    if (notebook := stem.with_suffix(".ipynb")).is_file():
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        return "\n\n".join(texts)
    return None


def prose(markdown: str) -> str:
    """Leave out fenced code; what a directive holds, such as a glossary, is text."""
    kept: list[str] = []
    fences: list[tuple[str, bool]] = []
    for line in markdown.splitlines():
        mark, info = found.groups() if (found := FENCE.match(line)) else ("", "")
        if mark and not info and fences and fences[-1][0] == mark:
            fences.pop()
        elif mark:
            fences.append((mark, not info.startswith("{") or info.startswith("{code")))
        elif not any(is_code for _, is_code in fences):
            kept.append(line)
    return "\n".join(kept)


def formulas(markdown: str) -> int:
    """Count the formulas of a Markdown text; those in code are none."""
    text = CODE.sub("", prose(markdown)).replace(r"\$", "")
    return len(DOLLARS.findall(text))


def folded(markdown: str) -> list[int]:
    """Return how many formulas each folded answer of a Markdown text holds."""
    return [formulas(block) for block in DETAILS.findall(markdown)]


SOURCES = {name: text for name in PAGES if (text := source_of(name)) is not None}
