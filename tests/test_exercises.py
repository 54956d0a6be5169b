"""Exercises accept right answers, refuse every other, and never give the answer away."""

import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from unittest.mock import ANY

import nbformat
import numpy as np
import pytest

from dsconv_lib import output_size
from dsconv_lib.exercises import check, framework

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
    "2.1": 32,
    "2.2": (3, 3),
    "2.3": 5,
    "2.4": 4,
    "2.5": my_output_size,
    "2.6": 22,
    "2.7": (3, 6),
    "8.1": 21,
    "8.2": 67,
    "8.3": my_field_and_jump,
    "8.4": [8, 8, 8, 8],
    "8.5": [1, 2, 4, 8, 8, 8],
    "8.6": (65, 99),
    "8.7": 2.0,
    "8.8": 96,
    "9.1": 31,
    "9.2": 9,
    "9.3": 222,
    "9.4": my_dilate_kernel,
    "9.5": 3,
    "9.6": 14,
    "9.7": [1, 3, 9, 27, 10],
}
WRONG_FUNCTIONS = {
    "2.5": {
        "no dilation": lambda size, kernel_size, stride=1, padding=0, dilation=1: my_output_size(
            size, kernel_size, stride, padding
        ),
        "cuts towards zero": lambda size, kernel_size, stride=1, padding=0, dilation=1: (
            int((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
        ),
        "never refuses": lambda size, kernel_size, stride=1, padding=0, dilation=1: (
            (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
        ),
        "a float": lambda **setting: float(my_output_size(**setting)),
        "always refuses": lambda **_: int("refuse"),
        "another error": lambda **_: 1 // 0,
        "no arguments": lambda: 5,
    },
    "8.3": {
        "jump first": lambda kernels, strides, dilations: my_field_and_jump(
            kernels, [*strides[1:], 1], dilations
        ),
        "no dilation": lambda kernels, strides, dilations: my_field_and_jump(
            kernels, strides, [1] * len(kernels)
        ),
        "field alone": lambda *lists, **named: my_field_and_jump(*lists, **named)[0],
    },
    "9.4": {
        "swapped": lambda kernel, dilation: my_dilate_kernel(kernel, dilation[::-1]),
        "the kernel itself": lambda kernel, dilation: kernel,
        "repeated taps": lambda kernel, dilation: np.resize(
            kernel, my_dilate_kernel(kernel, dilation).shape
        ),
    },
}
NAMES = framework.names()
PLAIN = [name for name in NAMES if not callable(RIGHT.get(name))]
COUNTED = [name for name in NAMES if isinstance(RIGHT.get(name), int)]


def test_every_exercise_is_in_the_table_in_order():
    assert list(RIGHT) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_is_correct(name, capsys):
    check(name, RIGHT[name])
    assert re.fullmatch(rf"Exercise {name}: correct\. .+\.\n", capsys.readouterr().out)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [..., None, "", (), [], set(), {}], ids=repr)
def test_nothing_is_not_an_answer(name, answer, capsys):
    check(name, answer)
    line = capsys.readouterr().out
    assert re.fullmatch(rf"Exercise {name}: not answered yet\. .+\.\n", line)


@pytest.mark.parametrize("name", ["2.5", "8.3", "9.4"])
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
        assert framework._EXERCISES[name].wants in text


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


@pytest.mark.parametrize("name", ["2.2", "8.6"])
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


@pytest.mark.parametrize(
    ("slip", "text"),
    [
        ("no dilation", "At size=9, kernel_size=3, dilation=2 it returns 7, which is wrong."),
        ("cuts towards zero", "At size=2, kernel_size=3 it returns 0, but no layer can"),
        ("a float", "At size=7, kernel_size=3 it returns a float, not an int"),
        ("always refuses", "It raises ValueError at size=7, kernel_size=3"),
        ("another error", "It raises ZeroDivisionError at size=7, kernel_size=3"),
        ("no arguments", "It raises TypeError at size=7, kernel_size=3"),
    ],
)
def test_the_first_setting_that_differs_is_named(slip, text):
    assert text in framework.verdict("2.5", WRONG_FUNCTIONS["2.5"][slip])


def test_a_function_may_be_wrong_on_one_setting_only():
    last = framework._EXERCISES["2.5"]
    assert last.judge(output_size) is None

    def nearly(size, kernel_size, stride=1, padding=0, dilation=1):
        size_out = my_output_size(size, kernel_size, stride, padding, dilation)
        return size_out + ((size, kernel_size, stride, padding, dilation) == (13, 5, 4, 2, 3))

    hint = last.judge(nearly)
    assert "size=13, kernel_size=5, stride=4, padding=2, dilation=3 it returns 3" in hint


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((3,), "at least one more size belongs here"),
        ((3, 4, 6), "K = 4 does leave a pattern"),
        ((3, 6, 9), "9 is not among the sizes"),
        ((3.0, 6.0), "this is a float"),
        ({6, 3}, "correct."),
    ],
)
def test_the_even_kernels(answer, text):
    assert text in framework.verdict("2.7", answer)


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [
        ("8.4", [8, 8, 8], "spans 49 positions, fewer than 63"),
        ("8.4", [8, 8, 8, 8, 1], "Fewer can do it"),
        ("8.4", [31], "not allowed here"),
        ("8.5", [8, 8, 8, 8], "never read"),
        ("8.5", [0, 8, 8, 8, 8, 8], "is no dilation"),
        ("9.7", [25, 25], "reads only"),
        ("9.7", [1, 2, 4, 8, 16, 32], "Fewer can do it"),
        ("9.7", [1, 3, 9, 27], "81 positions, fewer than"),
        ("9.7", [1, 3, 9, 27, -10], "is no dilation"),
    ],
)
def test_designs_are_told_what_they_lack(name, answer, text):
    verdict = framework.verdict(name, answer)
    assert verdict.startswith("not yet.")
    assert text in verdict


