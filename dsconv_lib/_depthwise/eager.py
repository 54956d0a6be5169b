"""The convolution for eager code, as an autograd function: the entrance that costs the least."""

from typing import Any

import torch
from torch import Tensor

from dsconv_lib._depthwise import derivatives, plain
from dsconv_lib._depthwise.onlookers import are_transforms_active, is_batch, is_watched
from dsconv_lib._depthwise.operation import convolve, differentiate
from dsconv_lib._depthwise.registered import Transformed, TransformedGradients


# On the way back others may look on than at the convolution: a mode around it, or a transform.
def _convolution(x: Tensor, w: Tensor, b: None, *rest: Any) -> Tensor:
    if is_watched(x, w) or is_batch(x) or is_batch(w):
        return plain.convolve_all(x, w, rest[0])
    function = Transformed if are_transforms_active() else Convolution
    return function.apply(x, w, b, *rest)


def _gradients(g: Tensor, x: Tensor, w: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
    if is_watched(g, x, w) or is_batch(g) or is_batch(x) or is_batch(w):
        ends, _, *need = rest
        return plain.differentiate(g, x, w, ends, *need)
    if are_transforms_active():
        return TransformedGradients.apply(g, x, w, *rest)
    return (Gradients.apply if torch.is_grad_enabled() else differentiate)(g, x, w, *rest)


class Convolution(torch.autograd.Function):
    """`operation.convolve`."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        """See `operation.convolve`."""
        derivatives.keep(ctx, inputs, None)
        return convolve(*inputs)

    backward = staticmethod(derivatives.derivative(_gradients))


class Gradients(torch.autograd.Function):
    """`operation.differentiate`, where that will be differentiated."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> tuple[Tensor, Tensor]:
        """See `operation.differentiate`."""
        derivatives.keep_gradients(ctx, inputs, None)
        return differentiate(*inputs)

    backward = staticmethod(derivatives.second_derivative(_convolution, _gradients))
