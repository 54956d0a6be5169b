"""Self-test on chapter 15: building and reading layers."""

from dsconv_lib.arithmetic import ConvSpec, output_size, same_padding
from dsconv_lib.exercises.judges import choice, number
from dsconv_lib.receptive_field import receptive_field

choice(
    "t5-1",
    options={
        "a": "nn.Conv2d(C, C, K, padding=D, dilation=D, groups=C)",
        "b": "nn.Conv2d(C, C, K, padding=D * (K - 1) // 2, dilation=D, groups=C)",
        "c": 'nn.Conv2d(C, C, K, padding="zeros", dilation=D, groups=C)',
        "d": "nn.Conv2d(C, C, K, padding=D * (K - 1) // 2, dilation=D)",
    },
    truth="b",
    reasons={
        "a": "That fits K = 3 alone.",
        "c": '"zeros" is a padding_mode: it says what is added, not how much.',
        "d": "Without groups every filter reads all channels.",
    },
    why="Padding by half of what the kernel spans, less the middle, and one group per channel.",
)
number(
    "t5-2",
    truth=same_padding(7, 3),
    why="D(K − 1)/2 = 3·6/2.",
    remind="Half of what a kernel of 7 taps with dilation 3 spans, less the middle.",
    slips={18: "That is both sides together.", 3: "That is without dilation.", 19: "One side."},
)
number(
    "t5-3",
    truth=output_size(50, 5, padding=2, dilation=2),
    why="50 + 4 − 8: the kernel spans 9.",
    remind="The kernel spans D(K − 1) + 1.",
    slips={
        50: "That padding fits dilation 1.",
        42: "And the padding?",
        44: "The padding is on both sides.",
        54: "Did the padding follow the dilation?",
    },
)
number(
    "t5-4",
    truth=128,
    why="The biases: batch norm subtracts the mean, and with it whatever they added.",
    remind="What does batch norm take away from each channel?",
    slips={
        0: "What does batch norm subtract?",
        8192: "Those are the weights of the convolution. They matter.",
        256: "The scale and the shift of batch norm do something.",
        1: "There is one for each channel.",
    },
)
choice(
    "t5-5",
    options={
        "a": "32 → 32 channels, K = 3, D = 2, P = 2, S = 1",
        "b": "32 → 32 channels, K = 3, D = 1, P = 1, S = 2",
        "c": "32 → 64 channels, K = 3, D = 1, P = 1, S = 1",
        "d": "32 → 32 channels, K = 5, D = 1, P = 2, S = 1",
        "e": "32 → 32 channels, K = 3, D = 4, P = 1, S = 1",
    },
    truth="ad",
    reasons={
        "b": "The stride halves the map: input and output cannot be added.",
        "c": "There are 32 channels to add to 64.",
        "e": "The map becomes smaller: dilation 4 asks for more padding.",
    },
    why="Equal channels, equal size.",
)
number(
    "t5-6",
    truth=24 * 96 + 96 * 25 + 96 * 24,
    why="2,304 up, 2,400 in the middle, 2,304 back.",
    remind="Up, depthwise, back: three numbers to add.",
    slips={
        5472: "The kernel is 5×5.",
        4608: "And the depthwise half?",
        4704: "And the way back?",
        2400: "And the two pointwise layers?",
    },
)
number(
    "t5-7",
    truth=receptive_field(
        [ConvSpec(3, stride=2), ConvSpec(3, dilation=2), ConvSpec(3, dilation=4)]
    ).size,
    why="1 + 2, then + 2·2·2, then + 2·4·2: behind a stride of 2 every step is two pixels.",
    remind="Size and jump: each layer adds (K − 1)·D times the jump before it.",
    slips={
        15: "Behind the stride every step is two pixels.",
        11: "And the third layer?",
        7: "Where are the dilations? And the stride?",
        29: "The stride counts for the layers behind it, not for its own.",
    },
)
choice(
    "t5-8",
    options={
        "a": "its weights double",
        "b": "its MACs double",
        "c": "its receptive field grows from 13 to 25 pixels",
        "d": "its output becomes smaller",
    },
    truth="c",
    reasons={
        "a": "Three by three taps, whatever their distance.",
        "b": "The taps and the places are as many as before.",
        "d": "The padding follows the rate, so the size stays.",
    },
    why="2·12 + 1 pixels from the first tap to the last; weights, MACs and size stay.",
)
choice(
    "t5-9",
    options={
        "a": "to save time",
        "b": "because ReLU would throw away too much of what few channels hold",
        "c": "because batch norm does the same",
        "d": "because a residual forbids it",
    },
    truth="b",
    reasons={
        "a": "A ReLU costs next to nothing beside a convolution.",
        "c": "Batch norm scales and shifts. It cuts nothing off.",
        "d": "Shapes are what a residual asks for; ReLU changes none.",
    },
    why="Whatever is negative is lost, and at the narrow end there is little to spare.",
)
