"""The choice of a path: by what was measured, by who looks on, or by whoever overrides it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from dsconv_lib._depthwise.arguments import Call
from dsconv_lib._depthwise.onlookers import is_watched
from dsconv_lib._depthwise.plain import is_quick

PATHS = ("torch", "pure", "compiled")
_FLOATS = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
# The taps of more do not fit into the registers of the compiled kernels.
_MOST_COLUMNS = 7
# With fewer, the calls of the pure path take longer than they save.
_LEAST_VALUES = 1 << 14


class Paths(NamedTuple):
    """The ways that a call takes.

    Attributes
    ----------
    forward : str
        For the output: "torch" (PyTorch's own call), "pure" or "compiled".
    backward : str
        For the gradients, likewise.

    Examples
    --------
    >>> Paths(forward="torch", backward="compiled").backward
    'compiled'
    """

    forward: str
    backward: str


def chosen(x: Tensor, w: Tensor, call: Call, dtype: torch.dtype) -> str:
    """Choose: each rule stands where a measurement or a limit put it."""
    if call.ends is None or dtype not in _FLOATS or not x.numel() or is_watched(x, w):
        return "torch"
    forced = _forced[0]
    if forced is not None:
        return forced
    if not call.dilated and is_quick(x, w, dtype):
        return "torch"
    if max(w.shape[2:]) <= _MOST_COLUMNS and has_numba():
        return "compiled"
    gains = call.dilated and dtype == torch.float32 and x.numel() >= _LEAST_VALUES
    return "pure" if gains else "torch"


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
    >>> from dsconv_lib.functional import choose_path
    >>> with using_path("pure"):
    ...     choose_path(torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3))
    Paths(forward='pure', backward='pure')
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
    >>> from dsconv_lib.functional import depthwise_conv2d
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
