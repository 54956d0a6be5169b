"""Questions of chapter 9, about dilation."""

from collections.abc import Sequence
from typing import Any

from dsconv_lib.arithmetic import ConvSpec, output_size, read_counts
from dsconv_lib.exercises.answers import as_whole_numbers
from dsconv_lib.exercises.judges import exercise, function, number, prediction
from dsconv_lib.receptive_field import receptive_field

LEAST_FIELD = 90
"""Positions that the stack of exercise 9.7 must see."""

# --- predictions, in the order of the chapter ---

prediction(
    "09-recall-size",
    kind="number",
    truth=output_size(20, 5, 3, 1),
    why="22 cells, last legal start 17: five whole steps of 3, and the first position.",
    slips={5: "Start 0 is a position, too.", 7: "A last start of 17 is five whole steps."},
)
prediction(
    "09-recall-unread",
    kind="mark",
    truth=tuple(pixel for pixel, count in enumerate(read_counts(9, 2, stride=3)) if count == 0),
    cells=(1, 9),
    why="The windows are 0–1, 3–4 and 6–7.",
)
prediction(
    "09-row",
    kind="number",
    truth=ConvSpec(3, dilation=3).axes()[0].effective_kernel_size,
    why="Two gaps, and each holds two zeros.",
    slips={
        9: "Three taps have two gaps between them, and each gap holds D − 1 zeros.",
        6: "Both outer taps count.",
        8: "Each gap holds D − 1 zeros.",
    },
)
prediction(
    "09-counting",
    kind="choice",
    truth="b",
    options={"a": "larger", "b": "equal", "c": "smaller"},
    why="Pixels on opposite sides of the middle average to the middle, however far away.",
)
prediction(
    "09-nan",
    kind="choice",
    truth="b",
    options={
        "a": "only the dilated one",
        "b": "only the one with zeros",
        "c": "both",
        "d": "neither",
    },
    why="The dilated layer never reads that pixel; the other one multiplies it by 0.",
)
prediction(
    "09-price",
    kind="number",
    truth=1,
    why="Each output still needs one MAC per weight of its filter: they do not grow.",
    slips={6: "Do zeros between the taps cost a multiplication?"},
)
prediction(
    "09-shared",
    kind="number",
    truth=0,
    why="The first one reads columns 0, 2, 4, the second one columns 1, 3, 5.",
    slips={6: "That is D = 1.", 3: "Which columns does each of them read?"},
)
prediction(
    "09-border",
    kind="number",
    truth=1,
    why="From the middle every step of 12 leads off the map; only the centre tap is left.",
    slips={
        9: "How far is it from the middle to the edge of the map?",
        4: "That is an output in the corner.",
    },
)
prediction(
    "09-doubling",
    kind="number",
    truth=receptive_field([ConvSpec(3, dilation=2**n) for n in range(5)]).size,
    why="The fifth layer adds 2 · 16 = 32 to the 31.",
    slips={62: "Nearly: 31 and 32.", 47: "Each layer adds 2D.", 64: "Nearly: 31 and 32."},
)
prediction(
    "09-careless",
    kind="number",
    truth=receptive_field([ConvSpec(3, dilation=d) for d in (2, 2, 4, 8)]).reached,
    why="Every step is even now, so only every second pixel can be reached.",
    slips={33: "All steps are even. Can an odd place be reached?", 16: "Place 0 is even, too."},
)
prediction(
    "09-ways",
    kind="choice",
    truth="b",
    options={
        "a": "dilation",
        "b": "stride",
        "c": "pooling",
        "d": "big kernel",
        "e": "more layers",
    },
    why="With stride 3 there is one output for every nine pixels, in both layers.",
)
prediction(
    "09-stripes",
    kind="choice",
    truth="ac",
    options={"a": "D = 1", "b": "D = 2", "c": "D = 3", "d": "D = 4"},
    why="There the outer taps lie half a period apart, or one and a half.",
    slips={
        "b": "At D = 2 the outer taps lie one whole period apart.",
        "d": "At D = 4 the outer taps lie two whole periods apart.",
    },
)

# --- exercises ---


def dilated(x: Sequence[float], w: Sequence[float], D: int) -> list[float]:
    """Slide a dilated kernel over a row."""
    outputs = max(0, len(x) - D * (len(w) - 1))
    return [sum(w[k] * x[i + D * k] for k in range(len(w))) for i in range(outputs)]


