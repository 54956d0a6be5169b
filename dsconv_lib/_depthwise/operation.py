"""Stride-1 depthwise convolution as an operation that autograd and ``torch.compile`` know.

Two entrances lead to the same work. `Convolution`, an autograd function, costs eager code the
least. ``torch.ops.dsconv_lib.depthwise``, a registered operation, is what the compiler can see; it
takes several times as long to enter. Gradients are made of the same two operations as the
convolution itself, so that derivatives of any order exist.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from dsconv_lib._depthwise import plain
from dsconv_lib._depthwise.geometry import Axis, Geometry, memory_format

Need = tuple[bool, bool]
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
    Tensor, shape (N, C * M, out_rows, out_columns), in the memory format of ``x``
    """
    if x.numel() == 0:
        return _empty_output(x, w, ends)
    geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
    w = w if kept is None else w[kept]
    if plain.is_quick_forward(x, w, geometry, x.dtype):
        return plain.convolve(x, w, b, geometry)
    if x.dtype in _ROUNDED:
        b = None if b is None else b.float()
        return _module(path).convolve(x.float(), w.float(), b, geometry).to(x.dtype)
    return _module(path).convolve(x, w, b, geometry)


def is_left_to_pytorch(x: Tensor, w: Tensor, ends: Sequence[int], dtype: torch.dtype) -> bool:
    """Whether `convolve` with tensors of this dtype is PyTorch's own convolution."""
    geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
    return plain.is_quick_forward(x, w if kept is None else w[kept], geometry, dtype)


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, ends: Sequence[int], path: str, need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight for the gradient ``g`` of the output; empty if not needed."""
    if x.numel() == 0:
        dx, dw = torch.empty_like(x), torch.zeros_like(w, memory_format=torch.contiguous_format)
    elif x.dtype in _ROUNDED:
        full = (g.float(), x.float(), w.float())
        dx, dw = differentiate(*full, ends, path, need_x, need_w)
        dx, dw = dx.to(x.dtype), dw.to(w.dtype)
    else:
        geometry, kept = _meeting(x.shape[2:], w.shape[2:], tuple(ends))
        part = w if kept is None else w[kept]
        dx, dw = _module(path).differentiate(g, x, part, geometry, (need_x, need_w))
        if need_w and kept is not None:
            dw, part = torch.zeros_like(w, memory_format=torch.contiguous_format), dw
            dw[kept] = part
    return dx if need_x else x.new_empty(0), dw if need_w else w.new_empty(0)


@cache
def _module(path: str) -> ModuleType:
    """The module that takes a path; "compiled" brings numba."""
    return import_module(f"dsconv_lib._depthwise.{path}")


def _geometry(ends: Sequence[int]) -> Geometry:
    return Geometry(Axis(*ends[:3]), Axis(*ends[3:]))


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


def _empty_output(x: Tensor, w: Tensor, ends: Sequence[int]) -> Tensor:
    shape = (x.shape[0], w.shape[0], *_geometry(ends).output_size(x, w))
    return x.new_empty(shape).contiguous(memory_format=memory_format(x))


# The formulas of the derivatives, for both entrances. `convolution` and `gradients` are the
# operations as that entrance offers them.
def _keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    x, w, _, ctx.ends, ctx.path = inputs
    ctx.save_for_backward(x, w)


def _keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    g, x, w, ctx.ends, ctx.path, ctx.need_x, ctx.need_w = inputs
    ctx.save_for_backward(g, x, w)


def _derivative(gradients: Callable[..., Any]) -> Callable[..., Any]:
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, w = ctx.saved_tensors
        need_x, need_w, need_b = ctx.needs_input_grad[:3]
        dx = dw = None
        if need_x or need_w:
            dx, dw = gradients(g, x, w, ctx.ends, ctx.path, need_x, need_w)
        db = g.sum((0, 2, 3)) if need_b else None
        return dx if need_x else None, dw if need_w else None, db, None, None

    return backward


def _second_derivative(
    convolution: Callable[..., Any], gradients: Callable[..., Any]
) -> Callable[..., Any]:
    """Both gradients are linear in ``g``; dx is linear in ``w`` and dw in ``x``.

    So the answer to the directions ``ddx`` and ``ddw`` is two convolutions for ``g`` and one pair
    of gradients, in which ``ddx`` takes the place of the input and ``ddw`` that of the weight.
    """

    def backward(ctx: Any, ddx: Tensor, ddw: Tensor) -> tuple[Tensor | None, ...]:
        g, x, w = ctx.saved_tensors
        ddx = ddx if ctx.need_x else torch.zeros_like(x)
        ddw = ddw if ctx.need_w else torch.zeros_like(w)
        rest = (ctx.ends, ctx.path)
        need_g, need_x, need_w = ctx.needs_input_grad[:3]
        to_g = to_x = to_w = None
        if need_g:
            to_g = convolution(ddx, w, None, *rest) + convolution(x, ddw, None, *rest)
        if need_x or need_w:
            to_x, to_w = gradients(g, ddx, ddw, *rest, need_x, need_w)
        return to_g, to_x if need_x else None, to_w if need_w else None, None, None, None, None

    return backward


class Convolution(torch.autograd.Function):
    """`convolve` for eager code."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        """See `convolve`."""
        _keep(ctx, inputs, None)
        return convolve(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        """See `_derivative`; an operation of its own only where it will be differentiated."""
        gradients = Gradients.apply if torch.is_grad_enabled() else differentiate
        return _derivative(gradients)(ctx, g)


class Gradients(torch.autograd.Function):
    """`differentiate` for eager code."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> tuple[Tensor, Tensor]:
        """See `differentiate`."""
        _keep_gradients(ctx, inputs, None)
        return differentiate(*inputs)

    @staticmethod
    def backward(ctx: Any, *directions: Tensor) -> Any:
        """See `_second_derivative`."""
        return _second_derivative(Convolution.apply, Gradients.apply)(ctx, *directions)


@torch.library.custom_op(
    "dsconv_lib::depthwise",
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor x, Tensor w, Tensor? b, int[] ends, str path) -> Tensor",
)
def depthwise(x: Tensor, w: Tensor, b: Tensor | None, ends: list[int], path: str) -> Tensor:
    """`convolve` for the compiler."""
    return convolve(x, w, b, ends, path)


@torch.library.custom_op(
    "dsconv_lib::depthwise_gradients",
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor g, Tensor x, Tensor w, int[] ends, str path, bool need_x, bool need_w)"
    " -> (Tensor, Tensor)",
)
def depthwise_gradients(
    g: Tensor, x: Tensor, w: Tensor, ends: list[int], path: str, need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    """`differentiate` for the compiler."""
    return differentiate(g, x, w, ends, path, need_x, need_w)


@depthwise.register_fake
def _(x: Tensor, w: Tensor, b: Tensor | None, ends: list[int], path: str) -> Tensor:
    return _empty_output(x, w, ends)


@depthwise_gradients.register_fake
def _(
    g: Tensor, x: Tensor, w: Tensor, ends: list[int], path: str, need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    dx = torch.empty_like(x, memory_format=memory_format(x)) if need_x else x.new_empty(0)
    return dx, w.new_empty(w.shape if need_w else 0)


depthwise.register_autograd(_derivative(depthwise_gradients), setup_context=_keep)
depthwise_gradients.register_autograd(
    _second_derivative(depthwise, depthwise_gradients), setup_context=_keep_gradients
)
