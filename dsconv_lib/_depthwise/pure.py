"""Depthwise convolution with PyTorch's own operations, arranged so that the fast ones serve.

PyTorch's fast depthwise kernel on CPU (oneDNN's) runs forward while the padding is at most 4, and
backward only for undilated kernels of at most 3 columns; all else takes a general path that is
5 to 20 times slower. The same numbers come out of fast operations:

- the input is padded beforehand, or the taps are added one by one if padding would blow it up;
- the input's gradient is a forward convolution of the upstream gradient with the kernel turned;
- the weight's gradient is taken of the D x D interleaved phases of input and gradient, in which
  the taps are neighbours, three kernel columns at a time; or else tap by tap.
"""

from collections.abc import Iterator
from itertools import product
from types import EllipsisType

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib._depthwise.geometry import Axis, Geometry, memory_format

Index = tuple[EllipsisType, slice, slice]

# The most padding with which PyTorch's fast forward kernel runs.
FAST_PADDING = 4
# The most kernel columns for which its fast weight gradient runs.
FAST_COLUMNS = 3


def convolve(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve; see `operation.convolve`."""
    form = memory_format(x)
    x = _repeated(x.contiguous(), w)
    by_taps = _reads(x, w, geometry) < _convolution_cost(x, geometry)
    y = (_by_taps if by_taps else _by_convolution)(x, w, b, geometry)
    return y.contiguous(memory_format=form)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, geometry: Geometry, need: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight; see `operation.differentiate`."""
    dx, dw, multiplier = x.new_empty(0), w.new_empty(0), w.shape[0] // x.shape[1]
    if need[0]:
        dx = convolve(g, w.flip(2, 3), None, geometry.turned(w))
        if multiplier > 1:
            dx = dx.unflatten(1, (-1, multiplier)).sum(2)
        dx = dx.contiguous(memory_format=memory_format(x))
    if need[1]:
        g, x = g.contiguous(), _repeated(x.contiguous(), w)
        by_taps = _reads(x, w, geometry) < _phase_cost(x, w, geometry)
        dw = (_weight_by_taps if by_taps else _weight_by_phases)(g, x, w, geometry)
    return dx, dw


def _repeated(x: Tensor, w: Tensor) -> Tensor:
    """Give every output channel an input channel of its own."""
    multiplier = w.shape[0] // x.shape[1]
    return x if multiplier == 1 else x.repeat_interleave(multiplier, 1)


# The costs that decide between two ways are in units of one product per output position, made
# tap by tap. They were fitted to measurements; nothing but speed hangs on them.
def _reads(x: Tensor, w: Tensor, geometry: Geometry) -> float:
    """Products per output position, without those with padding."""
    reads = 1.0
    for axis, size, taps in zip(geometry, x.shape[2:], w.shape[2:], strict=True):
        out = axis.output_size(size, taps)
        spans = (axis.overlap(size, out, tap)[0] for tap in range(taps))
        reads *= sum(span.stop - span.start for span in spans) / out
    return reads


def _convolution_cost(x: Tensor, geometry: Geometry) -> float:
    """Cost of padding the input and convolving it."""
    if _fast_padding(geometry) is not None:
        return 3.0
    cost = 5.0
    for axis, size in zip(geometry, x.shape[2:], strict=True):
        cost *= (size + axis.before + axis.after) / size
    return cost


def _phase_cost(x: Tensor, w: Tensor, geometry: Geometry) -> float:
    """Cost of taking the phases apart and of a weight gradient per block of kernel columns."""
    cost = 2.0 + 5.0 * -(-w.shape[3] // FAST_COLUMNS)
    for axis, size, taps in zip(geometry, x.shape[2:], w.shape[2:], strict=True):
        cost *= (-(-size // axis.dilation) + taps - 1) * axis.dilation / size
    return cost


def _fast_padding(geometry: Geometry) -> tuple[int, int] | None:
    """The padding that can be left to PyTorch's fast kernel, if it can."""
    (top, bottom, _), (left, right, _) = geometry
    fast = top == bottom and left == right and 0 <= min(top, left) <= max(top, left) <= FAST_PADDING
    return (top, left) if fast else None


def _by_convolution(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    rows, columns = geometry
    padding = _fast_padding(geometry)
    if padding is None:
        x, padding = F.pad(x, columns[:2] + rows[:2]), (0, 0)
    dilation = (rows.dilation, columns.dilation)
    return F.conv2d(x, w, b, 1, padding, dilation, groups=x.shape[1])


def _taps(x: Tensor, w: Tensor, geometry: Geometry) -> Iterator[tuple[int, int, Index, Index]]:
    """Row and column of each tap, the outputs that it adds to and the inputs that it reads."""
    out = geometry.output_size(x, w)
    for i, j in product(range(w.shape[2]), range(w.shape[3])):
        to_rows, from_rows = geometry.rows.overlap(x.shape[2], out[0], i)
        to_columns, from_columns = geometry.columns.overlap(x.shape[3], out[1], j)
        if to_rows.start < to_rows.stop and to_columns.start < to_columns.stop:
            yield i, j, (..., to_rows, to_columns), (..., from_rows, from_columns)


def _by_taps(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    shape = (x.shape[0], w.shape[0], *geometry.output_size(x, w))
    bias = x.new_zeros(()) if b is None else b.view(-1, 1, 1)
    y = bias.expand(shape).clone(memory_format=torch.contiguous_format)
    for i, j, to, source in _taps(x, w, geometry):
        y[to].addcmul_(x[source], w[:, :, i, j, None])
    return y


def _weight_by_taps(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    dw = torch.zeros_like(w, memory_format=torch.contiguous_format)
    for i, j, to, source in _taps(x, w, geometry):
        dw[:, 0, i, j] = (g[to] * x[source]).sum((0, 2, 3))
    return dw


def _weight_by_phases(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    kernel, sizes = w.shape[2:], g.shape[2:]
    # In phase p, output D j + p reads inputs D (j + k) + p: an undilated kernel.
    outs = [-(-size // axis.dilation) for size, axis in zip(sizes, geometry, strict=True)]
    inner = [_inner(axis, taps) for axis, taps in zip(geometry, kernel, strict=True)]
    ins = [out + taps - 1 - 2 * p for out, taps, p in zip(outs, kernel, inner, strict=True)]
    before = [0 if p else axis.before for p, axis in zip(inner, geometry, strict=True)]
    g, x = _phases(g, geometry, outs, [0, 0]), _phases(x, geometry, ins, before)
    blocks = []
    for first in range(0, kernel[1], FAST_COLUMNS):
        count = min(FAST_COLUMNS, kernel[1] - first)
        part = x[..., first : first + ins[1] - (kernel[1] - count)]
        like = w.new_empty(w.shape[0], 1, kernel[0], count)
        blocks.append(_undilated_weight_gradient(g, part, like, inner))
    return torch.cat(blocks, 3)


def _inner(axis: Axis, taps: int) -> int:
    """Padding of the phases that can be left to PyTorch's weight gradient: at most one."""
    whole = axis.before == axis.after == axis.dilation and taps <= FAST_COLUMNS
    return 1 if whole else 0


def _phases(x: Tensor, geometry: Geometry, counts: list[int], before: list[int]) -> Tensor:
    """Split rows and columns into interleaved phases, which become images of the batch."""
    (N, C, H, W), (rows, columns) = x.shape, geometry
    after = (
        counts[0] * rows.dilation - H - before[0],
        counts[1] * columns.dilation - W - before[1],
    )
    if any(before) or any(after):
        x = F.pad(x, (before[1], after[1], before[0], after[0]))
    x = x.view(N, C, counts[0], rows.dilation, counts[1], columns.dilation)
    return x.permute(0, 3, 5, 1, 2, 4).reshape(-1, C, *counts)


def _undilated_weight_gradient(g: Tensor, x: Tensor, w: Tensor, padding: list[int]) -> Tensor:
    backward = torch.ops.aten.convolution_backward
    one, none, only_weight = [1, 1], [0, 0], [False, True, False]
    result = backward(g, x, w, None, one, padding, one, False, none, x.shape[1], only_weight)
    return result[1]
