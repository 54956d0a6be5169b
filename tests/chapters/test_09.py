"""What chapter 9 rests on: its exercises and the identities that it shows."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dsconv_lib import ConvSpec, receptive_field
from dsconv_lib.exercises import chapter_09


def dilate_kernel(kernel, dilation):
    (rows, columns), (down, right) = kernel.shape, dilation
    wide = np.zeros((down * (rows - 1) + 1, right * (columns - 1) + 1), kernel.dtype)
    wide[::down, ::right] = kernel
    return wide


def put_zeros(kernel, dilation):
    return dilate_kernel(np.array(kernel), dilation).tolist()


def slide(x, w, D):
    row = torch.tensor(x).view(1, 1, -1), torch.tensor(w).view(1, 1, -1)
    return F.conv1d(*row, dilation=D).flatten().tolist()


# Worked by hand, independent of the library: see test_02.py. (The curriculum has 9.4 and 9.5.)
ANSWERS = {
    "09-1": (
        [slide, lambda x, w, D: np.array(slide(x, w, D))],
        [
            (lambda x, w, D: slide(x, w, 1), "Where is the dilation?"),
            (lambda x, w, D: slide(x, w, D)[:-1], "Is the last output there?"),
            (lambda x, w, D: slide(x, w[::-1], D), "Which weight meets which pixel?"),
            (lambda x, w, D: slide(x, w, D + 1), "which is wrong"),
            (lambda x, w, D: x[99], "it raises IndexError"),
        ],
    ),
    "09-2": (
        [
            put_zeros,
            lambda kernel, dilation: dilate_kernel(np.array(kernel), dilation),
            lambda kernel, dilation: tuple(map(tuple, put_zeros(kernel, dilation))),
        ],
        [
            (lambda kernel, dilation: kernel, "must move apart"),
            (lambda kernel, dilation: put_zeros(kernel, dilation[::-1]), "(rows, columns)"),
            (
                lambda kernel, dilation: np.kron(
                    kernel, np.eye(1, dilation[0] * dilation[1], dtype=int).reshape(dilation)
                ),
                "between taps only",
            ),
            (
                lambda kernel, dilation: put_zeros(kernel, (dilation[0] + 1, dilation[1] + 1)),
                "D − 1 zeros",
            ),
            (lambda kernel, dilation: None, "it returns nothing"),
        ],
    ),
    "09-3": (
        [lambda dilations: 1 + 2 * sum(dilations), lambda dilations: 1.0 + 2 * sum(dilations)],
        [
            (lambda dilations: 2 * sum(dilations), "before the first layer"),
            (lambda dilations: 1 + sum(dilations), "How many gaps"),
            (lambda dilations: 1 + 2 * len(dilations), "What does dilation 2 add?"),
            (sum, "keep the first line as it was"),
        ],
    ),
    "09-4": (
        [9, 9.0, np.int32(9)],
        [(12, "multiplied K by D"), (8, "outer taps"), (11, "D − 1"), (81, "one axis")],
    ),
    "09-5": (
        [222, 222.0, [222]],
        [(224, "is kept"), (220, "without padding"), (221, "How many ends"), (112, "no stride")],
    ),
    "09-6": (
        [14, 14.0, np.int64(14)],
        [(7, "corners"), (13, "step of 13"), (15, "smallest"), (3, "farthest")],
    ),
    "09-7": (
        [
            [1, 3, 9, 16, 16],
            (1, 3, 9, 27, 5),
            [5, 27, 3, 9, 1],
            np.array([1, 3, 9, 27, 10]),
            [[1, 3, 9, 27, 10]],
            (1.0, 3.0, 9.0, 27.0, 10.0),
        ],
        [
            ([45], "spans 91 positions but reads only 3"),
            ([25, 25], "reads only"),
            ([1, 3, 9, 27], "sees 81 positions, fewer"),
            ([1, 3, 9, 40], "reads only 81"),
            ([1, 2, 4, 8, 16, 32], "Fewer can do it"),
            ([1] * 50, "with 50 layers"),
            ([1, 3, 9, 27, 0], "no dilation"),
            ([1, 3, 9, 27, -10], "no dilation"),
            ([1, 2.5], "2.5 is not whole"),
            (5, "a list of dilations, but this is an int"),
        ],
    ),
    "09-8": (
        [3, 3.0, np.int64(3)],
        [(6, "smaller D"), (2, "4 apart"), (5, "10 apart"), (4, "how far apart|How far apart")],
    ),
}
GUESSES = {
    "09-recall-size": ([6], [5, 7, 4]),
    "09-recall-unread": ([(2, 5, 8)], [(8,), (2, 5), (1,)]),
    "09-row": ([7], [9, 6, 8]),
    "09-counting": (["b"], ["a", "c"]),
    "09-nan": (["b"], ["a", "c", "d"]),
    "09-price": ([1], [6, 36, 2]),
    "09-shared": ([0], [6, 3, 1]),
    "09-border": ([1], [9, 4, 0]),
    "09-doubling": ([63], [62, 47, 64]),
    "09-careless": ([17], [33, 16, 31]),
    "09-ways": (["b"], ["a", "c", "d"]),
    "09-stripes": (["ac"], ["a", "b", "abcd"]),
}


@pytest.mark.parametrize("positions", range(2, 28))
def test_least_layers_is_what_a_search_finds(positions):
    layers = next(
        count
        for count in range(1, 5)
        if any(
            field.size >= positions and not field.holes
            for field in (
                receptive_field([ConvSpec(3, dilation=d) for d in stack])
                for stack in product(range(1, 10), repeat=count)
            )
        )
    )
    assert chapter_09.least_layers(positions) == layers


@pytest.mark.parametrize("period", [2, 4, 6, 10])
def test_blind_dilation_against_the_layer(period):
    stripes = (torch.arange(6.0 * period) % period < period / 2).float().view(1, 1, -1)
    edge = torch.tensor([[[-1.0, 0, 1]]])
    silent = [d for d in range(1, period) if not F.conv1d(stripes, edge, dilation=d).any()]
    assert chapter_09.blind_dilation(period) == silent[0]


@pytest.mark.parametrize("size", [1, 5, 14])
def test_centre_only_dilation_against_the_layer(size):
    ones, kernel = torch.ones(1, 1, size, size), torch.ones(1, 1, 3, 3)
    most = {d: F.conv2d(ones, kernel, padding=d, dilation=d).max() for d in range(1, size + 2)}
    assert chapter_09.centre_only_dilation(size) == min(d for d in most if most[d] == 1)


# --- the chapter's identities ---


def whole_numbers(*shape):
    return torch.randint(-9, 10, shape).double()


@settings(max_examples=60)
@given(
    kernel_size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    steps=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    groups=st.sampled_from([1, 2, 4]),
)
def test_zeros_put_in_give_the_same_bits_on_whole_numbers(
    kernel_size, steps, stride, padding, groups
):
    x, kernel = whole_numbers(2, 4, 14, 17), whole_numbers(8, 4 // groups, *kernel_size)
    wide = torch.from_numpy(
        np.stack([[dilate_kernel(part.numpy(), steps) for part in one] for one in kernel])
    )
    same = {"stride": stride, "padding": padding, "groups": groups}
    dilated = F.conv2d(x, kernel, dilation=steps, **same)
    assert torch.equal(dilated, F.conv2d(x, wide, **same))
    assert dilated.any()


@pytest.mark.parametrize("step", [2, 3])
def test_a_stride_can_be_traded_for_dilation(step):
    x, first, second = (
        whole_numbers(1, 2, 25, 31),
        whole_numbers(4, 2, 3, 2),
        whole_numbers(3, 4, 2, 3),
    )
    strided = F.conv2d(F.conv2d(x, first, stride=step), second)
    dense = F.conv2d(F.conv2d(x, first), second, dilation=step)
    assert torch.equal(strided, dense[:, :, ::step, ::step])
    assert not torch.equal(strided, dense[:, :, : strided.shape[2], : strided.shape[3]])
