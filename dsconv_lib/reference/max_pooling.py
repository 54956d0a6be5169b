"""Max pooling along one and two axes, and its gradients."""

import numpy as np
import numpy.typing as npt

from dsconv_lib.arithmetic import Padding, PerAxis
from dsconv_lib.reference.arguments import arrays, like_output
from dsconv_lib.reference.pool_layer import Pool, pool
from dsconv_lib.reference.windows import Array, interior, padded, windows


def max_pool2d(
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """The largest value in each window: what ``torch.nn.functional.max_pool2d`` computes.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Input.
    kernel_size, dilation : int or one per axis
        Positions that are compared, and their distance; rows first.
    stride : int or one per axis, optional
        Step of the window; the kernel size if not given.
    padding : int, one per axis, or one (before, after) pair per axis
        Positions around the input, which are never the largest; at most half of the kernel size.
    ceil_mode : bool
        Whether a last window that begins inside but does not fit counts as well.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)
        In the dtype of ``x``; integers as int64. A window that holds NaN gives NaN; one that meets
        only padding gives the least value of the dtype.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: more padding than half of the kernel, a kernel larger than the input.

    Examples
    --------
    >>> max_pool2d([[[1, 2, 3], [9, 5, 4]]], (2, 1))
    array([[[9, 5, 4]]])
    """
    return _max(2, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """`max_pool2d` along one axis: ``x`` is (N, C, L) or (C, L).

    Examples
    --------
    >>> max_pool1d([[0, 0, 1, 1, 0, 0, 1, 1]], 2)
    array([[0, 1, 0, 1]])
    """
    return _max(1, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """Gradient of a loss with respect to the input of `max_pool2d`.

    Each output sends its gradient to the one input that it took. As in PyTorch that is the first of
    equal ones, row by row, but the last NaN. A window that meets only padding sends nothing.

    Parameters
    ----------
    grad : array_like, shape of the output
        Gradient of the loss with respect to the output.
    x, kernel_size, stride, padding, dilation, ceil_mode
        As given to `max_pool2d`.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    ValueError, TypeError
        As `max_pool2d`, or if ``grad`` does not have the shape of the output.

    Examples
    --------
    >>> max_pool2d_backward([[[10]]], [[[1, 3], [3, 2]]], 2)
    array([[[ 0, 10],
            [ 0,  0]]])
    """
    return _max_backward(2, grad, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Array:
    """`max_pool2d_backward` along one axis.

    Examples
    --------
    >>> max_pool1d_backward([[10, 20]], [[1, 5, 5, 2]], 3, stride=1)
    array([[ 0, 30,  0,  0]])
    """
    return _max_backward(1, grad, x, kernel_size, stride, padding, dilation, ceil_mode)


def _largest(given: Pool) -> tuple[Array, Array]:
    """The largest value of each window, and the number of its tap (-1 for padding only)."""
    x = given.x
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    taps = windows(padded(x, given.axes, least), given.axes)
    inside = windows(padded(np.ones((1, 1, *x.shape[2:]), bool), given.axes), given.axes)
    best = np.full(given.output_shape, least, x.dtype)
    origin = np.full(given.output_shape, -1)
    for tap, (m, k) in enumerate(np.ndindex(taps.shape[2:4])):
        value = taps[:, :, m, k]
        larger = (origin < 0) | (value > best) | np.isnan(value)
        taken = larger & inside[:, :, m, k]
        best = np.where(taken, value, best)
        origin = np.where(taken, tap, origin)
    return best, origin


def _max(
    ndim: int,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    dilation: PerAxis,
    ceil_mode: bool,
) -> Array:
    [values] = arrays(x=x)
    given = pool(ndim, values, kernel_size, stride, padding, dilation, ceil_mode)
    return given.form.restored(_largest(given)[0])


def _max_backward(
    ndim: int,
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    dilation: PerAxis,
    ceil_mode: bool,
) -> Array:
    upstream, values = arrays(grad=grad, x=x)
    given = pool(ndim, values, kernel_size, stride, padding, dilation, ceil_mode)
    upstream = like_output(upstream, given.output_shape, given.form)
    origin = _largest(given)[1]
    full = padded(np.zeros_like(given.x), given.axes)
    taps = windows(full, given.axes)
    for tap, (m, k) in enumerate(np.ndindex(taps.shape[2:4])):
        taps[:, :, m, k] += np.where(origin == tap, upstream, 0)
    return given.form.restored(interior(full, given.axes))
