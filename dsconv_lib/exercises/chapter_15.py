"""Questions of chapter 15, about what goes into one layer."""

from typing import Any

from dsconv_lib.arithmetic import ConvSpec, output_size
from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, describe
from dsconv_lib.exercises.judges import choice, exercise, function, number, numbers, prediction

Kernel = list[list[float]]

# --- predictions, in the order of the chapter ---

prediction(
    "15-recall-weights",
    kind="number",
    truth=8 * 9 + 8 * 20,
    why="8·9 depthwise weights and 8·20 pointwise ones.",
    slips={1440: "That is the standard layer.", 72: "And the pointwise half?"},
)
prediction(
    "15-recall-taps",
    kind="number",
    truth=1,
    why="Each step of 20 leads off a map of 14; only the centre is left.",
    slips={9: "How far is it to the edge of the map?", 4: "From the corner, too, 20 is too far."},
)
prediction(
    "15-listing",
    kind="number",
    truth=3,
    why="There is no dilation argument, and the default is 1.",
    slips={5: "Where is the dilation argument?", 9: "Along one axis, please."},
)
prediction(
    "15-loses",
    kind="number",
    truth=output_size(64, 3, padding=1, dilation=4),
    why="The kernel spans 9 and takes 8 away; the padding gives 2 back.",
    slips={64: "The padding did not follow the dilation.", 56: "The padding gives 2 back."},
)
prediction(
    "15-bias",
    kind="choice",
    truth="a",
    options={"a": "none", "b": "it speeds up training", "c": "it keeps the size"},
    why="The bias moves the channel's mean, and batch norm subtracts the mean.",
)
prediction(
    "15-residual",
    kind="choice",
    truth="ac",
    options={
        "a": "16 to 16 channels, stride 1, same",
        "b": "16 to 32 channels, stride 1, same",
        "c": "16 to 16 channels, stride 1, same, dilation 4",
        "d": "16 to 16 channels, stride 2, same",
    },
    why="Input and output must have the same shape; dilation does not matter.",
    slips={"b": "16 and 32 channels cannot be added.", "d": "A stride changes the size."},
)
prediction(
    "15-inverted",
    kind="choice",
    truth="b",
    options={
        "a": "the first, 24 to 144",
        "b": "the depthwise one in the middle",
        "c": "the last, 144 to 24",
    },
    why="144 · 9 = 1,296 against 24 · 144 = 3,456.",
)

# --- exercises ---

SETTINGS = ((3, 16, 3, 1), (4, 6, 5, 2), (2, 3, 3, 4))
"""Channels, output channels, kernel size and dilation that a learner's layer is tried with."""


def judge_layer(answer: Any) -> str | None:
    """Try a learner's layer by what it must do."""
    import torch
    from torch import nn

    if not isinstance(answer, type) or not issubclass(answer, nn.Module):
        raise WrongTypeError(describe(answer))
    torch.manual_seed(0)
    for channels, out, kernel, dilation in SETTINGS:
        where = f"For {channels} to {out} channels, K = {kernel}, D = {dilation}"
        try:
            layer = answer(channels, out, kernel, dilation)
            if layer.conv_dw is Ellipsis or layer.conv_pw is Ellipsis:
                raise UnansweredError
            x = torch.randn(1, channels, 19, 22)
            y = layer(x)
            if y is Ellipsis:
                raise UnansweredError
            hint = _fault(layer, x, y, out, ConvSpec(kernel, dilation=dilation))
        except UnansweredError:
            raise
        except Exception as error:
            return f"{where} it raises {type(error).__name__}: {error}"
        if hint:
            return f"{where}: {hint}"
    return None


def _fault(layer: Any, x: Any, y: Any, out: int, spec: ConvSpec) -> str | None:
    """Say what a layer does that it must not do, or None."""
    channels, kernel = x.shape[1], spec.axes()[0].kernel_size
    if y is None:
        return "forward returns nothing."
    if y.shape[1] != out:
        return f"it gives {y.shape[1]} channels."
    if y.shape[2:] != x.shape[2:]:
        return f"19 × 22 becomes {y.shape[2]} × {y.shape[3]}. Padding follows dilation."
    nudged = x.clone()
    nudged[:, 0] += 1
    moved = (layer.conv_dw(nudged) != layer.conv_dw(x)).any(dim=3).any(dim=2)[0]
    if moved[1:].any():
        return "a nudge in channel 0 moves other channels of conv_dw. Look at groups."
    pixel = x.clone()
    pixel[..., 9, 11] += 1
    rows = (layer(pixel) != layer(x)).any(dim=3).any(dim=1)[0].nonzero().flatten()
    span = int(rows.max() - rows.min()) + 1
    if span != spec.axes()[0].effective_kernel_size:
        return f"an output sees {span} pixels. Where is the dilation?"
    weights = sum(p.numel() for p in layer.parameters() if p.ndim > 1)
    if weights != channels * kernel**2 + channels * out:
        return f"it has {weights} weights."
    return None


exercise(
    "15-1",
    wants="your class, a torch.nn.Module",
    judge=judge_layer,
    why="Channels, size, receptive field, channels apart, number of weights: all as they must be.",
)


def dense_kernel(depthwise: list[Kernel], pointwise: list[list[float]]) -> list[list[Kernel]]:
    """Write a separable layer as one standard kernel."""
    return [
        [
            [[p * weight for weight in row] for row in kernel]
            for p, kernel in zip(mix, depthwise, strict=True)
        ]
        for mix in pointwise
    ]


function(
    "15-2",
    truth=dense_kernel,
    settings=lambda: [
        {"depthwise": [[[1, 2], [3, 4]]], "pointwise": [[10]]},
        {"depthwise": [[[1, 2]], [[3, 4]]], "pointwise": [[1, 10], [100, -1], [0, 5]]},
    ],
    why="Each kernel is the depthwise one of its channel, times one number.",
    slips={
        "dense[o][c], please: which output first.": lambda depthwise, pointwise: [
            list(column) for column in zip(*dense_kernel(depthwise, pointwise), strict=True)
        ],
        "Where are the pointwise weights?": lambda depthwise, pointwise: [
            depthwise for _ in pointwise
        ],
    },
)
number(
    "15-3",
    truth=16 * 64 + 64 * 9 + 64 * 16,
    why="1,024 + 576 + 1,024.",
    remind="Three convolutions: two pointwise ones and a depthwise one between them.",
    slips={
        2048: "And the depthwise one?",
        1600: "There are two pointwise ones.",
        38912: "The middle one is depthwise: one kernel per channel.",
        2768: "Without biases, please.",
    },
)
numbers(
    "15-4",
    truth=(3 * (64 * 9 + 64 * 64), 3 * 64 * 64 * 9),
    why="Three times 576 + 4,096, against three times 36,864.",
    remind="One branch first: a kernel per channel, then one weight per pair of channels.",
    slips={
        (4672, 36864): "That is one branch; there are three.",
        (110592, 14016): "The separable ones first.",
        (14016, 36864): "Three standard layers, too.",
    },
)
choice(
    "15-5",
    options={
        "a": "depthwise with multiplier 2",
        "b": "grouped and dilated, but not depthwise",
        "c": "separable",
        "d": "neither grouped nor dilated",
    },
    truth="b",
    reasons={
        "a": "Depthwise means that each filter reads one channel. How many does this one read?",
        "c": "Separable means two layers, one after the other.",
        "d": "Look at its last two arguments.",
    },
    why="With 4 groups each filter reads 8 channels.",
)
