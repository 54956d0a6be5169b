"""Questions of chapter 1, about what a kernel does."""

from dsconv_lib.exercises.judges import choice, decimal, function, numbers, prediction

Table = list[list[float]]


def correlate(image: Table, kernel: Table) -> Table:
    """Slide a kernel over an image: multiply, add, move on."""
    rows, columns = len(kernel), len(kernel[0])
    return [
        [
            sum(kernel[m][n] * image[i + m][j + n] for m in range(rows) for n in range(columns))
            for j in range(len(image[0]) - columns + 1)
        ]
        for i in range(len(image) - rows + 1)
    ]


def turn(kernel: Table) -> Table:
    """Turn a kernel by half a turn."""
    return [row[::-1] for row in kernel[::-1]]


COUNTING: Table = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
PLAIN: Table = [[3, 1, 2], [5, 4, 1], [2, 6, 7]]
UNEVEN: Table = [[1, 2], [0, -1]]
KERNEL: Table = [[1, 2], [3, 4]]

# --- predictions, in the order of the chapter ---

prediction(
    "01-warm-pairs",
    kind="number",
    truth=2 * 3 + 0 * 5 + 1 * 4,
    why="2·3 + 0·5 + 1·4.",
    slips={15: "0 times 5 is 0.", 36: "The products are added."},
)
prediction(
    "01-warm-rows",
    kind="number",
    truth=6,
    why="Row 1 is [4, 5, 6], and its column 2 holds 6.",
    slips={
        2: "Rows and columns are numbered from 0.",
        5: "Columns are numbered from 0.",
        3: "Rows are numbered from 0.",
    },
)
prediction(
    "01-second",
    kind="number",
    truth=int(correlate(COUNTING, KERNEL)[0][1]),
    why="The kernel now covers 2, 3, 5 and 6.",
    slips={37: "That is the first number.", 67: "That is the first number of the second row."},
)
prediction(
    "01-bright",
    kind="choice",
    truth="c",
    options={
        "a": "it is blurred as before",
        "b": "it is not blurred any more",
        "c": "it is blurred, and most of it turns white",
        "d": "it turns black",
    },
    why="The weights sum to 9, so flat areas become nine times as bright.",
)
prediction(
    "01-trap",
    kind="choice",
    truth="a",
    options={"a": "the same", "b": "different"},
    why="1 + 5 and 2 + 4 are both 6, and so everywhere in this picture.",
)
prediction(
    "01-flip",
    kind="number",
    truth=int(correlate(COUNTING, turn(KERNEL))[0][0]),
    why="The turned kernel is 4, 3, 2, 1, and lies on 1, 2, 4 and 5.",
    slips={37: "That is without the turn.", 77: "The pixels stay; the kernel is turned."},
)
prediction(
    "01-impulse",
    kind="choice",
    truth="b",
    options={"a": "as it is", "b": "turned by half a turn"},
    why="The first output is where the kernel's last weight lies on the bright pixel.",
)
prediction(
    "01-identity",
    kind="choice",
    truth="b",
    options={
        "a": "nine ones",
        "b": "a single 1 in the middle",
        "c": "ones on the diagonal",
        "d": "nine times 1/9",
    },
    why="Each output is then the pixel under the middle.",
    slips={"c": "It adds three pixels.", "d": "It blurs.", "a": "It adds nine pixels."},
)
prediction(
    "01-centre",
    kind="choice",
    truth="c",
    options={
        "a": "on the top left pixel",
        "b": "on the pixel in row 1, column 1",
        "c": "on none",
    },
    why="Its centre lies where four pixels meet.",
    slips={"a": "What lies there is its first weight."},
)

# --- exercises ---


def _tables() -> list[dict[str, Table]]:
    """Give images and kernels of unequal sizes, easy ones first."""
    return [
        {"image": COUNTING, "kernel": KERNEL},
        {"image": PLAIN, "kernel": [[1, 0], [0, 2]]},
        {"image": [[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]], "kernel": [[1, 2, 0], [0, 1, 3]]},
        {"image": [[2, 7, 1, 8, 2]], "kernel": [[1, -1]]},
        {"image": [[2, 7], [1, 8], [2, 8], [1, 8]], "kernel": [[1], [0], [-2]]},
        {"image": [[5]], "kernel": [[3]]},
    ]


