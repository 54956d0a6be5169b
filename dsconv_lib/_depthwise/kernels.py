"""Compiled depthwise convolution, stride 1: forward, and both gradients in one pass.

One plane (one image, one channel) is worked on at a time. It is copied into a scratch plane whose
rows are parted by zeros, enough of them that a tap which leaves a row on either side reads zeros.
So the loop over columns needs no case for the borders, everything that the taps read again lies in
the cache, and the loop may run on from row to row: what it computes in the gaps is never copied
out. Rows that a tap would read above or below the plane are left out of its loop altogether.

In the loop, the taps of one kernel row and their sums stay in registers:

    for each kernel row:   for each vector of columns j:
        forward    y[j]  += sum_k w[k] x[j + k D]
        backward   dx[j] += sum_k w[k] g[j - k D],   dw[k] += x[j] g[j - k D]

Both gradients read the same shifted ``g``, which is why one pass serves for two. With K = 3 that is
6 multiply-adds for 5 loads and a store, near the most that a core does per cycle.

For channels-last tensors the lanes hold 8 neighbouring channels of one pixel instead of 8
neighbouring columns of one channel; the loops are the same, only a column is then 8 wide.

The arguments that `forward` and `backward` share:

zero : 0 in the type of the tensors
x, y, g, dx : addresses, of elements in the order (N, C, rows, columns), or (N, rows, columns, C) if
    ``last``
w, dw : addresses, (C * M, kh, kw), or (kh, kw, C) if ``last``, which asks for M = 1 and C >= lanes
sizes : N, C, M; rows and columns of x; rows and columns of y
taps : kernel rows, rows of zeros above x, dilation of the rows, columns of zeros before and after x
columns : where each kernel column reads, counted from the output's column; the tuple's length is
    compiled in
begin, end : the range of channels, or if ``last`` of groups of ``lanes`` channels, to work on
"""

import numpy as np
from numba import njit

from dsconv_lib._depthwise.simd import (
    add_dot,
    add_scaled,
    advance,
    lanes,
    load,
    load_each,
    load_next,
    pointer,
    splat,
    store,
    store_next,
    zeros_like,
)

# Vectors in a stretch of the loop, where it runs on from row to row.
_STRETCH = 64

_inline = njit(nogil=True, error_model="numpy", forceinline=True)


def _compiled(function):
    """Compile at the first call and keep the machine code beside the module, if that works.

    The stored code is renewed when this file changes, not when `simd` does.
    """
    try:
        return njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # no place to keep it, as in a zip file
        return njit(nogil=True, error_model="numpy")(function)


@_inline
def _copy(target, to, steps, source, at, strides, size):
    """Copy ``size`` (rows, columns); ``steps`` and ``strides`` are the (row, column) distances.

    Where columns are neighbours on both sides, the last vector of a row overlaps the one before it
    rather than run over; otherwise every column is a vector of channels.
    """
    V, width = lanes(source), size[1]
    for row in range(size[0]):
        a, b = to + row * steps[0], at + row * strides[0]
        if steps[1] > 1 or strides[1] > 1:
            for i in range(width):
                store(target, a + i * steps[1], load(source, b + i * strides[1]))
        elif width < V:
            for i in range(width):
                target[a + i] = source[b + i]
        else:
            for i in range(0, width - V, V):
                store(target, a + i, load(source, b + i))
            store(target, a + width - V, load(source, b + width - V))


@_inline
def _fill(target, count, vector):
    for i in range(0, count, lanes(target)):
        store(target, i, vector)


@_inline
def _place(last, n, c, C, rows, columns):
    """First element of a plane, and its (row, column) distances."""
    if last:
        return n * rows * columns * C + c, (columns * C, C)
    return (n * C + c) * rows * columns, (columns, 1)


@_inline
def _spread(table, w, last, C, channel, count):
    """Fill the table, one vector per tap: the tap in every lane, or the tap of each lane."""
    V = lanes(table)
    for k in range(count):
        value = load(w, k * C + channel) if last else splat(table, w[channel * count + k])
        store(table, k * V, value)


@_inline
def _layout(columns_in, columns_out, taps, columns, unit, V):
    """How scratch planes lie: row length, zeros around the plane, and the loop's stretches.

    A stretch is what the loop runs through at once, and ``step`` how far the next one begins: a
    row each, or where the gaps between the rows are small, whole rows one after the other.
    """
    width = max(columns_in, columns_out) * unit
    length = (width + V - 1) // V * V
    row = max(columns_in + max(taps[3], taps[4]), columns_out) * unit
    margin = V + max(-columns[0], columns[0], -columns[-1], columns[-1])
    # To begin a row takes as long as one or two vectors of it.
    if row < length + 3 * V // 2:
        return row, margin, _STRETCH * V, _STRETCH * V
    row = max(row, length)
    return row, margin, row, length


