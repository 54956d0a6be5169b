"""Compiled depthwise convolution, stride 1: forward, and both gradients in one pass.

One plane (one image, one channel) is worked on at a time. It is copied into a scratch plane whose
rows are whole vectors with zeros beside them, so that the loop over columns needs no case for the
borders and no remainder, and everything that the taps read again lies in the cache. Rows that a
tap would read above or below the plane are left out of its loop altogether.

In the loop, the taps of one kernel row and their sums stay in registers:

    for each kernel row:   for each row:   for each vector of columns j:
        forward    y[j]  += sum_k w[k] x[j + k D]
        backward   dx[j] += sum_k w[k] g[j - k D],   dw[k] += x[j] g[j - k D]

Both gradients read the same shifted ``g``, which is why one pass serves for two. With K = 3 that is
6 multiply-adds for 5 loads and a store, near the most that a core does per cycle.

For channels-last tensors the lanes of a vector hold neighbouring channels of one pixel instead of
neighbouring columns of one channel; the loops are the same, only a column is then a vector wide.

The arguments that both share:

zero : 0 in the type of the tensors
x, y, g, dx : addresses, of elements in the order (N, C, rows, columns), or (N, rows, columns, C) if
    ``last``
w, dw : addresses, (C * M, kh, kw), or (kh, kw, C) if ``last``, which asks for M = 1 and C >= lanes
sizes : N, C, M; rows and columns of x; rows and columns of y
taps : kernel rows, rows of zeros above x, columns of zeros before x, dilation of the rows
columns : one entry per kernel column; the tuple's length is compiled in
begin, end : the range of channels, or if ``last`` of groups of ``lanes`` channels, to work on
"""

import hashlib
import inspect
import sys

import numpy as np
from numba import njit

from dsconv_lib._depthwise import simd
from dsconv_lib._depthwise.simd import (
    add_dot,
    add_scaled,
    advance,
    lanes,
    load,
    load_each,
    load_next,
    pointer,
    prefetch,
    splat,
    store,
    store_next,
    zeros_like,
)

# Elements in a cache line, where they are float32; lines that find room in the second level.
_LINE = 16
_MOST_LINES = 4096
# Products that are added to one number before it is added to the others.
_CHAIN = 64

_inline = njit(nogil=True, error_model="numpy", forceinline=True)


@_inline
def _copy(target, to, steps, source, at, strides, size):
    """Copy ``size`` (rows, columns); ``steps`` and ``strides`` are the (row, column) distances."""
    V, width = lanes(source), size[1]
    for row in range(size[0]):
        a, b = to + row * steps[0], at + row * strides[0]
        if steps[1] > 1 or strides[1] > 1:  # each column is a vector of channels
            for i in range(width):
                store(target, a + i * steps[1], load(source, b + i * strides[1]))
        elif width < V:
            for i in range(width):
                target[a + i] = source[b + i]
        else:  # the last vector overlaps the one before it rather than run over
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
def _ahead(tensor, last, n, N, c, C, rows, columns, passes):
    """The plane that comes next: its place, its cache lines' number and distance, a row's share."""
    n, c = (n + 1, c) if n + 1 < N else (0, c + (lanes(tensor) if last else 1))
    lines = rows * columns if last else rows * columns // _LINE + 1
    if lines > _MOST_LINES:
        lines = 0
    start = advance(tensor, _place(last, n, c, C, rows, columns)[0])
    return start, lines, C if last else _LINE, lines // (rows * passes) + 1


@_inline
def _request(ahead, done):
    """Have the next few lines of the plane ahead fetched, while this one is worked on."""
    start, lines, hop, share = ahead
    wanted = min(done + share, lines)
    for line in range(done, wanted):
        prefetch(start, line * hop)
    return wanted


@_inline
def _spread(table, w, last, C, channel, count):
    """Fill the table, one vector per tap: the tap in every lane, or the tap of each lane."""
    V = lanes(table)
    for k in range(count):
        value = load(w, k * C + channel) if last else splat(table, w[channel * count + k])
        store(table, k * V, value)


@_inline
def _convolve(ys, y, xs, x, table, taps, columns, x_ahead):
    """Add the convolution of scratch plane ``xs`` to ``ys``; ``x``, ``y`` are (rows, length)."""
    V, K = lanes(ys), len(columns)
    done = 0
    for ky in range(taps[0]):
        weights = load_next(table, ky * K * V, columns)
        shift = ky * taps[3] - taps[1]
        for row in range(max(0, -shift), min(y[0], x[0] - shift)):
            done = _request(x_ahead, done)
            there = (row + shift) * x[1] - row * y[1]
            for j in range(row * y[1], (row + 1) * y[1], V):
                store(ys, j, add_dot(load(ys, j), weights, load_each(xs, there + j, columns)))


