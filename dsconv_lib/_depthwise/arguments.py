"""The arguments of a depthwise convolution: spelt out per axis, or refused in words."""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from dsconv_lib.arithmetic import Axis, ConvSpec, Padding, PerAxis

_LAYOUT = {1: "(N, C, L) or (C, L)", 2: "(N, C, H, W) or (C, H, W)"}
_WEIGHT = {1: "(C * M, 1, k)", 2: "(C * M, 1, kh, kw)"}


def check_tensors(x: Tensor, w: Tensor, b: Tensor | None, ndim: int) -> None:
    """Refuse tensors that do not go together."""
    for name, tensor in (("x", x), ("w", w)) if b is None else (("x", x), ("w", w), ("b", b)):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{name} must be a torch.Tensor, got {type(tensor).__name__}: "
                f"use for example torch.as_tensor({name})"
            )
        if tensor.device != x.device:
            raise ValueError(
                f"{name} is on device {tensor.device} but x on {x.device}, and both must be on "
                f"one: use {name}.to(x.device)"
            )
        if tensor.dtype != x.dtype and not _autocast(x):
            raise TypeError(
                f"{name} has dtype {tensor.dtype} but x has {x.dtype}, and both must be the same: "
                f"use {name}.to(x.dtype)"
            )
    if x.dim() not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but must be {_LAYOUT[ndim]}: "
            f"give {ndim + 1} or {ndim + 2} axes"
        )
    channels = x.shape[-ndim - 1]
    if w.dim() != ndim + 2 or w.shape[1] != 1 or min(w.shape) < 1:
        raise ValueError(
            f"w has shape {tuple(w.shape)}, but must be {_WEIGHT[ndim]} without empty axes: "
            "give every output channel one kernel, as in nn.Conv2d(C, C * M, k, groups=C).weight"
        )
    if channels < 1 or w.shape[0] % channels:
        raise ValueError(
            f"w holds {w.shape[0]} kernels for the {channels} channels of x, but must hold the "
            "same number for each: use a w of C * M kernels"
        )
    if min(x.shape[-ndim:]) < 1:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but its {_LAYOUT[ndim]} must not be empty beside N: "
            "use at least one position per axis"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(
            f"b has shape {tuple(b.shape)}, but must hold one number for each of the "
            f"{w.shape[0]} kernels of w: use shape ({w.shape[0]},)"
        )


def _autocast(x: Tensor) -> bool:
    """Whether dtypes may differ since all will be cast to one."""
    return autocast_dtype(x.device.type) is not None


def autocast_dtype(kind: str) -> torch.dtype | None:
    """The dtype to which convolutions on a kind of device are cast at present, if to any."""
    if not _can_autocast(kind) or not torch.is_autocast_enabled(kind):
        return None
    return torch.get_autocast_dtype(kind)


_can_autocast = cache(torch.amp.is_autocast_available)


class Settled(NamedTuple):
    """Arguments in the forms that the paths want.

    Attributes
    ----------
    stride, dilation : tuple of int
    padding : tuple of int, or `None` where the two ends of an axis are padded differently
    pads : tuple of int
        For `torch.nn.functional.pad`: before and after, the last axis first.
    ends : tuple of six int
        Padding before, after and dilation of rows and of columns; a single axis is the columns.
    steps, dilated : bool
        Whether any stride, or any dilation, is more than 1.
    """

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...] | None
    pads: tuple[int, ...]
    ends: tuple[int, ...]
    steps: bool
    dilated: bool


def settled(
    size: torch.Size,
    taps: torch.Size,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
) -> Settled:
    """Arguments checked and spelt out; `ValueError` if the kernel does not fit."""
    if isinstance(padding, str):
        padding = _named_padding(padding, ConvSpec(taps, stride, dilation=dilation).axes())
    axes = ConvSpec(taps, stride, padding, dilation).axes()
    for axis, positions in zip(axes, size, strict=True):
        axis.output_size(positions)
    alike = all(axis.before == axis.after for axis in axes)
    ends = [(axis.before, axis.after, axis.dilation) for axis in axes]
    rows, columns = [(0, 0, 1), *ends][-2:]
    return Settled(
        stride=tuple(axis.stride for axis in axes),
        dilation=tuple(axis.dilation for axis in axes),
        padding=tuple(axis.before for axis in axes) if alike else None,
        pads=tuple(end for pair in reversed(ends) for end in pair[:2]),
        ends=(*rows, *columns),
        steps=any(axis.stride > 1 for axis in axes),
        dilated=any(axis.dilation > 1 for axis in axes),
    )


def are_alike(value: object) -> bool:
    """Whether a value is made of `int`, `str` and `tuple` alone, so that equal ones are alike.

    1.0 and `True` equal 1, but are refused.
    """
    return type(value) in (int, str) or (type(value) is tuple and all(map(are_alike, value)))


def _named_padding(name: str, axes: tuple[Axis, ...]) -> Padding:
    """The (before, after) pairs that a word stands for; the odd one goes after, as in PyTorch."""
    if name not in ("same", "valid"):
        raise ValueError(f'padding={name!r} is unknown: use "same", "valid" or numbers')
    if name == "valid":
        return 0
    if any(axis.stride > 1 for axis in axes):
        strides = tuple(axis.stride for axis in axes)
        raise ValueError(
            f'padding="same" keeps the size, which stride={strides} does not: use stride=1, or '
            "numbers for padding"
        )
    totals = [axis.effective_kernel_size - 1 for axis in axes]
    return tuple((total // 2, total - total // 2) for total in totals)
