"""Depthwise convolution with PyTorch's own operations, arranged so that the fast ones serve.

On CPU, PyTorch's fast depthwise kernel (oneDNN's) runs forward, and only while the padding is at
most 4; larger padding and the gradients of dilated kernels take general ways that need 5 to 20
times as long. But all three can be had from the fast kernel, or from sums of few products:

- forward: the input is padded beforehand;
- the input's gradient is a forward convolution of the upstream gradient with the kernel turned;
- the weight's gradient is one, too: with the upstream gradient as the kernel, a plane of its own
  for each image and channel, whose steps over the input are as wide as the dilation, so that each
  step's sum of products is that of one tap;
- where padding would blow the input up, the products are summed tap by tap instead, of those
  positions alone at which the tap meets the input.
"""

from collections.abc import Iterator
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib._depthwise.geometry import Geometry, memory_format

Meeting = tuple[int, Tensor, Tensor]

# The most padding with which the fast kernel runs forward, and with which it does in wide steps.
_FAST_PADDING = 4
_FAST_STRIDED_PADDING = 3


def convolve(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve; see `operation.convolve`."""
    form = memory_format(x)
    x = _repeated(x.contiguous(), w)
    if _fast_padding(geometry, _FAST_PADDING) is None and _cost_of_taps(
        x, w, geometry, read=0.3, row=20, start=20e3
    ) < 1.8 * _growth(x, geometry):
        y = _by_taps(x, w, b, geometry)
    else:
        x, padding = _padded(x, geometry, _FAST_PADDING)
        dilation = (geometry.rows.dilation, geometry.columns.dilation)
        y = F.conv2d(x, w, b, 1, padding, dilation, groups=x.shape[1])
    return y.contiguous(memory_format=form)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, geometry: Geometry, need: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight; see `operation.differentiate`."""
    multiplier = w.shape[0] // x.shape[1]
    dx, dw = x, w
    if need[0]:
        dx = convolve(g, w.flip(2, 3), None, geometry.turned(w))
        if multiplier > 1:
            dx = dx.unflatten(1, (-1, multiplier)).sum(2)
        dx = dx.contiguous(memory_format=memory_format(x))
    if need[1]:
        x, g = _repeated(x.contiguous(), w), g.contiguous()
        taps = _cost_of_taps(x, w, geometry, read=0.45, row=10, start=30e3)
        by_taps = taps < 1.9 * _growth(x, geometry)
        dw = (_weight_by_taps if by_taps else _weight_by_convolution)(g, x, w, geometry)
    return dx, dw


def _repeated(x: Tensor, w: Tensor) -> Tensor:
    """Give every output channel an input channel of its own."""
    multiplier = w.shape[0] // x.shape[1]
    return x if multiplier == 1 else x.repeat_interleave(multiplier, 1)


# Costs decide between two ways, in nanoseconds per element of the input. They were fitted to
# measurements on one machine; nothing but the speed hangs on them.
def _cost_of_taps(
    x: Tensor, w: Tensor, geometry: Geometry, *, read: float, row: float, start: float
) -> float:
    """Cost of summing tap by tap.

    ``read`` is for one product, ``row`` how many more products a row could have held in the time
    that it takes to begin it, ``start`` for the calls of PyTorch that one tap needs.
    """
    reads = 1.0
    for axis, size, taps in zip(geometry, x.shape[2:], w.shape[2:], strict=True):
        out = axis.output_size(size, taps)
        spans = (axis.overlap(size, out, tap)[0] for tap in range(taps))
        reads *= sum(span.stop - span.start for span in spans) / size
    calls = w.shape[2] * w.shape[3] * start / x.numel()
    return read * reads * (1 + row / x.shape[3]) + calls


def _growth(x: Tensor, geometry: Geometry) -> float:
    """How many times larger padding makes the input."""
    (top, bottom, _), (left, right, _) = geometry
    height, width = x.shape[2:]
    return (height + top + bottom) * (width + left + right) / (height * width)


def _fast_padding(geometry: Geometry, most: int) -> tuple[int, int] | None:
    """The padding that can be left to the fast kernel, if it can."""
    (top, bottom, _), (left, right, _) = geometry
    fast = top == bottom and left == right and 0 <= min(top, left) <= max(top, left) <= most
    return (top, left) if fast else None


def _padded(x: Tensor, geometry: Geometry, most: int) -> tuple[Tensor, tuple[int, int]]:
    """The input, and the padding that is still to be done."""
    padding = _fast_padding(geometry, most)
    if padding is not None:
        return x, padding
    return F.pad(x, geometry.columns[:2] + geometry.rows[:2]), (0, 0)


def _part(x: Tensor, rows: slice, columns: slice) -> Tensor:
    """``x[:, :, rows, columns]`` of a contiguous tensor, in one call."""
    size = (*x.shape[:2], rows.stop - rows.start, columns.stop - columns.start)
    return x.as_strided(
        size, x.stride(), x.storage_offset() + rows.start * x.shape[3] + columns.start
    )


def _meetings(x: Tensor, y: Tensor, w: Tensor, geometry: Geometry) -> Iterator[Meeting]:
    """For each tap its number, the part of ``x`` that it reads and the part of ``y`` it adds to."""
    for k, (i, j) in enumerate(product(range(w.shape[2]), range(w.shape[3]))):
        to_rows, from_rows = geometry.rows.overlap(x.shape[2], y.shape[2], i)
        to_columns, from_columns = geometry.columns.overlap(x.shape[3], y.shape[3], j)
        if to_rows.start < to_rows.stop and to_columns.start < to_columns.stop:
            yield k, _part(x, from_rows, from_columns), _part(y, to_rows, to_columns)


def _by_taps(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    shape = (x.shape[0], w.shape[0], *geometry.output_size(x, w))
    start = x.new_zeros(()) if b is None else b.view(-1, 1, 1)
    y = start.expand(shape).clone(memory_format=torch.contiguous_format)
    factors = w.reshape(w.shape[0], -1, 1, 1).unbind(1)
    for k, source, target in _meetings(x, y, w, geometry):
        target.addcmul_(source, factors[k])
    return y


def _weight_by_taps(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    sums = [w.new_zeros(w.shape[0])] * (w.shape[2] * w.shape[3])
    for k, source, upstream in _meetings(x, g, w, geometry):
        sums[k] = (source * upstream).sum((0, 2, 3))
    return torch.stack(sums, 1).view(w.shape)


def _weight_by_convolution(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    images, filters = g.shape[:2]
    x, padding = _padded(x, geometry, _FAST_STRIDED_PADDING)
    steps = (geometry.rows.dilation, geometry.columns.dilation)
    planes, kernels = x.flatten(0, 1)[None], g.flatten(0, 1)[:, None]
    dw = F.conv2d(planes, kernels, None, steps, padding, groups=images * filters)
    return dw.view(images, filters, 1, *w.shape[2:]).sum(0).view(w.shape)
