"""Why an answer differs from the truth, for each cell of the tables."""

from collections.abc import Mapping, Sequence

# Text of a note, and the cells that it explains: tool -> rows.
Notes = Sequence[tuple[str, Mapping[str, Sequence[str]]]]

OURS, MEASURED = "`dsconv_lib`", "`dsconv_lib`, measured"
_BLOCK, _MOBILENET = "with bias, norm, ReLU, pooling", "MobileNetV1"
_WEIGHT, _BARE = "`F.conv2d`, weight made on the way", "a layer without its hooks"
_MATMUL, _EINSUM = "`x @ x.mT`", "`einsum`"
_ATTENTION, _HEADS = "`F.scaled_dot_product_attention`", "`nn.MultiheadAttention`"
_LSTM, _BILINEAR, _PATH = "`nn.LSTM`", "`nn.Bilinear`", "a path chosen by values"
_TIED, _LINEAR = "two layers, one weight", "linear, three dimensions"
_FUNCTIONS = (_WEIGHT, _BARE, _MATMUL, _EINSUM, _ATTENTION)
_NO_PATH = (
    "The trace holds no values, so it cannot know which path is taken. It says so and stops.",
    {OURS: [_PATH]},
)

MACS: Notes = [
    (
        "It counts every tap for each output, as in an ordinary convolution. At stride 2 most taps "
        "of an output meet no input.",
        {"torchinfo": ["transposed, stride 2"], "torchscan": ["transposed, stride 2"]},
    ),
    (
        "It also counts other work, by a convention of its own: biases, norms, activations, "
        "pooling, softmax or gates. That is another question rather than a slip.",
        {
            "fvcore": [_BLOCK, _MOBILENET],
            "torchinfo": [_BLOCK, _LSTM, _MOBILENET],
            "ptflops": [_LSTM],
            "ptflops, aten": [_BLOCK, _HEADS, _MOBILENET],
            "thop": [_BLOCK, _HEADS, _LSTM, _MOBILENET],
            "torchscan": [_BLOCK, _MOBILENET],
        },
    ),
    (
        "As before; and what a layer does by calling a function (ReLU, pooling, the heads of "
        "attention) counts twice, once for each.",
        {"ptflops": [_BLOCK, _HEADS, _MOBILENET]},
    ),
    (
        "It looks at layers. What a function computes, or a layer that is called past its hooks, "
        "is not seen, or only in part.",
        {"torchinfo": [*_FUNCTIONS, _HEADS], "ptflops": _FUNCTIONS, "thop": [_WEIGHT, _BARE]},
    ),
    (
        "It gives no total, because a part is not known to its formulas for layers, and says so. "
        "Its report also holds PyTorch's own counts of operations.",
        {"torchscan": [*_FUNCTIONS, _HEADS, _LSTM, _BILINEAR]},
    ),
    (
        "It multiplies the weights by the first dimension alone; the tokens are in the second.",
        {"torchinfo": [_TIED, _LINEAR, _BILINEAR]},
    ),
    (
        "It has no formula for this operation, and counts 0. (FlopCounterMode has one for "
        "attention on a GPU.)",
        {
            "FlopCounterMode": [_ATTENTION, _LSTM, _BILINEAR],
            "fvcore": [_ATTENTION, _LSTM, _BILINEAR],
            "ptflops": [_BILINEAR],
            "ptflops, aten": [_ATTENTION, _LSTM, _BILINEAR],
        },
    ),
    _NO_PATH,
]

PARAMETERS: Notes = [
    ("A weight that two layers share counts twice.", {"torchinfo": [_TIED]}),
    _NO_PATH,
]

_DILATED = ("dilation 1, 2, 4", "stride 2, then dilation 2", "one layer, dilation 6")
_CAUSAL, _GLOBAL = "one axis, causal, dilation 1 to 8", "global pooling"
_RECTANGLES = ("3×5, then 1×7", "stride 2×1, then 3×3")
_CALLS, _COLUMNS, _MEDIAN = "functional calls", "`F.unfold` and a matrix", "median filter"
_UPWARD, _NEAREST, _GATE = "transposed, stride 2", "nearest, ×2", "squeeze and excite"

FIELDS: Notes = [
    ("It does not read the dilation.", {"rfa-toolbox": [*_DILATED, _CAUSAL], "rf-calc": _DILATED}),
    (
        "It counts the positions that have a gradient, so holes are left out.",
        {"receptivefield": _DILATED[1:]},
    ),
    (
        "What it calls the width is the extent of the rows.",
        {"receptivefield": [*_RECTANGLES, _GATE]},
    ),
    ("It uses the first of two numbers for both axes.", {"rf-calc": _RECTANGLES}),
    ("It reads one digit of the kernel size.", {"rf-calc": ["kernel of 11"]}),
    (
        "It knows nothing of one of these layers or functions, and leaves it out.",
        {
            "rfa-toolbox": [_NEAREST, _GATE, _COLUMNS],
            "rf-calc": [
                *("average pooling by strides", _CALLS, _UPWARD, _NEAREST, _GATE),
                *(_CAUSAL, _COLUMNS, _MEDIAN),
            ],
        },
    ),
    (
        "A maximum or median sends its gradient to one position. For an estimate, the "
        "documentation of receptivefield advises average pooling in place of max-pooling; "
        "`measure_receptive_field` counts every position that could be picked.",
        {
            "receptivefield": ["max-pooling by strides", _CALLS, "VGG-16 to pool5", _MEDIAN],
        },
    ),
    (
        "It cannot read the description of one of these layers or functions, and stops.",
        {"rfa-toolbox": [_CALLS, _MEDIAN], "rf-calc": [_GLOBAL]},
    ),
    ("It takes a transposed convolution for an ordinary one.", {"rfa-toolbox": [_UPWARD]}),
    (
        "It compares two outputs next to each other, and there is only one.",
        {"receptivefield": [_GLOBAL]},
    ),
    ("It takes two axes.", {"receptivefield": [_CAUSAL]}),
    (
        "Our trace cannot know the path: it depends on values. It then takes the whole "
        "input, which is never too small, and lists what it did not know.",
        {OURS: [_PATH]},
    ),
]
