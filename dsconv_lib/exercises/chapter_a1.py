"""Questions of In depth A1, about the receptive fields of real networks."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations_with_replacement, count
from typing import Any

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.exercises.answers import as_whole_numbers
from dsconv_lib.exercises.judges import decimal, exercise, number, numbers, prediction
from dsconv_lib.receptive_field import ReceptiveField, receptive_field

prediction(
    "a1-weights",
    kind="choice",
    truth="c",
    options={"a": "AlexNet", "b": "VGG-16", "c": "MobileNetV1"},
    why="The number of parameters does not tell the field: depth, strides and dilations do.",
    slips={"b": "VGG-16 has most weights, and sees 212 pixels."},
)
prediction(
    "a1-whole",
    kind="number",
    truth=1,
    why="Only 12 pixels are left over, and the next output looks 32 pixels further.",
    slips={
        25: "Is a field of 212 pixels, moved by 32, still inside 224?",
        9: "Is a field of 212 pixels, moved by 32, still inside 224?",
        49: "Is a field of 212 pixels, moved by 32, still inside 224?",
    },
)
prediction(
    "a1-union",
    kind="number",
    truth=len({2, 3, 4} | {0, 3, 6}),
    why="One branch reads 2, 3, 4, the other 0, 3, 6; position 3 is in both.",
    slips={6: "Both branches read the middle.", 7: "Two of the seven positions nobody reads."},
)

REACH = 63
"""Positions that the stacks of the first two exercises must span."""
WIDEST = 8
"""Largest dilation that they may use."""


def dilated_stack(dilations: Sequence[int]) -> ReceptiveField:
    """Field of 3-tap layers at stride 1 with these dilations."""
    return receptive_field([ConvSpec(3, dilation=dilation) for dilation in dilations])


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


exercise(
    "a1-1",
    wants="a list of dilations",
    judge=judge_design(gap_free=False),
    python=True,
    why="Each layer adds at most 2·8, so three layers end at 49.",
)

exercise(
    "a1-2",
    wants="a list of dilations",
    judge=judge_design(gap_free=True),
    python=True,
    why="A gap-free field has to grow from small dilations, and that costs two more layers.",
)

numbers(
    "a1-3",
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
    "a1-4",
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
    "a1-5",
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
