"""Questions of chapter 12: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F


def depthwise(image, kernels, dilation=1):
    x, w = torch.tensor(image).double(), torch.tensor(kernels).double()
    return F.conv2d(x[None], w[:, None], dilation=dilation, groups=len(x))[0].tolist()


def summed(image, kernels, dilation=1):
    return [np.sum(depthwise(image, kernels, dilation), axis=0).tolist()]


def share(C, O, K, M=1):  # noqa: E741
    return M / O + M / K**2


# Worked by hand, independent of the library: see test_02.py. (The curriculum has 12.3 and 12.4.)
ANSWERS = {
    "12-1": (
        [depthwise, lambda **given: np.array(depthwise(**given))],
        [
            (summed, "The channels are not added"),
            (lambda image, kernels, dilation=1: depthwise(image, kernels), "Where is the dilation"),
            (
                lambda image, kernels, dilation=1: depthwise(
                    image, [kernels[0]] * len(kernels), dilation
                ),
                "its own kernel",
            ),
            (lambda image, kernels, dilation=1: None, "it returns nothing"),
        ],
    ),
    "12-2": (
        [share],
        [
            (lambda C, O, K, M=1: 1 / share(C, O, K, M), "divided by which"),  # noqa: E741
            (lambda C, O, K, M=1: M / O, "pointwise half"),  # noqa: E741
            (lambda C, O, K, M=1: M / K**2, "depthwise half"),  # noqa: E741
            (lambda C, O, K, M=1: share(C, O, K), "multiplier"),  # noqa: E741
        ],
    ),
    "12-3": ([6, 6.0], [(2, "all three"), (8, "not multiplied"), (3, "Each channel"), (9, "adds")]),
    "12-4": (
        [1 / 3, 0.333, 0.33, np.float32(1 / 3)],
        [(2, "picture of 2s"), (1, "picture of 1s"), (0.5, "constant picture"), (7, "What do R")],
    ),
    "12-5": (
        [1040, 1040.0],
        [(16000, "standard layer"), (400, "depthwise half"), (640, "pointwise"), (9, "two halves")],
    ),
    "12-6": (["b"], [("a", "first half"), ("c", "no groups"), ("bc", "number of values")]),
}
GUESSES = {
    "12-recall-shape": ([(6, 1, 5, 5)], [(6, 6, 5, 5), (1, 6, 5, 5)]),
    "12-recall-padding": ([6], [12, 2, 3]),
    "12-turned": ([6], [-6, 0]),
    "12-apart": (["b"], ["a", "c", "d"]),
    "12-pointwise": ([(177, -72)], [(177, 72), (177, 60)]),
    "12-multiplier": ([(24, 1, 3, 3)], [(8, 3, 3, 3), (24, 8, 3, 3)]),
    "12-gridding": ([2], [4, 1]),
    "12-refused": (["c"], ["a", "b"]),
}