function(
    "01-1",
    truth=correlate,
    settings=_tables,
    why="Right for every picture and kernel that was tried, also those that are not square.",
    slips={
        "Is the kernel turned? Weight [0][0] meets the pixel [i][j].": lambda image, kernel: (
            correlate(image, turn(kernel))
        ),
        "In how many places does the kernel fit? Place 0 counts, too.": lambda image, kernel: [
            row[:-1] for row in correlate(image, kernel)[:-1]
        ],
        "Are rows and columns swapped?": lambda image, kernel: [
            list(column) for column in zip(*correlate(image, kernel), strict=True)
        ],
    },
)

REMIND = "Write down the four pixels under the kernel for each of its four places, row by row."
numbers(
    "01-2",
    truth=[int(v) for row in correlate(PLAIN, UNEVEN) for v in row],
    why="3 + 2 − 4, 1 + 4 − 1, 5 + 8 − 6, 4 + 2 − 7.",
    remind=REMIND,
    slips={
        (11, 8, 5, 15): "That is with the kernel turned by half a turn.",
        (2, 0, 12, 3): "Left and right of the kernel are exchanged.",
        (9, 6, 19, 13): "One of the weights is negative.",
        (1, 7, 4, -1): "Row by row, please: first the two numbers of the upper row.",
    },
)
numbers(
    "01-3",
    truth=[int(v) for row in correlate(PLAIN, turn(UNEVEN)) for v in row],
    why="−3 + 10 + 4, −1 + 8 + 1, −5 + 4 + 6, −4 + 12 + 7.",
    remind=REMIND,
    slips={
        (1, 4, 7, -1): "That is the kernel of exercise 1.2.",
        (17, 10, 15, 23): "One of the weights is negative.",
        (11, 5, 8, 15): "Row by row, please: first the two numbers of the upper row.",
    },
)
decimal(
    "01-4",
    truth=0.0,
    within=1e-9,
    why="Every pixel under the kernel is 0.7, so the output is 0.7 times the sum of the weights.",
    remind="All pixels under the kernel are equal. Take that number out of the sum.",
    slips={
        0.7: "That is a kernel whose weights sum to 1.",
        6.3: "That is nine weights of 1. What is the sum of these weights?",
    },
)
choice(
    "01-5",
    options={"a": "up", "b": "down", "c": "left", "d": "right"},
    truth="b",
    reasons={
        "a": "Each output shows the pixel above it. Where does the picture's top row appear?",
        "c": "The weight is in the middle column: nothing moves sideways.",
        "d": "The weight is in the middle column: nothing moves sideways.",
    },
    why="Each output shows the pixel above it, so every row appears one row lower.",
)
function(
    "01-6",
    truth=turn,
    settings=lambda: [
        {"kernel": [[1, 2], [3, 4]]},
        {"kernel": [[1, 2, 3], [4, 5, 6]]},
        {"kernel": [[7]]},
        {"kernel": [[1, 2, 3]]},
    ],
    why="Half a turn: rows from the last, each from its end.",
    slips={
        "That is upside down only; each row must be turned, too.": lambda kernel: kernel[::-1],
        "That is left and right only; the rows must be turned, too.": lambda kernel: [
            row[::-1] for row in kernel
        ],
        "That is a quarter turn.": lambda kernel: [
            list(column) for column in zip(*kernel[::-1], strict=True)
        ],
        "Rows and columns are swapped; that is no turn.": lambda kernel: [
            list(column) for column in zip(*kernel, strict=True)
        ],
    },
)
numbers(
    "01-7",
    truth=(1, 1, 6 - 2 + 1, 9 - 3 + 1),
    why="One picture, one output, 5 heights and 7 places beside each other.",
    remind="Four axes: pictures, outputs, rows, columns. In how many rows does the kernel fit?",
    slips={
        (1, 1, 6, 9): "That is the shape of the picture. In how many places does the kernel fit?",
        (1, 1, 4, 6): "The first place counts, too.",
        (1, 1, 7, 5): "Rows come first.",
        (5, 7, 1, 1): "Rows and columns are the last two axes.",
    },
)
