"""Questions of chapter 4: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def backward(image, kernel, g):
    x = torch.tensor(image).double()[None, None].requires_grad_()
    w = torch.tensor(kernel).double()[None, None].requires_grad_()
    F.conv2d(x, w).backward(torch.tensor(g).double()[None, None])
    return w.grad[0, 0].tolist(), x.grad[0, 0].tolist()


def turned(image, kernel, g):
    half = np.rot90(np.array(kernel), 2).tolist()
    return backward(image, kernel, g)[0], backward(image, half, g)[1]


def size_back(m, K, S=1, P=0, D=1, extra=0):
    return (m - 1) * S - 2 * P + D * (K - 1) + 1 + extra


# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "04-1": (
        [backward, lambda **given: list(backward(**given))],
        [
            (turned, "Is the kernel turned"),
            (lambda **given: backward(**given)[::-1], "The gradient of the kernel first"),
            (
                lambda image, kernel, g: backward(image, kernel, np.ones_like(g).tolist()),
                "Where is g?",
            ),
            (lambda image, kernel, g: None, "it returns nothing"),
            (lambda image, kernel, g: kernel[77], "it raises IndexError"),
        ],
    ),
    "04-2": (
        [size_back],
        [
            (lambda m, K, S=1, P=0, D=1, extra=0: size_back(m, K, S, 0, D, extra), "padding?"),
            (lambda m, K, S=1, P=0, D=1, extra=0: size_back(m, K, S, -P, D, extra), "way back"),
            (
                lambda m, K, S=1, P=0, D=1, extra=0: size_back(m, K, S, P, D, extra) + P,
                "wrong. Padding trims at both ends",
            ),
            (lambda m, K, S=1, P=0, D=1, extra=0: size_back(m, K, S, P, 1, extra), "dilation?"),
            (lambda m, K, S=1, P=0, D=1, extra=0: size_back(m, K, S, P, D), "output padding?"),
            (
                lambda m, K, S=1, P=0, D=1, extra=0: size_back(m + 1, K, S, P, D, extra),
                "the last stamp start",
            ),
        ],
    ),
    "04-3": (
        [(-1, 0, 0, 1), [-1.0, 0.0, 0.0, 1.0]],
        [((5, 0, 0, 5), "is negative"), ((1, 0, 0, -1), "upper left"), ((1, 1, 1, 1), "Multiply")],
    ),
    "04-4": (
        [1, 1.0],
        [
            (4, "upper left weight"),
            (10, "How many weights"),
            (5, "own value"),
            (0, "Only one output"),
        ],
    ),
    "04-5": (
        [22, 22.0, np.int64(22)],
        [(26, "smaller"), (24, "not in use"), (21, "not in use"), (25, "6 steps"), (9, "Lay out")],
    ),
    "04-6": (
        [(3, 6), [6, 3], {3, 6}, np.array([3, 6]), range(3, 7, 3), (3, 6, 6)],
        [
            ((3,), "not all"),
            ((3, 4, 6), "K = 4 does leave a pattern"),
            ((3, 6, 9), "Only sizes from 3 to 7"),
            ((5, 7), "K = 5 does leave a pattern"),
        ],
    ),
}
GUESSES = {
    "04-recall-size": ([4], [3, 5, 8]),
    "04-recall-output": ([5], [10, 4]),
    "04-entries": ([16], [8, 4, 36]),
    "04-weight": ([12], [1, 45, 9]),
    "04-middle": ([2], [4, 5, 1]),
    "04-corner": ([1], [4, 10]),
    "04-stamp": ([5], [6, -1, 7]),
    "04-back": (["b"], ["a", "(a)"]),
    "04-eighth": ([1], [0, 2]),
    "04-even": ([2], [4, 1]),
}


def test_the_sizes_are_those_of_pytorch():
    for m, K, S, P, D, extra in ((4, 3, 2, 1, 1, 1), (5, 3, 3, 0, 2, 2), (7, 5, 3, 1, 1, 1)):
        layer = nn.ConvTranspose1d(1, 1, K, S, P, extra, dilation=D)
        assert layer(torch.ones(1, 1, m)).shape[-1] == size_back(m, K, S, P, D, extra)
