"""Exercises accept every sensible form of the right answer and give a hint for every other.

Each chapter's tests hold the answers: ``ANSWERS`` has, for every exercise, forms of the right one
and wrong ones with a piece of their hint.
"""

import re
import subprocess
import sys
from collections import OrderedDict
from fractions import Fraction
from importlib import import_module
from itertools import chain
from pathlib import Path
from unittest.mock import ANY

import nbformat
import numpy as np
import pytest
import torch

from dsconv_lib.exercises import check, framework, judges
from dsconv_lib.exercises.forms import Form
from dsconv_lib.exercises.framework import label, verdict

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests" / "chapters"))
TESTS = {chapter: import_module(f"test_{chapter}") for chapter in framework.chapters()}
ANSWERS = OrderedDict(chain.from_iterable(test.ANSWERS.items() for test in TESTS.values()))
NAMES = [name for chapter in framework.chapters() for name in framework.names(chapter)]
PYTHON = [name for name in NAMES if framework.find(name).python]
RIGHT = [
    pytest.param(name, answer, id=f"{name}-{place}")
    for name, (right, _) in ANSWERS.items()
    for place, answer in enumerate(right)
]
WRONG = [
    pytest.param(name, answer, hint, id=f"{name}-{place}")
    for name, (_, wrong) in ANSWERS.items()
    for place, (answer, hint) in enumerate(wrong)
]


def test_every_exercise_is_in_the_tables_in_order():
    assert list(ANSWERS) == NAMES
    assert all(right and len(wrong) >= 3 for right, wrong in ANSWERS.values())


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_the_right_answer_is_correct_in_every_form(name, answer):
    assert re.fullmatch(r"Correct\. .+\.", verdict(name, answer))


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_wrong_answer_gets_its_hint(name, answer, hint):
    said = verdict(name, answer)
    assert said.startswith("Not yet: ")
    assert re.search(hint if "|" in hint else re.escape(hint), said), said


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [..., None, "", " ", (), [], set(), {}, [...], (...,)], ids=repr)
def test_nothing_is_not_an_answer(name, answer):
    said = verdict(name, answer)
    if isinstance(answer, list | tuple) and answer and callable(ANSWERS[name][0][0]):
        assert "but this is a" in said
    else:
        assert said == f"Not answered. This asks for {framework.find(name).wants}."


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_template_is_not_answered(name):
    template = (lambda *_, **__: ...) if callable(ANSWERS[name][0][0]) else ...
    template = getattr(TESTS[name.split("-")[0]], "TEMPLATES", {}).get(name, template)
    assert verdict(name, template).startswith("Not answered.")


