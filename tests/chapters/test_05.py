"""Questions of chapter 5: what is accepted, what is refused with which hint."""

import numpy as np
import torch
import torch.nn.functional as F


def shift(row, k):
    return np.roll(row, k).tolist()


def pooled(row, size=2):
    return F.max_pool1d(torch.tensor(row).double()[None], size)[0].tolist()


def pooled_backward(row, g, size=2):
    x = torch.tensor(row).double()[None].requires_grad_()
    F.max_pool1d(x, size).backward(torch.tensor(g).double()[None])
    return x.grad[0].tolist()


def shared(row, g, size=2):
    x = torch.tensor(row).double()[None].requires_grad_()
    F.avg_pool1d(x, size).backward(torch.tensor(g).double()[None])
    return x.grad[0].tolist()


def tied(row, g, size, *, shared):
    cut = np.array(row[: len(g) * size]).reshape(-1, size)
    largest = cut == cut.max(1, keepdims=True)
    share = np.array(g)[:, None] / (largest.sum(1, keepdims=True) if shared else 1)
    return (largest * share).flatten().tolist() + [0] * (len(row) - cut.size)


# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "05-1": (
        [shift, lambda row, k: np.roll(row, k)],
        [
            (lambda row, k: shift(row, -k), "That is to the left"),
            (lambda row, k: ([0] * k + row[: max(0, len(row) - k)])[: len(row)], "comes in on"),
            (lambda row, k: row[-k:] + row[:-k], "where k is 0, or longer"),
            (lambda row, k: row, "which is wrong"),
        ],
    ),
    "05-2": (
        [pooled, lambda row, size=2: tuple(pooled(row, size))],
        [
            (
                lambda row, size=2: F.max_pool1d(torch.tensor(row).double()[None], size, 1)[0],
                "The step is as long",
            ),
            (
                lambda row, size=2: [max(row[i : i + size]) for i in range(0, len(row), size)],
                "does not count",
            ),
            (
                lambda row, size=2: [
                    sum(row[i : i + size]) / size for i in range(0, len(row) - size + 1, size)
                ],
                "That is the mean",
            ),
            (lambda row, size=2: max(row), "it returns 9|not a list"),
        ],
    ),
    "05-3": (
        [pooled_backward, lambda row, g, size=2: np.array(pooled_backward(row, g, size))],
        [
            (shared, "That is average pooling"),
            (
                lambda row, g, size=2: [
                    g[i // size] if i // size < len(g) else 0 for i in range(len(row))
                ],
                "Only the largest",
            ),
            (lambda row, g, size=2: tied(row, g, size, shared=True), "nothing is shared"),
            (lambda row, g, size=2: tied(row, g, size, shared=False), "only the first one"),
            (
                lambda row, g, size=2: pooled_backward(row, g, size)[: len(g) * size],
                "A value that is left over",
            ),
            (lambda row, g, size=2: [0] * len(row), "which is wrong"),
            (lambda row, g, size=2: None, "it returns nothing"),
        ],
    ),
    "05-4": (
        [8, 8.0],
        [(6, "multiply"), (2, "one layer"), (3, "number of layers"), (9, "One cell")],
    ),
    "05-5": (
        [(3, 3, -1, -1), [3.0, 3.0, -1.0, -1.0]],
        [
            ((6, 6, -2, -2), "Together the two"),
            ((6, 0, -2, 0), "maximum pooling"),
            ((3, -1, 3, -1), "first two values"),
            ((1, 1, 1, 1), "How much is it together"),
        ],
    ),
    "05-6": (["c"], [("a", "Section 5.3"), ("b", "no stride"), ("ab", "number of values")]),
}
GUESSES = {
    "05-recall-size": ([3], [2, 4]),
    "05-recall-weights": ([540], [60, 90]),
    "05-words": (["b"], ["a", "c"]),
    "05-border": ([3], [0, 2, 1]),
    "05-stride": (["c"], ["a", "b"]),
    "05-pool": ([(1, 1, 1, 1)], [(1, 0, 1, 0), (0, 1, 0, 1)]),
    "05-backward": ([(10, 0, 20, 0, 0, 30)], [(5, 5, 10, 10, 15, 15), (10, 0, 20, 0, 30, 0)]),
    "05-global": ([0], [5, 1]),
    "05-corner": ([4], [9, 6, 1]),
}
