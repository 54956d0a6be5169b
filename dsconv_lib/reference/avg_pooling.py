"""Average pooling along one and two axes, and its gradients."""

import numpy as np
import numpy.typing as npt

from dsconv_lib.arithmetic import Padding, PerAxis
from dsconv_lib.reference.arguments import arrays, like_output
from dsconv_lib.reference.pool_layer import Pool, pool
from dsconv_lib.reference.windows import Array, interior, padded, windows


def avg_pool2d(
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """The mean of each window: what ``torch.nn.functional.avg_pool2d`` computes.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Input.
    kernel_size : int or one per axis
        Positions that are averaged; rows first.
    stride : int or one per axis, optional
        Step of the window; the kernel size if not given.
    padding : int, one per axis, or one (before, after) pair per axis
        Positions of zeros around the input; at most half of the kernel size.
    ceil_mode : bool
        Whether a last window that begins inside but does not fit counts as well. What lies beyond
        the padding is never counted.
    count_include_pad : bool
        Whether positions of padding count in the number by which the sum is divided.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)
        float32 stays float32, float64 stays float64, integers give float64.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: more padding than half of the kernel, a kernel larger than the input.

    Examples
    --------
    >>> avg_pool2d([[[1, 2, 3], [9, 5, 4]]], (2, 1))
    array([[[5. , 3.5, 3.5]]])
    """
    return _avg(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool1d(
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """`avg_pool2d` along one axis: ``x`` is (N, C, L) or (C, L).

    Examples
    --------
    >>> avg_pool1d([[2, 4, 6]], 2, padding=1)
    array([[1., 5.]])
    >>> avg_pool1d([[2, 4, 6]], 2, padding=1, count_include_pad=False)
    array([[2., 5.]])
    """
    return _avg(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Gradient of a loss with respect to the input of `avg_pool2d`.

    Each output sends its gradient, divided by the same number, to all the inputs of its window.

    Parameters
    ----------
    grad : array_like, shape of the output
        Gradient of the loss with respect to the output.
    x : array_like
        As given to `avg_pool2d`; only its shape and dtype matter.
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As given to `avg_pool2d`.

    Returns
    -------
    ndarray, shape of ``x``

    Raises
    ------
    ValueError, TypeError
        As `avg_pool2d`, or if ``grad`` does not have the shape of the output.

    Examples
    --------
    >>> avg_pool2d_backward([[[8, 4]]], [[[1, 3, 5], [3, 2, 1]]], 2, stride=1)
    array([[[2., 3., 1.],
            [2., 3., 1.]]])
    """
    return _avg_backward(2, grad, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool1d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """`avg_pool2d_backward` along one axis.

    Examples
    --------
    >>> avg_pool1d_backward([[6, 8]], [[1, 2, 3]], 2, stride=1)
    array([[3., 7., 4.]])
    """
    return _avg_backward(1, grad, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def _counts(given: Pool, count_include_pad: bool) -> Array:
    """The number by which each window is divided: (H_out, W_out)."""
    counted = padded(np.ones((1, 1, *given.x.shape[2:])), given.axes, float(count_include_pad))
    rows, columns = (size - over for size, over in zip(counted.shape[2:], given.over, strict=True))
    counted[:, :, rows:], counted[..., columns:] = 0, 0
    return windows(counted, given.axes).sum((2, 3))[0, 0].astype(given.x.dtype)


def _avg(
    ndim: int,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Array:
    [values] = arrays(exact=False, x=x)
    given = pool(ndim, values, kernel_size, stride, padding, 1, ceil_mode)
    taps = windows(padded(given.x, given.axes), given.axes)
    total = np.zeros(given.output_shape, given.x.dtype)
    for m, k in np.ndindex(taps.shape[2:4]):
        total += taps[:, :, m, k]
    return given.form.restored(total / _counts(given, count_include_pad))


def _avg_backward(
    ndim: int,
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Array:
    upstream, values = arrays(exact=False, grad=grad, x=x)
    given = pool(ndim, values, kernel_size, stride, padding, 1, ceil_mode)
    upstream = like_output(upstream, given.output_shape, given.form)
    share = upstream / _counts(given, count_include_pad)
    full = padded(np.zeros_like(given.x), given.axes)
    taps = windows(full, given.axes)
    for m, k in np.ndindex(taps.shape[2:4]):
        taps[:, :, m, k] += share
    return given.form.restored(interior(full, given.axes))