function(
    "09-1",
    truth=dilated,
    settings=lambda: [
        {"x": [5, 2, 7, 1, 8, 2, 8], "w": [2, -1, 1], "D": 2},
        {"x": [3, 1, 4, 1, 5, 9], "w": [1, 2, 4], "D": 1},
        {"x": [3, 1, 4, 1, 5, 9, 2, 6], "w": [1, -2], "D": 3},
        {"x": [3, 1, 4, 1, 5, 9, 2], "w": [1, 0, 2, 5], "D": 2},
        {"x": [2, 7], "w": [3], "D": 5},
    ],
    why="Right for every row, kernel and dilation that was tried.",
    slips={
        "Where is the dilation?": lambda x, w, D: dilated(x, w, 1),
        "Is the last output there?": lambda x, w, D: dilated(x, w, D)[:-1],
        "Which weight meets which pixel? Weight 0 meets the first one.": lambda x, w, D: dilated(
            x, w[::-1], D
        ),
    },
)

Kernel = list[list[int]]


def spread(kernel: Kernel, dilation: tuple[int, int]) -> Kernel:
    """Put the zeros into a kernel."""
    down, right = dilation
    rows, columns = down * (len(kernel) - 1) + 1, right * (len(kernel[0]) - 1) + 1
    wide = [[0] * columns for _ in range(rows)]
    for m, row in enumerate(kernel):
        for n, weight in enumerate(row):
            wide[down * m][right * n] = weight
    return wide


def _trailing(kernel: Kernel, dilation: tuple[int, int]) -> Kernel:
    """A slip: zeros after the last tap, too."""
    down, right = dilation
    rows = [[w for weight in row for w in (weight, *[0] * (right - 1))] for row in kernel]
    empty = [[0] * len(rows[0])] * (down - 1)
    return [line for row in rows for line in (row, *empty)]


function(
    "09-2",
    truth=spread,
    settings=lambda: [
        {"kernel": [[1, 2], [3, 4]], "dilation": (2, 2)},
        {"kernel": [[3, 1, 4], [1, 5, 9], [2, 6, 5]], "dilation": (2, 2)},
        {"kernel": [[3, 1, 4], [1, 5, 9], [2, 6, 5]], "dilation": (1, 3)},
        {"kernel": [[1, 2, 3], [4, 5, 6]], "dilation": (3, 2)},
        {"kernel": [[7]], "dilation": (4, 2)},
        {"kernel": [[1, 2]], "dilation": (1, 1)},
    ],
    why="Every tap is in its cell, for every shape and dilation that was tried.",
    slips={
        "The dilation is (rows, columns).": lambda kernel, dilation: spread(
            kernel, (dilation[1], dilation[0])
        ),
        "Zeros belong between taps only.": _trailing,
        "Dilation D means D − 1 zeros between two taps.": lambda kernel, dilation: spread(
            kernel, (dilation[0] + 1, dilation[1] + 1)
        ),
        "Its taps must move apart.": lambda kernel, dilation: kernel,
    },
)


def field(dilations: Sequence[int]) -> int:
    """Receptive field of 3-tap layers at stride 1."""
    return int(receptive_field([ConvSpec(3, dilation=d) for d in dilations]).size)


function(
    "09-3",
    truth=field,
    settings=lambda: [
        {"dilations": dilations}
        for dilations in ([3], [1], [1, 1], [1, 2, 4, 8], [2, 1], [5, 7, 2], [])
    ],
    why="Right for every stack that was tried, the empty one included.",
    slips={
        "What does one output see before the first layer?": lambda dilations: 2 * sum(dilations),
        "How many gaps has a kernel of 3 taps?": lambda dilations: 1 + sum(dilations),
        "A layer with dilation 1 adds 2. What does dilation 2 add?": lambda dilations: (
            1 + 2 * len(dilations)
        ),
    },
)

number(
    "09-4",
    truth=receptive_field([ConvSpec(3, dilation=4)]).size,
    why="Three taps have two gaps of 4 between them: 4·2 + 1.",
    remind="Draw the three taps in a row and put D − 1 zeros into each of the two gaps.",
    slips={
        12: "You multiplied K by D. Count the gaps between the taps instead: there are K − 1.",
        8: "That is the distance between the outer taps. How many cells is that with D = 1?",
        11: "You put D zeros into each gap. At D = 1 there are none, so there are D − 1.",
        7: "That is one dilation less. Check with D = 1, which must leave 3.",
        81: "Along one axis, please: the side of the window, not its area.",
    },
)

