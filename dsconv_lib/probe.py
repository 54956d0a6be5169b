"""What tracing and measuring share: checked arguments, one output position, its gradient."""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import index as as_index
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

_QUANTISED = re.compile(r"torch\.ao\.nn\.(\w+\.)*quantized")


def checked_module(module: object) -> nn.Module:
    """Check that a module is one that can be looked at with a single tensor.

    Raises
    ------
    TypeError
        If it is not a module, is or holds one of TorchScript or quantised layers, or does not run
        on a single tensor.
    ValueError
        If it has lazy parameters that still have no shape.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a torch.nn.Module, got {module!r}: wrap functions in a module"
        )
    if any(map(is_lazy, chain(module.parameters(), module.buffers()))):
        raise ValueError(
            "module has lazy parameters without a shape: run it once on an input, as in "
            "module(torch.zeros(input_shape))"
        )
    if type(module).forward is nn.Module.forward and "forward" not in vars(module):
        raise TypeError(
            f"module must have a forward(), but {type(module).__name__} has none: use a module "
            "that runs the parts, such as torch.nn.Sequential"
        )
    for name, part in module.named_modules():
        where = f"module.{name}" if name else "module"
        if isinstance(part, torch.jit.ScriptModule):
            raise TypeError(
                f"{where} is a TorchScript module, got {type(part).__name__}, whose inside is "
                "compiled: use the module that it was made from"
            )
        if _QUANTISED.match(type(part).__module__):
            raise TypeError(
                f"{where} is a quantised layer, got {type(part).__name__}, which has no floating "
                "weights: use the module as it was before it was quantised"
            )
    needed = _needed_beside_one(module)
    if needed:
        raise TypeError(
            f"module must take one tensor, but forward() of {type(module).__name__} needs "
            f"{needed} as well: wrap it in a module that takes one tensor and gives it the rest"
        )
    return module


def checked_shape(input_shape: Sequence[int]) -> tuple[int, ...]:
    """Check the shape of an input with spatial axes.

    Parameters
    ----------
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes.

    Raises
    ------
    TypeError
        If it holds no integers.
    ValueError
        If ``input_shape`` has no spatial axis, more than three, or a size below 1.
    """
    shape = checked_sizes(input_shape)
    if not 3 <= len(shape) <= 5:
        raise ValueError(
            f"input_shape={shape} must be (N, C, *spatial) with one to three spatial axes and "
            "sizes of at least 1: use for example (1, 3, 224, 224)"
        )
    return shape


def checked_sizes(input_shape: object) -> tuple[int, ...]:
    """Check the shape of any input: at least one size, none below 1; errors as above."""
    use = "use for example (1, 3, 224, 224)"
    if isinstance(input_shape, Tensor):
        raise TypeError(
            f"input_shape must hold one size per dimension, got a tensor of shape "
            f"{tuple(input_shape.shape)}: use tuple(tensor.shape)"
        )
    try:
        if isinstance(input_shape, str | bytes | dict) or not isinstance(input_shape, Iterable):
            raise TypeError
        given = list(input_shape)
        if any(isinstance(size, bool) for size in given):
            raise TypeError
        shape = tuple(map(as_index, given))
    except TypeError:
        raise TypeError(
            f"input_shape={input_shape!r} must hold one whole number per dimension, batch "
            f"included: {use}"
        ) from None
    if not shape or min(shape) < 1:
        raise ValueError(
            f"input_shape={shape} must hold one size per dimension, each at least 1: {use}"
        )
    return shape


def with_values(module: nn.Module) -> nn.Module:
    """Check that a module lies where it has values; `ValueError` if not."""
    for name, tensor in chain(module.named_parameters(), module.named_buffers()):
        if tensor.is_meta:
            raise ValueError(
                f"module.{name} lies on the meta device and has no values to measure with: use "
                "module.to_empty(device='cpu') and load weights, or trace_receptive_field"
            )
    return module


def _needed_beside_one(module: nn.Module) -> str:
    """Arguments that ``forward`` needs beside one tensor; empty if none, or if hooks give them."""
    if module._forward_pre_hooks:
        return ""
    try:
        wanted = inspect.signature(module.forward).parameters.values()
    except ValueError:
        return ""
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in wanted if p.default is p.empty and p.kind in places][1:]
    by_name = (p for p in wanted if p.kind is p.KEYWORD_ONLY and p.default is p.empty)
    return ", ".join(map(repr, [*needed, *(p.name for p in by_name)]))


def placement(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and floating dtype of a module; CPU and float32 if it has no floating tensor."""
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def picked_output(output: Any, index: Sequence[int] | None) -> tuple[Tensor, tuple[int, ...]]:
    """Look at one position of a module's output, by default the middle one.

    Returns
    -------
    torch.Tensor, shape ``(N, C)``
        Values at that position.
    tuple of int
        Its index, one per spatial axis.

    Raises
    ------
    TypeError
        If ``output`` is not a tensor.
    ValueError
        If ``index`` does not fit.
    """
    if not isinstance(output, Tensor):
        raise TypeError(
            f"module must return one tensor, got {type(output).__name__}: wrap it in a module that "
            "returns the tensor to look at"
        )
    sizes = tuple(output.shape[2:])
    chosen = tuple(size // 2 for size in sizes) if index is None else tuple(index)
    if len(chosen) != len(sizes) or any(
        not -size <= i < size for i, size in zip(chosen, sizes, strict=True)
    ):
        raise ValueError(
            f"output_index={chosen} must give one position per axis of an output of {sizes}: "
            f"use for example {tuple(size // 2 for size in sizes)}"
        )
    chosen = tuple(i % size for i, size in zip(chosen, sizes, strict=True))
    where: Any = (..., *chosen)
    return output[where] if sizes else output, chosen


def gradient_at(
    module: Callable[[Tensor], Any],
    image: Tensor,
    index: Sequence[int] | None,
    total: Callable[[Tensor], Tensor],
) -> tuple[Tensor, tuple[int, ...]]:
    """Gradient of the ``total`` of one output position for the input, and that position.

    It is there even where the output does not depend on the input, and whichever grad mode the
    module leaves.
    """
    image.requires_grad_()
    with torch.enable_grad():
        result = module(image)
    with torch.enable_grad():
        output, index = picked_output(result, index)
        (gradient,) = torch.autograd.grad(total(output) + 0 * image.sum(), image)
    return gradient, index
