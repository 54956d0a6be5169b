"""Depthwise convolution with PyTorch's own operations, arranged so that the fast ones serve.

On CPU, PyTorch's fast depthwise kernel (oneDNN's) runs forward, and only while no more columns of
padding are asked for than it computes at a time; wider padding and the gradients of dilated kernels
take general ways that need 5 to 20 times as long. But all three can be had from the fast kernel, or
from sums of few products:

- forward: the columns that are too many are padded beforehand; rows can be left to the kernel;
- the input's gradient is a forward convolution of the upstream gradient with the kernel turned;
- the weight's gradient is one, too: with the upstream gradient as the kernel, a plane of its own
  for each image and channel, whose steps over the input are as wide as the dilation, so that each
  step's sum of products is that of one tap; in channels-last, undilated gradients of small kernels
  have a fast way of their own, and positions a dilation apart make an undilated plane;
- where few products meet the input, they are summed tap by tap instead, of those positions alone.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib._depthwise.geometry import Geometry, is_channels_last
from dsconv_lib._depthwise.plain import MOST_PADDING

Meeting = tuple[int, Tensor, Tensor]
Size = tuple[int, ...]

# Columns of a weight's gradient that may be computed, most of them in vain, to save padding.
_MOST_STEPS = 7
# Up to so many reads of the input, sums tap by tap took less time than the fast kernel: forward
# where that needs padded columns, and for the weight's gradient. Measured with AVX2 and AVX-512.
_MOST_READS_PADDED = 5
_MOST_READS_WEIGHT = 3
_MOST_READS_WEIGHT_LAST = 7


def convolve(
    x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry, form: torch.memory_format
) -> Tensor:
    """Convolve, for an output of a format; see `operation.convolve`."""
    x = _repeated(x.contiguous(memory_format=form), w)
    # Forward in channels-last, sums tap by tap never took less time.
    if form == torch.contiguous_format:
        most = _MOST_READS_PADDED if max(geometry.columns[:2]) > MOST_PADDING else 1
        if _reads(x.shape[2:], w.shape[2:], geometry) <= most:
            return _by_taps(x, w, b, geometry)
    dilation = (geometry.rows.dilation, geometry.columns.dilation)
    columns = geometry.columns.output_size(x.shape[3], w.shape[3])
    x, padding = _padded(x, geometry, columns)
    return F.conv2d(x, w, b, 1, padding, dilation, groups=x.shape[1])


def differentiate(
    g: Tensor,
    x: Tensor,
    w: Tensor,
    geometry: Geometry,
    form: torch.memory_format,
    need: tuple[bool, bool],
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight; see `operation.differentiate`."""
    multiplier = w.shape[0] // x.shape[1]
    dx, dw = x, w
    g = g.contiguous(memory_format=form)
    if need[0]:
        dx = convolve(g, w.flip(2, 3), None, geometry.turned(w), form)
        dx = dx if multiplier == 1 else dx.unflatten(1, (-1, multiplier)).sum(2)
    if need[1]:
        x = x.contiguous(memory_format=form)
        dw = _weight_gradient(g, _repeated(x, w), w, geometry)
    return dx, dw


