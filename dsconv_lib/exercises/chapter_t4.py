"""Self-test on chapter 12 and what it stands on: channels, cost, dilation, receptive fields."""

from dsconv_lib.arithmetic import ConvSpec, output_size
from dsconv_lib.exercises.judges import choice, number, numbers
from dsconv_lib.receptive_field import receptive_field

choice(
    "t4-1",
    options={
        "a": "nn.Conv2d(16, 32, 3, groups=16)",
        "b": "nn.Conv2d(16, 32, 3, groups=2)",
        "c": "nn.Conv2d(16, 16, 3, groups=16)",
        "d": "nn.Conv2d(16, 32, 1)",
    },
    truth="a",
    reasons={
        "b": "With two groups each filter reads eight channels.",
        "c": "It is depthwise, with one filter for each channel.",
        "d": "It is pointwise: one tap, all channels.",
    },
    why="As many groups as input channels, and two filters in each.",
)
number(
    "t4-2",
    truth=16 * 2 * 9 + 16 * 2 * 24,
    why="32 depthwise kernels of 9 weights, then 32 to 24 channels.",
    remind="How many channels are there between the two halves?",
    slips={
        528: "Where is the multiplier?",
        288: "That is the depthwise half.",
        768: "That is the pointwise half.",
        672: "The pointwise half reads all channels that the depthwise half makes.",
        3456: "That is the standard layer.",
    },
)
number(
    "t4-3",
    truth=output_size(28, 3, 2, 1) ** 2 * 32 * 9,
    why="14 · 14 places, 32 channels, 9 taps.",
    remind="Count the output places, then the multiplications for each.",
    slips={
        225792: "The stride makes the output smaller.",
        6272: "And the taps of the kernel?",
        1806336: "That is a standard layer from 32 to 32 channels.",
        1764: "And the channels?",
    },
)
choice(
    "t4-4",
    options={
        "a": "give two outputs kernels of another form on the same input channel",
        "b": "read all input channels for one output",
        "c": "look at neighbours and mix channels",
        "d": "be dilated",
    },
    truth="a",
    reasons={
        "b": "The pointwise half does that.",
        "c": "The two halves do it one after the other.",
        "d": "The depthwise half can be dilated.",
    },
    why="Separable, all outputs share one kernel per input channel, each times a number.",
)
number(
    "t4-5",
    truth=4 * -2,
    why="Every weight of the depthwise kernel, times −2.",
    remind="What reaches output 5 from this pixel passes both halves: one weight, then the other.",
    slips={
        8: "And the sign?",
        -6: "Row 1, column 1; counting begins at 0.",
        -4: "Row 1, column 1; counting begins at 0.",
        -2: "That is the pointwise weight alone.",
        2: "The weights are multiplied, not added.",
    },
)
numbers(
    "t4-6",
    truth=(9, 9 * 6),
    why="Nine places have a tap on the pixel, in one depthwise map; then all six outputs there.",
    remind="How many places have a tap on the pixel? And how many channels hold that?",
    slips={
        (25, 150): "The taps are apart: the gaps do not read the pixel.",
        (36, 54): "The depthwise half keeps channels apart.",
        (9, 9): "The pointwise half gives every output a share.",
        (9, 36): "How many output channels are there?",
        (1, 6): "Other places read the pixel as their neighbour.",
    },
)
choice(
    "t4-7",
    options={
        "a": "yes, with other weights",
        "b": "no, no single convolution does what they do",
        "c": "only without biases",
    },
    truth="b",
    reasons={
        "a": "Whatever its weights: twice the input gives twice the output, and −1 times the "
        "input −1 times the output. With ReLU inside that is not so.",
        "c": "The biases are not what stands in the way.",
    },
    why="ReLU treats positive and negative numbers differently. A convolution does not.",
)
number(
    "t4-8",
    truth=receptive_field([ConvSpec(3), ConvSpec(1), ConvSpec(3, dilation=3), ConvSpec(1)]).size,
    why="1 + 2·1 + 2·3; the pointwise halves add nothing.",
    remind="Start with 1; each layer adds (K − 1)·D.",
    slips={
        5: "Where is the dilation?",
        7: "The second kernel spans seven. And what does the first one add?",
        11: "What does a pointwise layer add?",
        10: "Start with 1; three taps have two gaps between them.",
    },
)
