"""Depthwise convolution: what PyTorch computes, to rounding, and on CPU several times faster.

`depthwise_conv2d` and `depthwise_conv1d` stand in for ``F.conv2d(..., groups=C)`` and
``F.conv1d(..., groups=C)``. Where nothing was found to be gained they are that very call; where
something was, one of two other ways is taken: "compiled", vector code made by numba
(``pip install dsconv-lib[fast]``), or "pure", PyTorch's own operations in another arrangement.
`choose_path` holds the rules, `using_path` and the environment variable ``DSCONV_PATH`` override
them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib._depthwise.operation import Convolution, depthwise
from dsconv_lib.arithmetic import Axis, ConvSpec, Padding, PerAxis

PATHS = ("torch", "pure", "compiled")
_FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
# Kernel columns beyond these do not fit into the registers of the compiled kernels.
_MOST_COLUMNS = 7
_forced: list[str | None] = [os.environ.get("DSCONV_PATH")]


def depthwise_conv2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
) -> Tensor:
    """Convolve every channel with kernels of its own: ``F.conv2d(..., groups=C)``.

    Parameters
    ----------
    x : Tensor, shape (N, C, H, W) or (C, H, W)
        Input. The output has its memory format (contiguous or channels-last) and its dtype.
    w : Tensor, shape (C * M, 1, kh, kw)
        M kernels for each channel; output channel ``c * M + m`` is channel ``c`` convolved with
        kernel ``m``.
    b : Tensor, shape (C * M,), optional
        Added to the outputs.
    stride, dilation : int or one per axis
        Step of the kernel and distance of its taps, in positions; rows first.
    padding : int, one per axis, one (before, after) pair per axis, "same" or "valid"
        Positions of zeros around the input. The pairs are more than PyTorch takes: a causal
        convolution has ``padding=((0, 0), (D * (kw - 1), 0))``.

    Returns
    -------
    Tensor, shape (N, C * M, H_out, W_out)
        Sizes as in `dsconv_lib.output_size`. Equal to PyTorch's to rounding (the order of the sums
        differs); it can be differentiated any number of times.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch would refuse: shapes, devices or dtypes that do not go together, a kernel
        larger than the padded input.

    Examples
    --------
    >>> x, w = torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3)
    >>> depthwise_conv2d(x, w, padding=2, dilation=2).shape
    torch.Size([1, 2, 5, 7])
    """
    return _depthwise_conv(x, w, b, 2, stride, padding, dilation)


def depthwise_conv1d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
) -> Tensor:
    """Convolve every channel with kernels of its own: ``F.conv1d(..., groups=C)``.

    Parameters, result and errors are those of `depthwise_conv2d` with one axis: ``x`` is (N, C, L)
    or (C, L), ``w`` is (C * M, 1, k).

    Examples
    --------
    A causal convolution reads nothing that comes later:

    >>> x, w = torch.ones(1, 2, 6), torch.ones(2, 1, 3)
    >>> depthwise_conv1d(x, w, padding=((4, 0),), dilation=2)[0, 0]
    tensor([1., 1., 2., 2., 3., 3.])
    """
    return _depthwise_conv(x, w, b, 1, stride, padding, dilation)


def choose_path(x: Tensor, w: Tensor, *, stride: bool, dilated: bool, dtype: torch.dtype) -> str:
    """..."""
    return ""


@contextmanager
def using_path(path: str | None) -> Iterator[None]:
    """Take one path wherever it exists, for tests and measurements; `None` restores the rules.

    Raises
    ------
    ValueError
        If ``path`` is not "torch", "pure", "compiled" or `None`.

    Examples
    --------
    >>> with using_path("pure"):
    ...     y = depthwise_conv2d(torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3))
    """
    if path is not None and path not in PATHS:
        raise ValueError(f"path={path!r} is unknown: use one of {', '.join(PATHS)}, or None")
    before = _forced[0]
    _forced[0] = path
    try:
        yield
    finally:
        _forced[0] = before


@cache
def has_numba() -> bool:
    """Whether the compiled path can be taken here."""
    if find_spec("numba") is None:
        return False
    from numba import config

    return not config.DISABLE_JIT


def _path(x: Tensor, w: Tensor, axes: tuple[Axis, ...], dtype: torch.dtype) -> str:
    # Somebody watches or transforms the operations: show them the convolution that they know.
    if (
        x.device.type != "cpu"
        or type(x) not in (Tensor, nn.Parameter)
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._are_functorch_transforms_active()
        or torch.jit.is_tracing()
        or torch.compiler.is_exporting()
    ):
        return "torch"
    if any(axis.stride > 1 for axis in axes) or dtype not in _FLOATS:
        return "torch"
    forced = _forced[0]
    if forced is not None:
        return forced
    if has_numba() and w.shape[-1] <= _MOST_COLUMNS:
        return "compiled"
    if dtype == torch.float32 and any(axis.dilation > 1 for axis in axes):
        return "pure"
    return "torch"


def _depthwise_conv(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    ndim: int,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
) -> Tensor:
    dtype = x.dtype
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        totals = [a.effective_kernel_size - 1 for a in ConvSpec(tuple(w.shape[2:]), dilation=dilation).axes(ndim)]
        padding = tuple((t // 2, t - t // 2) for t in totals)
    axes = ConvSpec(tuple(w.shape[2:]), stride, padding, dilation).axes(ndim)
    for axis, size in zip(axes, x.shape[2:]):
        axis.output_size(size)
    path = _path(x, w, axes, dtype)
    if path == "torch":
        conv = F.conv2d if ndim == 2 else F.conv1d
        pads = [(a.before, a.after) for a in axes]
        if all(p == q for p, q in pads):
            pad = tuple(p for p, _ in pads)
        else:
            x = F.pad(x, [e for p in reversed(pads) for e in p])
            pad = 0
        return conv(x, w, b, tuple(a.stride for a in axes), pad, tuple(a.dilation for a in axes), x.shape[-ndim - 1])
    ends = [n for a in axes for n in (a.before, a.after, a.dilation)]
    if ndim == 1:
        ends = [0, 0, 1, *ends]
        x, w = x.unsqueeze(2), w.unsqueeze(2)
    if torch.compiler.is_compiling():
        y = depthwise(x, w, b, ends, path)
    else:
        y = Convolution.apply(x, w, b, ends, path)
    return y.squeeze(2) if ndim == 1 else y