number(
    "09-5",
    truth=output_size(224, 3, padding=1, dilation=2),
    why="The kernel spans 5, so it takes away 4, and the padding gives back 2.",
    remind="Take the effective size first; then chapter 2's formula.",
    slips={
        224: "The size is kept with P = D(K − 1)/2. What is that here, and what is P?",
        220: "That is without padding. P counts at both ends.",
        221: "How many ends does padding add to?",
        223: "The effective size is odd here. Write the formula out once more.",
        226: "Padding adds 2P; a kernel of effective size k takes away k − 1.",
        112: "D = 2 is no stride: the kernel still moves by one pixel.",
        111: "D = 2 is no stride: the kernel still moves by one pixel.",
    },
)


def blind_dilation(period: int) -> int:
    """Least dilation at which the kernel (-1, 0, 1) answers 0 to stripes of that even period."""
    signal = [place % period < period // 2 for place in range(4 * period)]
    return next(d for d in range(1, period + 1) if signal[2 * d :] == signal[: -2 * d])


def centre_only_dilation(size: int) -> int:
    """Least dilation at which only the centre tap of a 3×3 kernel ever lies on the map."""
    return next(
        d for d in range(1, size + 1) if all(p - d < 0 and p + d >= size for p in range(size))
    )


number(
    "09-6",
    truth=centre_only_dilation(14),
    why="From every pixel, D steps in any direction lead off the map.",
    remind="Take the pixel that can go farthest without leaving the map. How many steps has it?",
    slips={
        7: "That holds for some outputs only. What do the outputs in the corners read?",
        12: "Look at Figure 9.6: the corners still have 4 taps on the map there.",
        13: "Where does a step of 13 lead from pixel 0? Is that on the map?",
        15: "True there. But is it the smallest?",
        28: "True there. But is it the smallest?",
    },
)


def judge_dilations(answer: Any) -> str | None:
    """Judge a list of dilations of 3-tap layers: wide enough, without holes, few layers."""
    dilations = as_whole_numbers(answer)
    if min(dilations) < 1:
        return f"D = {min(dilations)} is no dilation: neighbouring taps are at least 1 apart."
    field = receptive_field([ConvSpec(3, dilation=dilation) for dilation in dilations])
    if field.size < LEAST_FIELD:
        return f"This stack sees {field.size} positions, fewer than {LEAST_FIELD}."
    if field.holes:
        return (
            f"It spans {field.size} positions but reads only {field.reached} of them. "
            "The gaps of a large dilation must be filled by the smaller ones."
        )
    if len(dilations) > least_layers(LEAST_FIELD):
        return (
            f"It sees {field.size} positions without a hole, with {len(dilations)} layers. "
            "Fewer can do it: must each dilation be just twice the one before?"
        )
    return None


def least_layers(positions: int, *, taps: int = 3) -> int:
    """Least number of layers whose taps can read that many positions in a row.

    L layers have at most ``taps ** L`` paths, so they reach no more positions; with dilations
    1, K, K², … every path leads to another one.
    """
    layers = 0
    while taps**layers < positions:
        layers += 1
    return layers


exercise(
    "09-7",
    wants="a list of dilations",
    judge=judge_dilations,
    python=True,
    why="L layers of 3 taps reach at most 3^L positions, so fewer layers cannot do it.",
)

number(
    "09-8",
    truth=blind_dilation(6),
    why="The outer taps lie 2D apart; at one whole period they read the same.",
    remind="The kernel subtracts two pixels. How far apart are they, in terms of D?",
    slips={
        6: "True, it is blind there, but a smaller D is, too: how far apart are the outer taps?",
        12: "True, it is blind there, but a smaller D is, too: how far apart are the outer taps?",
        2: "The outer taps then lie 4 apart. Two pixels 4 apart differ in these stripes somewhere.",
        1: "The outer taps then lie 2 apart. Two pixels 2 apart differ in these stripes somewhere.",
        5: "D = 5 puts the outer taps 10 apart. That is no whole number of periods.",
    },
)
