"""Exercises accept right answers, refuse every other, and never give the answer away."""

import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import nbformat
import numpy as np
import pytest

from dsconv_lib.exercises import check, framework
from dsconv_lib.exercises.framework import label

ROOT = Path(__file__).parents[1]


def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if last < 0:
        raise ValueError("the kernel does not fit")
    return last // stride + 1


def my_field_and_jump(kernels, strides, dilations):
    field, jump = 1, 1
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field, jump


def my_dilate_kernel(kernel, dilation):
    (rows, columns), (down, right) = kernel.shape, dilation
    wide = np.zeros((down * (rows - 1) + 1, right * (columns - 1) + 1), kernel.dtype)
    wide[::down, ::right] = kernel
    return wide


# Worked by hand, independent of the library.
RIGHT = {
    "02-1": 32,
    "02-2": (3, 3),
    "02-3": 5,
    "02-4": 4,
    "02-5": my_output_size,
    "02-6": 22,
    "02-7": (3, 6),
    "08-1": 21,
    "08-2": 67,
    "08-3": my_field_and_jump,
    "08-4": [8, 8, 8, 8],
    "08-5": [1, 2, 4, 8, 8, 8],
    "08-6": (65, 99),
    "08-7": 2.0,
    "08-8": 96,
    "09-1": 31,
    "09-2": 9,
    "09-3": 222,
    "09-4": my_dilate_kernel,
    "09-5": 3,
    "09-6": 14,
    "09-7": [1, 3, 9, 27, 10],
}
WRONG_FUNCTIONS = {
    "08-3": {
        "jump first": lambda kernels, strides, dilations: my_field_and_jump(
            kernels, [*strides[1:], 1], dilations
        ),
        "no dilation": lambda kernels, strides, dilations: my_field_and_jump(
            kernels, strides, [1] * len(kernels)
        ),
        "field alone": lambda *lists, **named: my_field_and_jump(*lists, **named)[0],
    },
    "09-4": {
        "swapped": lambda kernel, dilation: my_dilate_kernel(kernel, dilation[::-1]),
        "the kernel itself": lambda kernel, dilation: kernel,
        "repeated taps": lambda kernel, dilation: np.resize(
            kernel, my_dilate_kernel(kernel, dilation).shape
        ),
    },
}
NAMES = [name for chapter in framework.chapters() for name in framework.names(chapter)]
PLAIN = [name for name in NAMES if not callable(RIGHT.get(name))]
COUNTED = [name for name in NAMES if isinstance(RIGHT.get(name), int)]


def test_every_exercise_is_in_the_table_in_order():
    assert list(RIGHT) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_is_correct(name, capsys):
    check(name, RIGHT[name])
    assert re.fullmatch(rf"Exercise {label(name)}: correct\. .+\.\n", capsys.readouterr().out)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [..., None, "", (), [], set(), {}], ids=repr)
def test_nothing_is_not_an_answer(name, answer, capsys):
    check(name, answer)
    line = capsys.readouterr().out
    assert re.fullmatch(rf"Exercise {label(name)}: not answered yet\. .+\.\n", line)


@pytest.mark.parametrize("name", ["02-5", "08-3", "09-4"])
@pytest.mark.parametrize("result", [None, ...])
def test_a_function_that_is_still_empty_is_not_answered(name, result):
    assert framework.verdict(name, lambda *_, **__: result).startswith("not answered yet.")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "answer",
    [True, False, "32", object(), {"a": 1}, 3j, ANY, np.ones(2), lambda: 5],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_of_the_wrong_kind_is_refused(name, answer):
    text = framework.verdict(name, answer)
    assert text.startswith("not yet. ")
    if not callable(answer):
        assert framework.find(name).wants in text


@pytest.mark.parametrize("name", COUNTED)
def test_only_one_number_is_right(name):
    assert framework.verdict(name, np.int64(RIGHT[name])).startswith("correct.")
    right = [n for n in range(-5, 400) if framework.verdict(name, n).startswith("correct.")]
    assert right == [RIGHT[name]]
    assert framework.verdict(name, float(RIGHT[name])).startswith("not yet.")
    assert framework.verdict(name, str(RIGHT[name])).startswith("not yet.")


@pytest.mark.parametrize("name", COUNTED)
def test_hints_do_not_hold_the_answer(name):
    for wrong in range(-5, 400):
        if wrong != RIGHT[name]:
            hint = framework.verdict(name, wrong)
            assert not re.search(rf"(?<![\d.]){RIGHT[name]}(?![\d.]*\d)", hint), hint


@pytest.mark.parametrize("name", ["02-2", "08-6"])
def test_only_one_tuple_is_right(name):
    right = RIGHT[name]
    assert framework.verdict(name, list(right)).startswith("correct.")
    for other in [right[:1], (*right, 1), (right[0] - 1, right[1]), (right[0], right[1] + 1)]:
        assert framework.verdict(name, other).startswith("not yet.")
    assert framework.verdict(name, (right[0], ...)).startswith("not answered yet.")
    assert framework.verdict(name, (right[0], float(right[1]))).startswith("not yet.")


@pytest.mark.parametrize(
    ("name", "slip"), [(name, slip) for name in WRONG_FUNCTIONS for slip in WRONG_FUNCTIONS[name]]
)
def test_a_wrong_function_is_refused(name, slip):
    assert framework.verdict(name, WRONG_FUNCTIONS[name][slip]).startswith("not yet. ")


def test_a_real_number_is_right_within_its_tolerance():
    assert framework.verdict("08-7", np.float32(2)).startswith("correct.")
    for wrong in (1.9, 2.1, 4 / 3, float("nan"), float("inf"), -2):
        assert framework.verdict("08-7", wrong).startswith("not yet.")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("02-99", "name='02-99' is no exercise; there are 02-1, 02-2, "),
        ("2.1", "name='2.1' is no exercise; it begins with its chapter, one of 02, "),
        ("77-1", "name='77-1' is no exercise; it begins with its chapter, one of 02, "),
    ],
)
def test_an_unknown_exercise_is_an_error(name, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        check(name, 3)


def test_a_name_is_given_only_once():
    framework.find("02-1")
    with pytest.raises(ValueError, match="name='02-1' is taken"):
        framework.exercise("02-1", wants="", judge=lambda answer: None, why="")


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


def test_exercises_do_not_import_torch():
    run("import sys, dsconv_lib.exercises; sys.exit('torch' in sys.modules)")


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
def test_exercises_are_stored_unanswered_with_a_folded_solution(path):
    for name, cell, after in exercise_cells(path):
        last = cell.outputs[0].text.splitlines()[-1]
        assert last.startswith(f"Exercise {label(name)}: not answered yet."), name
        assert after.source.startswith("<details>\n<summary>Solution"), name
