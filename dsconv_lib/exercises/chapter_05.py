"""Questions of chapter 5, about shifts and pooling."""

from collections.abc import Callable

from dsconv_lib.arithmetic import output_size
from dsconv_lib.exercises.judges import choice, function, number, numbers, prediction

Row = list[float]

# --- predictions, in the order of the chapter ---

prediction(
    "05-recall-size",
    kind="number",
    truth=output_size(12, 3, 4),
    why="Starts at 0, 4 and 8.",
    slips={2: "Start 0 is a position, too.", 4: "A start at 12 would leave the row."},
)
prediction(
    "05-recall-weights",
    kind="number",
    truth=10 * 6 * 9,
    why="10 filters of 6 kernels of 9 weights.",
    slips={60: "A kernel has nine weights.", 90: "Each filter has a kernel for every input."},
)
prediction(
    "05-words",
    kind="choice",
    truth="b",
    options={
        "a": "it stays where it was",
        "b": "it moves 8 pixels to the right",
        "c": "it changes altogether",
    },
    why="The edges are found at their new places: equivariance.",
    slips={"a": "That would be invariance."},
)
prediction(
    "05-border",
    kind="number",
    truth=3,
    why="Columns 143, 0 and 1: both orders meet the frame of zeros there, and differently.",
    slips={
        0: "The frame of zeros does not move along.",
        2: "Both orders have two columns at the frame, and they are not the same ones.",
    },
)
prediction(
    "05-stride",
    kind="choice",
    truth="c",
    options={
        "a": "the same as before",
        "b": "moved by one",
        "c": "made of other numbers",
    },
    why="It consists of the outputs that the stride had left out before.",
)
prediction(
    "05-pool",
    kind="numbers",
    truth=(1, 1, 1, 1),
    why="The moved row is 1, 0, 0, 1, 1, 0, 0, 1, and every pair holds a 1.",
    slips={
        (1, 0, 1, 0): "Write the moved row down: 1, 0, 0, 1, …",
        (0, 1, 0, 1): "Write the moved row down: 1, 0, 0, 1, …",
    },
)
prediction(
    "05-backward",
    kind="numbers",
    truth=(10, 0, 20, 0, 0, 30),
    why="The largest of each pair gets all of its share.",
    slips={
        (5, 5, 10, 10, 15, 15): "That is average pooling.",
        (10, 0, 20, 0, 30, 0): "In the last pair the second value is the larger.",
    },
)
prediction(
    "05-global",
    kind="number",
    truth=0,
    why="The same numbers at other places; the mean does not ask for places.",
    slips={5: "It is the mean that is asked for, not where things are."},
)
prediction(
    "05-corner",
    kind="number",
    truth=4,
    why="Four taps lie on the picture, five on zeros.",
    slips={9: "Five of the nine taps lie on zeros.", 6: "That is at an edge.", 1: "Count again."},
)

# --- exercises ---


def shift(row: Row, k: int) -> Row:
    """Move a row to the right; what leaves comes in on the left."""
    k %= len(row)
    return row[len(row) - k :] + row[: len(row) - k]


function(
    "05-1",
    truth=shift,
    settings=lambda: [
        {"row": [1, 2, 3, 4], "k": 1},
        {"row": [5, 6, 7], "k": 2},
        {"row": [5, 6, 7], "k": 0},
        {"row": [1, 2, 3, 4, 5], "k": 5},
        {"row": [1, 2, 3, 4, 5], "k": 7},
    ],
    why="Right for every shift, also those longer than the row.",
    slips={
        "That is to the left.": lambda row, k: shift(row, -k),
        "What leaves on the right comes in on the left.": lambda row, k: (
            [0] * k + row[: max(0, len(row) - k)]
        )[: len(row)],
        "And where k is 0, or longer than the row?": lambda row, k: row[-k:] + row[:-k],
    },
)


def max_pool(row: Row, size: int = 2) -> Row:
    """Largest value of each window."""
    return [max(row[start : start + size]) for start in range(0, len(row) - size + 1, size)]


