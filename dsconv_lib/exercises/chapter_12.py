"""Questions of chapter 12, about depthwise separable convolution."""

from dsconv_lib.arithmetic import same_padding
from dsconv_lib.exercises.judges import choice, decimal, function, number, prediction

Image = list[list[list[float]]]

# --- predictions, in the order of the chapter ---

prediction(
    "12-recall-shape",
    kind="numbers",
    truth=(6, 1, 5, 5),
    why="Six filters, each with one kernel.",
    slips={(6, 6, 5, 5): "That is without groups.", (1, 6, 5, 5): "There are six filters."},
)
prediction(
    "12-recall-padding",
    kind="number",
    truth=same_padding(5, dilation=3),
    why="P = D(K − 1)/2 = 3·4/2.",
    slips={12: "That is both sides together.", 2: "That is without dilation.", 3: "K is 5 here."},
)
prediction(
    "12-turned",
    kind="number",
    truth=6,
    why="Turned, the kernel subtracts left from right.",
    slips={-6: "Half a turn exchanges the outer columns."},
)
prediction(
    "12-apart",
    kind="choice",
    truth="b",
    options={"a": "all three", "b": "only output 1", "c": "outputs 0 and 2", "d": "none"},
    why="Nothing else reads channel 1.",
)
prediction(
    "12-pointwise",
    kind="numbers",
    truth=(-6 + 66 + 117, -6 - 66),
    why="−6 + 66 + 117 and −6 − 66.",
    slips={(177, 72): "The second takes R minus G.", (177, 60): "R is −6: −6 − 66."},
)
prediction(
    "12-multiplier",
    kind="numbers",
    truth=(8 * 3, 1, 3, 3),
    why="24 filters, each of one kernel.",
    slips={(8, 3, 3, 3): "Each filter reads one channel; there are three times as many."},
)
prediction(
    "12-gridding",
    kind="number",
    truth=2,
    why="Outputs in rows 0 and 2 read the same two rows, and so do those in rows 1 and 3.",
    slips={4: "Which rows does output row 0 read? And row 2?", 1: "Rows 0 and 1 differ."},
)
prediction(
    "12-refused",
    kind="choice",
    truth="c",
    options={"a": "one output", "b": "four outputs", "c": "it is refused"},
    why="The kernel spans 5 pixels, and there are 4.",
)

# --- exercises ---


def depthwise(image: Image, kernels: Image, dilation: int = 1) -> Image:
    """Slide each channel's own kernel over it."""
    return [
        [
            [
                sum(
                    k[m][n] * x[i + dilation * m][j + dilation * n]
                    for m in range(len(k))
                    for n in range(len(k[0]))
                )
                for j in range(len(x[0]) - dilation * (len(k[0]) - 1))
            ]
            for i in range(len(x) - dilation * (len(k) - 1))
        ]
        for x, k in zip(image, kernels, strict=True)
    ]


def _summed(image: Image, kernels: Image, dilation: int = 1) -> Image:
    """A slip: the channels are added up."""
    maps = depthwise(image, kernels, dilation)
    return [[[sum(v) for v in zip(*rows, strict=True)] for rows in zip(*maps, strict=True)]]


function(
    "12-1",
    truth=depthwise,
    settings=lambda: [
        {"image": [[[1, 2, 3], [4, 5, 6]]], "kernels": [[[1, 10]]]},
        {"image": [[[1, 2]], [[3, 4]]], "kernels": [[[5]], [[7]]]},
        {
            "image": [[[3, 1, 4, 1], [5, 9, 2, 6]], [[5, 3, 5, 8], [9, 7, 9, 3]]],
            "kernels": [[[1, 2], [3, 4]], [[0, 1], [-1, 2]]],
        },
        {
            "image": [[[3, 1, 4, 1, 5], [9, 2, 6, 5, 3], [5, 8, 9, 7, 9]]],
            "kernels": [[[1, 2], [3, 4]]],
            "dilation": 2,
        },
    ],
    why="Each channel has its own result, for every kernel and dilation that was tried.",
    slips={
        "The channels are not added: each keeps its own result.": _summed,
        "Where is the dilation?": lambda image, kernels, dilation=1: depthwise(image, kernels),
        "Each channel has its own kernel.": lambda image, kernels, dilation=1: depthwise(
            image, [kernels[0]] * len(kernels), dilation
        ),
    },
)


def ratio(C: int, O: int, K: int, M: int = 1) -> float:  # noqa: E741
    """Weights of a separable layer over those of a standard one."""
    return (C * M * K * K + C * M * O) / (C * O * K * K)


function(
    "12-2",
    truth=ratio,
    settings=lambda: [
        {"C": 4, "O": 8, "K": 2},
        {"C": 32, "O": 64, "K": 4},
        {"C": 3, "O": 16, "K": 8, "M": 2},
        {"C": 16, "O": 4, "K": 1},
    ],
    why="It is M/O + M/K², whatever the number of input channels.",
    slips={
        "Which of the two is divided by which?": lambda C, O, K, M=1: 1 / ratio(C, O, K, M),  # noqa: E741
        "Where is the pointwise half?": lambda C, O, K, M=1: M / O,  # noqa: E741
        "Where is the depthwise half?": lambda C, O, K, M=1: M / (K * K),  # noqa: E741
        "Where is the multiplier?": lambda C, O, K, M=1: ratio(C, O, K),  # noqa: E741
    },
)
number(
    "12-3",
    truth=3 * 2,
    why="It adds the three channels: 2 + 2 + 2.",
    remind="A pointwise layer adds what its weights make of each channel.",
    slips={
        2: "It adds all three channels.",
        8: "The channels are added, not multiplied.",
        3: "Each channel holds 2.",
    },
)
decimal(
    "12-4",
    truth=1 / 3,
    within=0.004,
    why="R gives 0, G and B three times the number each: 6 · 1/3 = 2.",
    remind="What do R, G and B make of a picture that holds the same number everywhere?",
    slips={
        2.0: "What would the three kernels make of a picture of 2s?",
        1.0: "What would the three kernels make of a picture of 1s?",
        0.5: "R gives 0 on a constant picture. And how many ones have G and B?",
    },
)
number(
    "12-5",
    truth=16 * 25 + 16 * 40,
    why="400 depthwise weights and 640 pointwise ones.",
    remind="Count the two halves: one kernel per channel, then one weight per pair.",
    slips={
        16000: "That is the standard layer.",
        400: "That is the depthwise half.",
        640: "That is the pointwise half.",
        1096: "Without biases, please.",
    },
)
choice(
    "12-6",
    options={
        "a": "no, depthwise keeps channels apart",
        "b": "yes, the pointwise half mixes all channels",
        "c": "only if 7 and 2 are in the same group",
    },
    truth="b",
    reasons={
        "a": "That is the first half. What does the second one do?",
        "c": "The pointwise half has no groups.",
    },
    why="The pointwise half gives every output a share of every channel.",
)
