"""Questions of chapter 1: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F


def correlate(image, kernel):
    pair = torch.tensor(image).double()[None, None], torch.tensor(kernel).double()[None, None]
    return F.conv2d(*pair)[0, 0].tolist()


def turned(kernel):
    return np.rot90(np.array(kernel), 2).tolist()


# Worked by hand, independent of the library: see test_02.py. (The curriculum has 1.2 and 1.3.)
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
        [(4, 0, 0, 8), [[4, 0, 0, 8]], np.array([4, 0, 0, 8])],
        [((0, 5, 7, 0), "other diagonal"), ((1, 0, 0, 3), "adds two"), ((4, 8), "values here is")],
    ),
    "01-3": (
        [(0, 5, 7, 0), [0.0, 5.0, 7.0, 0.0]],
        [
            ((4, 0, 0, 8), "exercise 1.2"),
            ((0, 7, 5, 0), "Row by row"),
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
