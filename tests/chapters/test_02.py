"""Exercises of chapter 2: the function 2.5, the even kernels 2.7, and the printed solutions."""

import re
from pathlib import Path

import nbformat
import pytest

from dsconv_lib import output_size
from dsconv_lib.exercises import framework

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_output_size.ipynb"


def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if last < 0:
        raise ValueError("the kernel does not fit")
    return last // stride + 1


WRONG_FUNCTIONS = {
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
}


@pytest.mark.parametrize("slip", WRONG_FUNCTIONS)
def test_a_wrong_output_size_is_refused(slip):
    assert framework.verdict("02-5", WRONG_FUNCTIONS[slip]).startswith("not yet. ")


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
    assert text in framework.verdict("02-5", WRONG_FUNCTIONS[slip])


def test_a_function_may_be_wrong_on_one_setting_only():
    last = framework.find("02-5")
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
    assert text in framework.verdict("02-7", answer)


def solutions():
    """The code in the folded solution of each exercise."""
    name = None
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if found := re.search(r'^check\("(02-\d+)"', cell.source, re.MULTILINE):
            name = found[1]
        elif name:
            solution = cell.source.split("</details>")[0]
            yield pytest.param(
                name, re.search(r"```python\n(.*?)```", solution, re.DOTALL)[1], id=name
            )
            name = None


@pytest.mark.parametrize(("name", "code"), list(solutions()))
def test_the_printed_solutions_pass(name, code):
    space = {}
    exec(code, space)
    assert framework.verdict(name, space["answer"]).startswith("correct."), name


def test_every_exercise_has_a_printed_solution():
    assert [param.id for param in solutions()] == framework.names("02")
