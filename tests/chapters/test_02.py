"""Questions of chapter 2: what is accepted, what is refused with which hint."""

import re
from fractions import Fraction
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from dsconv_lib import output_size
from dsconv_lib.exercises import framework

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_output_size.ipynb"


def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if last < 0:
        raise ValueError("the kernel does not fit")
    return last // stride + 1


def never_refuses(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def cuts_towards_zero(size, kernel_size, stride=1, padding=0, dilation=1):
    return int((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


def gives_nothing_back(size, kernel_size, stride=1, padding=0, dilation=1):
    my_output_size(size, kernel_size, stride, padding, dilation)


def prints(size, kernel_size, stride=1, padding=0, dilation=1):
    print(my_output_size(size, kernel_size, stride, padding, dilation))


def nothing_where_it_does_not_fit(size, kernel_size, stride=1, padding=0, dilation=1):
    if size + 2 * padding > dilation * (kernel_size - 1):
        return my_output_size(size, kernel_size, stride, padding, dilation)
    return None


def without(**left_out):
    return lambda size, kernel_size, stride=1, padding=0, dilation=1: my_output_size(
        **{
            "size": size,
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
        }
        | left_out
    )


# Worked by hand, independent of the library: forms of the right answer, wrong answers with a piece
# of the hint. test_exercises.py tries them all, here and in the page's judge.
ANSWERS = {
    "02-1": (
        [32, 32.0, np.int64(32), np.float32(32), np.array(32), torch.tensor([32]), (32,), [32]],
        [
            (34, "without dilation"),
            (28, "Where is the padding?"),
            (30, "both ends"),
            (31, "as long as the kernel"),
            (33, "as long as the kernel"),
            (99, "Count again"),
            (32.5, "32.5 is not whole"),
            ("thirty", "text"),
        ],
    ),
    "02-2": (
        [
            (3, 3),
            [3, 3],
            np.array([3, 3]),
            (3.0, 3.0),
            ((3, 3),),
            torch.tensor([3, 3]),
        ],
        [
            ((3, 4), "leave the row"),
            ((2, 2), "Which start is the first?"),
            ((5, 6), "stride-1 count"),
            ((3,), "number of values here is 1"),
            ({3}, "a set has no order"),
            (3, "this is an int"),
        ],
    ),
    "02-3": (
        [5, 5.0, np.int64(5), Fraction(5)],
        [(1, "end only"), (4, "gaps between windows"), (15, "about the others"), (6, "Write down")],
    ),
    "02-4": (
        [4, 4.0, np.float64(4), (4,)],
        [(1, "D = 1"), (8, "one side"), (9, "span of the kernel"), (3, "half of it")],
    ),
    "02-5": (
        [my_output_size, output_size, lambda **setting: float(my_output_size(**setting))],
        [
            (
                without(dilation=1),
                "dilation=2 it returns 7, which is wrong. Where is the dilation?",
            ),
            (without(padding=0), "padding=1 it returns 3, which is wrong."),
            (never_refuses, "At size=2, kernel_size=3 it returns 0, but nothing fits"),
            (cuts_towards_zero, "At size=2, kernel_size=3 it returns 0, but nothing fits"),
            (gives_nothing_back, "kernel_size=3 it returns nothing: end it with return"),
            (prints, "kernel_size=3 it prints 5, but it returns nothing"),
            (nothing_where_it_does_not_fit, "it returns nothing: raise ValueError there"),
            (lambda **_: int("refuse"), "At size=7, kernel_size=3 it raises ValueError"),
            (lambda **_: 1 // 0, "At size=7, kernel_size=3 it raises ZeroDivisionError"),
            (lambda: 5, "keep the first line as it was"),
            (lambda **_: "5", "it returns a str, not an int"),
            (5, "a function of your own, but this is an int"),
        ],
    ),
    "02-6": (
        [22, 22.0, np.int64(22)],
        [(26, "smaller"), (24, "not in use"), (21, "not in use"), (25, "6 steps"), (9, "Lay out")],
    ),
    "02-7": (
        [(3, 6), [6, 3], {3, 6}, np.array([3, 6]), range(3, 7, 3), (3.0, 6.0), [[3, 6]], (3, 6, 6)],
        [
            ((3,), "not all"),
            ({6}, "not all"),
            ((3, 4, 6), "K = 4 does leave a pattern"),
            ((3, 6, 9), "Only sizes from 3 to 7"),
            ((5, 7), "K = 5 does leave a pattern"),
            (3, "this is an int"),
        ],
    ),
}
GUESSES = {"02-places": ([5, 5.0], [4, 6, 7])}


def test_a_function_may_be_wrong_on_one_setting_only():
    last = framework.find("02-5")
    assert last.judge(output_size) is None

    def nearly(size, kernel_size, stride=1, padding=0, dilation=1):
        size_out = my_output_size(size, kernel_size, stride, padding, dilation)
        return size_out + ((size, kernel_size, stride, padding, dilation) == (13, 5, 4, 2, 3))

    hint = last.judge(nearly)
    assert "size=13, kernel_size=5, stride=4, padding=2, dilation=3 it returns 3" in hint


def solutions():
    """The code in the folded solution of each exercise."""
    name = None
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if found := re.search(r'^check\("(02-\d+)"', cell.source, re.MULTILINE):
            name = found[1]
        elif name:
            solution = cell.source.split("</details>")[0]
            code = re.search(r"```python\n(.*?)```", solution, re.DOTALL)[1]
            yield pytest.param(name, code, id=name)
            name = None


@pytest.mark.parametrize(("name", "code"), list(solutions()))
def test_the_printed_solutions_pass(name, code):
    space = {}
    exec(code, space)
    assert framework.verdict(name, space["answer"]).startswith("Correct."), name


def test_every_exercise_has_a_printed_solution():
    assert [param.id for param in solutions()] == framework.names("02")
