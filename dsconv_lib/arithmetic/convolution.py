"""A convolution settled for a number of axes, with its padding in numbers or in a word."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dsconv_lib.arithmetic.spec import Axis, ConvSpec
from dsconv_lib.checks import Padding, PerAxis


class Settled(NamedTuple):
    """A convolution along a known number of axes.

    Attributes
    ----------
    axes : tuple of Axis
        Rows first; those of a `sized` convolution have no padding yet.
    sized : bool
        Whether the padding follows from the size of the input: "same" with a stride.
    """

    axes: tuple[Axis, ...]
    sized: bool = False

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """Taps along each axis."""
        return tuple(axis.kernel_size for axis in self.axes)

    @property
    def stride(self) -> tuple[int, ...]:
        """Step along each axis."""
        return tuple(axis.stride for axis in self.axes)

    @property
    def dilation(self) -> tuple[int, ...]:
        """Distance of the taps along each axis."""
        return tuple(axis.dilation for axis in self.axes)

    @property
    def keeps_size(self) -> bool:
        """Whether inputs of every size have outputs of the same size."""
        return all(
            axis.stride == 1 and axis.before + axis.after + 1 == axis.effective_kernel_size
            for axis in self.axes
        )

    def on(self, size: Sequence[int], larger: Callable[[int, int], int] = max) -> "Settled":
        """The same on an input of ``size``, with its padding in numbers; see `Axis.same`."""
        if not self.sized:
            return self
        return Settled(tuple(a.same(n, larger) for a, n in zip(self.axes, size, strict=True)))

    def pads(
        self, size: Sequence[int] = (), larger: Callable[[int, int], int] = max
    ) -> tuple[tuple[int, int], ...]:
        """Positions of padding before and after each axis; ``size`` matters only if `sized`."""
        return tuple((axis.before, axis.after) for axis in self.on(size, larger).axes)

    def output_size(self, size: Sequence[int]) -> tuple[int, ...]:
        """Output positions on an input of ``size``; `ValueError` if the kernel does not fit."""
        pairs = zip(self.on(size).axes, size, strict=True)
        return tuple(axis.output_size(n) for axis, n in pairs)


def settled(
    ndim: int,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    *,
    beyond_pytorch: bool = False,
) -> Settled:
    """Check the arguments of a convolution and spell them out for ``ndim`` axes.

    Parameters
    ----------
    ndim : int
        Number of axes.
    kernel_size, stride, dilation : int, sequence of one, or one per axis
        As in `ConvSpec`; a kernel size in a sequence must have one entry per axis.
    padding : int, sequence of one, one per axis, one (before, after) pair per axis, or str
        "valid" is none; "same" gives ⌈n/S⌉ outputs, with the odd position after. "causal" puts all
        D (K - 1) positions before the one axis.
    beyond_pytorch : bool
        Whether to take the words that PyTorch refuses: "causal", and "same" with a stride.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, unknown, or for another number of axes.

    Examples
    --------
    >>> settled(2, 3, padding="same", dilation=(1, 2)).pads()
    ((1, 1), (2, 2))
    >>> settled(2, 3, stride=2, padding="same", beyond_pytorch=True).pads((8, 9))
    ((0, 1), (1, 1))
    """
    stride, dilation = _for_all(stride, ndim), _for_all(dilation, ndim)
    if not isinstance(padding, str):
        return Settled(ConvSpec(kernel_size, stride, _for_all(padding, ndim), dilation).axes(ndim))
    axes = ConvSpec(kernel_size, stride, 0, dilation).axes(ndim)
    _check_word(padding, axes, beyond_pytorch)
    if padding == "causal":
        return Settled(tuple(a._replace(before=a.effective_kernel_size - 1) for a in axes))
    if padding == "valid":
        return Settled(axes)
    sized = any(axis.stride > 1 for axis in axes)
    return Settled(axes, sized=True) if sized else Settled(tuple(axis.same(1) for axis in axes))


def _for_all(value, ndim: int):  # type: ignore[no-untyped-def]
    """A sequence of one number is for every axis, as in PyTorch."""
    alone = isinstance(value, Sequence) and len(value) == 1 and isinstance(value[0], int)
    return tuple(value) * ndim if alone else value


def _check_word(word: str, axes: tuple[Axis, ...], beyond_pytorch: bool) -> None:
    """Refuse words that are unknown or not for such a convolution."""
    if word == "causal" and beyond_pytorch and len(axes) > 1:
        raise ValueError(
            f'padding="causal" is for one axis, that of time, and there are {len(axes)}: use '
            '"same", or (before, after) pairs, as in padding=((0, 0), (2, 0))'
        )
    known = ("same", "valid", "causal") if beyond_pytorch and len(axes) == 1 else ("same", "valid")
    if word not in known:
        words = ", ".join(f'"{one}"' for one in known)
        raise ValueError(f"padding={word!r} is unknown: use {words} or numbers")
    strides = tuple(axis.stride for axis in axes)
    if word == "same" and not beyond_pytorch and max(strides) > 1:
        raise ValueError(
            f'padding="same" keeps the size, which stride={strides} does not: use stride=1, or '
            "numbers for padding"
        )
