"""Questions of chapter 1: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F


def correlate(image, kernel):
    pair = torch.tensor(image).double()[None, None], torch.tensor(kernel).double()[None, None]
    return F.conv2d(*pair)[0, 0].tolist()


def turned(kernel):
    return np.rot90(np.array(kernel), 2).tolist()


# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "01-1": (
        [correlate, lambda image, kernel: np.array(correlate(image, kernel))],
        [
            (lambda image, kernel: correlate(image, turned(kernel)), "Is the kernel turned?"),
            (lambda image, kernel: [r[:-1] for r in correlate(image, kernel)[:-1]], "many places"),
            (lambda image, kernel: np.array(correlate(image, kernel)).T, "rows and columns"),
            (lambda image, kernel: None, "it returns nothing"),
            (lambda image, kernel: image[99], "it raises IndexError"),
        ],
    ),
    "01-2": (
        [(1, 4, 7, -1), [[1, 4, 7, -1]], np.array([1, 4, 7, -1])],
        [
            ((11, 8, 5, 15), "half a turn"),
            ((2, 0, 12, 3), "Left and right"),
            ((9, 6, 19, 13), "is negative"),
            ((1, 7, 4, -1), "Row by row"),
            ((1, 4), "values here is"),
        ],
    ),
    "01-3": (
        [(11, 8, 5, 15), [11.0, 8.0, 5.0, 15.0]],
        [
            ((1, 4, 7, -1), "exercise 1.2"),
            ((17, 10, 15, 23), "is negative"),
            ((11, 5, 8, 15), "Row by row"),
            ((1, 2, 3, 4), "four pixels"),
        ],
    ),
    "01-4": (
        [0, 0.0, np.float32(0)],
        [(0.7, "sum to 1"), (6.3, "nine weights of 1"), (1, "Take that number out")],
    ),
    "01-5": (["b", "(b)"], [("a", "top row"), ("c", "sideways"), ("d", "sideways")]),
    "01-6": (
        [turned, lambda kernel: tuple(map(tuple, turned(kernel)))],
        [
            (lambda kernel: kernel[::-1], "upside down only"),
            (lambda kernel: [row[::-1] for row in kernel], "left and right only"),
            (lambda kernel: np.rot90(np.array(kernel), -1), "quarter turn"),
            (lambda kernel: np.array(kernel).T, "that is no turn"),
            (lambda kernel: kernel, "which is wrong"),
        ],
    ),
    "01-7": (
        [(1, 1, 5, 7), [1, 1, 5, 7]],
        [
            ((1, 1, 6, 9), "of the picture"),
            ((1, 1, 4, 6), "first place"),
            ((1, 1, 7, 5), "Rows come first"),
            ((5, 7, 1, 1), "last two"),
            ((1, 1, 1, 1), "Four axes"),
        ],
    ),
}
GUESSES = {
    "01-warm-pairs": ([10], [15, 36, 11]),
    "01-warm-rows": ([6], [2, 5, 3]),
    "01-second": ([47], [37, 67, 77]),
    "01-bright": (["c"], ["a", "b", "d"]),
    "01-trap": (["a"], ["b", "(b)"]),
    "01-flip": ([23], [37, 77, 47]),
    "01-impulse": (["b"], ["a", "(a)"]),
    "01-identity": (["b"], ["a", "c", "d"]),
    "01-centre": (["c"], ["a", "b"]),
}
