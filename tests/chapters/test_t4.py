"""Self-test on chapter 12: what is accepted, what is refused with which hint."""

import torch
import torch.nn.functional as F

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "t4-1": (["a"], [("b", "eight channels"), ("c", "one filter"), ("d", "pointwise")]),
    "t4-2": (
        [1056, 1056.0],
        [
            (528, "multiplier"),
            (288, "depthwise half"),
            (768, "pointwise half"),
            (672, "reads all"),
            (3456, "standard"),
            (5, "between"),
        ],
    ),
    "t4-3": (
        [56448],
        [(225792, "smaller"), (6272, "taps"), (1806336, "standard"), (1764, "channels")],
    ),
    "t4-4": (["a"], [("b", "pointwise"), ("c", "one after"), ("d", "can be dilated")]),
    "t4-5": ([-8], [(8, "sign"), (-6, "at 0"), (-4, "at 0"), (-2, "alone"), (2, "not added")]),
    "t4-6": (
        [(9, 54)],
        [
            ((25, 150), "gaps"),
            ((36, 54), "apart"),
            ((9, 9), "share"),
            ((9, 36), "output channels"),
            ((1, 6), "neighbour"),
        ],
    ),
    "t4-7": (["b"], [("a", "twice the input"), ("c", "biases"), ("ab", "number of values")]),
    "t4-8": ([9], [(5, "dilation"), (7, "first one"), (11, "pointwise"), (10, "two gaps")]),
}
GUESSES = {}


def test_what_one_pixel_changes():
    torch.manual_seed(0)
    x = torch.rand(1, 4, 20, 20)
    nudged = x.clone()
    nudged[0, 1, 9, 11] += 1
    depthwise, pointwise = torch.rand(4, 1, 3, 3) + 1, torch.rand(6, 4, 1, 1) + 1
    before, after = (F.conv2d(e, depthwise, padding=2, dilation=2, groups=4) for e in (x, nudged))
    changed = (before != after).sum()
    outputs = (F.conv2d(before, pointwise) != F.conv2d(after, pointwise)).sum()
    assert (changed, outputs) == ANSWERS["t4-6"][0][0]
