"""Depthwise convolution by the compiled kernels: tensors in, tensors out, spread over threads.

numba is imported when this module is, that is, when the compiled path is first taken.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dsconv_lib._depthwise import kernels
from dsconv_lib._depthwise.geometry import Geometry, memory_format
from dsconv_lib._depthwise.simd import BYTES

_ZERO = {torch.float32: np.float32(0), torch.float64: np.float64(0)}
# With fewer multiply-adds a thread takes longer to wake than to work.
_GRAIN = 1 << 20


class Plan(NamedTuple):
    """What the kernels need to know beside the tensors; see `kernels` for the terms."""

    out: tuple[int, ...]
    last: bool
    format: torch.memory_format
    sizes: tuple[int, ...]
    taps: tuple[int, ...]
    columns: tuple[int, ...]
    parts: int
    work: int
    zero: Any


@lru_cache(maxsize=1024)
def _plan(
    x: tuple[int, ...],
    w: tuple[int, ...],
    geometry: Geometry,
    form: torch.memory_format,
    dtype: torch.dtype,
) -> Plan:
    (N, C, H, W), (filters, _, kh, kw), (rows, columns) = x, w, geometry
    out = (N, filters, rows.output_size(H, kh), columns.output_size(W, kw))
    lanes = BYTES // dtype.itemsize
    # Lanes over channels need one output per channel and a full vector of channels.
    last = form == torch.channels_last and filters == C and lanes <= C
    unit = lanes if last else 1
    return Plan(
        out=out,
        last=last,
        format=form if last else torch.contiguous_format,
        sizes=(N, C, filters // C, H, W, *out[2:]),
        taps=(kh, rows.before, columns.before, rows.dilation),
        columns=tuple(k * columns.dilation * unit for k in range(kw)),
        parts=-(-C // lanes) if last else C,
        work=N * filters * H * W * kh * kw,
        zero=_ZERO[dtype],
    )


def convolve(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve; see `operation.convolve`."""
    form = memory_format(x)
    plan = _plan(x.shape, w.shape, geometry, form, x.dtype)
    x = x.contiguous(memory_format=plan.format)
    y = torch.empty(plan.out, dtype=x.dtype, device=x.device, memory_format=plan.format)
    w = w.permute(1, 2, 3, 0).contiguous() if plan.last else w.contiguous()
    b = None if b is None else b.contiguous()
    _run(kernels.forward, plan, plan.columns, (y, x, w, b))
    return y.contiguous(memory_format=form)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, geometry: Geometry, need: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight, in one pass; see `operation.differentiate`."""
    if need == (True, False) and w.shape[0] == x.shape[1]:
        turned = geometry.turned(w)
        if min(turned.rows + turned.columns) >= 0:
            return convolve(g, w.flip(2, 3), None, turned), w
    form = memory_format(x)
    plan = _plan(x.shape, w.shape, geometry, form, x.dtype)
    x, g = x.contiguous(memory_format=plan.format), g.contiguous(memory_format=plan.format)
    w = w.permute(1, 2, 3, 0).contiguous() if plan.last else w.contiguous()
    dx, dw = torch.empty_like(x), torch.empty_like(w)
    _run(kernels.backward, plan, plan.columns[::-1], (dx, dw, g, x, w))
    dw = dw.permute(3, 0, 1, 2).contiguous() if plan.last else dw
    return dx.contiguous(memory_format=form), dw


def _run(
    kernel: Callable[..., None],
    plan: Plan,
    columns: tuple[int, ...],
    tensors: tuple[Tensor | None, ...],
) -> None:
    """Call the kernel on all channels, in as many threads as PyTorch would use.

    The kernels release Python's lock, so that the threads run side by side.
    """
    addresses = [0 if tensor is None else tensor.data_ptr() for tensor in tensors]
    args = (plan.zero, *addresses, plan.last, plan.sizes, plan.taps, columns)
    threads = min(torch.get_num_threads(), plan.parts, 1 + plan.work // _GRAIN)
    if threads == 1:
        kernel(*args, 0, plan.parts)
        return
    bounds = [plan.parts * i // threads for i in range(threads + 1)]
    pool = _pool(os.getpid())
    first, *rest = pairwise(bounds)
    others = [pool.submit(kernel, *args, *part) for part in rest]
    kernel(*args, *first)
    for other in others:
        other.result()


@lru_cache(maxsize=1)
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads of this process; a forked child does not inherit its parent's."""
    return ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 1) - 1))
