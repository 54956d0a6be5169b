"""Ways to compute a convolution, each to be read: loops, im2col and the Fourier transform.

They take what `conv2d` takes and give what it gives. Winograd's way is in `winograd`.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dsconv_lib.arithmetic import Padding, PerAxis, settled
from dsconv_lib.reference.arguments import arrays, as_two, layer, layout
from dsconv_lib.reference.windows import Array, padded, windows


def conv2d_loops(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """`conv2d` as its formula is written: one multiplication after the other.

    Parameters, result and errors are those of `conv2d`. There are
    ``N * O * H_out * W_out * (C / groups) * kh * kw`` rounds, each of about a microsecond: small
    inputs only.

    Examples
    --------
    >>> conv2d_loops([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]])
    array([[[37, 47],
            [67, 77]]])
    """
    given = layer(2, x, w, b, stride, padding, dilation, groups)
    inputs, kernels = padded(given.x, given.axes), given.w
    rows, columns = given.axes
    channels, outputs = inputs.shape[1] // groups, kernels.shape[0] // groups
    y = np.zeros(given.output_shape, inputs.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        first = o // outputs * channels  # channel of the group to which output o belongs
        for c, m, k in np.ndindex(kernels.shape[1:]):
            row = i * rows.stride + m * rows.dilation
            column = j * columns.stride + k * columns.dilation
            y[n, o, i, j] += kernels[o, c, m, k] * inputs[n, first + c, row, column]
    return given.result(y)


def conv2d_im2col(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """`conv2d` as one product of matrices per image: kernels times columns (`im2col`).

    Parameters, result and errors are those of `conv2d`. It is fast since products of matrices are,
    and it costs memory: `im2col_bytes`, at stride 1 about ``kh * kw`` times the input.

    Source: Chellapilla, Puri & Simard (2006), "High performance convolutional neural networks for
    document processing".

    Examples
    --------
    >>> conv2d_im2col([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]])
    array([[[37, 47],
            [67, 77]]])
    """
    given = layer(2, x, w, b, stride, padding, dilation, groups)
    N, out_channels, H, W = given.output_shape
    columns = im2col(given.x, given.w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    taps = given.w[0].size
    kernels = given.w.reshape(groups, out_channels // groups, taps)
    y = kernels @ columns.reshape(N, groups, taps, H * W)
    return given.result(y.reshape(N, out_channels, H, W))


def im2col(
    x: npt.ArrayLike,
    kernel_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
) -> Array:
    """Lay out what each output reads as a column: what ``torch.nn.functional.unfold`` computes.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Input.
    kernel_size, stride, padding, dilation
        As in `conv2d`.

    Returns
    -------
    ndarray, shape (N, C * kh * kw, H_out * W_out) or (C * kh * kw, H_out * W_out)
        One column per output position, one row per channel and tap. `im2col_bytes` says how large.

    Raises
    ------
    ValueError, TypeError
        As `conv2d`.

    Examples
    --------
    >>> im2col([[[1, 2, 3], [4, 5, 6]]], 2)
    array([[1, 2],
           [2, 3],
           [4, 5],
           [5, 6]])
    """
    [values] = arrays(x=x)
    form = layout(values, 2)
    axes = as_two(settled(2, kernel_size, stride, padding, dilation).axes)
    wide = form.widened(values)
    shape = [axis.output_size(size) for axis, size in zip(axes, wide.shape[2:], strict=True)]
    taps = windows(padded(wide, axes), axes)
    columns = taps.reshape(len(wide), math.prod(taps.shape[1:4]), math.prod(shape))
    return columns if form.batched else columns[0]


def im2col_bytes(
    shape: Sequence[int],
    kernel_size: PerAxis,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    itemsize: int = 4,
) -> int:
    """Bytes of the columns of `im2col`: ``N * C * kh * kw * H_out * W_out * itemsize``.

    Parameters
    ----------
    shape : sequence of int
        Of the input: (N, C, H, W) or (C, H, W).
    kernel_size, stride, padding, dilation
        As in `conv2d`.
    itemsize : int
        Bytes of one number; 4 for float32.

    Returns
    -------
    int
        The input itself has ``prod(shape) * itemsize`` bytes.

    Raises
    ------
    ValueError, TypeError
        As `conv2d`.

    Examples
    --------
    Nine times the 0.77 MiB of the input:

    >>> round(im2col_bytes((64, 56, 56), 3, padding=1) / 2**20, 2)
    6.89
    """
    layout(np.broadcast_to(np.float32(0), tuple(shape)), 2)
    axes = as_two(settled(2, kernel_size, stride, padding, dilation).axes)
    outputs = [axis.output_size(size) for axis, size in zip(axes, shape[-2:], strict=True)]
    taps = [axis.kernel_size for axis in axes]
    return math.prod([*shape[:-2], *taps, *outputs]) * itemsize


def conv2d_fft(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """`conv2d` by the Fourier transform, in which correlation is one product per frequency.

    Parameters, result and errors are those of `conv2d`; integers give float64. The work does not
    grow with the kernel, so it pays for large ones (Mathieu, Henaff & LeCun 2013, arXiv:1312.5851).
    Rounding errors are of the size of the largest output, and a NaN or an infinity reaches every
    output of its image.

    Examples
    --------
    >>> conv2d_fft([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]]).round(6)
    array([[[37., 47.],
            [67., 77.]]])
    """
    given = layer(2, x, w, b, stride, padding, dilation, groups, exact=False)
    N, out_channels, H, W = given.output_shape
    rows, columns = given.axes
    inputs, kernels = padded(given.x, given.axes), given.w
    # Dilation puts zeros between the taps.
    spans = (rows.effective_kernel_size, columns.effective_kernel_size)
    spread = np.zeros((*kernels.shape[:2], *spans), kernels.dtype)
    spread[:, :, :: rows.dilation, :: columns.dilation] = kernels
    # The transform is that of a circle. A window that fits does not reach round it.
    size = inputs.shape[2:]
    spectra = np.fft.rfft2(inputs)
    kernel_spectra = np.fft.rfft2(spread, size)
    channels, *frequencies = kernel_spectra.shape[1:]
    # The conjugate turns convolution into correlation.
    products = np.einsum(
        "ngcpq,gocpq->ngopq",
        spectra.reshape(N, groups, channels, *frequencies),
        kernel_spectra.conj().reshape(groups, out_channels // groups, channels, *frequencies),
    )
    circle = np.fft.irfft2(products, size).reshape(N, out_channels, *size)
    # All outputs were computed; the stride keeps some of them.
    return given.result(circle[:, :, :: rows.stride, :: columns.stride][:, :, :H, :W])
