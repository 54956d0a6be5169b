"""A layer's geometry: taps, step, padding and distance of the taps, along each axis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from dsconv_lib.checks import (
    Padding,
    PerAxis,
    checked,
    checked_padding,
    common_ndim,
    ends,
    per_axis,
)


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

    def same(self, size: int, larger: Callable[[int, int], int] = max) -> "Axis":
        """Pad for ⌈n/S⌉ outputs on ``size`` positions: TensorFlow's 'SAME'.

        The total is ``max((⌈n/S⌉ - 1) S + D (K - 1) + 1 - n, 0)``; an odd position goes after.
        Sizes that stay open while a network is exported need another ``larger``.
        """
        span, stride = self.effective_kernel_size, self.stride
        total = (size + stride - 1) // stride * stride - stride + span - size
        if span < stride:  # else it cannot be negative
            total = larger(total, 0)
        before = total // 2
        return Axis(self.kernel_size, stride, before, total - before, self.dilation)


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

    Examples
    --------
    >>> spec = ConvSpec(3, stride=(1, 2), padding=((0, 1), (2, 2)), dilation=2)
    >>> spec.effective_kernel_size, spec.output_size((10, 12))
    ((5, 5), (7, 6))
    """

    kernel_size: PerAxis
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1

    def __post_init__(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            object.__setattr__(self, name, checked(name, getattr(self, name), least=1))
        object.__setattr__(self, "padding", checked_padding(self.padding))
        common_ndim(
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
        """Positions from the first tap to the last, ``D (K - 1) + 1``, per axis."""
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
        kernels, strides = per_axis(self.kernel_size, count), per_axis(self.stride, count)
        dilations = per_axis(self.dilation, count)
        margins = ends(self.padding, count)
        return tuple(
            Axis(k, s, before, after, d)
            for k, s, (before, after), d in zip(kernels, strides, margins, dilations, strict=True)
        )

    def output_size(self, size: PerAxis) -> int | tuple[int, ...]:
        """Output positions on an input of ``size`` positions; see `output_size`."""
        size = checked("size", size, least=1)
        ndim = common_ndim(size=size, layer=(0,) * self.ndim if self.ndim else 0)
        count = ndim or 1
        pairs = zip(self.axes(count), per_axis(size, count), strict=True)
        sizes = tuple(axis.output_size(n) for axis, n in pairs)
        return sizes[0] if ndim is None else sizes
