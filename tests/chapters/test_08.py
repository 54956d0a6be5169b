"""Questions of chapter 8: what is accepted, what is refused with which hint."""

import numpy as np
import torch


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


def probe(network, size, row, column):
    image = torch.ones(1, 1, size, size).requires_grad_()
    network(image)[0, 0, row, column].backward()
    return image.grad[0, 0]


def paths(L):
    return np.atleast_1d((np.poly1d([1, 1, 1]) ** L).coeffs).round().astype(int).tolist()


def pascal(row):
    return [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]


ASKS = "Which jump does a window meet"

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "08-1": (
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
    "08-2": (
        [21, 21.0, np.int64(21), [21]],
        [
            (30, "per layer"),
            (20, "a single layer"),
            (11, "both sides"),
            (441, "along one axis"),
            (22, "Start from"),
        ],
    ),
    "08-3": (
        [67, 67.0, np.float64(67)],
        [(15, "without dilation"), (66, "first layer alone"), (33, "sum"), (68, "seven additions")],
    ),
    "08-4": (
        [probe, lambda network, size, row, column: probe(network, size, row, column).numpy()],
        [
            (lambda network, size, row, column: probe(network, size, column, row), "Which output"),
            (lambda network, size, row, column: probe(network, size, row, column)[None], "shape"),
            (lambda network, size, row, column: None, "returns nothing. Is .grad read before"),
            (lambda network, size: None, "it raises TypeError"),
            (7, "but this is an int"),
        ],
    ),
    "08-5": (
        [paths, lambda L: tuple(paths(L))],
        [
            (lambda L: paths(L + 1), "One layer more or less?"),
            (lambda L: [1] * (2 * L + 1), "What does each new layer do"),
            (lambda L: [row := [1], [row := pascal(row) for _ in range(L)], row][2], "adds three"),
            (lambda L: sum(paths(L)), "it returns 3, which is wrong|returns an int"),
        ],
    ),
    "08-6": (
        [17, 17.0, [17]],
        [(9, "jump grow"), (29, "old jump"), (13, "third layer"), (16, "before the first layer")],
    ),
    "08-7": (["c", "(c)"], [("a", "Step 4"), ("b", "upwards"), ("d", "upwards")]),
}
GUESSES = {
    "08-recall-size": ([5], [4, 6, 3]),
    "08-recall-span": ([10], [12, 9, 13]),
    "08-two": ([5], [9, 6, 3]),
    "08-stride": ([7], [5, 6, 9]),
    "08-jump": ([4], [3, 2, 1]),
    "08-growth": ([31], [9, 15, 61]),
    "08-centre": ([0], [1, 2, -1]),
    "08-holes": ([49], [169, 13, 7]),
    "08-change": (["c"], ["a", "b"]),
    "08-vgg": (["c"], ["a", "b"]),
    "08-most": (["b"], ["a", "c", "d"]),
    "08-depth": ([2], [4, 1]),
    "08-training": (["c"], ["a", "b"]),
    "08-small": (["a"], ["b", "c", "d"]),
}


def test_the_reminder_about_the_jump_comes_only_where_that_is_the_slip():
    from dsconv_lib.exercises.framework import verdict

    for answer, _ in ANSWERS["08-1"][1]:
        assert (ASKS in verdict("08-1", answer)) == (answer is stride_too_early)
