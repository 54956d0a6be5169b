"""What PyTorch demands of arguments, where its operations without values do not ask for it.

Every rule gets the call before it runs, and raises what PyTorch would.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dsconv_lib.trace.call import Call
from dsconv_lib.trace.fakes import has_values
from dsconv_lib.trace.rules import Rules

RULES: Rules[Callable[[Call], None]] = Rules()


@RULES.entry("softmax log_softmax _softmax _log_softmax select index_select")
def _dim_in_range(call: Call) -> None:
    count = max(call.x.dim(), 1)
    if not -count <= call.args["dim"] < count:
        raise IndexError(f"dim={call.args['dim']} is out of range for {call.x.dim()} dimensions")
    if call.rule == "index_select" and call.x.dim():
        _places_in_range(call.args["index"], call.x.shape[call.args["dim"]])


@RULES.entry("embedding")
def _indices_in_range(call: Call) -> None:
    dtype = call.args["indices"].dtype
    if dtype not in (torch.int32, torch.int64):
        raise RuntimeError(f"indices must be Long or Int, but are {dtype}")
    _places_in_range(call.args["indices"], call.x.shape[0])


@RULES.entry("matmul mm bmm mv dot addbmm addmv")
@RULES.entry("grid_sampler_2d grid_sampler_3d cdist _cdist_forward index_add")
def _one_dtype(call: Call) -> None:
    dtypes = {tensor.dtype for tensor in call.tensors if tensor.is_floating_point()}
    if len(dtypes) > 1:
        raise RuntimeError(f"tensors must have one dtype, but have {_words(dtypes)}")


@RULES.entry("linear")
def _linear(call: Call) -> None:
    _one_dtype(call)
    weight, bias = call.args["weight"], call.args["bias"]
    if bias is not None and bias.numel() not in (1, weight.shape[0]):
        raise RuntimeError(f"bias has {bias.numel()} values for {weight.shape[0]} outputs")


@RULES.entry("addmm baddbmm")
def _added_product(call: Call) -> None:
    _one_dtype(call)
    left, right = (call.args[name] for name in call.names[1:3])
    result = (*left.shape[:-1], *right.shape[-1:])
    if torch.broadcast_shapes(call.x.shape, result) != result:
        raise RuntimeError(f"{tuple(call.x.shape)} cannot be added to a product of {result}")


@RULES.entry("batch_norm native_batch_norm layer_norm native_layer_norm")
@RULES.entry("group_norm native_group_norm instance_norm")
def _dtype_of_norm(call: Call) -> None:
    allowed = [{call.x.dtype}]
    if call.x.dtype in (torch.float16, torch.bfloat16):
        allowed.append({torch.float32})
    dtypes = {tensor.dtype for tensor in call.tensors if tensor is not call.x}
    if dtypes and dtypes not in allowed:
        raise RuntimeError(
            f"weights and statistics must have the dtype of the input, {_words(allowed[0])}, "
            f"but have {_words(dtypes)}"
        )


@RULES.entry("conv1d conv2d conv3d")
def _convolution(call: Call) -> None:
    _one_dtype(call)
    channels, groups = call.args["weight"].shape[0], call.args["groups"]
    bias = call.args["bias"]
    # Newer versions of PyTorch ask for both themselves.
    if groups > 0 and channels % groups:
        raise RuntimeError(f"{channels} output channels cannot be split into {groups} groups")
    if bias is not None and bias.shape != (channels,):
        raise RuntimeError(f"bias of {tuple(bias.shape)} is not one value for each of {channels}")


@RULES.entry("conv_transpose1d conv_transpose2d conv_transpose3d convolution")
def _transposed_convolution(call: Call) -> None:
    if call.rule == "convolution" and not call.args["transposed"]:
        _convolution(call)
        return
    _one_dtype(call)
    axes = call.args["weight"].dim() - 2
    more, stride, dilation = (
        [*call.args[name]] * (axes // len(call.args[name]))
        for name in ("output_padding", "stride", "dilation")
    )
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise RuntimeError(
            f"output_padding={tuple(more)} must be smaller than stride={tuple(stride)} or "
            f"dilation={tuple(dilation)}"
        )


def _words(dtypes: set[torch.dtype]) -> str:
    return " and ".join(sorted(str(dtype).removeprefix("torch.") for dtype in dtypes))


def _places_in_range(index: Tensor, size: int) -> None:
    """Refuse an index beyond the end, if its values are there."""
    if has_values(index) and index.numel() and index.dtype != torch.bool:
        least, most = (int(value) for value in index.aminmax())
        if least < 0 or most >= size:
            raise IndexError(f"index holds {least} to {most}, but there are {size} places")
