"""Compiled depthwise convolution, stride 1: forward, and both gradients of a plane in one visit.

One plane (one image, one channel) is worked on at a time. It is copied into a scratch plane with
zeros at both ends of its columns, so that no tap needs a case for them; rows above or below the
plane are passed over. Down a strip of columns, one vector wide, the rows are visited a dilation
apart. Each row of taps is read once and serves all rows of the kernel, whose sums stay in registers
and move on by one from row to row:

    for each strip j:   for each phase p < D:   for i = p, p + D, p + 2 D, ...:
        forward    sums[r] = sums[r - 1] + sum_k w[r, k] x[i, j + k D]; the last is done: store it
        backward   the same with the kernel turned round gives dx from g;
                   dw[r, k] += x[i - P + r D, j] g[i, j - k D], some rows of x held in registers

With K = 3 that is 9 multiply-adds for 3 loads and a store. Both gradients read one copy of ``g``.

For channels-last tensors the lanes of a vector hold neighbouring channels of one pixel. Each row is
then a strip of its own, along which the columns are visited: what lies side by side in memory. So
the words here are "chain" for the axis that is walked (rows; channels-last, columns) and "cross"
for the other one, and a kernel has as many rows as the chain has taps.

The arguments that both share:

zero : 0 in the type of the tensors
x, y, g, dx : addresses, of elements in the order (N, C, rows, columns), or (N, rows, columns, C) if
    ``last``
w, dw : addresses, (C * M, chain, cross), or (chain, cross, C) if ``last``, which asks for M = 1 and
    C >= lanes
last : whether the tensors are channels-last
sizes : N, C, M; chain and cross positions of x; those of y
taps : taps, zeros before x and dilation along the chain; zeros and dilation across
columns : the numbers of the taps across, so many that their number is compiled in
rows, grid, held, part : tuples whose lengths are compiled in, too: kernel rows whose sums are kept
    at a time, and the taps in those; the same for the gradients of the kernel
begin, end : the range of channels, or if ``last`` of groups of ``lanes`` channels, to work on
"""

import hashlib
import inspect
import sys

import numpy as np
from numba import njit

from dsconv_lib._depthwise import simd
from dsconv_lib._depthwise.simd import (
    add_products,
    add_scaled,
    advance,
    lanes,
    load,
    load_each,
    load_first,
    load_next,
    multiples,
    pointer,
    prefetch,
    prefetch_to_write,
    push,
    roll,
    splat,
    store,
    store_first,
    store_next,
    zeros_like,
)

# Positions of a plane that find room in the second level of the cache.
_MOST_POSITIONS = 1 << 16
# Products that are added to one number before it is added to the others.
_CHAIN = 64

_inline = njit(nogil=True, error_model="numpy", forceinline=True)


@_inline
def _copy(target, to, step, source, at, last, chain, cross, distance):
    """Copy a plane to rows of the scratch plane that are ``step`` apart.

    ``distance`` is that of the pixels of a channels-last tensor, whose rows are ``cross``.
    """
    V, count, width = lanes(source), cross if last else chain, chain if last else cross
    for row in range(count):
        a, b = to + row * step, at + row * width * distance
        if last:
            for i in range(width):
                store(target, a + i * V, load(source, b + i * distance))
        elif width < V:
            store_first(target, a, load_first(source, b, width), width)
        else:  # the last vector overlaps the one before it rather than run over
            for i in range(0, width - V, V):
                store(target, a + i, load(source, b + i))
            store(target, a + width - V, load(source, b + width - V))


@_inline
def _place(last, n, c, C, chain, cross):
    """First element of a plane, and the distances of its positions along the chain and across."""
    if last:
        return n * chain * cross * C + c, (C, chain * C)
    return (n * C + c) * chain * cross, (cross, 1)


