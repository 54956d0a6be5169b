"""Questions of chapter 15: what is accepted, what is refused with which hint."""

import numpy as np
import torch
from torch import nn

from dsconv_lib.layers import DepthwiseSeparableConv2d


def layer(*, groups=None, padding=None, dilation=None, bias=True, outputs=None, extra=0):
    """A class as a learner writes it, with a fault."""

    class Mine(nn.Module):
        def __init__(self, channels, out_channels, kernel_size=3, dilation_=1):
            super().__init__()
            D = dilation or dilation_
            P = D * (kernel_size - 1) // 2 if padding is None else padding
            G = groups or channels
            how = {"padding": P, "dilation": D, "groups": G, "bias": bias}
            self.conv_dw = nn.Conv2d(channels, channels, kernel_size, **how)
            self.conv_pw = nn.Conv2d(
                channels, outputs or out_channels, 1 + extra, padding=extra // 2
            )

        def forward(self, x):
            return self.conv_pw(self.conv_dw(x))

    return Mine


class Silent(layer()):
    def forward(self, x):
        self.conv_pw(self.conv_dw(x))


class Unfinished(nn.Module):
    def __init__(self, channels, out_channels, kernel_size=3, dilation=1):
        super().__init__()
        self.conv_dw = self.conv_pw = ...


class Library(DepthwiseSeparableConv2d):
    def __init__(self, channels, out_channels, kernel_size=3, dilation=1):
        super().__init__(channels, out_channels, kernel_size, dilation=dilation)


def dense(depthwise, pointwise):
    return np.einsum("oc,cmn->ocmn", pointwise, depthwise).tolist()


# Worked by hand, independent of the library: see test_02.py. (The curriculum has 15.3 and 15.4.)
ANSWERS = {
    "15-1": (
        [layer(), layer(bias=False), Library],
        [
            (layer(padding=1), "Padding follows dilation"),
            (layer(groups=1), "Look at groups"),
            (layer(dilation=1), "Where is the dilation?"),
            (layer(outputs=7), "it gives 7 channels"),
            (layer(extra=2), "an output sees 5 pixels"),
            (Silent, "forward returns nothing"),
            (nn.Conv2d, "AttributeError"),
            (5, "but this is an int"),
        ],
    ),
    "15-2": (
        [dense, lambda depthwise, pointwise: torch.tensor(dense(depthwise, pointwise))],
        [
            (
                lambda depthwise, pointwise: np.swapaxes(dense(depthwise, pointwise), 0, 1),
                "which output first",
            ),
            (lambda depthwise, pointwise: [depthwise for _ in pointwise], "pointwise weights"),
            (lambda depthwise, pointwise: None, "it returns nothing"),
            (lambda depthwise, pointwise: depthwise, "which is wrong"),
        ],
    ),
    "15-3": (
        [2624, 2624.0],
        [
            (2048, "depthwise one"),
            (1600, "two pointwise"),
            (38912, "per channel"),
            (9, "Three con"),
        ],
    ),
    "15-4": (
        [(14016, 110592), [14016.0, 110592.0]],
        [((4672, 36864), "one branch"), ((110592, 14016), "first"), ((1, 2), "One branch first")],
    ),
    "15-5": (["b"], [("a", "one channel"), ("c", "two layers"), ("d", "last two arguments")]),
}
GUESSES = {
    "15-recall-weights": ([232], [1440, 72]),
    "15-recall-taps": ([1], [9, 4]),
    "15-listing": ([3], [5, 9]),
    "15-loses": ([58], [64, 56]),
    "15-bias": (["a"], ["b", "c"]),
    "15-residual": (["ac"], ["a", "b", "abcd"]),
    "15-inverted": (["b"], ["a", "c"]),
}
TEMPLATES = {"15-1": Unfinished}
