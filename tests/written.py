"""What a reader may write into an exercise whose answer is a function, as text.

For each exercise a right answer, a wrong one with a piece of its hint, and nothing but the line
that is there at the start. The page's Python has no NumPy, so these use none.
"""

STARTS = "def starts(n, K, S=1):\n"
READS = "def reads(n, K, S=1):\n"
SIZE = "def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):\n"
FIELD_AND_JUMP = "def field_and_jump(kernels, strides, dilations):\n    r, jump = 1, 1\n"
PATHS = "def paths(L):\n"
DILATED = "def dilated(x, w, D):\n"
SPREAD = "def spread(kernel, dilation):\n    down, right = dilation\n"
FIELD = "def field(dilations):\n"
# by exercise: a right answer, a wrong one, what the hint says
WRITTEN = {
    "02-1": (
        f"{STARTS}    return [start for start in range(0, n, S) if start + K <= n]\n",
        f"{STARTS}    return list(range(0, n, S))\n",
        "room for all its taps",
    ),
    "02-2": (
        f"{READS}    counts = [0] * n\n"
        "    for start in range(0, n - K + 1, S):\n"
        "        for pixel in range(start, start + K):\n"
        "            counts[pixel] += 1\n"
        "    return counts\n",
        f"{READS}    return [sum(0 <= p - s < K for s in range(n - K + 1)) for p in range(n)]\n",
        "Where is the step S?",
    ),
    "02-3": (
        f"{SIZE}    last = size + 2 * padding - dilation * (kernel_size - 1) - 1\n"
        '    if last < 0:\n        raise ValueError("the kernel does not fit")\n'
        "    return last // stride + 1\n",
        f"{SIZE}    return (size + 2 * padding - kernel_size) // stride + 1\n",
        "Where is the dilation?",
    ),
    "08-1": (
        f"{FIELD_AND_JUMP}    for K, S, D in zip(kernels, strides, dilations):\n"
        "        r += (K - 1) * D * jump\n        jump *= S\n    return r, jump\n",
        f"{FIELD_AND_JUMP}    for K, S, D in zip(kernels, strides, dilations):\n"
        "        jump *= S\n        r += (K - 1) * D * jump\n    return r, jump\n",
        "Which jump does a window meet",
    ),
    "08-5": (
        f"{PATHS}    row = [1]\n    for _ in range(L):\n"
        "        row = [sum(three) for three in zip([0, 0, *row], [0, *row, 0], [*row, 0, 0])]\n"
        "    return row\n",
        f"{PATHS}    return [1] * (2 * L + 1)\n",
        "What does each new layer do",
    ),
    "09-1": (
        f"{DILATED}    places = range(len(x) - D * (len(w) - 1))\n"
        "    return [sum(w[k] * x[o + k * D] for k in range(len(w))) for o in places]\n",
        f"{DILATED}    places = range(len(x) - len(w) + 1)\n"
        "    return [sum(w[k] * x[o + k] for k in range(len(w))) for o in places]\n",
        "Where is the dilation?",
    ),
    "09-2": (
        f"{SPREAD}    rows, columns = len(kernel), len(kernel[0])\n"
        "    wide = [[0] * (right * (columns - 1) + 1) for _ in range(down * (rows - 1) + 1)]\n"
        "    for row in range(rows):\n        for column in range(columns):\n"
        "            wide[row * down][column * right] = kernel[row][column]\n    return wide\n",
        f"{SPREAD}    return kernel\n",
        "must move apart",
    ),
    "09-3": (
        f"{FIELD}    return 1 + 2 * sum(dilations)\n",
        f"{FIELD}    return 1 + sum(dilations)\n",
        "How many gaps",
    ),
}
