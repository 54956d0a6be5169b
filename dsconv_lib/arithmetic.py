"""How big is the output? The integer arithmetic of convolution, in pure Python.

One axis at a time: a kernel of ``K`` taps, ``D`` apart, spans ``D (K - 1) + 1`` positions. It
starts at the first position of the padded input and moves on by ``S``, so on ``n`` positions with
``P`` before and after it fits ``floor((n + 2P - D (K - 1) - 1) / S) + 1`` times
(Dumoulin & Visin 2016, arXiv:1603.07285, relationship 15).

A number stands for one axis, or for every axis alike; a tuple gives one number per axis, rows
first. Where all arguments are numbers the result is a number, otherwise it is a tuple. Settings
that PyTorch refuses raise `ValueError` here too.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

PerAxis = int | Sequence[int]
Padding = int | Sequence[int | Sequence[int]]


class Axis(NamedTuple):
    """One layer along one axis: taps, step, padding at both ends, distance of the taps."""

    kernel_size: int
    stride: int
    before: int
    after: int
    dilation: int

    @property
    def effective_kernel_size(self) -> int:
        """Positions from the first tap to the last, both included: ``D (K - 1) + 1``."""
        return self.dilation * (self.kernel_size - 1) + 1

    def output_size(self, size: int) -> int:
        """Count the starting positions on ``size`` input positions; `ValueError` if none."""
        padded = size + self.before + self.after
        if padded < self.effective_kernel_size:
            raise ValueError(
                f"kernel_size={self.kernel_size} with dilation={self.dilation} spans "
                f"{self.effective_kernel_size} positions, but size={size} with padding "
                f"{self.before}+{self.after} has only {padded}: use a larger input, more padding, "
                "a smaller kernel or a smaller dilation"
            )
        return (padded - self.effective_kernel_size) // self.stride + 1


@dataclass(frozen=True)
class ConvSpec:
    """The geometry of a convolution or pooling layer.

    Parameters
    ----------
    kernel_size, stride, dilation : int or sequence of int
        Taps, step and distance of the taps, each at least 1; one number, or one per axis.
    padding : int or sequence
        Positions added at both ends, at least 0; one number, one per axis, or one
        ``(before, after)`` pair per axis, as in ``padding=((0, 1), (0, 1))``.

    Raises
    ------
    TypeError
        If a value is not an integer (`bool` and `float` are not).
    ValueError
        If a value is too small, or if arguments disagree on the number of axes.
    """

    kernel_size: PerAxis
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1

    def __post_init__(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            object.__setattr__(self, name, _checked(name, getattr(self, name), least=1))
        object.__setattr__(self, "padding", _checked_padding(self.padding))
        _common_ndim(
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )

    @property
    def ndim(self) -> int | None:
        """Number of axes; `None` if every argument is a plain number."""
        given = (self.kernel_size, self.stride, self.padding, self.dilation)
        return next((len(value) for value in given if not isinstance(value, int)), None)

    @property
    def effective_kernel_size(self) -> int | tuple[int, ...]:
        """Positions from the first tap to the last: ``D (K - 1) + 1``, per axis."""
        spans = tuple(axis.effective_kernel_size for axis in self.axes())
        return spans[0] if self.ndim is None else spans

    def axes(self, ndim: int | None = None) -> tuple[Axis, ...]:
        """Spell the layer out, one `Axis` per axis.

        Parameters
        ----------
        ndim : int, optional
            Number of axes to give; needed only to repeat plain numbers more than once.
        """
        count = self.ndim or ndim or 1
        if ndim is not None and ndim != count:
            raise ValueError(
                f"{self} has {count} axes, but {ndim} are wanted: use {ndim} or a number"
            )
        kernels, strides = _spread(self.kernel_size, count), _spread(self.stride, count)
        dilations = _spread(self.dilation, count)
        ends = _ends(self.padding, count)
        return tuple(
            Axis(k, s, before, after, d)
            for k, s, (before, after), d in zip(kernels, strides, ends, dilations, strict=True)
        )

    def output_size(self, size: PerAxis) -> int | tuple[int, ...]:
        """Output positions on an input of ``size`` positions; see `output_size`."""
        size = _checked("size", size, least=1)
        ndim = _common_ndim(size=size, layer=(0,) * self.ndim if self.ndim else 0)
        count = ndim or 1
        pairs = zip(self.axes(count), _spread(size, count), strict=True)
        sizes = tuple(axis.output_size(n) for axis, n in pairs)
        return sizes[0] if ndim is None else sizes


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
    """
    spec = ConvSpec(kernel_size, stride, padding, dilation)
    size = _checked("size", size, least=1)
    extra = _checked("output_padding", output_padding, least=0)
    layer = (0,) * spec.ndim if spec.ndim else 0
    ndim = _common_ndim(size=size, layer=layer, output_padding=extra)
    count = ndim or 1
    sizes = []
    for axis, n, more in zip(
        spec.axes(count), _spread(size, count), _spread(extra, count), strict=True
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

    Raises
    ------
    ValueError
        If ``D (K - 1)`` is odd, so that the two ends cannot be alike, or a value is below 1.
    TypeError
        If a value is not an integer.
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


def _integer(name: str, value: object, least: int) -> int:
    """Check one integer and its lower bound."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{name} must be an integer or one integer per axis, got {value!r}: "
            f"use for example {name}=2"
        )
    number = operator.index(value)
    if number < least:
        raise ValueError(f"{name}={number} must be at least {least}: use {name}={least} or more")
    return number


def _checked(name: str, value: object, least: int) -> int | tuple[int, ...]:
    """Check an integer or a sequence of them; sequences come back as tuples."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return _integer(name, value, least)
    if not value:
        raise ValueError(f"{name}={value!r} must hold one number per axis: give at least one")
    return tuple(_integer(name, entry, least) for entry in value)


def _checked_padding(value: object) -> int | tuple[int | tuple[int, ...], ...]:
    """Check padding, whose entries may be (before, after) pairs."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return _integer("padding", value, least=0)
    if not value:
        raise ValueError(f"padding={value!r} must hold one entry per axis: give at least one")
    entries = tuple(_checked("padding", entry, least=0) for entry in value)
    for entry in entries:
        if isinstance(entry, tuple) and len(entry) != 2:
            raise ValueError(
                f"padding={value!r} holds {entry!r}, but an axis takes a number or a "
                "(before, after) pair: use for example padding=((0, 1), (0, 1))"
            )
    return entries


def _spread(value: PerAxis, count: int) -> tuple[int, ...]:
    """Repeat a number for every axis, leave a tuple alone."""
    return (value,) * count if isinstance(value, int) else tuple(value)


def _ends(value: Padding, count: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for every axis."""
    entries = (value,) * count if isinstance(value, int) else value
    return tuple(
        (entry, entry) if isinstance(entry, int) else (entry[0], entry[1]) for entry in entries
    )


def _common_ndim(**given: object) -> int | None:
    """Number of axes on which all tuples among ``given`` agree; `None` if all are numbers."""
    lengths = {name: len(value) for name, value in given.items() if isinstance(value, tuple)}
    if len(set(lengths.values())) > 1:
        named = ", ".join(f"{name} for {length}" for name, length in lengths.items())
        raise ValueError(
            f"arguments must agree on the number of axes, got {named}: give every tuple the same "
            "length, or a plain number for all axes"
        )
    return next(iter(lengths.values()), None)
