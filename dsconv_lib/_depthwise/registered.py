"""The convolution as operations that ``torch.compile`` and the transforms of ``torch.func`` know.

``torch.ops.dsconv_lib.depthwise`` and its gradients are what the compiler sees. They take several
times as long to enter as those of `eager`. Their derivatives as PyTorch registers them do not go
through transforms; those of an autograd function do, which is `Transformed`.
"""

from typing import Any

import torch
from torch import Tensor

from dsconv_lib._depthwise import derivatives
from dsconv_lib._depthwise.geometry import memory_format
from dsconv_lib._depthwise.operation import convolve, differentiate, empty_output


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
    return empty_output(x, w, ends)


@depthwise_gradients.register_fake
def _(
    g: Tensor, x: Tensor, w: Tensor, ends: list[int], path: str, need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    dx = torch.empty_like(x, memory_format=memory_format(x, w)) if need_x else x.new_empty(0)
    return dx, w.new_empty(w.shape if need_w else 0)


depthwise.register_autograd(
    derivatives.derivative(depthwise_gradients), setup_context=derivatives.keep
)
depthwise_gradients.register_autograd(
    derivatives.second_derivative(depthwise, depthwise_gradients),
    setup_context=derivatives.keep_gradients,
)
depthwise.register_vmap(derivatives.mapped(depthwise))
depthwise_gradients.register_vmap(derivatives.mapped_gradients(depthwise_gradients))


class Transformed(torch.autograd.Function):
    """`depthwise` for ``torch.func.grad``, ``torch.vmap`` and what is made of them."""

    @staticmethod
    def forward(*inputs: Any) -> Tensor:
        """See `operation.convolve`."""
        return depthwise(*inputs)

    setup_context = staticmethod(derivatives.keep)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        """See `derivatives.derivative`."""
        return derivatives.derivative(TransformedGradients.apply)(ctx, g)

    @staticmethod
    def vmap(*inputs: Any) -> Any:
        """See `derivatives.mapped`."""
        return derivatives.mapped(Transformed.apply)(*inputs)


class TransformedGradients(torch.autograd.Function):
    """`depthwise_gradients`, likewise."""

    @staticmethod
    def forward(*inputs: Any) -> tuple[Tensor, Tensor]:
        """See `operation.differentiate`."""
        return depthwise_gradients(*inputs)

    setup_context = staticmethod(derivatives.keep_gradients)

    @staticmethod
    def backward(ctx: Any, *directions: Tensor) -> Any:
        """See `derivatives.second_derivative`."""
        formula = derivatives.second_derivative(Transformed.apply, TransformedGradients.apply)
        return formula(ctx, *directions)

    @staticmethod
    def vmap(*inputs: Any) -> Any:
        """See `derivatives.mapped_gradients`."""
        return derivatives.mapped_gradients(TransformedGradients.apply)(*inputs)


# The compiler would look into the function, and find the operation whose derivatives it cannot use.
@torch.compiler.allow_in_graph
def transformed(*inputs: Any) -> Tensor:
    """`Transformed`, whole, where the compiler looks on."""
    return Transformed.apply(*inputs)
