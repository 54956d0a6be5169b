"""Questions of chapter 8, about receptive fields."""

from collections.abc import Sequence
from typing import Any

from dsconv_lib.arithmetic import ConvSpec, output_size
from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, describe
from dsconv_lib.exercises.judges import choice, exercise, function, number, prediction
from dsconv_lib.receptive_field import receptive_field

# --- predictions, in the order of the chapter ---

prediction(
    "08-recall-size",
    kind="number",
    truth=output_size(9, 3, 2, 1),
    why="11 cells, last legal start 8: four whole steps of 2, and the first position.",
    slips={4: "Start 0 is a position, too.", 6: "A last start of 8 is four steps, not five."},
)
prediction(
    "08-recall-span",
    kind="number",
    truth=ConvSpec(4, dilation=3).axes()[0].effective_kernel_size,
    why="Three gaps of 3, and both ends included.",
    slips={
        12: "Four taps have three gaps between them.",
        9: "Both ends are included.",
        13: "Four taps have three gaps between them.",
    },
)
prediction(
    "08-two",
    kind="number",
    truth=receptive_field([ConvSpec(3)] * 2).size,
    why="The first window brings 3 inputs, each of the other two only 1 new one.",
    slips={9: "Neighbouring windows share inputs.", 6: "Neighbouring windows share inputs."},
)
prediction(
    "08-stride",
    kind="number",
    truth=receptive_field([ConvSpec(3, stride=2), ConvSpec(3)]).size,
    why="The second layer's two steps cover 2 inputs each: 3 + 4.",
    slips={5: "That is without the stride. Each step of layer 2 now covers 2 inputs."},
)
prediction(
    "08-jump",
    kind="number",
    truth=receptive_field([ConvSpec(3, stride=2)] * 2).jump,
    why="The second layer skips every other cell, and these are 2 inputs apart already.",
    slips={3: "Jumps multiply.", 2: "That is the jump of the first layer."},
)
prediction(
    "08-growth",
    kind="number",
    truth=receptive_field([ConvSpec(3, stride=2)] * 4).size,
    why="The jump doubles each time, so the additions do: 1 + 2 + 4 + 8 + 16.",
    slips={
        9: "That is without strides.",
        15: "That is after the third layer.",
        61: "A layer's own window still meets the old jump.",
    },
)
prediction(
    "08-centre",
    kind="number",
    truth=0,
    why="Each window is centred on its cell 0, and this holds from layer to layer.",
)
prediction(
    "08-holes",
    kind="number",
    truth=receptive_field([ConvSpec(3, dilation=2)] * 3).reached ** 2,
    why="Along each axis only every second position is reached: 7 of 13.",
    slips={169: "All taps lie an even distance apart. Is every position reached?"},
)
prediction(
    "08-change",
    kind="choice",
    truth="c",
    options={
        "a": "stride 2 in the first layer",
        "b": "stride 2 in the last layer",
        "c": "dilation 4 in any one layer",
    },
    why="A dilation of 4 gives 13, wherever it stands; a stride in the first layer gives 11.",
    slips={"b": "In the last layer a stride adds nothing: there is no layer above it."},
)
prediction(
    "08-vgg",
    kind="choice",
    truth="c",
    options={
        "a": "all of them by the same amount",
        "b": "the first ones, near the image",
        "c": "the last ones, near the output",
    },
    why="A convolution adds 2 · jump, and the jump doubles at every pooling.",
)
prediction(
    "08-most",
    kind="choice",
    truth="b",
    options={"a": "about 15", "b": "about 120", "c": "about 300", "d": "about 420"},
    why="It takes 124, not much more than a quarter.",
)
prediction(
    "08-depth",
    kind="number",
    truth=2,
    why="σ grows with √L: four times the depth gives twice the width.",
    slips={4: "That is the depth. σ grows with its root."},
)
prediction(
    "08-training",
    kind="choice",
    truth="c",
    options={"a": "the random start", "b": 'trained on "near"', "c": 'trained on "far"'},
    why="It has to read pixels about 5 away; the others need not.",
)
prediction(
    "08-small",
    kind="choice",
    truth="a",
    options={"a": 'only "near"', "b": 'only "far"', "c": "both", "d": "neither"},
    why='The answer to "far" lies outside its field, so it can only toss a coin.',
)

