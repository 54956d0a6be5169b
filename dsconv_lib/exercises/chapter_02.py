"""Questions of chapter 2, about output sizes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from dsconv_lib.arithmetic import output_size, read_counts, same_padding, transposed_output_size
from dsconv_lib.exercises.judges import function, number, numbers, prediction

prediction(
    "02-places",
    kind="number",
    truth=output_size(7, 3),
    why="The kernel may start at pixel 0, 1, 2, 3 or 4. At 5 it would need a pixel 7.",
    slips={
        4: "Start 0 is a place, too.",
        7: "Near the end a start has no room left for all three taps.",
        2: "Places may overlap: the kernel moves on by one pixel only.",
    },
)

number(
    "02-1",
    truth=output_size(32, 3, 1, 2, 2),
    why="The span is 5, padding gives 4 cells, the span takes back 4.",
    remind="Count again: cells after padding, span of the kernel, last legal start, all starts.",
    slips={
        34: "That is the size without dilation: three taps, two apart, span more than 3 cells.",
        28: "Where is the padding?",
        30: "Padding is added at both ends of the row.",
        31: "Try your rule on a row as long as the kernel: how often does it fit there?",
        33: "Try your rule on a row as long as the kernel: how often does it fit there?",
        16: "Nothing here has a stride of 2. The 2s are the padding and the dilation.",
    },
)

numbers(
    "02-2",
    truth=(output_size(7, 3, 2), output_size(8, 3, 2)),
    why="Width 8 has one pixel left over, and one pixel is not a whole step of 2.",
    remind="Write down the legal starts of each width: 0, 2, ... while start + 3 fits.",
    slips={
        (3, 4): "May a step leave the row? Look at the pixels that the last start needs.",
        (2, 2): "Which start is the first? Write all of them down.",
        (2, 3): "List the starts, beginning with 0. Where may the last window begin?",
        (5, 6): "That is the stride-1 count. Here only every second start is used.",
        (4, 4): "That would be half the width, rounded. The kernel's own width matters here.",
    },
)

number(
    "02-3",
    truth=read_counts(20, 3, stride=4).count(0),
    why="The windows leave one pixel between each two of them, and one at the end.",
    remind="Write down which pixels each window reads, and count the others.",
    slips={
        1: "You counted the end only. Look between the windows, too.",
        4: "You counted the gaps between windows. Look at the end, too.",
        15: "That is how many pixels are read. The question is about the others.",
    },
)

number(
    "02-4",
    truth=same_padding(3, dilation=4),
    why="The kernel reaches 4 pixels to each side of its middle tap.",
    remind="Padding must give back what the span takes away, half of it on each side.",
    slips={
        1: "That is right for D = 1. The taps are now farther apart.",
        8: "That is what both sides need together. `padding` is the amount on one side.",
        6: "The span is D(K − 1) + 1, not D·K.",
        2: "Count how far the outer tap is from the middle one.",
        12: "That is D·K. How many gaps lie between three taps?",
        9: "That is the span of the kernel, not the padding.",
    },
)


def _settings() -> Sequence[Mapping[str, Any]]:
    """Give settings for exercise 2.5, easy ones first, some of them impossible."""
    easy = [
        {"size": 7, "kernel_size": 3},
        {"size": 10, "kernel_size": 3, "stride": 2},
        {"size": 5, "kernel_size": 3, "padding": 1},
        {"size": 9, "kernel_size": 3, "dilation": 2},
        {"size": 224, "kernel_size": 7, "stride": 2, "padding": 3},
        {"size": 2, "kernel_size": 3},
        {"size": 2, "kernel_size": 3, "stride": 2},
    ]
    names = ("size", "kernel_size", "stride", "padding", "dilation")
    values = product(range(1, 14), range(1, 6), range(1, 5), range(3), range(1, 4))
    return easy + [dict(zip(names, row, strict=True)) for row in values]


def _slip(count: Callable[[int, int, int, int, int], int]) -> Callable[..., int]:
    """Give a formula of n, K, S, P and D the arguments of `output_size`."""

    def sized(
        size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> int:
        return count(size, kernel_size, stride, padding, dilation)

    return sized


function(
    "02-5",
    truth=output_size,
    settings=_settings,
    why=f"Your function agrees with the library on {len(_settings())} settings.",
    slips={
        "Is the first start counted?": _slip(lambda n, K, S, P, D: (n - K) // S),
        "A row has two ends.": _slip(lambda n, K, S, P, D: (n + P - K) // S + 1),
        "Where is the dilation?": _slip(lambda n, K, S, P, D: (n + 2 * P - K) // S + 1),
        "A step that leaves the row does not count.": _slip(
            lambda n, K, S, P, D: -(-(n + 2 * P - D * (K - 1) - 1) // S) + 1
        ),
        "How many gaps lie between the taps?": _slip(
            lambda n, K, S, P, D: (n + 2 * P - D * K) // S + 1
        ),
    },
)

number(
    "02-6",
    truth=transposed_output_size(7, 5, stride=3, padding=1, output_padding=1),
    why="Seven stamps of five, three apart, minus both trimmed ends, plus one.",
    remind="Lay out the stamps: where does the last one start, where does it end? Then trim.",
    slips={
        26: "Here padding makes the result smaller: it trims both ends.",
        24: "One number of the question is not in use yet.",
        23: "How many ends does padding trim?",
        21: "One number of the question is not in use yet.",
        25: "The last of 7 stamps starts at 6 steps, not at 7.",
        2: "That is the ordinary convolution. This one goes the other way.",
        3: "That is the ordinary convolution. This one goes the other way.",
    },
)


def _even_kernels(stride: int, kernels: Sequence[int]) -> tuple[int, ...]:
    """Kernels whose stamps cover every inner cell equally often."""
    even = []
    for kernel in kernels:
        counts = read_counts(transposed_output_size(20, kernel, stride), kernel, stride)
        if len(set(counts[kernel:-kernel])) == 1:
            even.append(kernel)
    return tuple(even)


numbers(
    "02-7",
    truth=_even_kernels(3, range(3, 8)),
    ordered=False,
    why="The stamps tile evenly where the stride divides the kernel size.",
    remind="Only sizes from 3 to 7 are asked about. Add up stamps, 3 apart, for each of them.",
    slips={
        kernel: f"K = {kernel} does leave a pattern: add up its stamps, 3 apart, in a row."
        for kernel in (4, 5, 7)
    },
)
