"""How many MACs an operation has: convolutions and matrix products, the conventions of `cost`.

Every rule gets the call, with its results. Operations that are made of others
(``tensordot``) need no rule: the tracer takes them apart.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dsconv_lib.trace import recurrent
from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.rules import Rules

RULES: Rules[Callable[[Call], int]] = Rules()
RULES.entry(recurrent.NAMES)(recurrent.macs)

# Operations without products that no other table has: ordering, picking, placing, losses.
WITHOUT = {
    *("median", "nanmedian", "kthvalue", "mode", "cummax", "cummin", "cumprod", "logcumsumexp"),
    *("masked_select", "nonzero", "bincount", "searchsorted", "bucketize", "_unique2"),
    *("index_add", "index_copy", "index_fill", "index_put", "scatter", "scatter_add"),
    *("scatter_reduce", "masked_scatter", "mse_loss", "nll_loss_forward", "nll_loss2d_forward"),
    *("binary_cross_entropy", "huber_loss", "smooth_l1_loss"),
    *("max_unpool2d", "max_unpool3d", "fractional_max_pool2d", "fractional_max_pool3d"),
    *("addr", "linalg_cross", "rot90", "histc", "block_diag", "unfold_backward"),
}


@RULES.entry(
    "convolution _convolution conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d"
)
def _convolution(call: Call) -> int:
    taps_and_channels = prod(call.args["weight"].shape[1:])
    transposed = call.args.get("transposed", "transpose" in call.rule)
    return (call.x if transposed else call.out).numel() * taps_and_channels


@RULES.entry("torchvision::deform_conv2d")
def _deformable_convolution(call: Call) -> int:
    # Finding the values between pixels counts 0, as interpolation does.
    return call.out.numel() * prod(call.args["weight"].shape[1:])


@RULES.entry("conv_tbc")
def _convolution_of_steps(call: Call) -> int:
    return call.out.numel() * prod(call.args["weight"].shape[:2])


@RULES.entry("dsconv_lib::depthwise")
def _depthwise(call: Call) -> int:
    return call.out.numel() * prod(call.args["w"].shape[2:])


@RULES.entry("linear matmul mm bmm mv dot vdot _int_mm")
def _product(call: Call) -> int:
    return call.out.numel() * call.x.shape[-1]


@RULES.entry("addmm addbmm baddbmm addmv")
def _added_product(call: Call) -> int:
    left, right = (call.args[name] for name in call.names[1:3])
    # addbmm multiplies like baddbmm; that it adds up the batch costs no MAC.
    return left.numel() * (right.shape[-1] if right.dim() > 1 else 1)


@RULES.entry("bilinear")
def _bilinear(call: Call) -> int:
    _, left, right = call.args["weight"].shape
    return call.out.numel() * (left + 1) * right  # x W for each output, then (x W) y


@RULES.entry("scaled_dot_product_attention")
def _attention(call: Call) -> int:
    query, key, value = (call.args[name] for name in ("query", "key", "value"))
    return prod(query.shape[:-1]) * key.shape[-2] * (query.shape[-1] + value.shape[-1])


@RULES.entry("einsum")
def _einsum(call: Call) -> int:
    operands = [torch.empty(tensor.shape, device="meta") for tensor in call.args["tensors"]]
    with _Parts() as parts:
        call.func.decompose(call.args["equation"], operands, path=call.args["path"])
    return parts.macs


class _Parts(TorchDispatchMode):
    """Adds up the MACs of the operations that run under it."""

    macs = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        call = Call(func, args, kwargs or {}, (), lambda tensor: None)
        result = func(*args, **(kwargs or {}))
        call.outputs = list(tensors_in([result]))
        if call.rule in RULES:
            self.macs += RULES[call.rule](call)
        return result
