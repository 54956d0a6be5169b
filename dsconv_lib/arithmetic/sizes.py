"""How many positions come out, how much padding keeps the size, how often an input is read."""

from typing import overload

from dsconv_lib.arithmetic.spec import ConvSpec
from dsconv_lib.checks import Padding, PerAxis, checked, common_ndim, per_axis


@overload
def output_size(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int: ...
@overload
def output_size(
    size: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> int | tuple[int, ...]: ...
def output_size(
    size: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
) -> int | tuple[int, ...]:
    """Count the output positions of a convolution or pooling layer.

    Parameters
    ----------
    size : int or sequence of int
        Input positions, at least 1 per axis.
    kernel_size, stride, padding, dilation
        As in `ConvSpec`.

    Returns
    -------
    int or tuple of int
        ``floor((n + before + after - D (K - 1) - 1) / S) + 1`` per axis.

    Raises
    ------
    ValueError
        Where PyTorch refuses: the kernel spans more than the padded input, a size, kernel, stride
        or dilation is below 1, a padding is negative.
    TypeError
        If a value is not an integer.

    Examples
    --------
    >>> output_size(224, 7, stride=2, padding=3)
    112
    >>> output_size((6, 9), (3, 5), dilation=(2, 1))
    (2, 5)
    """
    return ConvSpec(kernel_size, stride, padding, dilation).output_size(size)


@overload
def transposed_output_size(
    size: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> int: ...
@overload
def transposed_output_size(
    size: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    output_padding: PerAxis = 0,
) -> int | tuple[int, ...]: ...
def transposed_output_size(
    size: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    output_padding: PerAxis = 0,
) -> int | tuple[int, ...]:
    """Count the output positions of a transposed convolution.

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation
        As in `output_size`; here padding takes positions away from both ends of the output.
    output_padding : int or sequence of int
        Positions added at the far end, which picks one of the ``S`` input sizes that the
        convolution of the same setting maps to ``size``.

    Returns
    -------
    int or tuple of int
        ``(n - 1) S - before - after + D (K - 1) + output_padding + 1`` per axis.

    Raises
    ------
    ValueError
        Where PyTorch refuses: as for `output_size`, or if ``output_padding`` is not smaller than
        the stride or the dilation, or if nothing is left of the output.
    TypeError
        If a value is not an integer.

    Examples
    --------
    >>> transposed_output_size(7, 3, stride=2, padding=1, output_padding=1)
    14
    """
    spec = ConvSpec(kernel_size, stride, padding, dilation)
    size = checked("size", size, least=1)
    extra = checked("output_padding", output_padding, least=0)
    layer = (0,) * spec.ndim if spec.ndim else 0
    ndim = common_ndim(size=size, layer=layer, output_padding=extra)
    count = ndim or 1
    sizes = []
    for axis, n, more in zip(
        spec.axes(count), per_axis(size, count), per_axis(extra, count), strict=True
    ):
        if more >= max(axis.stride, axis.dilation):
            raise ValueError(
                f"output_padding={more} must be smaller than stride={axis.stride} or "
                f"dilation={axis.dilation}: use at most {max(axis.stride, axis.dilation) - 1}"
            )
        out = (n - 1) * axis.stride - axis.before - axis.after + axis.effective_kernel_size + more
        if out < 1:
            raise ValueError(
                f"padding={axis.before}+{axis.after} leaves {out} output positions of "
                f"{out + axis.before + axis.after}, but at least 1 is needed: use less padding"
            )
        sizes.append(out)
    return sizes[0] if ndim is None else tuple(sizes)


@overload
def same_padding(kernel_size: int, dilation: int = 1) -> int: ...
@overload
def same_padding(kernel_size: PerAxis, dilation: PerAxis = 1) -> int | tuple[int, ...]: ...
def same_padding(kernel_size: PerAxis, dilation: PerAxis = 1) -> int | tuple[int, ...]:
    """Padding at both ends that keeps the size at stride 1: ``D (K - 1) / 2``.

    Parameters
    ----------
    kernel_size, dilation : int or sequence of int
        Taps and their distance, each at least 1; one number, or one per axis.

    Returns
    -------
    int or tuple of int
        Positions before, and as many after.

    Raises
    ------
    ValueError
        If ``D (K - 1)`` is odd, so that the two ends cannot be alike, or a value is below 1.
    TypeError
        If a value is not an integer.

    Examples
    --------
    >>> same_padding(3, dilation=6), same_padding((3, 5))
    (6, (1, 2))
    """
    spec = ConvSpec(kernel_size, dilation=dilation)
    result = []
    for axis in spec.axes():
        total = axis.effective_kernel_size - 1
        if total % 2:
            raise ValueError(
                f"kernel_size={axis.kernel_size} with dilation={axis.dilation} needs {total} "
                "positions of padding in all, which do not split evenly: use an odd kernel_size, "
                f"or give one end more, as in padding=(({total // 2}, {total - total // 2}),)"
            )
        result.append(total // 2)
    return result[0] if spec.ndim is None else tuple(result)


def read_counts(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[int, ...]:
    """How many outputs read each input position, along one axis.

    Parameters and errors are those of `output_size`, for one axis.

    Returns
    -------
    tuple of int, length ``size``
        A count of 0 marks a position that no output reads. Read the other way round, the counts
        are how many products the transposed convolution adds up at each of its outputs: the
        checkerboard of Odena, Dumoulin & Olah (2016).

    Examples
    --------
    >>> read_counts(8, 3, stride=2)
    (1, 1, 2, 1, 2, 1, 1, 0)
    """
    outputs = output_size(size, kernel_size, stride, padding, dilation)
    counts = [0] * size
    for output in range(outputs):
        for tap in range(kernel_size):
            position = output * stride - padding + tap * dilation
            if 0 <= position < size:
                counts[position] += 1
    return tuple(counts)