def _weight_gradient(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    """Choose one of three ways; channels-last must first be left for that by convolution."""
    last, sizes = is_channels_last(x), (x.shape[2:], w.shape[2:])
    if last and _has_phases(*sizes, geometry):
        return _weight_by_phases(g, x, w, geometry)
    if _reads(*sizes, geometry) <= (_MOST_READS_WEIGHT_LAST if last else _MOST_READS_WEIGHT):
        return _weight_by_taps(g, x, w, geometry)
    return _weight_by_convolution(g, x, w, geometry)


def _repeated(x: Tensor, w: Tensor) -> Tensor:
    """Give every output channel an input channel of its own."""
    multiplier = w.shape[0] // x.shape[1]
    return x if multiplier == 1 else x.repeat_interleave(multiplier, 1)


@lru_cache(maxsize=1024)
def _reads(size: Size, taps: Size, geometry: Geometry) -> float:
    """How many times all taps together read the input."""
    reads = 1.0
    for axis, length, count in zip(geometry, size, taps, strict=True):
        out = axis.output_size(length, count)
        spans = (axis.overlap(length, out, tap)[0] for tap in range(count))
        reads *= sum(span.stop - span.start for span in spans) / length
    return reads


@lru_cache(maxsize=1024)
def _has_phases(size: Size, taps: Size, geometry: Geometry) -> bool:
    """Whether a dilation divides the padding, and what is left is a case for the fast kernel."""
    return all(
        axis.before == axis.after in (0, axis.dilation) and count <= min(3, length // axis.dilation)
        for axis, length, count in zip(geometry, size, taps, strict=True)
    )


def _padded(x: Tensor, geometry: Geometry, most: int) -> tuple[Tensor, tuple[int, int]]:
    """The input, and the padding still to be done: as much as PyTorch and the fast kernel take."""
    (top, bottom, _), (left, right, _) = geometry
    rows, columns = max(0, min(top, bottom)), max(0, min(left, right, most, MOST_PADDING))
    ends = (left - columns, right - columns, top - rows, bottom - rows)
    return F.pad(x, ends) if any(ends) else x, (rows, columns)


def _part(x: Tensor, rows: slice, columns: slice) -> Tensor:
    """``x[:, :, rows, columns]`` in one call."""
    size = (*x.shape[:2], rows.stop - rows.start, columns.stop - columns.start)
    begin = rows.start * x.stride(2) + columns.start * x.stride(3)
    return x.as_strided(size, x.stride(), x.storage_offset() + begin)


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
    x, g = _contiguous(x), _contiguous(g)
    finer = _finer_steps(w.shape[3], geometry)
    x, padding = _padded(x, geometry, finer * (w.shape[3] - 1) + 1)
    steps = (geometry.rows.dilation, geometry.columns.dilation // finer)
    planes, kernels = x.view(1, -1, *x.shape[2:]), g.view(-1, 1, *g.shape[2:])
    dw = F.conv2d(planes, kernels, None, steps, padding, groups=kernels.shape[0])
    dw = dw if finer == 1 else dw[..., ::finer]
    return dw.reshape(-1, *w.shape).sum(0)


def _finer_steps(taps: int, geometry: Geometry) -> int:
    """Into how many steps to divide a dilation, so that columns need not be padded beforehand.

    For each step there is a column of the output, and so many columns of padding are fast.
    """
    before, after, dilation = geometry.columns
    for finer in range(1, dilation + 1) if before == after <= MOST_PADDING else ():
        if dilation % finer == 0 and before <= finer * (taps - 1) + 1 <= _MOST_STEPS:
            return finer
    return 1


def _weight_by_phases(g: Tensor, x: Tensor, w: Tensor, geometry: Geometry) -> Tensor:
    """The undilated kernel's gradient, which has a fast way in channels-last, of every phase."""
    phases = geometry.columns.dilation
    x, g = _phases(x, geometry), _phases(g, geometry)
    taps = w.new_empty(x.shape[1], *w.shape[1:])
    padding = [axis.before // axis.dilation for axis in geometry]
    rest = ([1, 1], padding, [1, 1], False, [0, 0], x.shape[1], [False, True, False])
    dw = torch.ops.aten.convolution_backward(g, x, taps, None, *rest)[1]
    return dw.view(phases, *w.shape).sum(0)


def _phases(x: Tensor, geometry: Geometry) -> Tensor:
    """Bring together the positions a dilation apart: rows as images, columns as channels."""
    rows, columns = geometry.rows.dilation, geometry.columns.dilation
    if x.shape[2] % rows or x.shape[3] % columns:
        x = F.pad(x, (0, -x.shape[3] % columns, 0, -x.shape[2] % rows))
    N, C, H, W = x.shape
    x = x.permute(0, 2, 3, 1).reshape(N, H // rows, rows, W // columns, columns * C)
    return x.transpose(1, 2).flatten(0, 1).permute(0, 3, 1, 2)


def _contiguous(x: Tensor) -> Tensor:
    """``x.contiguous()``, out of channels-last by image: PyTorch transposes matrices in blocks."""
    if not is_channels_last(x) or x[0].numel() < 1 << 16:
        return x.contiguous()
    y = torch.empty_like(x, memory_format=torch.contiguous_format)
    for target, source in zip(y, x, strict=True):
        target.flatten(1).copy_(source.flatten(1))
    return y
