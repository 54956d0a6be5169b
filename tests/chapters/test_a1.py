"""Questions of In depth A1: what is accepted, what is refused with which hint."""

from itertools import product

import numpy as np
import pytest
import torch

from dsconv_lib.exercises.chapter_a1 import dilated_stack, fewest_layers

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "a1-1": (
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
    "a1-2": (
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
    "a1-3": (
        [(65, 99), [65, 99], (65.0, 99.0), np.array([65, 99]), torch.tensor([65, 99])],
        [
            ((80, 114), "effective padding"),
            ((65, 100), "The first is right"),
            ((99, 65), "Output 0 begins"),
            ((57, 91), "counted from 0"),
            (65, "this is an int"),
        ],
    ),
    "a1-4": (
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
    "a1-5": (
        [96, 96.0, np.float64(96)],
        [(12, "the variance"), (192, "one layer add"), (95, "Put your L"), (50, "Square both")],
    ),
}
GUESSES = {
    "a1-weights": (["c"], ["a", "b"]),
    "a1-whole": ([1], [49, 25, 9]),
    "a1-union": ([5], [6, 7, 3]),
}


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
