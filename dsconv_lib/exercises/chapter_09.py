"""Questions of chapter 9, about dilation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dsconv_lib.arithmetic import ConvSpec, output_size
from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, as_whole_numbers, describe
from dsconv_lib.exercises.judges import exercise, number
from dsconv_lib.receptive_field import receptive_field

if TYPE_CHECKING:
    import numpy as np

LEAST_FIELD = 90
"""Positions that the stack of exercise 9.7 must see."""


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
    "09-1",
    truth=receptive_field([ConvSpec(3, dilation=d) for d in (1, 2, 4, 8)]).size,
    why="Each layer adds 2D, so r = 1 + 2(1 + 2 + 4 + 8).",
    remind="Start from r = 1 and let each layer add (K − 1)·D; the jump stays 1.",
    slips={
        9: "That is the stack without dilation. Here each layer adds (K − 1)·D, not K − 1.",
        30: "Try your rule on the first layer alone: three taps side by side see how much?",
        16: "You added D per layer. A kernel of 3 taps has two gaps, so it adds 2D.",
        15: "Count the layers in your sum: the dilations are 1, 2, 4 and 8.",
        17: "That is the last layer alone. The layers before it widen the view, too.",
        32: "Nearly: K taps have K − 1 gaps between them. Write out what each layer adds.",
        34: "You added up the effective sizes. Each layer adds its size − 1.",
    },
)

number(
    "09-2",
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
    "09-3",
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

number(
    "09-5",
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

number(
    "09-6",
    truth=centre_only_dilation(14),
    why="From every pixel, D steps in any direction lead off the map.",
    remind="Take the pixel that can go farthest without leaving the map. How many steps has it?",
    slips={
        7: "That holds for some outputs only. What do the outputs in the corners read?",
        12: "Look at figure 9.5: the corners still have 4 taps on the map there.",
        13: "Where does a step of 13 lead from pixel 0? Is that on the map?",
        15: "True there. But is it the smallest?",
        28: "True there. But is it the smallest?",
    },
)


def judge_dilate_kernel(answer: Any) -> str | None:
    """Try a learner's ``dilate_kernel(kernel, dilation)`` on kernels of many shapes."""
    if not callable(answer):
        raise WrongTypeError(describe(answer))
    import numpy as np

    draw = np.random.default_rng(9)
    shapes = [(3, 3), (2, 5), (4, 2), (1, 3), (1, 1)]
    dilations = [(2, 2), (1, 2), (1, 1), (3, 2), (2, 4)]
    for shape in shapes:
        for dilation in dilations:
            kernel = draw.integers(1, 9, size=shape).astype(float)
            hint = _judge_one(answer, kernel, dilation)
            if hint is not None:
                return f"For a kernel of shape {shape} with dilation={dilation}: {hint}"
    return None


def _judge_one(
    answer: Callable[..., Any], kernel: "np.ndarray", dilation: tuple[int, int]
) -> str | None:
    """Try one setting; None where it is right."""
    import numpy as np

    given = kernel.copy()
    try:
        wide = answer(given, dilation)
    except Exception as error:
        return f"it raises {type(error).__name__}: {error}."
    if wide is Ellipsis:
        raise UnansweredError
    if wide is None:
        return "it returns nothing. End it with return and the new array."
    try:
        wide = np.asarray(wide, dtype=float)
    except (TypeError, ValueError):
        return f"it returns {describe(wide).removeprefix('this is ')}, not a NumPy array."
    if not np.array_equal(given, kernel):
        return "it changes the kernel that it is given. Make a new array of zeros."
    shape = ConvSpec(kernel.shape, dilation=dilation).effective_kernel_size
    if wide.shape != shape:
        return (
            f"the result has shape {wide.shape}. {_why_shape(wide.shape, kernel.shape, dilation)}"
        )
    taps = np.zeros(shape, dtype=bool)
    taps[:: dilation[0], :: dilation[1]] = True
    if not np.array_equal(wide[taps].reshape(kernel.shape), kernel):
        return "the taps are not where they belong: tap (m, n) goes to row D·m, column D·n."
    return "between the taps there must be zeros." if wide[~taps].any() else None


def _why_shape(wrong: tuple[int, ...], kernel: tuple[int, ...], dilation: tuple[int, int]) -> str:
    """Say what slip gives a wrong shape."""
    pairs = list(zip(kernel, dilation, strict=True))
    turned = list(zip(kernel, reversed(dilation), strict=True))
    if wrong == tuple(d * (k - 1) + 1 for k, d in turned):
        return "The dilations of rows and columns are swapped: dilation is (rows, columns)."
    if wrong == tuple(d * k for k, d in pairs):
        return "There are zeros after the last tap; they belong between taps only."
    if wrong == tuple((d + 1) * (k - 1) + 1 for k, d in pairs):
        return "Dilation D means D − 1 zeros between two taps, not D."
    if wrong == kernel:
        return "That is the shape of the kernel itself; its taps must move apart."
    return "It should have the effective size along each axis."


exercise(
    "09-4",
    wants="a function",
    judge=judge_dilate_kernel,
    why="Right for every shape and every pair of dilations that was tried.",
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
