"""The parts of `make test`: a line for each, all of them run, side by side where asked."""

import re

import pytest

import parts

MAKEFILE = """
good: ; @echo nothing is said of this
counted: ; @echo "3 passed, 1 skipped in 0.2s"
bad: ; @echo the reason; exit 3
left: ; @touch left; until [ -e right ]; do sleep 0.05; done
right: ; @touch right; until [ -e left ]; do sleep 0.05; done
"""


@pytest.fixture
def said(tmp_path, monkeypatch, capfd):
    """What is printed when some steps are run, and the exit status."""
    (tmp_path / "Makefile").write_text(MAKEFILE)
    monkeypatch.chdir(tmp_path)

    def run(*steps):
        status = parts.main(list(steps))
        return status, re.sub(r" +\d+ s", " N s", capfd.readouterr().out)

    return run


def test_each_part_has_a_line_and_what_passes_says_no_more(said):
    lines = ["make test: good N s", "make test: in all N s", "make test: all checks passed"]
    assert said("good") == (0, "\n".join(lines) + "\n")


def test_a_line_tells_how_many_tests_passed(said):
    assert said("counted")[1].startswith("make test: counted N s  3 passed\n")


def test_a_part_that_fails_says_why_and_the_others_are_run(said):
    status, text = said("bad+good", "good")
    assert status == 1
    assert "make test: bad N s  FAILED\nthe reason\n" in text
    assert text.count("make test: good N s\n") == 2
    assert text.endswith("make test: failed: bad\n")


def test_parts_joined_by_a_plus_run_at_the_same_time(said):
    status, _ = said("left+right")  # each waits for the other
    assert status == 0