@_inline
def _convolve(ys, y_rows, xs, x_rows, table, taps, columns, row, step, length):
    """Add the convolution of scratch plane ``xs`` to ``ys``."""
    V, K = lanes(ys), len(columns)
    for ky in range(taps[0]):
        weights = load_next(table, ky * K * V, columns)
        shift = ky * taps[2] - taps[1]
        end = min(y_rows, x_rows - shift) * row
        for start in range(max(0, -shift) * row, end, step):
            for j in range(start, min(start + length, end), V):
                read = load_each(xs, j + shift * row, columns)
                store(ys, j, add_dot(load(ys, j), weights, read))


@_inline
def _differentiate(dxs, xs, x_rows, gs, g_rows, table, sums, taps, columns, row, step, length):
    """Add the input's gradient to ``dxs`` and the weight's, lane by lane, to ``sums``.

    The sums of a stretch are taken before they are added to the others': long chains of additions
    to one number round badly.
    """
    V, K = lanes(xs), len(columns)
    one = splat(xs, 1)
    for ky in range(taps[0]):
        weights = load_next(table, ky * K * V, columns)
        total = load_next(sums, ky * K * V, columns)
        shift = taps[1] - ky * taps[2]
        end = min(x_rows, g_rows - shift) * row
        for start in range(max(0, -shift) * row, end, step):
            part = zeros_like(total)
            for j in range(start, min(start + length, end), V):
                upstream = load_each(gs, j + shift * row, columns)
                store(dxs, j, add_dot(load(dxs, j), weights, upstream))
                part = add_scaled(part, load(xs, j), upstream)
            total = add_scaled(total, one, part)
        store_next(sums, ky * K * V, total)


@_compiled
def forward(zero, y, x, w, bias, last, sizes, taps, columns, begin, end):
    """Write the convolution of ``x``, plus ``bias`` (C * M numbers, or address 0), to ``y``."""
    N, C, M, H, W, y_rows, y_columns = sizes
    biased = bias != 0
    y, x, w, bias = pointer(y, zero), pointer(x, zero), pointer(w, zero), pointer(bias, zero)
    V, count = lanes(x), taps[0] * len(columns)
    unit = V if last else 1
    row, margin, step, length = _layout(W, y_columns, taps, columns, unit, V)
    scratch = np.full((H + y_rows) * row + 3 * margin + count * V, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        xs = advance(pointer(scratch.ctypes.data, zero), margin)
        ys = advance(xs, H * row + margin)
        table = advance(ys, y_rows * row + margin)
        c = min(group * V, C - V) if last else group
        for n in range(N):
            at, strides = _place(last, n, c, C, H, W)
            _copy(xs, 0, (row, unit), x, at, strides, (H, W))
            for o in range(c * M, c * M + M):
                _spread(table, w, last, C, o, count)
                start = splat(ys, zero)
                if biased:
                    start = load(bias, o) if last else splat(ys, bias[o])
                _fill(ys, y_rows * row, start)
                _convolve(ys, y_rows, xs, H, table, taps, columns, row, step, length)
                to, steps = _place(last, n, o, C * M, y_rows, y_columns)
                _copy(y, to, steps, ys, 0, (row, unit), (y_rows, y_columns))


@_compiled
def backward(zero, dx, dw, g, x, w, last, sizes, taps, columns, begin, end):
    """Write the gradients of input and weight for the gradient ``g`` of the output.

    ``columns`` say where taps read ``g``, counted from the input's column. A channel is worked on
    by one thread from the first image to the last, so its sums do not depend on the threads.
    """
    N, C, M, H, W, g_rows, g_columns = sizes
    dx, dw = pointer(dx, zero), pointer(dw, zero)
    g, x, w = pointer(g, zero), pointer(x, zero), pointer(w, zero)
    V, count = lanes(x), taps[0] * len(columns)
    unit = V if last else 1
    row, margin, step, length = _layout(W, g_columns, taps, columns, unit, V)
    scratch = np.full((2 * H + g_rows) * row + 4 * margin + (M + 1) * count * V, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        gs = advance(pointer(scratch.ctypes.data, zero), margin)
        xs = advance(gs, g_rows * row + margin)
        dxs = advance(xs, H * row + margin)
        table = advance(dxs, H * row + margin)
        sums = advance(table, count * V)
        c = min(group * V, C - V) if last else group
        _fill(sums, M * count * V, splat(xs, zero))
        for n in range(N):
            at, steps = _place(last, n, c, C, H, W)
            _copy(xs, 0, (row, unit), x, at, steps, (H, W))
            _fill(dxs, H * row, splat(xs, zero))
            for m in range(M):
                o = c * M + m
                start, strides = _place(last, n, o, C * M, g_rows, g_columns)
                _copy(gs, 0, (row, unit), g, start, strides, (g_rows, g_columns))
                _spread(table, w, last, C, o, count)
                own = advance(sums, m * count * V)
                _differentiate(dxs, xs, H, gs, g_rows, table, own, taps, columns, row, step, length)
            _copy(dx, at, steps, dxs, 0, (row, unit), (H, W))
        for k in range(M * count):
            if last:
                store(dw, k * C + c, load(sums, k * V))
            else:
                total = zero
                for lane in range(V):
                    total += sums[k * V + lane]
                dw[c * M * count + k] = total
