"""Depthwise convolution: what PyTorch computes, to rounding, and on CPU several times faster.

`depthwise_conv2d` and `depthwise_conv1d` stand in for ``F.conv2d(..., groups=C)`` and
``F.conv1d(..., groups=C)``. Where nothing was found to be gained they are that very call; where
something was, one of two other ways is taken: "compiled", vector code made by numba
(``pip install dsconv-lib[fast]``), or "pure", PyTorch's own operations in another arrangement.
`choose_path` says which; `using_path` and the environment variable ``DSCONV_PATH`` override it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import forward_ad

from dsconv_lib._depthwise.arguments import (
    Settled,
    are_alike,
    autocast_dtype,
    check_tensors,
    settled,
)
from dsconv_lib._depthwise.operation import Convolution, convolve, depthwise
from dsconv_lib._depthwise.plain import is_quick
from dsconv_lib.arithmetic import Padding, PerAxis

__all__ = ["depthwise_conv2d", "depthwise_conv1d", "choose_path", "using_path", "has_numba"]

PATHS = ("torch", "pure", "compiled")
_FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
_PLAIN = (Tensor, nn.Parameter)
# The taps of more do not fit into the registers of the compiled kernels.
_MOST_COLUMNS = 7
# With fewer, the calls of the pure path take longer than they save.
_LEAST_VALUES = 1 << 14


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
        Input. The output has its dtype and its memory format (contiguous or channels-last).
    w : Tensor, shape (C * M, 1, kh, kw)
        M kernels for each channel; output channel ``c * M + m`` is channel ``c`` convolved with
        kernel ``m`` of that channel.
    b : Tensor, shape (C * M,), optional
        Added to the outputs.
    stride, dilation : int or one per axis
        Step of the kernel and distance of its taps, in positions; rows first.
    padding : int, one per axis, one (before, after) pair per axis, "same" or "valid"
        Positions of zeros around the input. PyTorch does not take pairs; here a causal convolution
        along the columns has ``padding=((0, 0), (D * (kw - 1), 0))``.

    Returns
    -------
    Tensor, shape (N, C * M, H_out, W_out) or (C * M, H_out, W_out)
        Sizes as in `dsconv_lib.output_size`. Equal to PyTorch's up to rounding, since sums are
        taken in another order; derivatives of any order can be taken.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: shapes, devices or dtypes that do not go together, a kernel larger
        than the padded input.

    Examples
    --------
    >>> x, w = torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3)
    >>> depthwise_conv2d(x, w, padding=2, dilation=2).shape
    torch.Size([1, 2, 5, 7])
    """
    return _convolution(x, w, b, 2, stride, padding, dilation)


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
    or (C, L) and ``w`` is (C * M, 1, k).

    Examples
    --------
    A causal convolution reads nothing that comes later:

    >>> x, w = torch.ones(1, 2, 6), torch.ones(2, 1, 3)
    >>> depthwise_conv1d(x, w, padding=((4, 0),), dilation=2)[0, 0]
    tensor([1., 1., 2., 2., 3., 3.])
    """
    return _convolution(x, w, b, 1, stride, padding, dilation)


def choose_path(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
) -> str:
    """Say which path `depthwise_conv2d` or `depthwise_conv1d` takes with these arguments.

    Parameters and errors are those of `depthwise_conv2d`, or those of `depthwise_conv1d` where
    ``w`` has three axes. Nothing is computed.

    Returns
    -------
    str
        "torch" (PyTorch's own call), "pure" or "compiled".

    Examples
    --------
    >>> choose_path(torch.ones(1, 8, 20, 30), torch.ones(8, 1, 3, 3), stride=2)
    'torch'
    """
    given = _given(x, w, b, w.dim() - 2, stride, padding, dilation)
    return _path(x, w, given, _computing_dtype(x))


def _path(x: Tensor, w: Tensor, given: Settled, dtype: torch.dtype) -> str:
    """Choose: each rule stands where a measurement or a limit put it."""
    if given.steps or dtype not in _FLOATS:
        return "torch"
    forced = _forced[0]
    if forced is None and not given.dilated and is_quick(x, w, dtype):
        return "torch"
    if _is_watched(x, w):
        return "torch"
    if forced is not None:
        return forced
    if max(w.shape[2:]) <= _MOST_COLUMNS and has_numba():
        return "compiled"
    gains = given.dilated and dtype == torch.float32 and x.numel() >= _LEAST_VALUES
    return "pure" if gains else "torch"


def _is_watched(x: Tensor, w: Tensor) -> bool:
    """Whether somebody looks on who should see the convolution that he knows, or x is no memory.

    The compiled paths read the memory of plain CPU tensors. Other devices, subclasses, tracers and
    transforms such as ``torch.vmap`` get PyTorch's own call, and so do exported programs, which
    must run where this library is not installed.
    """
    if not x.is_cpu or x.layout != torch.strided or w.layout != torch.strided:
        return True
    if type(x) not in _PLAIN or type(w) not in _PLAIN:
        return True
    if torch.compiler.is_compiling():
        return _is_exporting()
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._are_functorch_transforms_active()
        or torch.jit.is_tracing()
        or forward_ad._current_level >= 0
    )


# PyTorch 2.6 has no name for it.
_is_exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)


@contextmanager
def using_path(path: str | None) -> Iterator[None]:
    """Take one path wherever it exists, for tests and measurements; `None` restores the rules.

    It holds for the whole process, in all its threads.

    Parameters
    ----------
    path : {"torch", "pure", "compiled"} or None
        What to take inside the ``with`` block. Tensors that only PyTorch's own call can handle
        (strides, other devices, tracing) get that call all the same.

    Raises
    ------
    ValueError
        If ``path`` is not "torch", "pure", "compiled" or `None`.
    ImportError
        If ``path`` is "compiled" and numba is not installed.

    Examples
    --------
    >>> with using_path("pure"):
    ...     choose_path(torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3))
    'pure'
    """
    before = _forced[0]
    _forced[0] = _checked_path(path)
    try:
        yield
    finally:
        _forced[0] = before


def has_numba() -> bool:
    """Whether the compiled path can be taken; the first call imports numba.

    Returns
    -------
    bool
        False where numba is not installed, does not go with this NumPy, or is told not to compile.

    Examples
    --------
    >>> with using_path("compiled" if has_numba() else "pure"):
    ...     depthwise_conv2d(torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3)).shape
    torch.Size([1, 2, 3, 5])
    """
    if not _numba:
        try:
            from numba import config

            _numba.append(not config.DISABLE_JIT)
        except ImportError:  # not installed, or not for this NumPy
            _numba.append(False)
    return _numba[0]


_numba: list[bool] = []


def _checked_path(path: str | None) -> str | None:
    if path is not None and path not in PATHS:
        raise ValueError(f"path={path!r} is unknown: use one of {', '.join(PATHS)}, or None")
    if path == "compiled" and not has_numba():
        raise ImportError('path="compiled" needs numba: pip install "dsconv-lib[fast]"')
    return path


_forced = [_checked_path(os.environ.get("DSCONV_PATH") or None)]


def _computing_dtype(x: Tensor) -> torch.dtype:
    """The dtype of ``x``, or that to which autocast turns it; float64 is left alone."""
    cast = autocast_dtype("cpu" if x.is_cpu else x.device.type)
    return x.dtype if cast is None or x.dtype == torch.float64 else cast


def _given(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    ndim: int,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
) -> Settled:
    """Arguments checked and spelt out. What was found good is remembered.

    Checking takes as long as a small convolution.
    """
    tensors: tuple[Tensor, ...] = (x, w) if b is None else (x, w, b)
    known = all(type(tensor) in _PLAIN for tensor in tensors)
    if not known or not are_alike((stride, padding, dilation)):
        return _checked(x, w, b, ndim, stride, padding, dilation)
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return _checked(x, w, b, ndim, stride, padding, dilation)
    kinds = tuple((t.shape, t.dtype, t.device) for t in tensors)
    key = (kinds, ndim, stride, padding, dilation)
    given = _known.get(key)
    if given is None:
        given = _checked(x, w, b, ndim, stride, padding, dilation)
        # Under autocast dtypes may differ that must not do so elsewhere.
        if all(t.dtype == x.dtype for t in tensors):
            if len(_known) > _MOST_KNOWN:
                _known.clear()
            _known[key] = given
    return given


_known: dict[tuple[object, ...], Settled] = {}
_MOST_KNOWN = 1024


def _checked(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    ndim: int,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
) -> Settled:
    check_tensors(x, w, b, ndim)
    return settled(x.shape[-ndim:], w.shape[2:], stride, padding, dilation)


def _convolution(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    ndim: int,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
) -> Tensor:
    given = _given(x, w, b, ndim, stride, padding, dilation)
    if given.steps:
        return _torch_convolution(x, w, b, given)
    dtype = _computing_dtype(x)
    path = _path(x, w, given, dtype)
    if path == "torch":
        return _torch_convolution(x, w, b, given)
    if dtype != x.dtype or dtype != w.dtype:
        x, w, b = x.to(dtype), w.to(dtype), None if b is None else b.to(dtype)
    batched = x if x.dim() == ndim + 2 else x[None]
    if ndim == 1:
        batched, w = batched.unsqueeze(2), w.unsqueeze(2)
    y = _operation(batched, w, b)(batched, w, b, given.ends, path)
    y = y.squeeze(2) if ndim == 1 else y
    return y if x.dim() == ndim + 2 else y[0]


def _operation(x: Tensor, w: Tensor, b: Tensor | None) -> Callable[..., Tensor]:
    """The entrance for whoever calls: the compiler, autograd, or neither."""
    if torch.compiler.is_compiling():
        return depthwise
    learning = x.requires_grad or w.requires_grad or (b is not None and b.requires_grad)
    return Convolution.apply if learning and torch.is_grad_enabled() else convolve


def _torch_convolution(x: Tensor, w: Tensor, b: Tensor | None, given: Settled) -> Tensor:
    """PyTorch's own call."""
    convolution = F.conv2d if w.dim() == 4 else F.conv1d
    padding = given.padding
    if padding is None:
        x, padding = F.pad(x, given.pads), (0,) * len(given.stride)
    channels = x.shape[1 - w.dim()]
    return convolution(x, w, b, given.stride, padding, given.dilation, groups=channels)
