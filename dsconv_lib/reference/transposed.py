"""Transposed convolution: what convolution does, read from the outputs to the inputs."""

import numpy.typing as npt

from dsconv_lib.arithmetic import Padding, PerAxis, transposed_output_size
from dsconv_lib.reference.arguments import layer
from dsconv_lib.reference.convolution import input_gradient
from dsconv_lib.reference.windows import Array


def conv_transpose2d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Array:
    """Transposed convolution: what ``torch.nn.functional.conv_transpose2d`` computes.

    The adjoint of `conv2d` with the same ``w`` and the same options: it takes arrays of the output
    shape to arrays of the input shape, exactly as `conv2d_backward` makes ``dx`` of ``grad``. Each
    input position adds its value times the kernel to the outputs; nothing is inverted (Dumoulin &
    Visin 2016, arXiv:1603.07285, chapter 4).

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Input.
    w : array_like, shape (C, O / groups, kh, kw)
        One kernel per input channel.
    b : array_like, shape (O,), optional
        Added to the outputs.
    stride, dilation : int or one per axis
        Distance of the places at which neighbouring inputs put the kernel, and of its taps.
    padding : int, one per axis, or one (before, after) pair per axis
        Positions taken away from the ends of the output.
    output_padding : int or one per axis
        Positions added at the far end of the output.
    groups : int
        Parts into which the channels are split.

    Returns
    -------
    ndarray, shape (N, O, H_out, W_out) or (O, H_out, W_out)
        Sizes as in `dsconv_lib.transposed_output_size`; dtypes as in `conv2d`.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: shapes that do not go together, groups that do not divide, an
        ``output_padding`` below neither stride nor dilation, nothing left of the output.

    Examples
    --------
    How many kernels reach each output position:

    >>> conv_transpose2d([[[1, 1, 1]]], [[[[1, 1, 1]]]], stride=(1, 2))
    array([[[1, 1, 2, 1, 2, 1, 1]]])
    """
    return _transposed(2, x, w, b, stride, padding, output_padding, groups, dilation)


def conv_transpose1d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Array:
    """Transposed convolution: what ``torch.nn.functional.conv_transpose1d`` computes.

    Parameters, result and errors are those of `conv_transpose2d` with one axis: ``x`` is (N, C, L)
    or (C, L) and ``w`` is (C, O / groups, k).

    Examples
    --------
    >>> conv_transpose1d([[1, 10]], [[[1, 2, 3]]], stride=2)
    array([[ 1,  2, 13, 20, 30]])
    """
    return _transposed(1, x, w, b, stride, padding, output_padding, groups, dilation)


def _transposed(
    ndim: int,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None,
    stride: PerAxis,
    padding: Padding,
    output_padding: PerAxis,
    groups: int,
    dilation: PerAxis,
) -> Array:
    given = layer(ndim, x, w, b, stride, padding, dilation, groups, transposed=True)
    axes = given.axes[-ndim:]
    size = transposed_output_size(
        given.x.shape[-ndim:],
        given.w.shape[-ndim:],
        [axis.stride for axis in axes],
        [(axis.before, axis.after) for axis in axes],
        [axis.dilation for axis in axes],
        output_padding,
    )
    assert isinstance(size, tuple)
    size = size if ndim == 2 else (1, *size)
    return given.result(input_gradient(given.x, given.w, given.axes, groups, size))
