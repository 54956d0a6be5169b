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
from dsconv_lib._depthwise.geometry import Geometry
from dsconv_lib._depthwise.simd import BYTES, REGISTERS

_ZERO = {torch.float32: np.float32(0), torch.float64: np.float64(0)}
# Kernels all of whose rows are taken at once; of others, one row at a time. For each kind code must
# be compiled, which takes some seconds.
_AT_ONCE = {(3, 3), (5, 5), (7, 7)}
# With fewer multiply-adds a thread takes longer to wake than to work.
_GRAIN = 1 << 23


class Plan(NamedTuple):
    """What the kernels need to know beside the tensors; see `kernels` for the terms."""

    out: tuple[int, ...]
    last: bool
    format: torch.memory_format
    sizes: tuple[int, ...]
    taps: tuple[int, ...]
    lengths: tuple[tuple[int, ...], ...]
    held: tuple[tuple[int, ...], ...]
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
    (along, across), axes = _turned((kh, kw), last), _turned((rows, columns), last)
    kept = along if (along, across) in _AT_ONCE else 1
    held = _held_rows(kept, across)
    return Plan(
        out=out,
        last=last,
        format=form if last else torch.contiguous_format,
        sizes=(N, C, filters // C, *_turned((H, W), last), *_turned(out[2:], last)),
        taps=(along, *(value for axis in axes for value in (axis.before, axis.dilation))),
        lengths=(tuple(range(across)), (0,) * kept, (0,) * (kept * across)),
        held=((0,) * held, (0,) * (held * across)),
        parts=-(-C // lanes) if last else C,
        work=N * filters * H * W * kh * kw,
        zero=_ZERO[dtype],
    )


def _turned(pair: tuple[Any, Any], last: bool) -> tuple[Any, Any]:
    """Rows and columns in the order along and across; see `kernels`."""
    return pair[::-1] if last else pair


def _held_rows(rows: int, columns: int) -> int:
    """How many kernel rows' gradients to sum at a time: what fits into registers, in equal parts.

    Each takes as many registers as it has columns, and one for its row of the input; the upstream
    gradient takes one for each column. One too many still pays.
    """
    most = max(1, (REGISTERS + 1 - columns) // (columns + 1))
    parts = -(-rows // most)
    return -(-rows // parts)


def convolve(
    x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry, form: torch.memory_format
) -> Tensor:
    """Convolve, for an output of a format; see `operation.convolve`."""
    plan = _plan(x.shape, w.shape, geometry, form, x.dtype)
    x = x.contiguous(memory_format=plan.format)
    y = torch.empty(plan.out, dtype=x.dtype, device=x.device, memory_format=plan.format)
    w = w.permute(1, 3, 2, 0).contiguous() if plan.last else w.contiguous()
    b = None if b is None else b.contiguous()
    _run(kernels.forward, plan, plan.lengths, (y, x, w, b))
    return y


def differentiate(
    g: Tensor,
    x: Tensor,
    w: Tensor,
    geometry: Geometry,
    form: torch.memory_format,
    need: tuple[bool, bool],
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight, in one pass; see `operation.differentiate`."""
    if need == (True, False) and w.shape[0] == x.shape[1]:
        turned = geometry.turned(w)
        if min(turned.rows + turned.columns) >= 0:
            return convolve(g, w.flip(2, 3), None, turned, form), w
    plan = _plan(x.shape, w.shape, geometry, form, x.dtype)
    x, g = x.contiguous(memory_format=plan.format), g.contiguous(memory_format=plan.format)
    w = w.permute(1, 3, 2, 0).contiguous() if plan.last else w.contiguous()
    dx, dw = torch.empty_like(x), torch.empty_like(w)
    _run(kernels.backward, plan, plan.lengths + plan.held, (dx, dw, g, x, w))
    dw = dw.permute(3, 0, 2, 1).contiguous() if plan.last else dw
    return dx, dw


def _run(
    kernel: Callable[..., None],
    plan: Plan,
    tuples: tuple[tuple[int, ...], ...],
    tensors: tuple[Tensor | None, ...],
) -> None:
    """Call the kernel on all channels, in as many threads as PyTorch would use.

    The kernels release Python's lock, so that the threads run side by side.
    """
    addresses = [0 if tensor is None else tensor.data_ptr() for tensor in tensors]
    args = (plan.zero, *addresses, plan.last, plan.sizes, plan.taps, *tuples)
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
