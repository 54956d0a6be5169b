"""Questions of chapter 2: what is accepted, what is refused with which hint."""

from fractions import Fraction

import numpy as np
import torch

from dsconv_lib import output_size
from dsconv_lib.exercises import framework


def legal_starts(n, K, S=1):
    return [start for start in range(0, n, S) if start + K <= n]


def counted(n, K, S=1):
    counts = [0] * n
    for start in legal_starts(n, K, S):
        for pixel in range(start, start + K):
            counts[pixel] += 1
    return counts


def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if last < 0:
        raise ValueError("the kernel does not fit")
    return last // stride + 1


def never_refuses(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def cuts_towards_zero(size, kernel_size, stride=1, padding=0, dilation=1):
    return int((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


def gives_nothing_back(size, kernel_size, stride=1, padding=0, dilation=1):
    my_output_size(size, kernel_size, stride, padding, dilation)


def prints(size, kernel_size, stride=1, padding=0, dilation=1):
    print(my_output_size(size, kernel_size, stride, padding, dilation))


def nothing_where_it_does_not_fit(size, kernel_size, stride=1, padding=0, dilation=1):
    if size + 2 * padding > dilation * (kernel_size - 1):
        return my_output_size(size, kernel_size, stride, padding, dilation)
    return None


def without(**left_out):
    return lambda size, kernel_size, stride=1, padding=0, dilation=1: my_output_size(
        **{
            "size": size,
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
        }
        | left_out
    )


# Worked by hand, independent of the library: forms of the right answer, wrong answers with a piece
# of the hint. test_exercises.py tries them all, here and in the page's judge.
ANSWERS = {
    "02-1": (
        [legal_starts, lambda n, K, S=1: np.arange(0, n - K + 1, S)],
        [
            (lambda n, K, S=1: list(range(0, n, S)), "room for all its taps"),
            (lambda n, K, S=1: list(range(0, n - K, S)), "still fit one place further"),
            (lambda n, K, S=1: list(range(n - K + 1)), "Where is the step S?"),
            (lambda n, K, S=1: len(legal_starts(n, K, S)), "not its length"),
            (lambda n, K, S=1: None, "it returns nothing"),
            (5, "a function of your own, but this is an int"),
        ],
    ),
    "02-2": (
        [counted, lambda n, K, S=1: tuple(counted(n, K, S))],
        [
            (lambda n, K, S=1: counted(n, K), "Where is the step S?"),
            (lambda n, K, S=1: [int(p in legal_starts(n, K, S)) for p in range(n)], "K pixels"),
            (lambda n, K, S=1: counted(n, K, S)[1:], "which is wrong"),
            (
                lambda n, K, S=1: [
                    sum(p in range(start, start + K) for start in range(0, n - K, S))
                    for p in range(n)
                ],
                "Is the last window there?",
            ),
            (lambda n, K, S=1: print(counted(n, K, S)), "but it returns nothing"),
        ],
    ),
    "02-3": (
        [my_output_size, output_size, lambda **setting: float(my_output_size(**setting))],
        [
            (
                without(dilation=1),
                "dilation=2 it returns 7, which is wrong. Where is the dilation?",
            ),
            (
                lambda size, kernel_size, stride=1, padding=0, dilation=1: (
                    (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1
                ),
                "round down",
            ),
            (without(padding=0), "padding=1 it returns 3, which is wrong."),
            (never_refuses, "At size=2, kernel_size=3 it returns 0, but nothing fits"),
            (cuts_towards_zero, "At size=2, kernel_size=3 it returns 0, but nothing fits"),
            (gives_nothing_back, "kernel_size=3 it returns nothing: end it with return"),
            (prints, "kernel_size=3 it prints 5, but it returns nothing"),
            (nothing_where_it_does_not_fit, "it returns nothing: raise ValueError there"),
            (lambda **_: int("refuse"), "At size=7, kernel_size=3 it raises ValueError"),
            (lambda **_: 1 // 0, "At size=7, kernel_size=3 it raises ZeroDivisionError"),
            (lambda: 5, "keep the first line as it was"),
            (lambda **_: "5", "it returns a str, not an int"),
            (5, "a function of your own, but this is an int"),
        ],
    ),
    "02-4": (
        [32, 32.0, np.int64(32), np.float32(32), np.array(32), torch.tensor([32]), (32,), [32]],
        [
            (34, "without dilation"),
            (28, "Where is the padding?"),
            (30, "both ends"),
            (31, "as long as the kernel"),
            (33, "as long as the kernel"),
            (99, "Count again"),
            (32.5, "32.5 is not whole"),
            ("thirty", "text"),
        ],
    ),
    "02-5": (
        [
            (3, 3),
            [3, 3],
            np.array([3, 3]),
            (3.0, 3.0),
            ((3, 3),),
            torch.tensor([3, 3]),
        ],
        [
            ((3, 4), "leave the row"),
            ((2, 2), "Which start is the first?"),
            ((5, 6), "stride-1 count"),
            ((3,), "number of values here is 1"),
            ({3}, "a set has no order"),
            (3, "this is an int"),
        ],
    ),
    "02-6": (
        [5, 5.0, np.int64(5), Fraction(5)],
        [(1, "end only"), (4, "gaps between windows"), (15, "about the others"), (6, "Write down")],
    ),
    "02-7": (
        [4, 4.0, np.float64(4), (4,)],
        [(1, "D = 1"), (8, "one side"), (9, "span of the kernel"), (3, "half of it")],
    ),
    "02-8": (
        ["c", "C", "(c)", ["c"]],
        [("a", "pixels of output 1"), ("b", "pixels of output 1"), ("d", "reads the pixels 0, 2")],
    ),
}
GUESSES = {
    "02-second": ([12, 12.0], [17, 24, 26]),
    "02-places": ([5, 5.0], [4, 6, 7]),
    "02-stride": ([4], [5, 8, 3]),
    "02-unread": ([(3, 7, 8, 9), [9, 8, 7, 3]], [(9,), (7, 8, 9), (3,)]),
    "02-padding": ([5], [3, 4, 7]),
    "02-span": ([5], [6, 4, 3]),
    "02-neighbours": ([(112, 113)], [(111, 113), (112, 112), (111, 112)]),
    "02-impossible": ([6], [5, 4, 12]),
    "02-axes": ([(2, 4)], [(4, 2), (3, 4), (2, 2)]),
    "02-keep": (["ac", "c, a"], ["a", "b", "abcd"]),
}


def test_a_function_may_be_wrong_on_one_setting_only():
    last = framework.find("02-3")
    assert last.judge(output_size) is None

    def nearly(size, kernel_size, stride=1, padding=0, dilation=1):
        size_out = my_output_size(size, kernel_size, stride, padding, dilation)
        return size_out + ((size, kernel_size, stride, padding, dilation) == (13, 5, 4, 2, 3))

    hint = last.judge(nearly)
    assert "size=13, kernel_size=5, stride=4, padding=2, dilation=3 it returns 3" in hint
