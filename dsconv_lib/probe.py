"""What tracing and measuring share: checked shapes, and a module that is left as it was found."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def checked_shape(module: object, input_shape: Sequence[int]) -> tuple[int, ...]:
    """Check the arguments that all probes of a module have in common.

    Parameters
    ----------
    module : torch.nn.Module
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes.

    Raises
    ------
    TypeError
        If ``module`` is not a module.
    ValueError
        If ``input_shape`` has no spatial axis, more than three, or a size below 1, or if the module
        has lazy parameters that still have no shape.
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
    shape = tuple(int(size) for size in input_shape)
    if not 3 <= len(shape) <= 5 or min(shape) < 1:
        raise ValueError(
            f"input_shape={shape} must be (N, C, *spatial) with one to three spatial axes and "
            "sizes of at least 1: use for example (1, 3, 224, 224)"
        )
    return shape


def placement(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and floating dtype of a module; CPU and float32 if it has no floating tensor."""
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[nn.Module]:
    """Put a module in evaluation mode, and every attribute back afterwards.

    The training flag of each submodule is set directly, because `nn.Module.train` may be overridden
    (as for frozen batch norm). Attributes that the module assigns to itself while it runs, and
    buffers or parameters that it swaps, are put back; values changed in place are not.
    """
    registries = ("_parameters", "_buffers", "_modules")
    kept = [
        (part, dict(part.__dict__), {name: dict(part.__dict__[name]) for name in registries})
        for part in module.modules()
    ]
    try:
        for part, _, _ in kept:
            part.training = False
        yield module
    finally:
        for part, attributes, contents in kept:
            part.__dict__.clear()
            part.__dict__.update(attributes)
            for name, content in contents.items():
                part.__dict__[name].clear()
                part.__dict__[name].update(content)


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
