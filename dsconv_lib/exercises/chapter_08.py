"""Questions of chapter 8, about receptive fields."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations_with_replacement, count
from typing import Any

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.exercises.answers import as_whole_numbers
from dsconv_lib.exercises.judges import decimal, exercise, function, number, numbers
from dsconv_lib.receptive_field import ReceptiveField, receptive_field

REACH = 63
"""Positions that the stacks of exercises 8.4 and 8.5 must span."""
WIDEST = 8
"""Largest dilation that they may use."""


def dilated_stack(dilations: Sequence[int]) -> ReceptiveField:
    """Field of 3-tap layers at stride 1 with these dilations."""
    return receptive_field([ConvSpec(3, dilation=dilation) for dilation in dilations])


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


def first_and_last(output: int) -> tuple[int, int]:
    """First and last input column of one output of ResNet-50's first block."""
    layers = [ConvSpec(7, 2, 3), ConvSpec(3, 2, ((0, 1),))]
    layers += [ConvSpec(3, 1, 1), ConvSpec(3, 1, 1), ConvSpec(3, 2, 1)]
    (columns,) = receptive_field(layers).positions((output,))
    return min(columns), max(columns)


def uniform_variance(kernel_size: int) -> float:
    """Variance of an offset drawn evenly from a kernel's taps, in pixels squared."""
    middle = (kernel_size - 1) / 2
    return sum((tap - middle) ** 2 for tap in range(kernel_size)) / kernel_size


@cache
def fewest_layers(*, gap_free: bool) -> int:
    """Least number of 3-tap layers, D at most `WIDEST`, that span `REACH` positions."""
    return next(
        layers
        for layers in count(1)
        for dilations in combinations_with_replacement(range(1, WIDEST + 1), layers)
        if _good(dilated_stack(dilations), gap_free=gap_free)
    )


def _good(field: ReceptiveField, *, gap_free: bool) -> bool:
    """Tell whether a field is wide enough and, where that is asked, free of holes."""
    return field.size >= REACH and not (gap_free and field.holes)


def judge_design(*, gap_free: bool) -> Callable[[Any], str | None]:
    """Make a judge of a list of dilations: wide enough, few layers, perhaps without holes."""

    def judge(answer: Any) -> str | None:
        dilations = as_whole_numbers(answer)
        if min(dilations) < 1:
            return f"D = {min(dilations)} is no dilation: the smallest is 1, taps side by side."
        if max(dilations) > WIDEST:
            return f"D = {max(dilations)} is not allowed here: at most {WIDEST}."
        field = dilated_stack(dilations)
        if field.size < REACH:
            return f"This stack spans {field.size} positions, fewer than {REACH}."
        if gap_free and field.holes:
            return f"It spans {field.size} positions, but {field.holes} of them are never read."
        if len(dilations) > fewest_layers(gap_free=gap_free):
            return f"It spans {field.size} with {len(dilations)} layers. Fewer can do it."
        return None

    return judge


number(
    "08-1",
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
    "08-2",
    truth=dilated_stack([1, 1, 2, 4, 8, 16, 1]).size,
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

function(
    "08-3",
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

exercise(
    "08-4",
    wants="a list of dilations",
    judge=judge_design(gap_free=False),
    python=True,
    why="Each layer adds at most 2·8, so three layers end at 49.",
)

exercise(
    "08-5",
    wants="a list of dilations",
    judge=judge_design(gap_free=True),
    python=True,
    why="A gap-free field has to grow from small dilations, and that costs two more layers.",
)

numbers(
    "08-6",
    truth=first_and_last(10),
    why="First: o·jump − padding. Last: size − 1 further.",
    remind="Output 0 begins at −padding, and each output begins one jump after the one before.",
    slips={
        (80, 114): "You forgot the effective padding: output 0 begins before the image.",
        (65, 100): "The first is right. For the last, try your rule on a field of 3 pixels.",
        (95, 129): "Padding moves the field to the left, out of the image, not to the right.",
        (57, 91): "That is output 9; outputs are counted from 0.",
        (73, 107): "That is output 11; outputs are counted from 0.",
        (-15, 19): "That is output 0. Each further output begins one jump later.",
    },
)

decimal(
    "08-7",
    truth=uniform_variance(5),
    within=1e-6,
    why="(4 + 1 + 0 + 1 + 4) / 5. Two 3×3 layers span as much, but add only 4/3.",
    remind="The mean step is 0, so the variance is the mean of the squared steps, −2 … 2.",
    slips={
        10.0: "That is the sum of the squares. Take their mean.",
        0.0: "That is the mean step. The variance is the mean of the squared steps.",
        2.5: "Count the steps from −2 to 2, and divide by their number.",
        1.2: "The steps count squared: (−2)² is 4.",
        4 / 3: "That is what two 3-wide layers add. This is one layer with steps −2 to 2.",
    },
)

number(
    "08-8",
    truth=next(n for n in count(1) if n * uniform_variance(3) >= 64 - 1e-9),
    why="σ² = 2L/3 must reach 64: to double σ you need four times the layers.",
    remind="Square both sides of σ = √(2L/3) first.",
    slips={
        12: "You solved 2L/3 = 8. That is the variance; σ is its root.",
        64: "That is σ². Each layer adds 2/3 to it.",
        24: "Doubling the depth multiplies σ by √2 only, not by 2.",
        48: "You set σ² to 32. Square 8 again.",
        192: "How much does one layer add to σ²? Its steps are −1, 0 and 1.",
        95: "Put your L into σ = √(2L/3). What comes out?",
        97: "Put your L into σ = √(2L/3). What comes out?",
    },
)
