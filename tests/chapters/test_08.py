"""Questions of chapter 8: what is accepted, what is refused with which hint."""

from itertools import product

import numpy as np
import pytest
import torch

from dsconv_lib.exercises.chapter_08 import dilated_stack, fewest_layers


def my_field_and_jump(kernels, strides, dilations):
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
    return my_field_and_jump(kernels, strides, [1] * len(kernels))


def starts_at_zero(kernels, strides, dilations):
    r, jump = my_field_and_jump(kernels, strides, dilations)
    return r - 1, jump


def one_too_many(kernels, strides, dilations):
    r, jump = my_field_and_jump(kernels, strides, dilations)
    return r + 1, jump


def eats_its_lists(kernels, strides, dilations):
    r, jump = 1, 1
    while kernels:
        r += (kernels.pop(0) - 1) * dilations.pop(0) * jump
        jump *= strides.pop(0)
    return [r, jump]


def prints(kernels, strides, dilations):
    print("r =", my_field_and_jump(kernels, strides, dilations)[0])


ASKS = "Which jump does a window meet"

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "08-1": (
        [21, 21.0, np.int64(21), [21]],
        [
            (30, "per layer"),
            (20, "a single layer"),
            (11, "both sides"),
            (441, "along one axis"),
            (22, "Start from"),
        ],
    ),
    "08-2": (
        [67, 67.0, np.float64(67)],
        [(15, "without dilation"), (66, "first layer alone"), (33, "sum"), (68, "seven additions")],
    ),
    "08-3": (
        [
            my_field_and_jump,
            eats_its_lists,
            lambda *lists, **named: np.array(my_field_and_jump(*lists, **named)),
            lambda *lists, **named: [float(part) for part in my_field_and_jump(*lists, **named)],
        ],
        [
            (stride_too_early, ASKS),
            (no_dilation, "Where is the dilation?"),
            (starts_at_zero, "before the first layer"),
            (one_too_many, "returns (4, 1), which is wrong."),
            (lambda **named: my_field_and_jump(**named)[0], "Give the pair"),
            (lambda **_: 3, "which is wrong"),
            (lambda **_: None, "it returns nothing: end it with return"),
            (prints, "it prints r = 3, but it returns nothing"),
        ],
    ),
    "08-4": (
        [[8, 8, 8, 8], (7, 8, 8, 8), [[8, 8, 8, 8]], np.full(4, 8), (8.0, 8.0, 8.0, 8.0)],
        [
            ([8, 8, 8], "spans 49 positions, fewer than 63"),
            ([8, 8, 8, 8, 1], "Fewer can do it"),
            ([31], "at most 8"),
            ([0, 31], "is no dilation"),
            ([8, 8, 8, 6], "fewer than 63"),
            ([8, 8, 8, 7.5], "7.5 is not whole"),
            (8, "a list of dilations, but this is an int"),
        ],
    ),
    "08-5": (
        [
            [1, 2, 4, 8, 8, 8],
            [8, 3, 8, 1, 8, 3],
            np.array([1, 2, 4, 8, 8, 8]),
            [[1, 2, 4, 8, 8, 8]],
        ],
        [
            ([8] * 4, "56 of them"),
            ([1, 3, 8, 8, 8], "fewer than 63"),
            ([1, 1, 1, 4, 8, 8, 8], "with 7 layers"),
            ([2, 4, 8, 8, 8, 8], "never read"),
            ([0, 8, 8, 8, 8, 8], "is no dilation"),
        ],
    ),
    "08-6": (
        [(65, 99), [65, 99], (65.0, 99.0), np.array([65, 99]), torch.tensor([65, 99])],
        [
            ((80, 114), "effective padding"),
            ((65, 100), "The first is right"),
            ((99, 65), "Output 0 begins"),
            ((57, 91), "counted from 0"),
            (65, "this is an int"),
        ],
    ),
    "08-7": (
        [2, 2.0, np.float32(2), torch.tensor(2.0)],
        [
            (10, "Take their mean"),
            (2.5, "divide by their number"),
            (4 / 3, "two 3-wide layers"),
            (1.9, "squared steps"),
            (float("nan"), "squared steps"),
            ("two", "text"),
        ],
    ),
    "08-8": (
        [96, 96.0, np.float64(96)],
        [(12, "the variance"), (192, "one layer add"), (95, "Put your L"), (50, "Square both")],
    ),
}
GUESSES = {}


def test_the_reminder_about_the_jump_comes_only_where_that_is_the_slip():
    from dsconv_lib.exercises.framework import verdict

    for answer, _ in ANSWERS["08-3"][1]:
        assert (ASKS in verdict("08-3", answer)) == (answer is stride_too_early)


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
