"""What the speed benchmark hands over, as text and as verdicts on the targets."""

import re
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.speed import __main__ as speed  # noqa: E402
from benchmarks.speed import markdown, targets  # noqa: E402
from benchmarks.speed.values import Floor, Number, Ratio, Ratios, Table  # noqa: E402

STORED = (ROOT / "benchmarks" / "report.md").read_text(encoding="utf-8")
TABLE = Table.of(
    ["setting", "ms", "×", "of it"],
    [["a", Number(0.12345), Ratio(1.2, 1.251, 1.3), Number(0.256, ".0%")]],
    {"pure": {"a": 1.0, "b": 4.0, "c": 16.0}},
    Floor(6, 27.25e9, (Ratios.of("compiled", {"a": 1.5, "b": 2.25}),)),
)
TEXT = """\
- pure: geometric mean 4.00, least 1.00 (a)
- compiled: 2.2 times the floor at most (b)
- the floor: 6 passes at 27.2 GB/s, as a copy has them

| setting | ms | × | of it |
| --- | ---: | ---: | ---: |
| a | 0.123 | 1.25 (1.20–1.30) | 26% |"""


def test_values_become_text():
    assert markdown.table(TABLE) == TEXT
    assert markdown.cell(Ratio(1.9, 2.0, 12.34)) == "2.0 (1.9–12.3)"
    assert markdown.table(Table(about="Not measured.")) == "Not measured."
    unbroken = markdown.table(markdown.unbroken(TABLE))
    assert "1.25\N{NO-BREAK SPACE}(1.20\N{WORD JOINER}–\N{WORD JOINER}1.30)" in unbroken


def test_values_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        TABLE.about = "other"


@pytest.mark.parametrize(
    ("mean", "least", "met"),
    [(4, 0, True), (4.01, 0, False), (0, 1, True), (0, 1.01, False), (4, 1, True)],
)
def test_a_target_is_for_the_mean_and_for_the_least(mean, least, met):
    aim = targets.Aim("speed", "Dilated", "pure", mean, least)
    verdict = aim.verdict({"Dilated, forward": TABLE, "Other": Table()})
    assert verdict.found == "mean 4.00, least 1.00 (a)"
    assert verdict.met is met
    assert aim.verdict({"Other": TABLE}).found == "not measured"


@pytest.mark.parametrize(("times", "met"), [(4.0, True), (4.01, False)])
def test_the_floor_counts_where_tensors_leave_the_cache(times, met):
    above = (Ratios.of("pure", {"a": 9.0}), Ratios.of("compiled", {"a": times, "b": 1.0}))
    report = {"Larger than the cache": Table(floor=Floor(6, 1e9, above))}
    assert targets.near_the_floor(report).met is met
    assert targets.near_the_floor({}).met is None


def test_nothing_may_be_slower():
    report = {
        "Small, forward alone": Table(ratios=(Ratios.of("channels last", {"a": 0.94}),)),
        "Not dilated, forward alone": Table(ratios=(Ratios.of("contiguous", {"b": 0.96}),)),
        "Dilated, forward alone": Table(ratios=(Ratios.of("pure", {"c": 0.5}),)),
    }
    verdict = targets.never_slower(report)
    assert verdict.found == "least 0.94 (Small, forward alone, channels last: a)"
    assert verdict.met is False


def test_numpy_is_judged_by_its_first_row():
    rows = [["dense", Number(1.0), Ratio(1.9, 2.0, 2.1)], ["other", Number(1.0), Ratio(9, 9, 9)]]
    report = {"NumPy, forward": Table.of(["layer", "ms", "×"], rows)}
    assert targets.numpy_beside_pytorch(report).row()[2:] == ["2.00", "yes"]


def test_the_stored_report_has_the_tables_that_are_measured():
    stored = re.findall(r"^## (.+)$", STORED, re.M)
    assert stored[0] == "Summary"
    assert set(stored[1:]) <= set(speed.tables(1))
    assert [row[0] for row in targets.summary({}).rows] == re.findall(
        r"^\| ([^|]+?) \| (?:mean|least|≤)", STORED, re.M
    )
    assert speed.text(speed.SHOWN, TABLE).startswith(speed.BEGIN)