@pytest.mark.parametrize("name", [name for name in NAMES if not callable(ANSWERS[name][0][0])])
@pytest.mark.parametrize(
    "answer",
    [True, np.True_, "32", object(), {"a": 1}, 3j, ANY, np.ones((2, 2)), lambda: 5],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_of_the_wrong_kind_is_told_what_is_wanted(name, answer):
    said = verdict(name, answer)
    assert said.startswith(f"Not yet: this asks for {framework.find(name).wants}, but "), said


FORMS = {name: framework.find(name).form for name in NAMES if framework.find(name).form}
COUNTED = [name for name in FORMS if FORMS[name].kind == "number"]


@pytest.mark.parametrize("name", COUNTED)
def test_only_one_number_is_right_and_no_hint_holds_it(name):
    truth = ANSWERS[name][0][0]
    for wrong in {*range(-5, 400)} - {truth}:
        said = verdict(name, wrong)
        assert said.startswith("Not yet: "), wrong
        assert not re.search(rf"(?<![\d.]){truth}(?![\d.]*\d)", said), said


def test_what_is_printed_fits_a_phone(capsys):
    for name in NAMES:
        check(name, ...)
    for parameters in WRONG:
        name, answer, _ = parameters.values
        check(name, answer)
    text = capsys.readouterr().out
    assert text.startswith("Exercise 1.1: Not answered. This asks\nfor a function of your own.\n")
    assert max(map(len, text.splitlines())) <= 40


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("02-99", "name='02-99' is no exercise; there are 02-1, 02-2, "),
        ("2.1", "name='2.1' is no exercise; it begins with its chapter, one of 01, "),
        ("77-1", "name='77-1' is no exercise; it begins with its chapter, one of 01, "),
        ("02", "name='02' is no exercise; it begins with its chapter, one of 01, "),
        ("02-places", "name='02-places' is no exercise; there are 02-1, 02-2, "),
    ],
)
def test_an_unknown_exercise_is_an_error(name, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        check(name, 3)


@pytest.mark.parametrize(
    ("name", "text"), [("02-1", "name='02-1' is taken"), ("2.1", "must be chapter, hyphen and")]
)
def test_a_name_of_another_form_or_one_that_is_taken_is_refused(name, text):
    framework.find("02-1")
    with pytest.raises(ValueError, match=text):
        judges.exercise(name, wants="", judge=lambda answer: None, why="")


def test_ten_comes_after_nine(monkeypatch):
    monkeypatch.setattr(framework, "_EXERCISES", dict.fromkeys(["08-1", "02-10", "02-9"]))
    assert framework.names("02") == ["02-9", "02-10"]


def test_a_reader_sees_the_number_of_the_chapter():
    assert [label(name) for name in ("02-1", "10-12", "a1-3")] == ["2.1", "10.12", "A1.3"]


def run(code):
    """Run code in a fresh interpreter."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_chapter_is_loaded_when_it_is_asked_for():
    run(
        "import sys\nfrom dsconv_lib.exercises import check\n"
        "loaded = lambda: [name for name in sys.modules if 'exercises.chapter' in name]\n"
        "assert not loaded(), loaded()\n"
        "check('02-1', ...)\n"
        "assert loaded() == ['dsconv_lib.exercises.chapter_02'], loaded()"
    )


def test_what_a_page_can_judge_needs_plain_python_only():
    assert PYTHON
    run(
        "import sys\nknown = {*sys.stdlib_module_names, 'dsconv_lib'}\nbefore = {*sys.modules}\n"
        f"from dsconv_lib.exercises.framework import verdict\nfor name in {PYTHON}:\n"
        "    assert verdict(name, lambda *_, **__: 1).startswith('Not yet: '), name\n"
        "new = {name.split('.')[0] for name in {*sys.modules} - before}\n"
        "assert new <= known, new - known\n"
        "ours = {name for name in sys.modules if name.startswith('dsconv_lib.')}\n"
        "parts = {name.split('.')[1] for name in ours}\n"
        "assert parts <= {'arithmetic', 'checks', 'exercises', 'receptive_field'}, parts"
    )


# Kinds that chapters may use


CHOICE = Form("choice", "b", {"a": "Too early."}, options={"a": "one", "b": "two", "c": "three"})
CHOICES = Form("choice", "ac", {"b": "b is wider."}, "Try each.", options=dict.fromkeys("abc", ""))
MARKS = Form("mark", (3, 7), {4: "4 is read."}, "Look again.", cells=(1, 10))


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (CHOICE, ["b", "B", "(b)", ["b"], {"b"}], {"a": "Too early.", "c": ""}),
        (CHOICES, ["ac", "a, c", "(c), (a)", ["c", "a"]], {"a": "not all", "ab": "b is wider."}),
        (MARKS, [(3, 7), [7, 3], {3, 7}], {(3,): "not all", (3, 4): "4 is read.", (1, 2): "Look"}),
        (Form("mark", 4, cells=(3, 3), remind="No."), [4, 4.0, [4]], {5: "No."}),
    ],
)
def test_choices_and_marks(form, right, wrong):
    assert [form.judge(answer) for answer in right] == [None] * len(right)
    for answer, hint in wrong.items():
        assert hint in form.judge(answer)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"kind": "essay", "truth": 1}, "kind='essay' is none of number, numbers"),
        ({"kind": "choice", "truth": "d", "options": {"a": "", "b": ""}}, "truth='d' must be"),
        ({"kind": "choice", "truth": "ab", "options": {"a": "", "b": ""}}, "not all"),
        ({"kind": "mark", "truth": 9, "cells": (3, 3)}, "truth=9 must be among the 9 cells"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(fields, text):
    with pytest.raises(ValueError, match=text):
        Form(**fields)


def test_each_wrong_option_needs_its_reason():
    with pytest.raises(ValueError, match="give one for each wrong option"):
        judges.choice("02-98", options={"a": "", "b": ""}, truth="a", reasons={}, why="")


# The notebooks


def exercise_cells(path):
    """(name, code cell, Markdown cell after it) of every exercise of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    for place, cell in enumerate(cells):
        found = re.search(r'^check\("(\w+-\d+)", (\w+)\)$', cell.source, re.MULTILINE)
        if cell.cell_type == "code" and found:
            yield found[1], cell, cells[place + 1]


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_every_exercise_stands_once_in_its_chapter():
    places = [(path.name[:2], name) for path in NOTEBOOKS for name, *_ in exercise_cells(path)]
    assert sorted(name for _, name in places) == sorted(NAMES)
    assert all(name.startswith(f"{chapter}-") for chapter, name in places)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_are_stored_unanswered_with_a_folded_solution(path, capsys):
    for name, cell, after in exercise_cells(path):
        check(name, ...)
        assert cell.outputs[0].text == capsys.readouterr().out, name
        plain = rf'answer = \.\.\.\ncheck\("{name}", answer\)'
        written = rf'def (\w+)\(.*\):\n    return \.\.\.\n\n\ncheck\("{name}", \1\)'
        shaped = rf'class (\w+)\(nn\.Module\):\n(?: .*\n|\n)+\ncheck\("{name}", \2\)'
        assert re.fullmatch(f"{plain}|{written}|{shaped}", cell.source), cell.source
        assert after.source.startswith("<details>\n<summary>Solution"), name


def printed(cell):
    """The code of a folded solution, or None where it is in words."""
    code = re.search(r"```python\n(.*?)```", cell.source.split("</details>")[0], re.DOTALL)
    return code and code[1]


SOLUTIONS = [
    pytest.param(name, cell, after, id=name)
    for path in NOTEBOOKS
    for name, cell, after in exercise_cells(path)
]


@pytest.mark.parametrize(("name", "cell", "after"), SOLUTIONS)
def test_a_printed_solution_is_right(name, cell, after):
    written = re.match(r"(?:def|class) (\w+)", cell.source)
    if written:
        space = {"nn": torch.nn, "torch": torch}
        exec(printed(after), space)
        assert verdict(name, space[written[1]]).startswith("Correct."), name
    else:
        right = ANSWERS[name][0][0]
        fold = after.source.split("</details>")[0].replace("{,}", ",").replace("−", "-")
        fold = re.sub(r"(?<=\d),(?=\d{3})", "", fold)
        for part in right if isinstance(right, list | tuple) else [right]:
            known = str(part) if isinstance(part, str) else str(Fraction(part).limit_denominator(9))
            assert known in fold, name
