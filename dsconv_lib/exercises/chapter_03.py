"""Questions of chapter 3, about channels."""

from dsconv_lib.exercises.judges import function, number, prediction

Image = list[list[list[float]]]


def conv(image: Image, weight: list[Image], bias: list[float]) -> Image:
    """Convolution layer: one filter per output channel, one kernel per input channel."""
    K, L = len(weight[0][0]), len(weight[0][0][0])
    return [
        [
            [
                bias[o]
                + sum(
                    weight[o][c][m][n] * image[c][i + m][j + n]
                    for c in range(len(image))
                    for m in range(K)
                    for n in range(L)
                )
                for j in range(len(image[0][0]) - L + 1)
            ]
            for i in range(len(image[0]) - K + 1)
        ]
        for o in range(len(weight))
    ]


def price(C: int, O: int, K: int, size: tuple[int, int], groups: int = 1) -> tuple[int, int]:  # noqa: E741
    """Parameters, bias included, and MACs of a layer."""
    weights = O * (C // groups) * K * K
    return weights + O, weights * size[0] * size[1]


# --- predictions, in the order of the chapter ---

prediction(
    "03-recall-flat",
    kind="decimal",
    truth=0.6,
    within=1e-9,
    why="A flat area becomes its grey, times the sum of the weights.",
    slips={0.3: "That is a sum of 1."},
)
prediction(
    "03-recall-turn",
    kind="number",
    truth=8,
    why="The last row comes first, and each row is read from its end.",
    slips={7: "The rows are turned, too.", 6: "Both rows and columns are turned."},
)
prediction(
    "03-sum",
    kind="number",
    truth=-6 + 66 + 117,
    why="The channels are added: −6 + 66 + 117.",
    slips={-6: "That is one channel.", 183: "Almost: R gives −6."},
)
prediction(
    "03-shape",
    kind="numbers",
    truth=(16, 3, 5, 5),
    why="16 filters, each of 3 kernels with 5 rows and 5 columns.",
    slips={
        (3, 16, 5, 5): "A filter belongs to an output, so the output comes first.",
        (16, 5, 5, 3): "PyTorch has the channels before rows and columns.",
    },
)
prediction(
    "03-groups",
    kind="numbers",
    truth=(12, 8 // 4, 3, 3),
    why="12 filters, and each reads 8 / 4 = 2 input channels.",
    slips={
        (12, 8, 3, 3): "That is without groups.",
        (3, 2, 3, 3): "All 12 filters are in the weight, not only those of one group.",
        (12, 4, 3, 3): "Four is the number of groups. How many channels has each?",
    },
)
prediction(
    "03-touch",
    kind="number",
    truth=12 // 4,
    why="Channel 5 is in group 2, and 12 / 4 = 3 outputs belong to a group.",
    slips={12: "Only the outputs of its own group read it.", 1: "Its group has several outputs."},
)
prediction(
    "03-double",
    kind="number",
    truth=4,
    why="Twice as many filters, each with twice as many kernels.",
    slips={2: "Both numbers were doubled."},
)

# --- exercises ---


def _layers() -> list[dict[str, object]]:
    """Give small layers of unequal sizes, easy ones first."""
    ramp = [[[16 * c + 4 * i + j + 1 for j in range(4)] for i in range(4)] for c in range(3)]
    columns = [[[1, 0, -1]] * 3, [[0, 1, 0]] * 3, [[0, 0, 1]] * 3]
    odd = [[[3, 1, 4, 1], [5, 9, 2, 6]], [[5, 3, 5, 8], [9, 7, 9, 3]]]
    return [
        {"image": [[[1, 2], [3, 4]]], "weight": [[[[2]]]], "bias": [0]},
        {"image": [[[1, 2]], [[10, 20]]], "weight": [[[[1]], [[3]]]], "bias": [5]},
        {"image": ramp, "weight": [columns], "bias": [0]},
        {"image": odd, "weight": [[[[1, 2]], [[0, 1]]], [[[1, 0]], [[3, -1]]]], "bias": [1, -2]},
        {"image": odd, "weight": [[[[1], [2]], [[4], [-1]]]], "bias": [0]},
    ]


function(
    "03-1",
    truth=conv,
    settings=_layers,
    why="Right for every layer that was tried: channels, filters and biases.",
    slips={
        "Where is the bias?": lambda image, weight, bias: conv(image, weight, [0] * len(bias)),
        "Each filter has a bias of its own.": lambda image, weight, bias: conv(
            image, weight, bias[:1] * len(bias)
        ),
        "Are all input channels added up?": lambda image, weight, bias: conv(
            image[:1], [kernels[:1] for kernels in weight], bias
        ),
        "One number per filter: the bias is added once, not once per channel.": (
            lambda image, weight, bias: conv(image, weight, [b * len(image) for b in bias])
        ),
        "One output channel for each filter, please.": lambda image, weight, bias: conv(
            image, weight[:1], bias
        ),
    },
)


def _prices() -> list[dict[str, object]]:
    """Give layers, easy ones first."""
    return [
        {"C": 1, "O": 1, "K": 3, "size": (5, 7)},
        {"C": 3, "O": 16, "K": 5, "size": (20, 31)},
        {"C": 8, "O": 12, "K": 3, "size": (4, 6), "groups": 4},
        {"C": 32, "O": 32, "K": 1, "size": (1, 9), "groups": 32},
    ]


function(
    "03-2",
    truth=price,
    settings=_prices,
    why="Right for every layer that was tried.",
    slips={
        "Are the biases among the parameters?": lambda C, O, K, size, groups=1: (  # noqa: E741
            price(C, O, K, size, groups)[0] - O,
            price(C, O, K, size, groups)[1],
        ),
        "A bias is added without a multiplication: it is no MAC.": (
            lambda C, O, K, size, groups=1: (  # noqa: E741
                price(C, O, K, size, groups)[0],
                price(C, O, K, size, groups)[1] + O * size[0] * size[1],
            )
        ),
        "Where are the groups?": lambda C, O, K, size, groups=1: price(C, O, K, size),  # noqa: E741
        "First the parameters, then the MACs.": lambda C, O, K, size, groups=1: (  # noqa: E741
            price(C, O, K, size, groups)[::-1]
        ),
        "A kernel has K rows and K columns.": lambda C, O, K, size, groups=1: (  # noqa: E741
            O * (C // groups) * K + O,
            O * (C // groups) * K * size[0] * size[1],
        ),
    },
)
number(
    "03-3",
    truth=price(64, 128, 3, (1, 1))[0],
    why="128 filters of 64 kernels of 9 weights, and 128 biases.",
    remind="Filters, kernels in each, weights in each; then the biases.",
    slips={
        73728: "One number for each output channel is missing.",
        73792: "A bias belongs to an output channel.",
        1152: "Each filter has a kernel for every input channel.",
        24704: "A kernel has 3 rows and 3 columns.",
    },
)
number(
    "03-4",
    truth=price(64, 128, 1, (1, 1))[0],
    why="128 · 64 weights and 128 biases.",
    remind="The kernel has one weight. How many kernels are there?",
    slips={
        8192: "One number for each output channel is missing.",
        8256: "A bias belongs to an output channel.",
        192: "Every output channel has a weight for every input channel.",
    },
)
number(
    "03-5",
    truth=price(64, 128, 3, (56, 56))[1],
    why="56 · 56 positions, 128 outputs, 64 · 9 MACs for each.",
    remind="How many outputs are there, and how many products in each?",
    slips={
        231612416: "The bias is an addition without a multiplication.",
        73728: "That is for a single position.",
        4128768: "The map has 56 rows and 56 columns.",
        25690112: "A kernel has 3 rows and 3 columns.",
    },
)
number(
    "03-6",
    truth=8 // 4,
    why="Each filter reads 4 of the 8 channels.",
    remind="The second number of the shape says how many input channels a filter reads.",
    slips={
        4: "That is how many channels a filter reads.",
        24: "That is how many filters there are.",
        6: "24 / 4 says nothing: the first number counts outputs, the second inputs.",
        8: "That would be depthwise: a shape of (24, 1, 3, 3).",
    },
)
