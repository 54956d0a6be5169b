"""Self-test of part I, chapters 1 to 5: mixed, so that the right idea has to be found first."""

from dsconv_lib.arithmetic import output_size, transposed_output_size
from dsconv_lib.exercises.judges import choice, number, numbers

choice(
    "t1-1",
    options={"a": "to the right", "b": "to the left", "c": "up", "d": "not at all"},
    truth="b",
    reasons={
        "a": "That is what a layer of a network makes of it. Convolution turns the kernel first.",
        "c": "The 1 stands in the middle row, turned or not.",
        "d": "Only a 1 in the middle changes nothing.",
    },
    why="Turned, the 1 stands right of the middle: each output is the pixel on its right.",
)
numbers(
    "t1-2",
    truth=(output_size(40, 5, 2, 6, 3), output_size(64, 5, 2, 6, 3)),
    why="The kernel spans 13, the padded sizes are 52 and 76: 39 // 2 + 1 and 63 // 2 + 1.",
    remind="Pad both ends, take off what the kernel spans, divide by the stride, add one.",
    slips={
        (24, 36): "Where is the dilation? The kernel spans more than five pixels.",
        (17, 29): "The padding is on both sides.",
        (40, 64): "That would be stride 1.",
        (19, 31): "The first place counts, too.",
        (32, 20): "Rows first.",
    },
)
choice(
    "t1-3",
    options={
        "a": "nine weights of 1/9",
        "b": "[[−1, 0, 1], [−2, 0, 2], [−1, 0, 1]]",
        "c": "[[0, −1, 0], [−1, 5, −1], [0, −1, 0]]",
        "d": "[[0, 0, 0], [0, 0, 1], [0, 0, 0]]",
        "e": "[[1, 0], [0, 1]]",
    },
    truth="acd",
    reasons={
        "b": "Its weights sum to 0: a flat area becomes black.",
        "e": "It adds two pixels, so a flat area becomes twice as bright.",
    },
    why="Their weights sum to 1.",
)
number(
    "t1-4",
    truth=24 * (12 // 4) * 3 * 3 + 24,
    why="24 filters of 3 kernels with 9 weights, and 24 biases.",
    remind="How many filters, how many kernels in each, how many weights in a kernel?",
    slips={
        648: "And the biases?",
        2616: "With groups a filter reads only the channels of its own group.",
        2592: "With groups a filter reads only its own group; and there are biases.",
        168: "That is one group. And the other three?",
    },
)
choice(
    "t1-5",
    options={
        "a": "it moves by 1 cell",
        "b": "it moves by 2 cells",
        "c": "it moves by 1.5 cells",
        "d": "it is another map, which no shift of the old one gives",
    },
    truth="d",
    reasons={
        "a": "That would be two pixels.",
        "b": "That would be four pixels.",
        "c": "There is no half cell: the kernel now stands on other pixels than before.",
    },
    why="3 is no multiple of the stride: the kernel stands on the pixels that it left out before.",
)
number(
    "t1-6",
    truth=2 + 1,
    why="Two outputs read it: the left one with the weight 2, the right one with the weight 1.",
    remind="Which outputs read this pixel, and with which weight?",
    slips={
        10: "That is the pixel in the middle: four outputs read it.",
        2: "A second output reads it, too.",
        1: "That is the corner.",
        7: "Those are the weights of the lower row. In which row of the kernel does the pixel lie?",
    },
)
number(
    "t1-7",
    truth=8 * 16 * 10 * 12,
    why="128 weights, each used at 120 places.",
    remind="How many weights, and at how many places is each used?",
    slips={
        128: "That is the number of weights. Each is used at every place of the map.",
        138240: "That is a 3×3 layer.",
        1920: "And the input channels?",
        960: "And the output channels?",
    },
)
number(
    "t1-8",
    truth=transposed_output_size(16, 4, 2, 1),
    why="(16 − 1)·2 − 2·1 + (4 − 1) + 1.",
    remind="Sixteen stamps, two cells apart, each four long; then the padding is cut off.",
    slips={
        8: "That is the ordinary convolution. The transposed one goes the other way.",
        34: "Padding cuts cells off at both ends.",
        30: "Fifteen steps of two, and the last stamp is four long; then cut.",
        33: "Padding is cut off at both ends.",
    },
)
numbers(
    "t1-9",
    truth=(9, 15, 25),
    why="3·3, 3·5 and 5·5 taps lie on the picture.",
    remind="Each output counts the taps that lie on the picture.",
    slips={
        (4, 6, 9): "That is a 3×3 kernel.",
        (25, 25, 25): "Zeros count nothing.",
        (25, 15, 9): "The corner first.",
        (
            9,
            16,
            25,
        ): "At the edge three rows of the kernel lie on the picture, each whole.",
    },
)
choice(
    "t1-10",
    options={
        "a": "Every convolution can be written as a product with a matrix.",
        "b": "Max pooling in pairs gives the same output when the picture moves by one pixel.",
        "c": "A 1×1 layer mixes channels and looks at no neighbour.",
        "d": "More groups make the output map smaller.",
    },
    truth="ac",
    reasons={
        "b": "The pairs stay, the pixels move: other pixels are now together in a pair.",
        "d": "Groups say which channels meet. The size follows K, S, P and D.",
    },
    why="Each row of the matrix is one place of the kernel; and one tap sees one pixel.",
)