@_inline
def _ahead(tensor, last, n, N, c, C, positions):
    """The plane that comes next, and how much of it to have fetched at each step, in elements."""
    V = lanes(tensor)
    n, c = (n + 1, c) if n + 1 < N else (0, c + (V if last else 1))
    hop = C if last else V
    if positions > _MOST_POSITIONS:
        hop = 0  # there is no room for it
    return advance(tensor, _place(last, n, c, C, positions, 1)[0]), hop


@_inline
def _spread(table, w, last, C, channel, kernel, turned):
    """Fill the table, one vector per tap: the tap in every lane, or the tap of each lane.

    ``kernel`` has the numbers of rows and columns; the rows come in reverse if ``turned``.
    """
    V = lanes(table)
    for row in range(kernel[0]):
        source = kernel[0] - 1 - row if turned else row
        for column in range(kernel[1]):
            k = source * kernel[1] + column
            if last:
                value = load(w, k * C + channel)
            else:
                value = splat(table, w[channel * kernel[0] * kernel[1] + k])
            store(table, (row * kernel[1] + column) * V, value)


@_inline
def _convolve(
    y, place, y_size, x, chain, unit, taps, weights, start, columns, rows, more, x_ahead, y_ahead
):
    """Write the convolution of a scratch plane ``x`` to ``y``, or add it to that if ``more``.

    ``place`` and ``y_size`` are as in `_place`; ``chain`` is how many positions of the chain there
    are in ``x`` and how far apart; ``unit`` is the distance across, ``columns`` that of the taps;
    ``taps`` are the positions of zeros before ``x`` and the dilation, along the chain.
    """
    V, (at, steps), (before, D) = lanes(x), place, taps
    width, phases, stride = y_size[1], min(D, y_size[0]), V if unit == 1 else 1
    # Otherwise the last vector overlaps the one before it.
    cut = more or width < stride
    idle, done = len(rows) - 1, 0  # steps until the first sum is done; sums that are done
    if y_size[0] == chain[0] == 1 and idle == before == 0 and not more and width >= stride:
        for strip in range(0, width, stride):  # one row, as of a sequence
            j = min(strip, width - stride)
            sums = zeros_like(load_next(x, 0, rows))
            sums = roll(sums, start, weights, load_each(x, j * unit, columns))
            prefetch(x_ahead[0], done * x_ahead[1])
            prefetch_to_write(y_ahead[0], done * y_ahead[1])
            done += 1
            store(y, at + j * steps[1], sums[-1])
        return
    for strip in range(0, width, stride):
        j = strip if cut else min(strip, width - stride)
        count = min(V, (width - j) * (V // stride))
        for phase in range(phases):
            sums, i = zeros_like(load_next(x, 0, rows)), phase - before
            to = at + phase * steps[0] + j * steps[1]
            for step in range((y_size[0] - phase + D - 1) // D + idle):
                if 0 <= i < chain[0]:
                    there = load_each(x, i * chain[1] + j * unit, columns)
                    sums = roll(sums, start, weights, there)
                else:
                    sums = push(sums, start)
                i += D
                if step < idle:
                    continue
                prefetch(x_ahead[0], done * x_ahead[1])
                prefetch_to_write(y_ahead[0], done * y_ahead[1])
                done += 1
                total = sums[-1]
                if more:
                    total = add_scaled((total,), splat(x, 1), (load_first(y, to, count),))[0]
                if count == V:
                    store(y, to, total)
                else:
                    store_first(y, to, total, count)
                to += D * steps[0]


@_inline
def _correlate(
    sums, x, x_chain, x_unit, width, g, g_chain, g_unit, taps, columns, held, part, ahead
):
    """Add the weight's gradient, lane by lane, to ``sums``.

    ``len(held)`` rows of the kernel are worked on at a time, the last of them first; surplus ones
    are summed in vain. The sums of some rows are taken before they are added to the others': long
    chains of additions to one number round badly. ``x`` has zeros behind its ``width``, and behind
    its end in ``x_chain``, beside what `_convolve` calls chain.
    """
    V, R, (K, before, D) = lanes(x), len(held), taps
    positions, hop, nothing = x_chain
    stride = V if x_unit == 1 else 1
    done = 0
    for first in range(0, K, R):
        own = advance(sums, first * len(columns) * V)
        total = load_next(own, 0, part)
        some, count, phases = zeros_like(total), 0, min(D, g_chain[0])
        single = g_chain[0] == positions == R == 1 and before == 0  # one row, as of a sequence
        for j in range(0, width, stride):
            if single:
                prefetch(ahead[0], done * ahead[1])
                done += 1
                above = push(zeros_like(load_next(x, 0, held)), load(x, j * x_unit))
                some = add_products(some, above, load_each(g, j * g_unit, columns))
                count, phases = count + 1, 0
            for phase in range(phases):
                above, i = zeros_like(load_next(x, 0, held)), phase - before + first * D
                for _ in range(R - 1):
                    at = i * hop + j * x_unit if 0 <= i < positions else nothing
                    above = push(above, load(x, at))
                    i += D
                for upstream in range(phase, g_chain[0], D):
                    prefetch(ahead[0], done * ahead[1])
                    done += 1
                    at = i * hop + j * x_unit if 0 <= i < positions else nothing
                    above = push(above, load(x, at))
                    there = load_each(g, upstream * g_chain[1] + j * g_unit, columns)
                    some = add_products(some, above, there)
                    i += D
                    count += 1
            if count >= _CHAIN:
                total = add_scaled(total, splat(x, 1), some)
                some, count = zeros_like(total), 0
        total = add_scaled(total, splat(x, 1), some)
        store_next(own, 0, total)


@_inline
def _collect(dw, sums, last, C, channel, kernel, R):
    """Write the sums of a channel to ``dw``; see `_correlate` for their order."""
    V = lanes(sums)
    for row in range(kernel[0]):
        source = row // R * R + R - 1 - row % R
        for column in range(kernel[1]):
            k, there = row * kernel[1] + column, (source * kernel[1] + column) * V
            if last:
                store(dw, k * C + channel, load(sums, there))
            else:
                total = sums[there]
                for lane in range(1, V):
                    total += sums[there + lane]
                dw[channel * kernel[0] * kernel[1] + k] = total


@_inline
def _whole(size, V):
    """The least multiple of V that is not below ``size``."""
    return (size + V - 1) // V * V


@_inline
def _forward(zero, y, x, w, bias, last, sizes, taps, columns, rows, grid, begin, end):
    """Write the convolution of ``x``, plus ``bias`` (C * M numbers, or address 0), to ``y``."""
    N, C, M, chain, cross, y_chain, y_cross = sizes
    along, before, D, before_cross, D_cross = taps
    biased = bias != 0
    y, x, w, bias = pointer(y, zero), pointer(x, zero), pointer(w, zero), pointer(bias, zero)
    V, kernel, R = lanes(x), (along, len(columns)), len(rows)
    room = (y_cross if last else _whole(y_cross, V)) + D_cross * (kernel[1] - 1)
    room = max(before_cross + cross, room)
    unit, hop = (chain * V, V) if last else (1, room)
    size = room * unit if last else chain * room
    pixel, step = (C, unit) if last else (1, room)
    apart = multiples(columns, D_cross * unit)
    scratch = np.full(size + kernel[0] * kernel[1] * V, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        xs = pointer(scratch.ctypes.data, zero)
        table = advance(xs, size)
        c = min(group * V, C - V) if last else group
        for n in range(N):
            at, _ = _place(last, n, c, C, chain, cross)
            x_ahead = _ahead(x, last, n, N, c, C, chain * cross)
            _copy(xs, before_cross * unit, step, x, at, last, chain, cross, pixel)
            for o in range(c * M, c * M + M):
                _spread(table, w, last, C, o, kernel, False)
                start = splat(xs, zero)
                if biased:
                    start = load(bias, o) if last else splat(xs, bias[o])
                place = _place(last, n, o, C * M, y_chain, y_cross)
                y_ahead = _ahead(y, last, n, N, o, C * M, y_chain * y_cross)
                for first in range(0, kernel[0], R):
                    _convolve(
                        y,
                        place,
                        (y_chain, y_cross),
                        xs,
                        (chain, hop),
                        unit,
                        (before - first * D, D),
                        load_next(table, first * kernel[1] * V, grid),
                        start,
                        apart,
                        rows,
                        first > 0,
                        x_ahead,
                        y_ahead,
                    )
                    start = splat(xs, zero)


@_inline
def _backward(
    zero, dx, dw, g, x, w, last, sizes, taps, columns, rows, grid, held, part, begin, end
):
    """Write the gradients of input and weight for the gradient ``g`` of the output.

    A channel is worked on by one thread from the first image to the last, so its sums do not depend
    on the threads.
    """
    N, C, M, chain, cross, g_chain, g_cross = sizes
    along, before, D, before_cross, D_cross = taps
    dx, dw = pointer(dx, zero), pointer(dw, zero)
    g, x, w = pointer(g, zero), pointer(x, zero), pointer(w, zero)
    V, kernel, R, W = lanes(x), (along, len(columns)), len(rows), len(held)
    # Position j of x meets position j + before - k D of g; with `lead` zeros that is not negative.
    span = D_cross * (kernel[1] - 1)
    lead = max(0, span - before_cross)
    width = cross if last else _whole(cross, V)
    room = lead + max(g_cross, before_cross + width)
    x_unit, x_hop, x_size = (chain * V, V, chain * width * V) if last else (1, width, chain * width)
    g_unit, g_hop = (g_chain * V, V) if last else (1, room)
    g_size = room * g_unit if last else g_chain * room
    pixel, x_step, g_step = (C, x_unit, g_unit) if last else (1, width, room)
    apart = multiples(columns, -D_cross * g_unit)
    count, own = kernel[0] * kernel[1] * V, (kernel[0] + W - 1) // W * len(part) * V
    scratch = np.full(x_size + V + g_size + count + M * own, zero)
    for group in range(begin, end):
        # Taken in the loop, since numba frees an array after its last use.
        xs = pointer(scratch.ctypes.data, zero)
        gs = advance(xs, x_size + V)
        table = advance(gs, g_size)
        sums = advance(table, count)
        met = advance(gs, (lead + before_cross) * g_unit)
        c = min(group * V, C - V) if last else group
        for i in range(0, M * own, V):
            store(sums, i, splat(xs, zero))
        for n in range(N):
            place = _place(last, n, c, C, chain, cross)
            x_ahead = _ahead(x, last, n, N, c, C, chain * cross)
            dx_ahead = _ahead(dx, last, n, N, c, C, chain * cross)
            _copy(xs, 0, x_step, x, place[0], last, chain, cross, pixel)
            for o in range(c * M, c * M + M):
                at, _ = _place(last, n, o, C * M, g_chain, g_cross)
                _copy(gs, lead * g_unit, g_step, g, at, last, g_chain, g_cross, pixel)
                _spread(table, w, last, C, o, kernel, True)
                g_ahead = _ahead(g, last, n, N, o, C * M, g_chain * g_cross)
                for first in range(0, kernel[0], R):
                    _convolve(
                        dx,
                        place,
                        (chain, cross),
                        met,
                        (g_chain, g_hop),
                        g_unit,
                        ((kernel[0] - 1 - first) * D - before, D),
                        load_next(table, first * kernel[1] * V, grid),
                        splat(xs, zero),
                        apart,
                        rows,
                        o > c * M or first > 0,
                        g_ahead,
                        dx_ahead,
                    )
                _correlate(
                    advance(sums, (o - c * M) * own),
                    xs,
                    (chain, x_hop, x_size),
                    x_unit,
                    width,
                    met,
                    (g_chain, g_hop),
                    g_unit,
                    (kernel[0], before, D),
                    apart,
                    held,
                    part,
                    x_ahead,
                )
        for m in range(M):
            _collect(dw, advance(sums, m * own), last, C, c * M + m, kernel, W)


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
