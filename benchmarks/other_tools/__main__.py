"""Costs and receptive fields of small modules, as this library and other tools see them.

    python -m benchmarks.other_tools [--write book/api/other_tools.md]

It runs in the environment that `make compare` makes. The modules and the truth about them stand in
`costs.py` and `fields.py`, what is asked in `runs.py`, the reasons of differences in `notes.py`,
and the prose in `page.md`.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from string import Template, ascii_lowercase

from ..speed.markdown import grid
from .notes import FIELDS, MACS, PARAMETERS, Notes
from .runs import COST_TOOLS, FIELD_TOOLS, Answers, costs_by, fields_by, truths

HERE = Path(__file__).parent
PACKAGES = (
    *("torch", "fvcore", "torchinfo", "ptflops", "ultralytics-thop", "torchscan"),
    *("receptivefield", "rfa-toolbox", "rf-calc"),
)
NOTES: Mapping[str, Notes] = {"macs": MACS, "parameters": PARAMETERS, "fields": FIELDS}
# Its column holds answers to another question (see the template).
APART = ("fields", "torchscan")
Answered = dict[str, dict[str, Answers]]


def ask() -> Answered:
    """The answers of all tools: table -> tool -> row -> text. Each tool has its own process."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned, max_tasks_per_child=1) as pool:
        costs = dict(zip(COST_TOOLS, pool.map(costs_by, COST_TOOLS), strict=True))
        fields = dict(zip(FIELD_TOOLS, pool.map(fields_by, FIELD_TOOLS), strict=True))
    return {
        "macs": {tool: macs for tool, (macs, _) in costs.items()},
        "parameters": {tool: found for tool, (_, found) in costs.items() if found},
        "fields": fields,
    }


def letters(name: str, answers: Mapping[str, Answers]) -> dict[tuple[str, str], str]:
    """The letter for each cell that differs from the truth.

    Raises
    ------
    SystemExit
        If a cell differs without a reason, or has a reason and does not differ.
    """
    found = {
        (tool, row): letter
        for letter, (_, cells) in zip(ascii_lowercase, NOTES[name], strict=False)
        for tool, rows in cells.items()
        for row in rows
    }
    truth = truths()[name]
    differ = {
        (tool, row)
        for tool, given in answers.items()
        for row, text in given.items()
        if text != truth[row] and (name, tool) != APART
    }
    if differ != found.keys():
        sys.exit(f"{name}: notes.py must explain {sorted(differ ^ found.keys())}")
    return found


def part(name: str, answers: Mapping[str, Answers]) -> str:
    """A table and its notes."""
    marks = letters(name, answers)

    def cell(tool: str, row: str) -> str:
        text, mark = answers[tool][row], marks.get((tool, row))
        return f"**{text}** ({mark})" if mark else text

    truth = truths()[name]
    rows = [[row, truth[row], *(cell(tool, row) for tool in answers)] for row in truth]
    right = [
        "" if (name, tool) == APART else f"{len(truth) - sum(t == tool for t, _ in marks)}"
        for tool in answers
    ]
    rows.append([f"like the truth, of {len(truth)}", "", *right])
    notes = [f"- ({a}) {text}" for a, (text, _) in zip(ascii_lowercase, NOTES[name], strict=False)]
    return "\n\n".join([grid(["module", "truth", *answers], rows), "\n".join(notes)])


def versions() -> str:
    """Packages that were asked, and their versions."""
    return ", ".join(f"{name} {version(name).split('+')[0]}" for name in PACKAGES)


def page(answered: Answered, versions: str) -> str:
    """The page: the template with its tables."""
    parts = {name: part(name, answers) for name, answers in answered.items()}
    template = Template((HERE / "page.md").read_text(encoding="utf-8"))
    return template.substitute(parts, versions=versions)


def main() -> None:
    """Print the page, and store it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page to write")
    options = parser.parse_args()
    text = page(ask(), versions())
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
        print(f"compare: written to {options.write}")


if __name__ == "__main__":
    main()
