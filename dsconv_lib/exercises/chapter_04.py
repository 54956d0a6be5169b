"""Questions of chapter 4, about matrices and gradients."""

from typing import Any

from dsconv_lib.arithmetic import output_size, read_counts, transposed_output_size
from dsconv_lib.exercises.judges import function, number, numbers, prediction

Table = list[list[float]]

# --- predictions, in the order of the chapter ---

prediction(
    "04-recall-size",
    kind="number",
    truth=output_size(8, 3, 2, 1),
    why="10 cells, last legal start 7: three whole steps of 2, and the first position.",
    slips={3: "Start 0 is a position, too.", 5: "A last start of 7 is three whole steps."},
)
prediction(
    "04-recall-output",
    kind="number",
    truth=1 * 0 + 2 * 1 + 3 * 1 + 4 * 0,
    why="2·1 + 3·1.",
    slips={10: "The pixels count, too: two of them are 0."},
)
prediction(
    "04-entries",
    kind="number",
    truth=4 * 4,
    why="Each of the four outputs reads four pixels.",
    slips={4: "That is one row of the table.", 36: "An output reads four pixels, not all nine."},
)
prediction(
    "04-weight",
    kind="number",
    truth=1 + 2 + 4 + 5,
    why="The first weight meets the pixels 1, 2, 4 and 5.",
    slips={1: "It takes part in every output.", 45: "It never meets the last row and column."},
)
prediction(
    "04-middle",
    kind="number",
    truth=2,
    why="It takes part in output (0, 0) through the last weight and in (1, 1) through the first.",
    slips={4: "Two of the four weights are zero.", 5: "Its own value does not matter."},
)
prediction(
    "04-corner",
    kind="number",
    truth=1,
    why="The top left pixel meets only the first weight.",
    slips={4: "That is the last weight: was the turn forgotten?"},
)
prediction(
    "04-stamp",
    kind="number",
    truth=2 * 3 + -1 * 1,
    why="The first stamp brings 6, the second −1.",
    slips={6: "Two stamps reach cell 2.", -1: "Two stamps reach cell 2.", 7: "The second is −1."},
)
prediction(
    "04-back",
    kind="choice",
    truth="b",
    options={"a": "yes", "b": "no"},
    why="The size is back. Two numbers cannot remember five.",
)
prediction(
    "04-eighth",
    kind="number",
    truth=1,
    why="The last of the nine cells is kept, and the last stamp reaches it.",
    slips={0: "It is not a zero stuck on: the last stamp reaches it."},
)
prediction(
    "04-even",
    kind="number",
    truth=2,
    why="Each stamp covers four cells, and the next one starts after two.",
    slips={4: "Stamps start two cells apart.", 1: "Stamps overlap: four cells long, two apart."},
)

# --- exercises ---


def backward(image: Table, kernel: Table, g: Table) -> tuple[Table, Table]:
    """Gradients of the kernel and of the image: every meeting sends its share to both."""
    d_kernel: Table = [[0] * len(kernel[0]) for _ in kernel]
    d_image: Table = [[0] * len(image[0]) for _ in image]
    for i, line in enumerate(g):
        for j, share in enumerate(line):
            for m, weights in enumerate(kernel):
                for n, weight in enumerate(weights):
                    d_kernel[m][n] += share * image[i + m][j + n]
                    d_image[i + m][j + n] += share * weight
    return d_kernel, d_image


def _turned(image: Table, kernel: Table, g: Table) -> tuple[Table, Table]:
    """A slip: the kernel is turned where the share goes to the image."""
    turned = [row[::-1] for row in kernel[::-1]]
    return backward(image, kernel, g)[0], backward(image, turned, g)[1]


