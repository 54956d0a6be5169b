"""The stored comparison with other tools is what the library and PyTorch say today.

The other tools are not installed here; their answers are read from the stored page. With them and
today's answers of our own the page is made anew, and must be the stored one to the letter.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.other_tools import __main__ as other_tools  # noqa: E402
from benchmarks.other_tools import runs  # noqa: E402

PAGE = (ROOT / "book" / "api" / "other_tools.md").read_text()
VERSIONS = re.search(r"The versions: (.*)\.\n", PAGE)[1]
pytestmark = pytest.mark.xdist_group("other_tools")  # one process answers once for all
HERE = {"`dsconv_lib`", "`dsconv_lib`, measured", "FlopCounterMode"}


def unmarked(cell):
    return re.sub(r"^\*\*(.*)\*\* \([a-z]\)$", r"\1", cell)


def stored():
    """The answers on the page: table -> tool -> row -> text."""
    answered = {}
    for name, block in zip(other_tools.NOTES, re.findall(r"(?:^\|.*\n)+", PAGE, re.M), strict=True):
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
    answered = stored()
    for tool in HERE & runs.COST_TOOLS.keys():
        macs, parameters = runs.costs_by(tool)
        answered["macs"][tool] = macs
        if parameters:
            answered["parameters"][tool] = parameters
    for tool in HERE & runs.FIELD_TOOLS.keys():
        answered["fields"][tool] = runs.fields_by(tool)
    return answered


@pytest.mark.parametrize("table", other_tools.NOTES)
def test_each_row_says_what_is_said_today(table, today):
    for tool, rows in stored()[table].items():
        assert rows == today[table][tool], tool


def test_the_page_is_made_of_these_answers(today):
    assert other_tools.page(today, VERSIONS) == PAGE


def test_every_tool_is_on_the_page():
    answered = stored()
    assert answered["macs"].keys() == runs.COST_TOOLS.keys()
    assert answered["fields"].keys() == runs.FIELD_TOOLS.keys()


def test_a_difference_needs_a_reason(today):
    wrong = today["parameters"] | {"`dsconv_lib`": dict(runs.truths()["parameters"])}
    with pytest.raises(SystemExit, match="a path chosen by values"):
        other_tools.part("parameters", wrong)


def test_the_published_counts_of_mobilenet():
    case = runs.COSTS["MobileNetV1"]
    assert (round(case.macs / 1e6), round(case.parameters / 1e6, 1)) == (569, 4.2)


def test_versions_are_pinned_once():
    lock = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines())
    text = (ROOT / "benchmarks" / "other_tools" / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)$", text, re.M))
    assert not pinned.keys() & lock.keys()
    assert set(re.findall(r"^[\w-]+$", text, re.M)) <= lock.keys()
    shown = dict(item.split(" ") for item in VERSIONS.split(", "))
    assert shown.keys() == set(other_tools.PACKAGES)
    assert shown == {name: (pinned | lock)[name] for name in shown}
