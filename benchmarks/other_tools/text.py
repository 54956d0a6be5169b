"""Answers as the page shows them: the one place where they become text.

The prose stands in `page.md`, the reasons of differences in `notes.py`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template, ascii_lowercase

from ..speed.markdown import grid
from .notes import FIELDS, MACS, PARAMETERS, Notes
from .runs import truths
from .values import Answer, Answered, Layers

TEMPLATE = Path(__file__).parent / "page.md"
NOTES: Mapping[str, Notes] = {"macs": MACS, "parameters": PARAMETERS, "fields": FIELDS}
# Its column holds answers to another question (see the template).
APART = ("fields", "torchscan")
NOTHING, SPACE = "–", "\N{NO-BREAK SPACE}"
# Of a tool that gives a size for each layer, the page shows so many.
SHOWN_LAYERS = 4
# Row -> text, by tool.
Cells = Mapping[str, Mapping[str, str]]


def layers(answer: Layers) -> str:
    """The sizes of the first layers."""
    texts = ["?" if size is None else f"{size:g}" for size in answer.sizes]
    more = ["…"] if texts[SHOWN_LAYERS:] else []
    return ", ".join(texts[:SHOWN_LAYERS] + more) or NOTHING


def cell(answer: Answer | Layers) -> str:
    """An answer as it stands in a table."""
    if isinstance(answer, Layers):
        return layers(answer)
    if answer.error:
        return f"error: {answer.error}"
    if answer.value is None:
        return NOTHING
    sizes = answer.value if isinstance(answer.value, tuple) else (answer.value,)
    text = f"{SPACE}×{SPACE}".join(f"{size:,}" for size in sizes)
    return text if answer.complete else f"{text},{SPACE}unknown"


def cells(answered: Answered) -> dict[str, Cells]:
    """All answers as text: table -> tool -> row."""
    return {
        name: {
            tool: {row: cell(answer) for row, answer in rows.items()}
            for tool, rows in columns.items()
        }
        for name, columns in answered.items()
    }


def letters(name: str, given: Cells) -> dict[tuple[str, str], str]:
    """The letter for each cell that differs from the truth.

    Raises
    ------
    SystemExit
        If a cell differs without a reason, or has a reason and does not differ.
    """
    found = {
        (tool, row): letter
        for letter, (_, explained) in zip(ascii_lowercase, NOTES[name], strict=False)
        for tool, rows in explained.items()
        for row in rows
    }
    truth = truths()[name]
    differ = {
        (tool, row)
        for tool, rows in given.items()
        for row, text in rows.items()
        if text != cell(truth[row]) and (name, tool) != APART
    }
    if differ != found.keys():
        sys.exit(f"{name}: notes.py must explain {sorted(differ ^ found.keys())}")
    return found


def part(name: str, given: Cells) -> str:
    """A table and its notes."""
    marks = letters(name, given)

    def marked(tool: str, row: str) -> str:
        text, mark = given[tool][row], marks.get((tool, row))
        return f"**{text}** ({mark})" if mark else text

    truth = truths()[name]
    rows = [[row, cell(truth[row]), *(marked(tool, row) for tool in given)] for row in truth]
    right = [
        "" if (name, tool) == APART else f"{len(truth) - sum(t == tool for t, _ in marks)}"
        for tool in given
    ]
    rows.append([f"like the truth, of {len(truth)}", "", *right])
    notes = [f"- ({a}) {text}" for a, (text, _) in zip(ascii_lowercase, NOTES[name], strict=False)]
    return "\n\n".join([grid(["module", "truth", *given], rows), "\n".join(notes)])


def page(given: Mapping[str, Cells], versions: Mapping[str, str]) -> str:
    """The page: the template with its tables, and the packages that were asked."""
    parts = {name: part(name, columns) for name, columns in given.items()}
    asked = ", ".join(f"{package} {version}" for package, version in versions.items())
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(parts, versions=asked)
