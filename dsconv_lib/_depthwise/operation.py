"""Stride-1 depthwise convolution and its gradients, by a path: tensors in, tensors out.

`eager` and `registered` give them to autograd and to ``torch.compile``.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

import torch
from torch import Tensor

from dsconv_lib._depthwise import plain
from dsconv_lib._depthwise.geometry import Axis, Geometry, memory_format

_ROUNDED = (torch.bfloat16, torch.float16)


def convolve(x: Tensor, w: Tensor, b: Tensor | None, ends: Sequence[int], path: str) -> Tensor:
    """Convolve ``x`` (N, C, H, W) with ``w`` (C * M, 1, kh, kw), stride 1.

    Parameters
    ----------
    ends : six int
        Padding above, padding below, dilation of the rows; then before, after and dilation of the
        columns.
    path : "pure" or "compiled"

    Returns
    -------
    Tensor, shape (N, C * M, out_rows, out_columns), in the `memory_format` of ``x`` and ``w``
    """
    if x.numel() == 0:
        return empty_output(x, w, ends)
    form = memory_format(x, w)
    geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
    w = w if kept is None else w[kept]
    if plain.is_quick_forward(x, w, geometry, form, x.dtype):
        y = plain.convolve(x, w, b, geometry)
    elif x.dtype in _ROUNDED:
        b = None if b is None else b.float()
        y = _module(path).convolve(x.float(), w.float(), b, geometry, form).to(x.dtype)
    else:
        y = _module(path).convolve(x, w, b, geometry, form)
    return y.contiguous(memory_format=form)


def is_left_to_pytorch(x: Tensor, w: Tensor, ends: Sequence[int], dtype: torch.dtype) -> bool:
    """Whether `convolve` with tensors of this dtype is PyTorch's own convolution."""
    geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
    part = w if kept is None else w[kept]
    return plain.is_quick_forward(x, part, geometry, memory_format(x, w), dtype)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, ends: Sequence[int], path: str, need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight for the gradient ``g`` of the output; empty if not needed.

    That of the input has the format of the output, as in PyTorch; that of the weight is contiguous.
    """
    form = memory_format(x, w)
    if x.numel() == 0:
        dx, dw = torch.empty_like(x), torch.zeros_like(w, memory_format=torch.contiguous_format)
    elif x.dtype in _ROUNDED:
        full = (g.float(), x.float(), w.float())
        dx, dw = differentiate(*full, ends, path, need_x, need_w)
        dx, dw = dx.to(x.dtype), dw.to(w.dtype)
    else:
        geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
        part = w if kept is None else w[kept]
        dx, dw = _module(path).differentiate(g, x, part, geometry, form, (need_x, need_w))
        if need_w and kept is not None:
            dw, part = torch.zeros_like(w, memory_format=torch.contiguous_format), dw
            dw[kept] = part
    return (
        dx.contiguous(memory_format=form) if need_x else x.new_empty(0),
        dw.contiguous() if need_w else w.new_empty(0),
    )


def empty_output(x: Tensor, w: Tensor, ends: Sequence[int]) -> Tensor:
    """A tensor like the output, with any values in it."""
    geometry = Geometry(Axis(*ends[:3]), Axis(*ends[3:]))
    shape = (x.shape[0], w.shape[0], *geometry.output_size(x, w))
    return x.new_empty(shape).contiguous(memory_format=memory_format(x, w))


@cache
def _module(path: str) -> ModuleType:
    """The module that takes a path; "compiled" brings numba."""
    return import_module(f"dsconv_lib._depthwise.{path}")


@lru_cache(maxsize=1024)
def _meeting(
    size: tuple[int, ...], taps: tuple[int, ...], ends: tuple[int, ...]
) -> tuple[Geometry, tuple[slice, ...] | None]:
    """The geometry and the part of the kernel that meet the input; `None` if all of it does."""
    rows, row_taps = Axis(*ends[:3]).meeting(size[0], taps[0])
    columns, column_taps = Axis(*ends[3:]).meeting(size[1], taps[1])
    whole = row_taps == slice(0, taps[0]) and column_taps == slice(0, taps[1])
    kept = None if whole else (slice(None), slice(None), row_taps, column_taps)
    return Geometry(rows, columns), kept
