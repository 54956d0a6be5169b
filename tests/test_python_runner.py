"""Running a reader's code: its output, its value, the line at fault, the verdict."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from written import SIZE, WRITTEN

from dsconv_lib.exercises.framework import verdict

RUNNER = Path(__file__).parents[1] / "book" / "_ext" / "python" / "runner.py"
spec = importlib.util.spec_from_file_location("runner", RUNNER)
runner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runner)

IMPORTS = """
from math import floor
import no_such_torch as torch, json
from no_such_torch.nn import functional as F
"""
RIGHT, WRONG, _ = WRITTEN["02-3"]
EMPTY = f"{SIZE}    return ...\n"


class Session:
    """A runner with what it printed."""

    def __init__(self, imports=""):
        self.pieces = []
        self.runner = runner.Runner(self.pieces.append, imports)

    def cell(self, code):
        """What a cell printed, and its error."""
        self.pieces.clear()
        report = json.loads(self.runner.cell(code))
        assert report["verdict"] is None
        return "".join(self.pieces), report["error"]

    def exercise(self, code, name="02-3"):
        """The verdict on code, and its error."""
        report = json.loads(self.runner.exercise(code, name))
        said = report["verdict"]
        if said is not None:
            told = {"Correct": True, "Not yet": False, "Not ans": None}
            assert report["right"] is told[said[:7]]
        return said, report["error"]


@pytest.fixture
def session():
    return Session(IMPORTS)


def test_printed_text_and_the_value_of_the_last_line(session):
    assert session.cell("print('a', end='')\nprint('b')\n3 * 4") == ("ab\n12\n", None)
    assert session.cell("x = 5") == ("", None)
    assert session.cell("None") == ("", None)
    assert session.cell("") == ("", None)


def test_cells_share_their_names_and_exercises_have_their_own(session):
    session.cell("n = 7")
    assert session.cell("n + 1") == ("8\n", None)
    _, error = session.exercise("answer = n")
    assert error["text"] == "Line 1: answer = n\nNameError: name 'n' is not defined"


def test_what_the_first_cell_imports_is_there(session):
    assert session.cell("floor(2.5), json.dumps([])") == ("(2, '[]')\n", None)


@pytest.mark.parametrize(
    ("code", "words", "missing"),
    [
        ("torch.ones(3)", "'torch' needs no_such_torch, which does not run", "no_such_torch"),
        ("F.conv1d", "'F' needs no_such_torch, which does not run", "no_such_torch"),
        ("undefined", "name 'undefined' is not defined", None),
    ],
)
def test_a_name_that_only_the_notebook_has_is_explained(session, code, words, missing):
    _, error = session.cell(code)
    assert words in error["text"]
    assert error["missing"] == missing


def test_a_module_that_only_the_notebook_has_is_explained(session, monkeypatch):
    finder = runner.Elsewhere(["dsconv_lib.no_plots"])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    _, error = session.cell("import no_numpy as np")
    assert error["text"].endswith("ModuleNotFoundError: no_numpy does not run in this page")
    assert error["missing"] == "no_numpy"
    _, error = session.cell("from dsconv_lib import no_plots")
    assert error["missing"] == "dsconv_lib.no_plots"
    for own in ("import _no_such_accelerator", "import json.no_such_part"):
        _, error = session.cell(own)
        assert error["missing"] is None


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ("a = 1\nb = a / 0", 2, "Line 2: b = a / 0\nZeroDivisionError: division by zero"),
        (
            "def f(n):\n    return 1 / n\n\nprint(f(1))\nf(0)",
            2,
            "Line 2: return 1 / n\n  called from line 5: f(0)\nZeroDivisionError: division by zero",
        ),
        ("x = 3\nif x > 2\n    x", 2, "Line 2: if x > 2\nSyntaxError: expected ':'"),
        ("x = [\n", 1, "Line 1: x = [\nSyntaxError: '[' was never closed"),
        ("  x = 3", 1, "Line 1: x = 3\nSyntaxError: unexpected indent"),
        (
            "from dsconv_lib import output_size\n\noutput_size(7, 0)",
            3,
            "Line 3: output_size(7, 0)\n"
            "ValueError: kernel_size=0 must be at least 1: use kernel_size=1 or more",
        ),
        ("assert 1 == 2", 1, "Line 1: assert 1 == 2\nAssertionError"),
        ("eval('1 +')", 1, "Line 1: eval('1 +')\nSyntaxError: invalid syntax"),
        (
            "input('n? ')",
            1,
            "Line 1: input('n? ')\n"
            "RuntimeError: input() cannot ask here; write the value into the code instead",
        ),
    ],
)
def test_an_error_is_told_as_the_readers_line(session, code, line, text):
    _, error = session.cell(code)
    assert error == {"text": text, "line": line, "missing": None}


def test_an_error_in_an_earlier_cell_marks_no_line_of_this_one(session):
    session.cell("def f(n):\n    return 1 / n")
    _, error = session.cell("f(0)")
    lines = error["text"].splitlines()
    assert lines[:2] == ["Line 2 of an earlier cell: return 1 / n", "  called from line 1: f(0)"]
    assert error["line"] is None


def test_endless_recursion_is_told_in_few_lines(session):
    _, error = session.cell("def f(n):\n    return f(n + 1)\n\nf(0)")
    assert error["line"] == 2
    assert len(error["text"].splitlines()) == 3
    assert "RecursionError" in error["text"]


def test_what_was_printed_before_an_error_stays(session):
    printed, error = session.cell("print(1)\n1 / 0")
    assert printed == "1\n"
    assert error["line"] == 2


def test_printing_without_end_is_stopped(session):
    printed, error = session.cell(
        "while True:\n    try:\n        print('row')\n    except Exception:\n        pass"
    )
    assert len(printed) == runner.CHARACTERS
    assert error["line"] == 3
    assert "Stopped: more than 20,000 characters were printed." in error["text"]
    assert session.cell("1 + 1") == ("2\n", None)


def test_output_comes_while_a_run_goes_on(session, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(runner, "monotonic", lambda: next(clock))
    session.cell("print('a')\nprint('b')")
    assert session.pieces == ["a", "\n", "b", "\n"]


def test_first_lines_are_delivered_at_once_and_later_ones_together(session, monkeypatch):
    monkeypatch.setattr(runner, "monotonic", lambda: 0.0)
    session.cell("print('a')\nprint('b', 'c')")
    assert session.pieces == ["a\n", "b c\n"]
    session.cell("for row in range(1000):\n    print('row')")
    assert [len(piece) for piece in session.pieces] == [4] * runner.PROMPT + [800 * 4]


def test_leaving_is_no_error(session):
    assert session.cell("print(1)\nraise SystemExit") == ("1\n", None)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_right_answer_is_correct_and_a_wrong_one_gets_its_hint(session, name):
    right, wrong, hint = WRITTEN[name]
    assert session.exercise(right, name)[0].startswith("Correct. ")
    words, error = session.exercise(wrong, name)
    assert words.startswith("Not yet: ")
    assert hint in words
    assert error is None


@pytest.mark.parametrize("ending", ["", '\n\ncheck("02-3", my_output_size)\n'])
@pytest.mark.parametrize("code", [RIGHT, WRONG, EMPTY])
def test_the_verdict_is_that_of_the_notebook(session, code, ending):
    namespace = {}
    exec(code, namespace)
    expected = verdict("02-3", namespace["my_output_size"])
    assert session.exercise(code + ending) == (expected, None)


def test_a_function_that_fails_under_the_judge_shows_its_line(session):
    words, error = session.exercise(f"{SIZE}    return siz")
    assert "NameError" in words
    assert error["text"] == "Line 2: return siz\nNameError: name 'siz' is not defined"
    assert error["line"] == 2


def test_code_that_does_not_run_gets_no_verdict(session):
    words, error = session.exercise("def my_output_size(:")
    assert words is None
    assert error["line"] == 1


def test_a_plain_value_can_be_the_answer(session):
    name = "02-4"
    for code, answer in (("answer = 4", 4), ("answer = 1", 1), ("answer = ...", ...)):
        assert session.exercise(code, name) == (verdict(name, answer), None)
