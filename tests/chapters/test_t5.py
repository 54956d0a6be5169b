"""Self-test on chapter 15: what is accepted, what is refused with which hint."""

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "t5-1": (["b"], [("a", "K = 3"), ("c", "padding_mode"), ("d", "all channels")]),
    "t5-2": ([9, 9.0], [(18, "both sides"), (3, "without dilation"), (19, "One side")]),
    "t5-3": ([46], [(50, "dilation 1"), (42, "padding"), (44, "both sides"), (54, "follow")]),
    "t5-4": ([128], [(0, "subtract"), (8192, "They matter"), (256, "scale"), (1, "each channel")]),
    "t5-5": (
        ["ad", "a, d"],
        [("abd", "halves"), ("acd", "to add"), ("ade", "more padding"), ("a", "not all")],
    ),
    "t5-6": ([7008], [(5472, "5×5"), (4608, "depthwise"), (4704, "back"), (2400, "pointwise")]),
    "t5-7": ([27], [(15, "two pixels"), (11, "third"), (7, "dilations"), (29, "behind it")]),
    "t5-8": (["c"], [("a", "taps"), ("b", "as many"), ("d", "follows the rate")]),
    "t5-9": (["b"], [("a", "next to nothing"), ("c", "cuts nothing"), ("d", "Shapes")]),
}
GUESSES = {}
