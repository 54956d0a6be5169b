"""Derivatives of a depthwise convolution, and what becomes of it under ``torch.vmap``: formulas.

Gradients are made of the same two operations as the convolution itself, so that derivatives of any
order exist. Here ``convolution`` and ``gradients`` are those operations (`operation.convolve` and
`operation.differentiate`), as the entrance offers them that takes a formula.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Operation = Callable[..., Any]


def keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    """Keep what `derivative` needs."""
    x, w, _, ctx.ends, ctx.path = inputs
    ctx.save_for_backward(x, w)


def keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    """Keep what `second_derivative` needs."""
    g, x, w, ctx.ends, ctx.path, ctx.need_x, ctx.need_w = inputs
    ctx.save_for_backward(g, x, w)


def derivative(gradients: Operation) -> Operation:
    """The way back through a convolution."""

    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, w = ctx.saved_tensors
        need_x, need_w, need_b = ctx.needs_input_grad[:3]
        dx = dw = None
        if need_x or need_w:
            dx, dw = gradients(g, x, w, ctx.ends, ctx.path, need_x, need_w)
        db = g.sum((0, 2, 3)) if need_b else None
        return dx if need_x else None, dw if need_w else None, db, None, None

    return backward


def second_derivative(convolution: Operation, gradients: Operation) -> Operation:
    """The way back through the gradients of a convolution.

    Both are linear in ``g``; dx is linear in ``w`` and dw in ``x``. So the answer to the directions
    ``ddx`` and ``ddw`` is two convolutions for ``g`` and one pair of gradients, in which ``ddx``
    takes the place of the input and ``ddw`` that of the weight.
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


def mapped(convolution: Operation) -> Operation:
    """Many convolutions as one: their inputs as more images, or their weights as more channels."""

    def vmap(info: Any, dims: Any, x: Tensor, w: Tensor, b: Tensor | None, *rest: Any) -> Any:
        count, (x_dim, w_dim, b_dim) = info.batch_size, dims[:3]
        if w_dim is None and b_dim is None:
            y = convolution(x.movedim(x_dim, 0).flatten(0, 1), w, b, *rest)
            return y.unflatten(0, (count, -1)), 0
        x, w = _as_channels(x, x_dim, 1, count), _as_channels(w, w_dim, 0, count)
        b = None if b is None else _as_channels(b, b_dim, 0, count)
        return convolution(x, w, b, *rest).unflatten(1, (count, -1)), 1

    return vmap


def mapped_gradients(gradients: Operation) -> Operation:
    """The gradients of many convolutions as those of one, likewise."""

    def vmap(info: Any, dims: Any, g: Tensor, x: Tensor, w: Tensor, *rest: Any) -> Any:
        count, (g_dim, x_dim, w_dim) = info.batch_size, dims[:3]
        *_, need_x, need_w = rest
        g, x = _as_channels(g, g_dim, 1, count), _as_channels(x, x_dim, 1, count)
        dx, dw = gradients(g, x, _as_channels(w, w_dim, 0, count), *rest)
        # What is not needed is empty.
        dx = dx.unflatten(1, (count, -1)) if need_x else dx.expand(count, 0)
        dw = dw.unflatten(0, (count, -1)) if need_w else dw.expand(count, 0)
        return (dx, dw), (1 if need_x else 0, 0)

    return vmap


def _as_channels(tensor: Tensor, dim: int | None, axis: int, count: int) -> Tensor:
    """Bring the ``count`` tensors along ``dim`` side by side along ``axis``; one is repeated."""
    if dim is None:
        tensor = tensor.unsqueeze(axis).expand(*tensor.shape[:axis], count, *tensor.shape[axis:])
    else:
        tensor = tensor.movedim(dim, axis)
    return tensor.flatten(axis, axis + 1)