@_inline
def _differentiate(dxs, xs, x, gs, g, base, table, sums, taps, columns, x_ahead, g_ahead):
    """Add the input's gradient to ``dxs`` and the weight's, lane by lane, to ``sums``.

    The sums of some rows are taken before they are added to the others': long chains of additions
    to one number round badly.
    """
    V, K = lanes(xs), len(columns)
    block = max(1, _CHAIN * V // x[1])
    x_done = g_done = 0
    for ky in range(taps[0]):
        weights = load_next(table, ky * K * V, columns)
        total = load_next(sums, ky * K * V, columns)
        shift = taps[1] - ky * taps[3]
        end = min(x[0], g[0] - shift)
        for start in range(max(0, -shift), end, block):
            part = zeros_like(total)
            for row in range(start, min(start + block, end)):
                x_done = _request(x_ahead, x_done)
                g_done = _request(g_ahead, g_done)
                there = (row + shift) * g[1] - row * x[1] + base
                for j in range(row * x[1], (row + 1) * x[1], V):
                    upstream = load_each(gs, there + j, columns)
                    store(dxs, j, add_dot(load(dxs, j), weights, upstream))
                    part = add_scaled(part, load(xs, j), upstream)
            total = add_scaled(total, splat(xs, 1), part)
        store_next(sums, ky * K * V, total)


@_inline
def _forward(zero, y, x, w, bias, last, sizes, taps, columns, begin, end):
    """Write the convolution of ``x``, plus ``bias`` (C * M numbers, or address 0), to ``y``.

    ``columns[k]`` is where tap ``k`` reads, counted from the first tap.
    """
    N, C, M, H, W, y_rows, y_columns = sizes
    biased = bias != 0
    y, x, w, bias = pointer(y, zero), pointer(x, zero), pointer(w, zero), pointer(bias, zero)
    V, count = lanes(x), taps[0] * len(columns)
    unit = V if last else 1
    yw = (y_columns * unit + V - 1) // V * V
    xw = max((taps[2] + W) * unit, yw + columns[-1])
    scratch = np.full(H * xw + y_rows * yw + count * V, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        xs = pointer(scratch.ctypes.data, zero)
        ys, table = advance(xs, H * xw), advance(xs, H * xw + y_rows * yw)
        c = min(group * V, C - V) if last else group
        for n in range(N):
            at, strides = _place(last, n, c, C, H, W)
            _copy(xs, taps[2] * unit, (xw, unit), x, at, strides, (H, W))
            x_ahead = _ahead(x, last, n, N, c, C, H, W, taps[0])
            for o in range(c * M, c * M + M):
                _spread(table, w, last, C, o, count)
                start = splat(ys, zero)
                if biased:
                    start = load(bias, o) if last else splat(ys, bias[o])
                _fill(ys, y_rows * yw, start)
                _convolve(ys, (y_rows, yw), xs, (H, xw), table, taps, columns, x_ahead)
                to, steps = _place(last, n, o, C * M, y_rows, y_columns)
                _copy(y, to, steps, ys, 0, (yw, unit), (y_rows, y_columns))


@_inline
def _backward(zero, dx, dw, g, x, w, last, sizes, taps, columns, begin, end):
    """Write the gradients of input and weight for the gradient ``g`` of the output.

    ``columns[k]`` is where tap ``k`` reads ``g``, counted from the last tap. A channel is worked on
    by one thread from the first image to the last, so its sums do not depend on the threads.
    """
    N, C, M, H, W, g_rows, g_columns = sizes
    dx, dw = pointer(dx, zero), pointer(dw, zero)
    g, x, w = pointer(g, zero), pointer(x, zero), pointer(w, zero)
    V, count = lanes(x), taps[0] * len(columns)
    unit = V if last else 1
    # Column j of x meets column j + before - k D of g: `lead` zeros keep that from being negative.
    before = taps[2] * unit
    lead = max(0, columns[0] - before)
    xw = (W * unit + V - 1) // V * V
    gw = lead + max(g_columns * unit, before + xw)
    base = lead + before - columns[0]
    scratch = np.full(2 * H * xw + g_rows * gw + (M + 1) * count * V, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        xs = pointer(scratch.ctypes.data, zero)
        dxs, gs = advance(xs, H * xw), advance(xs, 2 * H * xw)
        table = advance(gs, g_rows * gw)
        sums = advance(table, count * V)
        c = min(group * V, C - V) if last else group
        _fill(sums, M * count * V, splat(xs, zero))
        for n in range(N):
            at, steps = _place(last, n, c, C, H, W)
            _copy(xs, 0, (xw, unit), x, at, steps, (H, W))
            _fill(dxs, H * xw, splat(xs, zero))
            x_ahead = _ahead(x, last, n, N, c, C, H, W, taps[0])
            for m in range(M):
                o = c * M + m
                start, strides = _place(last, n, o, C * M, g_rows, g_columns)
                _copy(gs, lead, (gw, unit), g, start, strides, (g_rows, g_columns))
                _spread(table, w, last, C, o, count)
                g_ahead = _ahead(g, last, n, N, o, C * M, g_rows, g_columns, taps[0])
                own, x_size, g_size = advance(sums, m * count * V), (H, xw), (g_rows, gw)
                _differentiate(
                    dxs, xs, x_size, gs, g_size, base, table, own, taps, columns, x_ahead, g_ahead
                )
            _copy(dx, at, steps, dxs, 0, (xw, unit), (H, W))
        for k in range(M * count):
            if last:
                store(dw, k * C + c, load(sums, k * V))
            else:
                total = zero
                for lane in range(V):
                    total += sums[k * V + lane]
                dw[c * M * count + k] = total


def _compiled(function):
    """Compile at the first call, and keep the code on disk where there is a place for it."""
    try:
        return njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # no place to keep it, as in a zip file
        return njit(nogil=True, error_model="numpy")(function)


def _entries(stamp):
    """The kernels by the names that others use.

    numba takes kept code for current as long as the file of the function is, even if another file
    has changed; but it asks for the same values of what the function closes over.
    """

    def forward(*args):
        if stamp:
            _forward(*args)

    def backward(*args):
        if stamp:
            _backward(*args)

    return _compiled(forward), _compiled(backward)


def _stamp():
    """A digest of what is compiled."""
    sources = [inspect.getsource(module) for module in (simd, sys.modules[__name__])]
    return hashlib.sha256(repr((simd.BYTES, sources)).encode()).hexdigest()


forward, backward = _entries(_stamp())