# --- exercises ---


def field_and_jump(
    kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, int]:
    """Receptive field and jump of a stack, given layer by layer."""
    layers = zip(kernels, strides, dilations, strict=True)
    field = receptive_field([ConvSpec(k, stride=s, dilation=d) for k, s, d in layers])
    return field.size, field.jump


def early_jump(
    kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, int]:
    """A slip: each layer's window meets the jump after its own stride."""
    field, jump = 1, 1
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        jump *= stride
        field += (kernel - 1) * dilation * jump
    return field, jump


def no_dilation(
    kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, int]:
    """A slip: the dilations are left out."""
    return field_and_jump(kernels, strides, [1] * len(dilations))


def from_nothing(
    kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, int]:
    """A slip: the field before the first layer is taken as 0."""
    field, jump = field_and_jump(kernels, strides, dilations)
    return field - 1, jump


def field_alone(kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> int:
    """A slip: the jump is not given back."""
    return field_and_jump(kernels, strides, dilations)[0]


function(
    "08-1",
    truth=field_and_jump,
    settings=lambda: [
        {"kernels": [3], "strides": [1], "dilations": [1]},
        {"kernels": [3, 3], "strides": [1, 1], "dilations": [1, 1]},
        {"kernels": [5], "strides": [2], "dilations": [1]},
        {"kernels": [3, 3], "strides": [2, 1], "dilations": [1, 1]},
        {"kernels": [2, 5, 3], "strides": [3, 2, 1], "dilations": [1, 1, 1]},
        {"kernels": [3, 4], "strides": [1, 2], "dilations": [5, 3]},
        {"kernels": [7, 3, 1, 3], "strides": [2, 2, 1, 2], "dilations": [1, 1, 1, 4]},
        {"kernels": [], "strides": [], "dilations": []},
    ],
    why="Right for every stack that was tried, the empty one included.",
    slips={
        "Which jump does a window meet: the one before or after its own stride?": early_jump,
        "Where is the dilation?": no_dilation,
        "What does one output see before the first layer?": from_nothing,
        "Give the pair (r, jump).": field_alone,
    },
)

number(
    "08-2",
    truth=receptive_field([ConvSpec(3)] * 10).size,
    why="One position to begin with, and each layer adds K − 1 = 2.",
    remind="Start from r = 1 and let each layer add (K − 1)·D·jump; here D = 1 and jump = 1.",
    slips={
        30: "You added K per layer. A window of 3 shares one position with what was there before.",
        20: "Try your rule on a single layer: how many pixels does it see?",
        3: "That is one layer. Each further layer sees the fields of 3 neighbours.",
        11: "You added 1 per layer. A 3-wide window grows the field on both sides.",
        19: "Count the layers: there are ten.",
        23: "Count the layers: there are ten.",
        2047: "The jump stays 1: there is no stride here.",
        59049: "Fields of neighbours overlap, so sizes add up; they do not multiply.",
        441: "That is the area in 2-D. Give the size along one axis.",
    },
)

number(
    "08-3",
    truth=receptive_field([ConvSpec(3, dilation=d) for d in (1, 1, 2, 4, 8, 16, 1)]).size,
    why="Each layer adds 2D, and the dilations sum to 33.",
    remind="Each layer adds (K − 1)·D·jump. Write the seven additions in a row.",
    slips={
        15: "That is the stack without dilation. Here each layer adds (K − 1)·D.",
        33: "That is the sum of the dilations. How many gaps of length D has a kernel of 3 taps?",
        34: "You added D per layer. A kernel of 3 taps has two gaps, so it adds 2D.",
        66: "Try your rule on the first layer alone: how many pixels does it see?",
        65: "Count the layers in your sum: there are seven.",
    },
)


def judge_probe(answer: Any) -> str | None:
    """Try a learner's ``probe(network, size, row, column)`` on small layers."""
    if not callable(answer):
        raise WrongTypeError(describe(answer))
    import torch
    from torch import nn

    torch.manual_seed(0)
    for dilation, row, column in ((1, 2, 3), (2, 0, 1), (1, 4, 0)):
        network = nn.Conv2d(1, 1, 3, dilation=dilation, bias=False)
        where = f"For a 3×3 layer with dilation {dilation} and output ({row}, {column})"
        try:
            given = answer(network, 8, row, column)
        except Exception as error:
            return f"{where} it raises {type(error).__name__}: {error}."
        if given is Ellipsis:
            raise UnansweredError
        if given is None:
            return f"{where} it returns nothing. Is .grad read before .backward() was called?"
        truth = torch.zeros(8, 8)
        bottom, right = row + 2 * dilation + 1, column + 2 * dilation + 1
        truth[row:bottom:dilation, column:right:dilation] = network.weight[0, 0].detach()
        found = torch.as_tensor(given).detach()
        if found.shape != truth.shape:
            return f"{where} the shape is {tuple(found.shape)}: give grad[0, 0], rows and columns."
        if not torch.allclose(found, truth):
            return f"{where} the gradient is not that of this output. Which output is it?"
    return None


exercise(
    "08-4",
    wants="a function of your own",
    judge=judge_probe,
    why="It gives the layer's own weights, at the pixels that the output reads.",
)


def paths(L: int) -> list[int]:
    """Count the paths from one output down to each input of L layers of 3 taps."""
    counts = [1]
    for _ in range(L):
        padded = [0, 0, *counts, 0, 0]
        counts = [sum(padded[i : i + 3]) for i in range(len(padded) - 2)]
    return counts


def _two_neighbours(L: int) -> list[int]:
    """A slip: only the two neighbours are added, as in Pascal's triangle."""
    counts = [1]
    for _ in range(L):
        counts = [a + b for a, b in zip([0, *counts], [*counts, 0], strict=True)]
    return counts


function(
    "08-5",
    truth=paths,
    settings=lambda: [{"L": L} for L in (1, 2, 0, 3, 4, 10)],
    why="Every layer adds three neighbouring counts; for L = 0 there is the one path [1].",
    slips={
        "Each cell adds three: left, itself and right.": _two_neighbours,
        "One layer more or less?": lambda L: paths(L + 1),
        "What does each new layer do to the list?": lambda L: [1] * (2 * L + 1),
    },
)

number(
    "08-6",
    truth=receptive_field([ConvSpec(5, stride=2), ConvSpec(3, stride=2), ConvSpec(3)]).size,
    why="From 1 pixel on the layers add 4·1, 2·2 and 2·4.",
    remind="Write r and the jump after each layer. The first layer adds 4·1.",
    slips={
        9: "Strides make the jump grow. What does the second layer's step cover?",
        29: "A layer's own window still meets the old jump.",
        13: "The jump before the third layer is 2·2.",
        16: "What does one output see before the first layer?",
    },
)

choice(
    "08-7",
    options={
        "a": "only that layer itself",
        "b": "the layers below it, nearer the input",
        "c": "the layers above it, nearer the output",
        "d": "all layers",
    },
    truth="c",
    reasons={
        "a": "Step 4 of the rule: a stride moves the window of its layer.",
        "b": "The rule goes from the input upwards. When is the jump multiplied?",
        "d": "The rule goes from the input upwards. When is the jump multiplied?",
    },
    why="A layer's own window meets the old jump; the layers above it meet the new one.",
)
