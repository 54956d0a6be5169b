"""Convolution along one and two axes, and its gradients."""

import numpy as np
import numpy.typing as npt

from dsconv_lib.arithmetic import Padding, PerAxis
from dsconv_lib.reference.arguments import Layer, arrays, layer, like_output
from dsconv_lib.reference.windows import Array, Axes, interior, padded, windows

# Bytes of columns that are laid out at a time, so that they stay in the cache.
_BLOCK = 1 << 19


def conv2d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """Convolve along two axes: what ``torch.nn.functional.conv2d`` computes.

    ``y[n, o, i, j] = b[o] + Σ_c Σ_m Σ_k w[o, c, m, k] x[n, c, i S + m D - P, j S + k D - P]``

    ``c`` runs over the channels of the group of ``o``, and ``x`` is 0 outside (Dumoulin & Visin
    2016, arXiv:1603.07285). The kernel is not flipped: mathematics calls this cross-correlation.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Input.
    w : array_like, shape (O, C / groups, kh, kw)
        One kernel per output channel.
    b : array_like, shape (O,), optional
        Added to the outputs.
    stride, dilation : int or one per axis
        Step of the kernel and distance of its taps, in positions; rows first.
    padding : int, one per axis, one (before, after) pair per axis, "same" or "valid"
        Positions of zeros around the input. PyTorch does not take pairs.
    groups : int
        Parts into which the channels are split; each output channel reads one part.
        ``groups=C`` is a depthwise convolution.

    Returns
    -------
    ndarray, shape (N, O, H_out, W_out) or (O, H_out, W_out)
        Sizes as in `dsconv_lib.output_size`. float32 stays float32, float64 stays float64, integers
        are summed exactly in int64. Arrays must have one dtype; lists and numbers take on that of
        the arrays.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: shapes or dtypes that do not go together, groups that do not divide,
        a kernel larger than the padded input; and for complex and half-precision numbers.

    Examples
    --------
    >>> conv2d([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]])
    array([[[37, 47],
            [67, 77]]])
    """
    given = layer(2, x, w, b, stride, padding, dilation, groups)
    return given.result(_forward(given))


def conv1d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """Convolve along one axis: what ``torch.nn.functional.conv1d`` computes.

    Parameters, result and errors are those of `conv2d` with one axis: ``x`` is (N, C, L) or (C, L)
    and ``w`` is (O, C / groups, k).

    Examples
    --------
    >>> conv1d([[1, 2, 3, 4]], [[[1, 0, -1]]])
    array([[-2, -2]])
    """
    given = layer(1, x, w, b, stride, padding, dilation, groups)
    return given.result(_forward(given))


def conv2d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to the input, the weight and the bias of `conv2d`.

    Every product ``w · x`` of the forward pass sends ``w · grad`` back to its ``x`` and
    ``x · grad`` to its ``w``; the bias collects ``grad`` itself.

    Parameters
    ----------
    grad : array_like, shape of the output
        Gradient of the loss with respect to the output.
    x, w, stride, padding, dilation, groups
        As given to `conv2d`.

    Returns
    -------
    dx, dw, db : ndarray
        In the shapes of ``x`` and ``w``, and (O,).

    Raises
    ------
    ValueError, TypeError
        As `conv2d`, or if ``grad`` does not have the shape of the output.

    Examples
    --------
    >>> x = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    >>> dx, dw, db = conv2d_backward([[[1, 1], [1, 1]]], x, [[[[1, 0], [0, 1]]]])
    >>> dw
    array([[[[12, 16],
             [24, 28]]]])
    >>> dx
    array([[[1, 1, 0],
            [1, 2, 1],
            [0, 1, 1]]])
    """
    return _backward(2, grad, x, w, stride, padding, dilation, groups)


def conv1d_backward(
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to the input, the weight and the bias of `conv1d`.

    Parameters, results and errors are those of `conv2d_backward` with one axis.

    Examples
    --------
    >>> dx, dw, db = conv1d_backward([[1, 10]], [[1, 2, 3]], [[[5, 7]]])
    >>> dx, dw, db
    (array([[ 5, 57, 70]]), array([[[21, 32]]]), array([11]))
    """
    return _backward(1, grad, x, w, stride, padding, dilation, groups)


def _forward(given: Layer) -> Array:
    """One product of matrices for each block of rows: kernels times columns."""
    N, out_channels, H, W = given.output_shape
    groups = given.groups
    kernels = given.w.reshape(groups, out_channels // groups, -1)
    taps = windows(padded(given.x, given.axes), given.axes)
    # A column holds what the kernel of one output position meets.
    at_once = max(1, _BLOCK // (kernels[:, 0].nbytes * W))
    y = np.empty((N, groups, out_channels // groups, H * W), given.x.dtype)
    for n in range(N):
        for i in range(0, H, at_once):
            block = taps[n, ..., i : i + at_once, :]
            columns = block.reshape(groups, kernels.shape[-1], -1)
            np.matmul(kernels, columns, out=y[n, ..., i * W : (i + at_once) * W])
    return y.reshape(N, out_channels, H, W)


def _backward(
    ndim: int,
    grad: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
    groups: int,
) -> tuple[Array, Array, Array]:
    upstream, inputs, weight = arrays(grad=grad, x=x, w=w)
    given = layer(ndim, inputs, weight, None, stride, padding, dilation, groups)
    upstream = like_output(upstream, given.output_shape, given.form)
    dx = input_gradient(upstream, given.w, given.axes, groups, given.x.shape[2:])
    dw = _weight_gradient(upstream, given)
    return given.form.restored(dx), dw.reshape(weight.shape), upstream.sum((0, 2, 3))


def input_gradient(grad: Array, w: Array, axes: Axes, groups: int, size: tuple[int, ...]) -> Array:
    """Send every output back to the inputs it was made from: (N, C, *size)."""
    N, out_channels, H, W = grad.shape
    channels = w.shape[1] * groups
    kernels = w.reshape(groups, out_channels // groups, *w.shape[1:])
    columns = grad.reshape(N, groups, out_channels // groups, H * W)
    full = padded(np.zeros((N, channels, *size), grad.dtype), axes)
    # Output padding may leave room for more windows than there are outputs to send back.
    taps = windows(full, axes)[..., :H, :W]
    for m, k in np.ndindex(w.shape[2:]):
        tap = kernels[..., m, k].swapaxes(1, 2)
        # The same numbers; the product of matrices is slow where nothing is summed.
        sent = tap * columns if out_channels == groups else tap @ columns
        taps[:, :, m, k] += sent.reshape(N, channels, H, W)
    return interior(full, axes)


def _weight_gradient(grad: Array, given: Layer) -> Array:
    """Correlate the input with the upstream gradient, tap by tap."""
    N, out_channels, H, W = grad.shape
    C, groups = given.x.shape[1], given.groups
    rows = grad.reshape(N, groups, out_channels // groups, H * W)
    taps = windows(padded(given.x, given.axes), given.axes)
    dw = np.empty((groups, out_channels // groups, *given.w.shape[1:]), grad.dtype)
    for m, k in np.ndindex(given.w.shape[2:]):
        met = taps[:, :, m, k].reshape(N, groups, C // groups, H * W)
        dw[..., m, k] = (rows @ met.swapaxes(2, 3)).sum(0)
    return dw
