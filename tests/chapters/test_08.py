"""Exercises of chapter 8: right answers pass, wrong ones do not, slips are recognised."""

import re
from itertools import product

import pytest

from dsconv_lib.exercises.chapter_08 import dilated_stack, fewest_layers
from dsconv_lib.exercises.framework import verdict


def right_function(kernels, strides, dilations):
    r, jump = 1, 1
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        r += (kernel - 1) * dilation * jump
        jump *= stride
    return r, jump


def stride_too_early(kernels, strides, dilations):
    r, jump = 1, 1
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        jump *= stride
        r += (kernel - 1) * dilation * jump
    return r, jump


def no_dilation(kernels, strides, dilations):
    return right_function(kernels, strides, [1] * len(dilations))


def starts_at_zero(kernels, strides, dilations):
    r, jump = right_function(kernels, strides, dilations)
    return r - 1, jump


RIGHT = {
    "08-1": [21],
    "08-2": [67],
    "08-3": [right_function],
    "08-4": [[8, 8, 8, 8], (7, 8, 8, 8)],
    "08-5": [[1, 2, 4, 8, 8, 8], [8, 3, 8, 1, 8, 3]],
    "08-6": [(65, 99), [65, 99]],
    "08-7": [2, 2.0],
    "08-8": [96],
}
WRONG = {
    "08-1": [20, 22, 30, 441, -21],
    "08-2": [15, 66, 33, 68],
    "08-3": [stride_too_early, no_dilation, starts_at_zero, lambda **_: 3],
    "08-4": [[8, 8, 8], [8] * 5, [1, 2, 4, 24], [31], [0, 31], [8, 8, 8, 6]],
    "08-5": [[8] * 4, [1, 3, 8, 8, 8], [1, 1, 1, 4, 8, 8, 8], [2, 4, 8, 8, 8, 8]],
    "08-6": [(80, 114), (65, 100), (99, 65), (64, 98)],
    "08-7": [10, 2.5, 4 / 3, 1.9],
    "08-8": [12, 95, 97, 192],
}


SECRETS = {"08-1": "21", "08-2": "67", "08-6": "(65|99)", "08-8": "96"}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name):
    for answer in RIGHT[name]:
        assert verdict(name, answer).startswith("correct. "), answer


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_get_a_hint_that_keeps_the_secret(name):
    for answer in WRONG[name]:
        said = verdict(name, answer)
        assert said.startswith("not yet. "), answer
        if name in SECRETS:
            assert not re.search(rf"(?<![\d.]){SECRETS[name]}(?![\d.])", said), said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("nothing", [..., None, "", [], ()])
def test_nothing_is_no_answer(name, nothing):
    assert verdict(name, nothing).startswith("not answered yet.")


@pytest.mark.parametrize(
    ("name", "nothing"),
    [("08-3", lambda **_: ...), ("08-4", [...]), ("08-5", [8, ...]), ("08-6", (..., ...))],
)
def test_a_stored_template_is_no_answer(name, nothing):
    assert verdict(name, nothing).startswith("not answered yet.")


@pytest.mark.parametrize("name", RIGHT)
def test_wrong_types_are_told_what_is_wanted(name):
    for answer in (True, "21", {3: 4}):
        assert verdict(name, answer).startswith("not yet. This wants ")


def test_slips_are_recognised():
    assert "per layer" in verdict("08-1", 30)
    assert "without dilation" in verdict("08-2", 15)
    assert "kernels=[5], strides=[2]" in verdict("08-3", stride_too_early)
    assert "spans 49 positions" in verdict("08-4", [8, 8, 8])
    assert "at most 8" in verdict("08-4", [31])
    assert "is no dilation" in verdict("08-5", [0, 8, 8, 8, 8, 8])
    assert "Fewer can do it" in verdict("08-4", [8, 8, 8, 8, 1])
    assert "56 of them" in verdict("08-5", [8] * 4)
    assert "with 7 layers" in verdict("08-5", [1, 1, 1, 4, 8, 8, 8])
    assert "padding" in verdict("08-6", (80, 114))
    assert "12" not in verdict("08-8", 12)


@pytest.mark.parametrize("gap_free", [False, True])
def test_fewest_layers_by_trying_everything(gap_free):
    # Any order of at most five dilations, of those that can matter; six are known to do.
    enough = fewest_layers(gap_free=gap_free)
    assert enough == (6 if gap_free else 4)
    for stack in product((1, 2, 3, 4, 7, 8), repeat=enough - 1):
        field = dilated_stack(stack)
        assert field.size < 63 or (gap_free and field.holes)


def test_numbers_in_the_solutions():
    assert dilated_stack([8] * 4).size == 65
    assert dilated_stack([1, 2, 4, 8, 8, 8]).size == 63
    assert dilated_stack([1] * 96).size == 193
