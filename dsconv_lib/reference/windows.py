"""Which input each tap of a kernel meets, as views: nothing is copied.

Arrays are (N, C, H, W); ``axes`` are the `Axis` of the rows and that of the columns.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from dsconv_lib.arithmetic import Axis

Array = npt.NDArray[Any]
Axes = tuple[Axis, Axis]


def padded(x: Array, axes: Axes, value: object = 0) -> Array:
    """A copy of ``x`` with ``value`` around it."""
    rows, columns = axes
    N, C, H, W = x.shape
    size = (H + rows.before + rows.after, W + columns.before + columns.after)
    full = np.full((N, C, *size), value, x.dtype)
    interior(full, axes)[...] = x
    return full


def interior(full: Array, axes: Axes) -> Array:
    """The part of a padded array that is not padding; writing to it writes to ``full``."""
    rows, columns = axes
    H, W = full.shape[2:]
    return full[:, :, rows.before : H - rows.after, columns.before : W - columns.after]


def windows(full: Array, axes: Axes) -> Array:
    """View a padded array by taps: (N, C, kh, kw, H_out, W_out).

    ``windows(...)[:, :, m, k, i, j]`` is what tap ``m, k`` meets for output ``i, j``; writing to
    ``[:, :, m, k]`` writes to ``full``.
    """
    rows, columns = axes
    spans = (rows.effective_kernel_size, columns.effective_kernel_size)
    starts = sliding_window_view(full, spans, axis=(2, 3), writeable=True)
    used = starts[:, :, :: rows.stride, :: columns.stride, :: rows.dilation, :: columns.dilation]
    return used.transpose(0, 1, 4, 5, 2, 3)
