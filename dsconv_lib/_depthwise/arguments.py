"""The arguments of a depthwise convolution: checked, and in the forms that the paths want."""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from dsconv_lib._depthwise.onlookers import PLAIN
from dsconv_lib.arithmetic import Padding, PerAxis, settled
from dsconv_lib.checks import integer

_LAYOUT = {1: "(N, C, L) or (C, L)", 2: "(N, C, H, W) or (C, H, W)"}
_LAYOUT[3] = "(N, C, T, H, W) or (C, T, H, W)"
_WEIGHT = {1: "(C * M, 1, k)", 2: "(C * M, 1, kh, kw)", 3: "(C * M, 1, kt, kh, kw)"}


class Call(NamedTuple):
    """What a call asks for.

    Attributes
    ----------
    stride, dilation : tuple of int
    padding : tuple of int, or `None` where the two ends of an axis are padded differently
    pads : tuple of int
        For `torch.nn.functional.pad`: before and after, the last axis first.
    ends : tuple of six int, or `None` where only PyTorch's own call serves
        Padding before, after and dilation of rows and of columns; a single axis is the columns.
    dilated : bool
        Whether any dilation is more than 1.
    """

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...] | None
    pads: tuple[int, ...]
    ends: tuple[int, ...] | None
    dilated: bool


def call(
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
    groups: int | None,
) -> Call:
    """Check the arguments. What was found good is remembered.

    Checking takes as long as a small convolution.
    """
    tensors: tuple[Tensor, ...] = (input, weight) if bias is None else (input, weight, bias)
    options = (stride, padding, dilation, groups)
    known = all(type(tensor) in PLAIN for tensor in tensors) and are_alike(options)
    if not known or torch.compiler.is_compiling():
        return _checked(ndim, input, weight, bias, *options)
    key = (ndim, options, *((t.shape, t.dtype, t.device) for t in tensors))
    given = _known.get(key)
    if given is None:
        given = _checked(ndim, input, weight, bias, *options)
        # Under autocast dtypes may differ that must not do so elsewhere.
        if all(tensor.dtype == input.dtype for tensor in tensors):
            if len(_known) > _MOST_KNOWN:
                _known.clear()
            _known[key] = given
    return given


_known: dict[tuple[object, ...], Call] = {}
_MOST_KNOWN = 1024


def are_alike(value: object) -> bool:
    """Whether a value is made of `None`, `int`, `str` and `tuple`, so that equal ones are alike.

    1.0 and `True` equal 1, but are refused.
    """
    if type(value) is tuple:
        return all(map(are_alike, value))
    return value is None or type(value) in (int, str)


def _checked(
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
    groups: int | None,
) -> Call:
    _check_tensors(input, weight, bias, ndim, groups)
    conv = settled(ndim, weight.shape[2:], stride, padding, dilation)
    conv.output_size(input.shape[-ndim:])  # refuses a kernel that does not fit
    pads, axes = conv.pads(), conv.axes
    # From the axes: the compiler of older PyTorch cannot follow properties of a named tuple.
    strides, dilations = tuple(a.stride for a in axes), tuple(a.dilation for a in axes)
    ends = [(*pair, dilation) for pair, dilation in zip(pads, dilations, strict=True)]
    rows, columns = [(0, 0, 1), *ends][-2:]
    return Call(
        stride=strides,
        dilation=dilations,
        padding=None if any(a != b for a, b in pads) else tuple(before for before, _ in pads),
        pads=tuple(end for pair in reversed(pads) for end in pair),
        ends=None if max(strides) > 1 or ndim == 3 else (*rows, *columns),
        dilated=max(dilations) > 1,
    )


def _check_tensors(
    input: Tensor, weight: Tensor, bias: Tensor | None, ndim: int, groups: int | None
) -> None:
    """Refuse tensors that do not go together."""
    for name, tensor in (("input", input), ("weight", weight), ("bias", bias)):
        if name == "bias" and tensor is None:
            continue
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{name} must be a torch.Tensor, got {type(tensor).__name__}: "
                f"use for example torch.as_tensor({name})"
            )
        if tensor.is_quantized:
            raise TypeError(
                f"{name} is quantised ({tensor.dtype}), and only floating-point numbers are "
                f"computed with here: use {name}.dequantize(), or for a network that is to be "
                f"quantised nn.Conv{ndim}d(C, C * M, k, groups=C)"
            )
        # As to PyTorch, tensors without values go with all others.
        if tensor.device != input.device and not input.is_meta:
            raise ValueError(
                f"{name} is on device {tensor.device} but input on {input.device}, and both must "
                f"be on one: use {name}.to(input.device)"
            )
        if tensor.dtype != input.dtype and autocast_dtype(input.device.type) is None:
            raise TypeError(
                f"{name} has dtype {tensor.dtype} but input has {input.dtype}, and both must be "
                f"the same: use {name}.to(input.dtype)"
            )
    if input.dim() not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"input has shape {tuple(input.shape)}, but must be {_LAYOUT[ndim]}: "
            f"give {ndim + 1} or {ndim + 2} axes"
        )
    channels = input.shape[-ndim - 1]
    if groups is not None and integer("groups", groups, 1) != channels:
        raise ValueError(
            f"groups={groups} must be the number of channels of input, here {channels}, or None: "
            f"use torch.nn.functional.conv{ndim}d for other groups"
        )
    if weight.dim() != ndim + 2 or weight.shape[1] != 1 or min(weight.shape) < 1:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}, but must be {_WEIGHT[ndim]} without empty "
            f"axes: give every output channel one kernel, as in nn.Conv{ndim}d(C, C * M, k, "
            "groups=C).weight"
        )
    if channels < 1 or weight.shape[0] % channels:
        raise ValueError(
            f"weight holds {weight.shape[0]} kernels for the {channels} channels of input, but "
            "must hold the same number for each: use a weight of C * M kernels"
        )
    if min(input.shape[-ndim:]) < 1:
        raise ValueError(
            f"input has shape {tuple(input.shape)}, but its {_LAYOUT[ndim]} must not be empty "
            "beside N: use at least one position per axis"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(
            f"bias has shape {tuple(bias.shape)}, but must hold one number for each of the "
            f"{weight.shape[0]} kernels of weight: use shape ({weight.shape[0]},)"
        )


def computing_dtype(x: Tensor) -> torch.dtype:
    """The dtype of ``x``, or that to which autocast turns it; float64 is left alone."""
    cast = autocast_dtype("cpu" if x.is_cpu else x.device.type)
    return x.dtype if cast is None or x.dtype == torch.float64 else cast


def autocast_dtype(kind: str) -> torch.dtype | None:
    """The dtype to which convolutions on a kind of device are cast at present, if to any."""
    if not _can_autocast(kind) or not torch.is_autocast_enabled(kind):
        return None
    return torch.get_autocast_dtype(kind)


@torch.compiler.assume_constant_result
def _can_autocast(kind: str) -> bool:
    return _knows_autocast(kind)


_knows_autocast = cache(torch.amp.is_autocast_available)
