"""Questions of chapter 2, about output sizes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from dsconv_lib.arithmetic import output_size, read_counts, same_padding
from dsconv_lib.exercises.judges import choice, function, number, numbers, prediction

# --- predictions, in the order of the chapter ---

prediction(
    "02-second",
    kind="number",
    truth=1 * 1 + 2 * 4 + 3 * 1,
    why="The kernel now lies over 1, 4 and 1.",
    slips={
        17: "That is the first output. The kernel has moved on by one pixel.",
        24: "The kernel moves by one pixel, to 1, 4, 1; not by two.",
        26: "The kernel moves by one pixel only.",
    },
)
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
prediction(
    "02-stride",
    kind="number",
    truth=output_size(10, 3, 2),
    why="The kernel starts at 0, 2, 4 and 6. A start at 8 would need a pixel 10.",
    slips={
        5: "From a start at 8 the last tap would need a pixel 10.",
        8: "That is the count at stride 1. Now only every second start is used.",
        3: "Start 0 is a place, too.",
    },
)
prediction(
    "02-unread",
    kind="mark",
    truth=(3, 7, 8, 9),
    cells=(1, 10),
    why="3 lies between two windows; 7, 8 and 9 are left over at the end.",
)
prediction(
    "02-padding",
    kind="number",
    truth=output_size(5, 3, padding=1),
    why="With padding there are 7 cells, and a row of 7 has 5 places for the kernel.",
    slips={
        3: "That is without padding.",
        4: "Padding adds a cell at both ends.",
        7: "7 is the number of cells. In how many places does the kernel fit?",
    },
)
prediction(
    "02-span",
    kind="number",
    truth=2 * (3 - 1) + 1,
    why="The taps sit at 0, 2 and 4.",
    slips={
        6: "Three taps have only two gaps between them.",
        4: "Both ends count: from 0 to 4 there are five pixels.",
        3: "It reads three pixels. How many does it span?",
    },
)
prediction(
    "02-neighbours",
    kind="numbers",
    truth=(output_size(223, 7, 2, 3), output_size(225, 7, 2, 3)),
    why="Last legal starts are 222 and 224: 111 and 112 whole steps.",
    slips={
        (111, 113): "Is a whole step lost between 224 and 223? The last start is 222.",
        (111, 112): "Is a whole step lost between 224 and 223? The last start is 222.",
        (112, 112): "At 225 the last start is 224, and one more whole step fits.",
    },
)
prediction(
    "02-impossible",
    kind="number",
    truth=6,
    why="At D = 6 the kernel spans 13 pixels, more than the 12 that there are.",
    slips={
        5: "At D = 5 the kernel spans 11 pixels, and 12 are there.",
        4: "At D = 4 the kernel spans 9 pixels, and 12 are there.",
        12: "It has two gaps, so it spans 2D + 1.",
    },
)
prediction(
    "02-axes",
    kind="numbers",
    truth=(output_size(5, 3, 2), output_size(6, 3, 1)),
    why="Downwards the kernel starts at 0 and 2; to the right at 0, 1, 2 and 3.",
    slips={
        (4, 2): "Rows come first: the stride of 2 goes downwards.",
        (3, 2): "Rows come first: the stride of 2 goes downwards.",
        (3, 4): "Downwards the kernel moves by 2.",
        (2, 2): "To the right the kernel moves by 1.",
    },
)
prediction(
    "02-keep",
    kind="choice",
    truth="ac",
    options={"a": "(a)", "b": "(b)", "c": "(c)", "d": "(d)"},
    why="Stride 1 together with padding that matches the span.",
    slips={
        "b": "In (b) the span grew to 5, but the padding did not follow.",
        "d": "In (d) the stride halves the size.",
    },
)

# --- exercises ---


def starts(n: int, K: int, S: int = 1) -> list[int]:
    """Places at which a kernel may start."""
    return list(range(0, n - K + 1, S))


def reads(n: int, K: int, S: int = 1) -> list[int]:
    """How many outputs read each pixel."""
    return list(read_counts(n, K, stride=S))


def _rows() -> Sequence[Mapping[str, Any]]:
    """Give settings with room for at least one output, easy ones first."""
    values = product(range(1, 13), range(1, 6), range(1, 5))
    rows = [{"n": n, "K": K, "S": S} for n, K, S in values if n >= K]
    return [{"n": 7, "K": 3}, {"n": 5, "K": 3}, {"n": 10, "K": 3, "S": 2}, *rows]


function(
    "02-1",
    truth=starts,
    settings=_rows,
    why="Every start that leaves room for K pixels is there, and no other.",
    slips={
        "Has the last start that you give room for all its taps?": lambda n, K, S=1: list(
            range(0, n, S)
        ),
        "Does the kernel still fit one place further on?": lambda n, K, S=1: list(
            range(0, n - K, S)
        ),
        "Where is the step S?": lambda n, K, S=1: list(range(n - K + 1)),
        "The list itself is asked for, not its length.": lambda n, K, S=1: len(
            range(0, n - K + 1, S)
        ),
    },
)

function(
    "02-2",
    truth=reads,
    settings=_rows,
    why="Each window adds 1 to each of its K pixels.",
    slips={
        "Where is the step S?": lambda n, K, S=1: list(read_counts(n, K)),
        "Is the last window there? It starts at n − K, and range stops before its end.": (
            lambda n, K, S=1: [
                sum(start <= pixel < start + K for start in range(0, n - K, S))
                for pixel in range(n)
            ]
        ),
        "A window covers K pixels, not only its first one.": lambda n, K, S=1: [
            int(pixel in starts(n, K, S)) for pixel in range(n)
        ],
    },
)


def _settings() -> Sequence[Mapping[str, Any]]:
    """Give settings for exercise 2.3, easy ones first, some of them impossible."""
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


def _slip(count: Callable[[int, int, int, int, int], float]) -> Callable[..., float]:
    """Give a formula of n, K, S, P and D the arguments of `output_size`."""

    def sized(
        size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> float:
        return count(size, kernel_size, stride, padding, dilation)

    return sized


function(
    "02-3",
    truth=output_size,
    settings=_settings,
    why=f"Your function agrees with the library on {len(_settings())} settings.",
    slips={
        "Is the first start counted?": _slip(lambda n, K, S, P, D: (n - K) // S),
        "Half a step is no place to stand: round down.": _slip(
            lambda n, K, S, P, D: (n + 2 * P - D * (K - 1) - 1) / S + 1
        ),
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
    "02-4",
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
    "02-5",
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
    "02-6",
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
    "02-7",
    truth=same_padding(3, dilation=4),
    why="The kernel reaches 4 pixels to each side of its middle tap.",
    remind="Padding must give back what the span takes away, half of it on each side.",
    slips={
        1: "That is right for D = 1. The taps are now farther apart.",
        8: "That is what both sides need together. Padding is the amount on one side.",
        6: "The span is D(K − 1) + 1, not D·K.",
        2: "Count how far the outer tap is from the middle one.",
        12: "That is D·K. How many gaps lie between three taps?",
        9: "That is the span of the kernel, not the padding.",
    },
)

choice(
    "02-8",
    options={
        "a": "none",
        "b": "the last one only",
        "c": "every odd one",
        "d": "every even one",
    },
    truth="c",
    reasons={
        "a": "Write down the pixels of output 1: 0, 2 and 4. And of output 2?",
        "b": "Write down the pixels of output 1: 0, 2 and 4. And of output 2?",
        "d": "Output 1 reads the pixels 0, 2 and 4.",
    },
    why="Tap k of output o reads pixel 2o − 2 + 2k, always an even number.",
)