def _pools() -> list[dict[str, object]]:
    """Give rows, easy ones first."""
    return [
        {"row": [3, 1, 4, 1, 5, 9]},
        {"row": [0, 0, 1, 1]},
        {"row": [2, 7, 1, 8, 2, 8], "size": 3},
        {"row": [-3, -1, -4, -1, -5]},
        {"row": [1, 2, 3, 4, 5, 6, 7], "size": 3},
    ]


function(
    "05-2",
    truth=max_pool,
    settings=_pools,
    why="Right for every row and window, also where the last window would leave the row.",
    slips={
        "The step is as long as the window.": lambda row, size=2: [
            max(row[start : start + size]) for start in range(len(row) - size + 1)
        ],
        "A last window that leaves the row does not count.": lambda row, size=2: [
            max(row[start : start + size]) for start in range(0, len(row), size)
        ],
        "That is the mean.": lambda row, size=2: [
            sum(row[start : start + size]) / size for start in range(0, len(row) - size + 1, size)
        ],
    },
)


def max_pool_backward(row: Row, g: Row, size: int = 2) -> Row:
    """Send each share to the first largest value of its window."""
    d_row: Row = [0] * len(row)
    for o, share in enumerate(g):
        window = row[o * size : (o + 1) * size]
        d_row[o * size + window.index(max(window))] += share
    return d_row


def _ties(*, shared: bool) -> Callable[..., Row]:
    """Make a slip: every largest value of a window gets the share, or an equal part of it."""

    def slip(row: Row, g: Row, size: int = 2) -> Row:
        d_row: Row = [0] * len(row)
        for o, share in enumerate(g):
            window = row[o * size : (o + 1) * size]
            for place, value in enumerate(window):
                if value == max(window):
                    d_row[o * size + place] = share / window.count(value) if shared else share
        return d_row

    return slip


function(
    "05-3",
    truth=max_pool_backward,
    settings=lambda: [
        {"row": [3, 1, 4, 1, 5, 9], "g": [10, 20, 30]},
        {"row": [2, 7, 1, 8, 2, 8], "g": [1, -1], "size": 3},
        {"row": [4, 4, 1, 3], "g": [5, 6]},
        {"row": [1, 2, 3], "g": [7]},
    ],
    why="Right for every row; of equal values the first one gets the share.",
    slips={
        "That is average pooling.": lambda row, g, size=2: [
            g[place // size] / size if place // size < len(g) else 0 for place in range(len(row))
        ],
        "Only the largest value took part; the others get 0.": lambda row, g, size=2: [
            g[place // size] if place // size < len(g) else 0 for place in range(len(row))
        ],
        "Of equal values the first one gets all of it: nothing is shared.": _ties(shared=True),
        "Of equal values only the first one gets it.": _ties(shared=False),
        "A value that is left over keeps its place, and gets 0.": lambda row, g, size=2: (
            max_pool_backward(row, g, size)[: len(g) * size]
        ),
    },
)
number(
    "05-4",
    truth=2**3,
    why="2·2·2: one cell of the last map is 8 pixels.",
    remind="One cell of the last map: how many pixels of the picture is that?",
    slips={
        6: "Strides multiply.",
        2: "That is one layer.",
        3: "That is the number of layers.",
        4: "That is two layers.",
    },
)
numbers(
    "05-5",
    truth=(3, 3, -1, -1),
    why="Both values of a pair took part equally: half of the share for each.",
    remind="Each value of a pair gets the same. How much is it together?",
    slips={
        (6, 6, -2, -2): "Together the two get the share, not each of them.",
        (6, 0, -2, 0): "That is maximum pooling.",
        (3, -1, 3, -1): "The first share belongs to the first two values.",
    },
)
choice(
    "05-6",
    options={
        "a": "yes, exactly",
        "b": "yes, but only for even shifts",
        "c": "not exactly: the frame of zeros does not move along",
    },
    truth="c",
    reasons={
        "a": "Section 5.3: what happens in the columns at the border?",
        "b": "There is no stride here. What else can break it?",
    },
    why="Away from the border it is equivariant; the border changes the mean a little.",
)
