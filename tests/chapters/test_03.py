"""Questions of chapter 3: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F


def conv(image, weight, bias):
    x, w, b = (torch.tensor(part).double() for part in (image, weight, bias))
    return F.conv2d(x[None], w, b)[0].tolist()


def price(C, O, K, size, groups=1):  # noqa: E741
    layer = torch.nn.Conv2d(C, O, K, groups=groups)
    parameters = sum(p.numel() for p in layer.parameters())
    return parameters, layer.weight.numel() * size[0] * size[1]


def unbiased(image, weight, bias):
    return conv(image, weight, [0] * len(bias))


# Worked by hand, independent of the library: see test_02.py. (The curriculum has 3.3 to 3.5.)
ANSWERS = {
    "03-1": (
        [conv, lambda image, weight, bias: np.array(conv(image, weight, bias))],
        [
            (unbiased, "Where is the bias?"),
            (
                lambda image, weight, bias: conv(image, weight, bias[:1] * len(bias)),
                "bias of its own",
            ),
            (
                lambda image, weight, bias: conv(image[:1], [k[:1] for k in weight], bias),
                "all input channels",
            ),
            (
                lambda image, weight, bias: conv(image, weight, [b * len(image) for b in bias]),
                "once per channel",
            ),
            (lambda image, weight, bias: conv(image, weight[:1], bias[:1]), "for each filter"),
            (lambda image, weight, bias: None, "it returns nothing"),
        ],
    ),
    "03-2": (
        [price, lambda **layer: list(price(**layer))],
        [
            (
                lambda C, O, K, size, groups=1: (  # noqa: E741
                    price(C, O, K, size, groups)[0] - O,
                    price(C, O, K, size, groups)[1],
                ),
                "biases among the parameters",
            ),
            (lambda C, O, K, size, groups=1: price(C, O, K, size), "Where are the groups?"),  # noqa: E741
            (
                lambda C, O, K, size, groups=1: (  # noqa: E741
                    O * (C // groups) * K + O,
                    O * (C // groups) * K * size[0] * size[1],
                ),
                "K rows and K columns",
            ),
            (lambda **layer: price(**layer)[::-1], "First the parameters"),
            (lambda **layer: list(price(**layer)[::-1]), "which is wrong. First the parameters"),
            (lambda **layer: price(**layer)[0], "not a tuple|which is wrong"),
        ],
    ),
    "03-3": (
        [73856, 73856.0],
        [(73728, "each output channel"), (73792, "belongs to an output"), (5, "Filters, kernels")],
    ),
    "03-4": (
        [8320],
        [(8192, "each output channel"), (8256, "belongs to an output"), (192, "every input")],
    ),
    "03-5": (
        [231211008, 231211008.0],
        [(231612416, "without a multiplication"), (73728, "single position"), (7, "How many")],
    ),
    "03-6": (
        [2, 2.0],
        [(4, "a filter reads"), (24, "how many filters"), (8, "depthwise"), (3, "second number")],
    ),
}
GUESSES = {
    "03-recall-flat": ([0.6], [0.3, 2]),
    "03-recall-turn": ([8], [7, 6, 5]),
    "03-sum": ([177], [-6, 183, 189]),
    "03-shape": ([(16, 3, 5, 5)], [(3, 16, 5, 5), (16, 5, 5, 3)]),
    "03-groups": ([(12, 2, 3, 3)], [(12, 8, 3, 3), (3, 2, 3, 3), (12, 4, 3, 3)]),
    "03-touch": ([3], [12, 1, 6]),
    "03-double": ([4], [2, 8]),
}
