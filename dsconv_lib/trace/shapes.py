"""Results without values, for the operations of everyday networks.

PyTorch can run every operation on its meta device. For the plainest ones it does so with Python
code whose first use loads its compiler, which takes seconds; here their shapes are worked out by
hand, so that tracing an ordinary network takes milliseconds from the start.
"""

import re
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.saving import DROPOUT

Shape = tuple[int, ...]
_SAME_SHAPE = (
    "batch_norm",
    "group_norm",
    "layer_norm",
    "instance_norm",
    "softmax",
    "log_softmax",
    "channel_shuffle",
    "flip",
    "roll",
)


def result_without_values(call: Call, func: Any, args: Any, kwargs: Any) -> Any:
    """Run an operation on tensors of the meta device.

    Parameters
    ----------
    call : Call
        The operation; ``args`` and ``kwargs`` are its arguments, with all tensors on the meta
        device, and ``func`` is what PyTorch would run.
    """
    shape = _shape(call)
    if shape is None or min(shape, default=1) < 1:
        return func(*args, **kwargs)
    if call.writes:
        return args[0]
    dtype = next(tensors_in(args)).dtype
    if not call.pointwise:
        return torch.empty(shape, dtype=dtype, device="meta")
    dtype = func(*_single(args), **_single(kwargs)).dtype
    form = call.args.get("memory_format") or torch.preserve_format
    for tensor in tensors_in([*args, *kwargs.values()]):
        if tensor.shape == shape:  # the first one lays out the result in memory
            return torch.empty_like(tensor, dtype=dtype, memory_format=form)
    return torch.empty(shape, dtype=dtype, device="meta")


def as_in_training(call: Call, result: Tensor) -> Tensor:
    """The result of an operation, in memory where the same operation in training leaves it.

    Dropout gives a tensor of its own; fused attention lays its result out like the queries.
    """
    if call.rule in DROPOUT and not call.writes:
        return torch.empty_like(result) if call.args["p"] > 0 else call.x
    if call.rule == "scaled_dot_product_attention" and result.shape == call.args["query"].shape:
        return torch.empty_like(call.args["query"], device="meta")
    return result


def _shape(call: Call) -> Shape | None:
    """Shape of the result where it is plain, or `None`."""
    if call.pointwise and call.returns == 1:
        return _broadcast([tuple(tensor.shape) for tensor in tensors_in(call.args.values())])
    if call.rule in _SAME_SHAPE:
        return tuple(call.x.shape)
    if re.fullmatch(r"conv(_transpose)?\dd", call.rule):
        return _convolution(call)
    if re.fullmatch(r"(max|avg)_pool\dd", call.rule):
        return _pooling(call)
    if call.rule == "linear" and call.x.shape[-1] == call.args["weight"].shape[-1]:
        return (*call.x.shape[:-1], call.args["weight"].shape[0])
    if call.rule == "cat":
        return _concatenation(call)
    if call.rule.startswith("adaptive_avg_pool"):
        sizes = call.args["output_size"]
        return (*call.x.shape[: -len(sizes)], *sizes)
    if call.rule.startswith("upsample_"):
        sizes, scales = call.args.get("output_size"), call.args.get("scale_factors")
        if scales:
            sizes = [int(n * s) for n, s in zip(call.x.shape[2:], scales, strict=True)]
        return (*call.x.shape[:2], *sizes) if sizes else None
    if call.rule == "mean" and call.args.get("dim"):
        dims = {dim % call.x.dim() for dim in call.args["dim"]}
        kept = ((d, 1 if d in dims else size) for d, size in enumerate(call.x.shape))
        return tuple(size for d, size in kept if d not in dims or call.args["keepdim"])
    return None


def _broadcast(shapes: list[Shape]) -> Shape | None:
    """Common shape of tensors that are stretched to fit each other; `None` if they do not."""
    columns = zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    sizes = [set(column) - {1} or {1} for column in columns]
    return tuple(size.pop() for size in sizes[::-1]) if all(len(s) == 1 for s in sizes) else None


def _convolution(call: Call) -> Shape | None:
    """Shape after a convolution or its transpose; `None`, also for errors, if it is not plain."""
    weight, groups, padding = (call.args[name] for name in ("weight", "groups", "padding"))
    nd = weight.dim() - 2
    lead = call.x.dim() - nd
    transposed = "transpose" in call.rule
    channels, taken = weight.shape[1] * groups, call.x.shape[lead - 1]
    given = [call.args["stride"], call.args["dilation"], padding]
    given += [call.args["output_padding"] if transposed else [0] * nd]
    if isinstance(padding, str) or any(len(values) != nd for values in given):
        return None
    if (weight.shape[0] if transposed else channels) != taken:
        return None
    axes = zip(call.x.shape[lead:], weight.shape[2:], *given, strict=True)
    if transposed:
        sizes = [(n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, k, s, d, p, more in axes]
        return (*call.x.shape[: lead - 1], channels, *sizes)
    sizes = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p, _ in axes]
    return (*call.x.shape[: lead - 1], weight.shape[0], *sizes)


def _pooling(call: Call) -> Shape | None:
    """Shape after pooling; a last window that sticks out must begin inside, or before it."""
    kernel, padding = call.args["kernel_size"], call.args["padding"]
    stride = call.args["stride"] or kernel
    given = [kernel, stride, padding, call.args.get("dilation", [1] * len(kernel))]
    if any(len(values) != len(kernel) for values in given):
        return None
    sizes = []
    for n, k, s, p, d in zip(call.x.shape[-len(kernel) :], *given, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        size = (-(-room // s) if call.args["ceil_mode"] else room // s) + 1
        sizes.append(size - (call.args["ceil_mode"] and (size - 1) * s >= n + p))
        if 2 * p > k:
            return None
    return (*call.x.shape[: -len(kernel)], *sizes)


def _concatenation(call: Call) -> Shape | None:
    """Shape of tensors in a row."""
    tensors = call.args["tensors"]
    if len({(tensor.dim(), tensor.dtype) for tensor in tensors}) > 1:
        return None
    dim = call.args["dim"] % tensors[0].dim()
    total = sum(tensor.shape[dim] for tensor in tensors)
    return (*tensors[0].shape[:dim], total, *tensors[0].shape[dim + 1 :])


def _single(arguments: Any) -> Any:
    """The same arguments with one element in each tensor, with a value."""
    return tree_map_only(
        Tensor, lambda tensor: torch.ones((1,) * tensor.dim(), dtype=tensor.dtype), arguments
    )
