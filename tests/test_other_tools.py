"""The stored comparison with other tools is what the library and PyTorch say today.

The other tools are not installed here; their answers are read from the stored page. With them and
today's answers of our own the page is made anew, and must be the stored one to the letter.
"""

import re
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.other_tools import runs, text  # noqa: E402
from benchmarks.other_tools.__main__ import PACKAGES  # noqa: E402
from benchmarks.other_tools.values import Answer, Layers  # noqa: E402

PAGE = (ROOT / "book" / "api" / "other_tools.md").read_text()
VERSIONS = dict(
    item.split(" ") for item in re.search(r"The versions: (.*)\.\n", PAGE)[1].split(", ")
)
pytestmark = pytest.mark.xdist_group("other_tools")  # one process answers once for all
HERE = {"`dsconv_lib`", "`dsconv_lib`, measured", "FlopCounterMode"}


def unmarked(cell):
    return re.sub(r"^\*\*(.*)\*\* \([a-z]\)$", r"\1", cell)


def stored():
    """The answers on the page: table -> tool -> row -> text."""
    answered = {}
    for name, block in zip(text.NOTES, re.findall(r"(?:^\|.*\n)+", PAGE, re.M), strict=True):
        lines = [line.strip("| ").split(" | ") for line in block.splitlines()]
        columns = list(zip(*[lines[0], *lines[2:-1]], strict=True))
        rows, tools = columns[0][1:], columns[2:]
        answered[name] = {
            tool: dict(zip(rows, map(unmarked, cells), strict=True)) for tool, *cells in tools
        }
    return answered


@pytest.fixture(scope="module")
def today():
    """As stored, but with what is said today by those that are installed here."""
    costs = {tool: runs.costs_by(tool) for tool in HERE & runs.COST_TOOLS.keys()}
    here = {
        "macs": {tool: macs for tool, (macs, _) in costs.items()},
        "parameters": {tool: found for tool, (_, found) in costs.items() if found},
        "fields": {tool: runs.fields_by(tool) for tool in HERE & runs.FIELD_TOOLS.keys()},
    }
    return {name: stored()[name] | columns for name, columns in text.cells(here).items()}


@pytest.mark.parametrize("table", text.NOTES)
def test_each_row_says_what_is_said_today(table, today):
    for tool, rows in stored()[table].items():
        assert rows == today[table][tool], tool


def test_the_page_is_made_of_these_answers(today):
    assert text.page(today, VERSIONS) == PAGE


def test_answers_become_text():
    assert text.cell(Answer(1234567)) == "1,234,567"
    assert text.cell(Answer((48, 5))) == "48\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}5"
    assert text.cell(Answer(0, complete=False)) == "0,\N{NO-BREAK SPACE}unknown"
    assert text.cell(Answer()) == text.cell(Layers(())) == "–"
    assert text.cell(Answer(error="KeyError")) == "error: KeyError"
    assert text.cell(Layers((3, None, 2.5, -4))) == "3, ?, 2.5, -4"
    assert text.cell(Layers((3, 1, 3, 1, 3))) == "3, 1, 3, 1, …"


def test_answers_cannot_be_changed():
    macs, _ = runs.costs_by("FlopCounterMode")
    with pytest.raises(FrozenInstanceError):
        macs["convolution"].value = 0


def test_every_tool_is_on_the_page():
    answered = stored()
    assert answered["macs"].keys() == runs.COST_TOOLS.keys()
    assert answered["fields"].keys() == runs.FIELD_TOOLS.keys()


def test_a_difference_needs_a_reason(today):
    right = {row: text.cell(answer) for row, answer in runs.truths()["parameters"].items()}
    with pytest.raises(SystemExit, match="a path chosen by values"):
        text.part("parameters", today["parameters"] | {"`dsconv_lib`": right})


def test_the_published_counts_of_mobilenet():
    case = runs.COSTS["MobileNetV1"]
    assert (round(case.macs / 1e6), round(case.parameters / 1e6, 1)) == (569, 4.2)


def test_versions_are_pinned_once():
    lock = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines())
    asked = (ROOT / "benchmarks" / "other_tools" / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)$", asked, re.M))
    assert not pinned.keys() & lock.keys()
    assert set(re.findall(r"^[\w-]+$", asked, re.M)) <= lock.keys()
    assert {name: (pinned | lock)[name] for name in PACKAGES} == VERSIONS
