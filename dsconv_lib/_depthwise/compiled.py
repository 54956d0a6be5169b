"""Depthwise convolution by the compiled kernels: tensors in, tensors out, spread over threads.

numba is imported when this module is, that is, when the compiled path is first taken.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from dsconv_lib._depthwise import kernels
from dsconv_lib._depthwise.geometry import Geometry, memory_format
from dsconv_lib._depthwise.simd import BYTES

# Below this many multiply-adds a thread would take longer to wake than to work.
GRAIN = 1 << 20


class _Workers:
    """Threads that run kernels; the kernels release Python's lock, so they run side by side."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) - 1))

    def run(self, kernel: Callable[..., None], args: tuple[Any, ...], parts: int, work: int) -> None:
        """Call ``kernel(*args, begin, end)`` so that the ranges cover ``range(parts)``."""
        threads = max(1, min(torch.get_num_threads(), parts, work // GRAIN))
        bounds = [parts * i // threads for i in range(threads + 1)]
        others = [
            self.pool.submit(kernel, *args, begin, end)
            for begin, end in zip(bounds[1:], bounds[2:], strict=False)
        ]
        kernel(*args, bounds[0], bounds[1])
        for other in others:
            other.result()


_workers = _Workers()
# A forked child inherits the pool without its threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.__init__)


class _Job:
    """What forward and backward of one call have in common; see `kernels` for the terms."""

    def __init__(self, x: Tensor, w: Tensor, geometry: Geometry):
        (N, C, H, W), (O, _, kh, kw) = x.shape, w.shape
        (top, _, row_dilation), (left, _, column_dilation) = geometry
        lanes = BYTES // x.element_size()
        self.format = memory_format(x)
        # Lanes over channels need one output per channel and a full vector of channels.
        self.last = self.format == torch.channels_last and O == C and C >= lanes
        self.inner = self.format if self.last else torch.contiguous_format
        self.out = (N, O, *geometry.output_size(x, w))
        self.sizes = (N, C, O // C, H, W, *self.out[2:])
        self.taps = (kh, top, left, row_dilation)
        unit = lanes if self.last else 1
        self.columns = tuple(k * column_dilation * unit for k in range(kw))
        self.parts = -(-C // lanes) if self.last else C
        self.work = N * O * H * W * kh * kw

    def empty(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=self.inner)

    def flat(self, tensor: Tensor) -> Any:
        """The elements in the order of the kernels, as a NumPy array; memory is shared if it can."""
        tensor = tensor.detach().contiguous(memory_format=self.inner)
        return (tensor.permute(0, 2, 3, 1) if self.last else tensor).view(-1).numpy()

    def flat_weight(self, w: Tensor) -> Any:
        w = w.detach()
        return (w.permute(1, 2, 3, 0) if self.last else w).reshape(-1).numpy()

    def run(self, kernel: Callable[..., None], *arrays: Any, columns: tuple[int, ...]) -> None:
        args = (*arrays, self.last, self.sizes, self.taps, columns)
        _workers.run(kernel, args, self.parts, self.work)


def convolve(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve; see `operation.convolve`."""
    job = _Job(x, w, geometry)
    y = job.empty(x, job.out)
    bias = x.new_zeros(w.shape[0]) if b is None else b.detach().contiguous()
    arrays = (job.flat(y), job.flat(x), job.flat_weight(w), bias.numpy())
    job.run(kernels.forward, *arrays, columns=job.columns)
    return y.contiguous(memory_format=job.format)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, geometry: Geometry, need: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight; see `operation.differentiate`.

    One pass makes both. The input's alone is a forward convolution of the upstream gradient.
    """
    turned = geometry.turned(w)
    if need == (True, False) and w.shape[0] == x.shape[1] and min(turned.rows + turned.columns) >= 0:
        return convolve(g, w.flip(2, 3), None, turned), w.new_empty(0)
    job = _Job(x, w, geometry)
    dx = job.empty(x, tuple(x.shape))
    dw = w.new_empty((*w.shape[1:], w.shape[0]) if job.last else w.shape)
    arrays = (job.flat(dx), dw.view(-1).numpy(), job.flat(g), job.flat(x), job.flat_weight(w))
    job.run(kernels.backward, *arrays, columns=job.columns[::-1])
    dw = dw.permute(3, 0, 1, 2).contiguous() if job.last else dw
    return dx.contiguous(memory_format=job.format), dw
