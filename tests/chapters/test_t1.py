"""Self-test of part I: what is accepted, what is refused with which hint."""

# Worked by hand, independent of the library: see test_02.py.
ANSWERS = {
    "t1-1": (
        ["b", "B", "(b)"],
        [("a", "turns the kernel"), ("c", "middle row"), ("d", "Only a 1")],
    ),
    "t1-2": (
        [(20, 32), [20, 32]],
        [
            ((24, 36), "dilation"),
            ((17, 29), "both sides"),
            ((40, 64), "stride 1"),
            ((19, 31), "first place"),
            ((32, 20), "Rows first"),
            ((1, 2), "Pad both"),
        ],
    ),
    "t1-3": (
        ["acd", "a, c, d", ["a", "c", "d"]],
        [("acde", "adds two"), ("abcd", "sum to 0"), ("ac", "not all")],
    ),
    "t1-4": (
        [672, 672.0],
        [(648, "biases"), (2616, "own group"), (2592, "own group"), (168, "other three")],
    ),
    "t1-5": (["d"], [("a", "two pixels"), ("b", "four pixels"), ("c", "half cell")]),
    "t1-6": ([3], [(10, "middle"), (2, "second"), (1, "corner"), (7, "lower row"), (9, "Which")]),
    "t1-7": (
        [15360, 15360.0],
        [(128, "number of weights"), (138240, "3×3"), (1920, "input"), (960, "output")],
    ),
    "t1-8": ([32], [(8, "other way"), (34, "both ends"), (30, "Fifteen"), (33, "both ends")]),
    "t1-9": (
        [(9, 15, 25)],
        [
            ((4, 6, 9), "3×3"),
            ((25, 25, 25), "Zeros"),
            ((25, 15, 9), "corner first"),
            ((9, 16, 25), "three rows"),
        ],
    ),
    "t1-10": (["ac", "a c"], [("abc", "pairs stay"), ("acd", "which channels"), ("a", "not all")]),
}
GUESSES = {}