def test_a_real_number_is_right_within_its_tolerance():
    assert framework.verdict("8.7", np.float32(2)).startswith("correct.")
    for wrong in (1.9, 2.1, 4 / 3, float("nan"), float("inf"), -2):
        assert framework.verdict("8.7", wrong).startswith("not yet.")


def test_an_unknown_exercise_is_an_error():
    with pytest.raises(ValueError, match=r"name='2\.99' is no exercise; there are 2\.1, 2\.2"):
        check("2.99", 3)


def test_a_number_is_given_only_once():
    with pytest.raises(ValueError, match=r"name='2\.1' is taken"):
        framework.exercise("2.1", wants="", judge=lambda answer: None, why="")


def test_ten_comes_after_nine(monkeypatch):
    monkeypatch.setattr(framework, "_EXERCISES", dict.fromkeys(["10.1", "2.10", "2.9"]))
    assert framework.names() == ["2.9", "2.10", "10.1"]


def test_exercises_do_not_import_torch():
    code = "import sys, dsconv_lib.exercises; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# The notebooks


def exercise_cells(path):
    """(name, code cell, Markdown cell after it) of every exercise of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    for place, cell in enumerate(cells):
        found = re.search(r'^check\("(\d+\.\d+)", (\w+)\)$', cell.source, re.MULTILINE)
        if cell.cell_type == "code" and found:
            yield found[1], cell, cells[place + 1]


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_every_exercise_stands_once_in_its_chapter():
    places = [(int(path.name[:2]), name) for path in NOTEBOOKS for name, *_ in exercise_cells(path)]
    assert sorted(name for _, name in places) == sorted(NAMES)
    assert all(name.startswith(f"{chapter}.") for chapter, name in places)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exercises_are_stored_unanswered_with_a_folded_solution(path):
    for name, cell, after in exercise_cells(path):
        last = cell.outputs[0].text.splitlines()[-1]
        assert last.startswith(f"Exercise {name}: not answered yet."), name
        assert after.source.startswith("<details>\n<summary>Solution"), name


def test_the_solutions_of_chapter_2_pass():
    numbers = count()
    for name, _, after in exercise_cells(ROOT / "notebooks" / "02_output_size.ipynb"):
        solution = after.source.split("</details>")[0]
        code = re.search(r"```python\n(.*?)```", solution, re.DOTALL)[1]
        space = {}
        exec(code, space)
        assert framework.verdict(name, space["answer"]).startswith("correct."), name
        next(numbers)
    assert next(numbers) == 7