function(
    "04-1",
    truth=backward,
    settings=lambda: [
        {"image": [[3]], "kernel": [[2]], "g": [[5]]},
        {"image": [[1, 2, 3]], "kernel": [[1, 4]], "g": [[1, 10]]},
        {
            "image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            "kernel": [[1, 2], [3, 4]],
            "g": [[1, 1], [1, 1]],
        },
        {
            "image": [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]],
            "kernel": [[2, 7, 1], [8, 2, 8]],
            "g": [[1, -1], [3, 2]],
        },
    ],
    why="Both gradients are right for every picture, kernel and g that was tried.",
    slips={
        "Is the kernel turned in the gradient of the image?": _turned,
        "The gradient of the kernel first, then that of the image.": lambda image, kernel, g: (
            backward(image, kernel, g)[::-1]
        ),
        "Where is g?": lambda image, kernel, g: backward(image, kernel, [[1] * len(r) for r in g]),
    },
)


def way_back(m: int, K: int, S: int = 1, P: int = 0, D: int = 1, extra: int = 0) -> int:
    """Size of a transposed convolution."""
    return (m - 1) * S - 2 * P + D * (K - 1) + 1 + extra


def _ways() -> list[dict[str, int]]:
    """Give settings, easy ones first."""
    return [
        {"m": 4, "K": 3},
        {"m": 4, "K": 3, "S": 2},
        {"m": 4, "K": 3, "S": 2, "P": 1},
        {"m": 4, "K": 3, "S": 2, "P": 1, "extra": 1},
        {"m": 5, "K": 3, "S": 3, "D": 2},
        {"m": 112, "K": 7, "S": 2, "P": 3, "extra": 1},
    ]


def _without(name: str, value: int) -> Any:
    """A slip: one argument is left out."""

    def slip(m: int, K: int, S: int = 1, P: int = 0, D: int = 1, extra: int = 0) -> int:
        return way_back(**{"m": m, "K": K, "S": S, "P": P, "D": D, "extra": extra} | {name: value})

    return slip


function(
    "04-2",
    truth=way_back,
    settings=_ways,
    why="Stamps, trimmed ends and kept cells are all counted.",
    slips={
        "Where is the padding?": _without("P", 0),
        "On the way back padding trims, at both ends.": lambda m, K, S=1, P=0, D=1, extra=0: (
            way_back(m, K, S, 0, D, extra) + 2 * P
        ),
        "Padding trims at both ends.": lambda m, K, S=1, P=0, D=1, extra=0: (
            way_back(m, K, S, 0, D, extra) - P
        ),
        "Where is the dilation?": _without("D", 1),
        "Where is the output padding?": _without("extra", 0),
        "Where does the last stamp start?": lambda m, K, S=1, P=0, D=1, extra=0: way_back(
            m + 1, K, S, P, D, extra
        ),
    },
)
numbers(
    "04-3",
    truth=(2 * 1 + 3 * -1, 0, 0, 3 * 1 + 2 * -1),
    why="Correlate the picture with g: each weight meets four pixels, two of which count.",
    remind="Which four pixels does each weight meet? Multiply them by g and add.",
    slips={
        (5, 0, 0, 5): "One entry of g is negative.",
        (1, 0, 0, -1): "Which entry of g belongs to the upper left output?",
    },
)
number(
    "04-4",
    truth=1,
    why="Only output (1, 1) counts, and there the middle pixel meets the first weight.",
    remind="Only one output has a g. Which pixels does it read, with which weights?",
    slips={
        4: "In that output the middle pixel lies under the kernel's upper left weight.",
        10: "How many weights meet the middle pixel in that output?",
        5: "The pixel's own value does not matter.",
    },
)
number(
    "04-5",
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


def _even_kernels(stride: int, kernels: range) -> tuple[int, ...]:
    """Kernels whose stamps cover every inner cell equally often."""
    even = []
    for kernel in kernels:
        counts = read_counts(transposed_output_size(20, kernel, stride), kernel, stride)
        if len(set(counts[kernel:-kernel])) == 1:
            even.append(kernel)
    return tuple(even)


numbers(
    "04-6",
    truth=_even_kernels(3, range(3, 8)),
    ordered=False,
    why="The stamps tile evenly where the stride divides the kernel size.",
    remind="Only sizes from 3 to 7 are asked about. Add up stamps, 3 apart, for each of them.",
    slips={
        kernel: f"K = {kernel} does leave a pattern: add up its stamps, 3 apart, in a row."
        for kernel in (4, 5, 7)
    },
)
