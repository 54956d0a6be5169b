"""The formulas that the book's sources hold, to be compared with those that a browser shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from book_site import PAGES, ROOT

FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
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


def formulas(markdown: str) -> int:
    """Count the formulas of a Markdown text; those in code are none."""
    prose = CODE.sub("", FENCE.sub("", markdown)).replace(r"\$", "")
    return len(DOLLARS.findall(prose))


def folded(markdown: str) -> list[int]:
    """Return how many formulas each folded answer of a Markdown text holds."""
    return [formulas(block) for block in DETAILS.findall(markdown)]


SOURCES = {name: text for name in PAGES if (text := source_of(name)) is not None}
