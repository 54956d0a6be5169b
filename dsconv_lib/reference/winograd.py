"""Winograd's convolution: fewer multiplications for kernels of three taps.

Two neighbouring outputs of a kernel of three taps read four inputs. Computed one by one they take
six multiplications; F(2, 3) takes four, and along two axes F(2×2, 3×3) takes 16 in place of 36,
2.25 times fewer. Source: Lavin & Gray (2016), arXiv:1509.09308, section 4, whose letters are used
here.
"""

import math

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from dsconv_lib.arithmetic import Padding, PerAxis
from dsconv_lib.reference.arguments import Layer, layer
from dsconv_lib.reference.windows import Array, Axes, padded

# y = AT [(G g) * (BT d)] for the four inputs d, the three taps g and the two outputs y.
BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
AT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


def conv1d_winograd(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """`conv1d` by Winograd's F(2, 3): four multiplications for two outputs, not six.

    Parameters, result and errors are those of `conv1d`; integers give float64. Only kernels of
    three taps at stride 1 and dilation 1 can be computed so; others are refused (`ValueError`).

    Examples
    --------
    >>> conv1d_winograd([[1, 2, 3, 4]], [[[1, 0, -1]]])
    array([[-2., -2.]])
    """
    given = layer(1, x, w, b, stride, padding, dilation, groups, exact=False)
    _require_three_taps(given)
    N, out_channels, _, L = given.output_shape
    inputs = padded(given.x, _to_pairs(given))[:, :, 0]
    bt, g, at = (matrix.astype(inputs.dtype) for matrix in (BT, G, AT))
    tiles = sliding_window_view(inputs, 4, axis=2)[:, :, ::2]  # (N, C, pairs, 4)
    products = _multiplied(given.w[:, :, 0] @ g.T, tiles @ bt.T, groups)
    y = products @ at.T  # (N, O, pairs, 2)
    return given.result(y.reshape(N, out_channels, 1, 2 * y.shape[2])[..., :L])


def conv2d_winograd(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """`conv2d` by Winograd's F(2×2, 3×3): 16 multiplications for four outputs, not 36.

    Parameters, result and errors are those of `conv2d`; integers give float64. Only kernels of 3×3
    taps at stride 1 and dilation 1 can be computed so; others are refused (`ValueError`).

    Examples
    --------
    >>> conv2d_winograd([[[1, 0, 2], [0, 3, 0], [4, 0, 5]]], [[[[1, 0, 0], [0, 1, 0], [0, 0, 1]]]])
    array([[[9.]]])
    """
    given = layer(2, x, w, b, stride, padding, dilation, groups, exact=False)
    _require_three_taps(given)
    N, out_channels, H, W = given.output_shape
    inputs = padded(given.x, _to_pairs(given))
    bt, g, at = (matrix.astype(inputs.dtype) for matrix in (BT, G, AT))
    tiles = sliding_window_view(inputs, (4, 4), axis=(2, 3))[:, :, ::2, ::2]
    # The same as along one axis, once for the rows and once for the columns of each tile.
    products = _multiplied(g @ given.w @ g.T, bt @ tiles @ bt.T, groups)
    y = at @ products @ at.T  # (N, O, pairs of rows, pairs of columns, 2, 2)
    y = y.swapaxes(3, 4).reshape(N, out_channels, 2 * y.shape[2], 2 * y.shape[3])
    return given.result(y[:, :, :H, :W])


def _multiplied(kernels: Array, tiles: Array, groups: int) -> Array:
    """The multiplications: number by number within a tile, and summed over the channels.

    ``kernels`` is (O, C / groups, *tile) and ``tiles`` (N, C, *places, *tile); a product of
    matrices for each number of the tile does it for all tiles at once.
    """
    out_channels, channels, *tile = kernels.shape
    N, places = tiles.shape[0], tiles.shape[2 : tiles.ndim - len(tile)]
    u = kernels.reshape(groups, out_channels // groups, channels, math.prod(tile))
    v = tiles.reshape(N, groups, channels, math.prod(places), math.prod(tile))
    m = np.moveaxis(u, 3, 0)[:, None] @ np.moveaxis(v, 4, 0)
    return np.moveaxis(m, 0, 4).reshape(N, out_channels, *places, *tile)


def _to_pairs(given: Layer) -> Axes:
    """The padding with one more position at the end where the number of outputs is odd."""
    rows, columns = (
        axis._replace(after=axis.after + outputs % 2) if axis.kernel_size == 3 else axis
        for axis, outputs in zip(given.axes, given.output_shape[2:], strict=True)
    )
    return rows, columns


def _require_three_taps(given: Layer) -> None:
    """Refuse what this way cannot compute."""
    for axis in given.axes[-given.form.ndim :]:
        if (axis.kernel_size, axis.stride, axis.dilation) != (3, 1, 1):
            name = f"conv{given.form.ndim}d"
            raise ValueError(
                f"kernel_size={axis.kernel_size} with stride={axis.stride} and "
                f"dilation={axis.dilation} is not for {name}_winograd, which computes kernels of 3 "
                f"taps at stride=1 and dilation=1: use {name}"
            )
