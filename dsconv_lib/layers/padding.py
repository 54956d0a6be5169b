"""How much to pad: in numbers, or in a word from which the numbers follow."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.checks import Padding, integer

_WORDS = {1: ("same", "valid", "causal"), 2: ("same", "valid"), 3: ("same", "valid")}


def settled_padding(padding: Padding | str, ndim: int) -> str | tuple[int | tuple[int, int], ...]:
    """Check ``padding``: a word, or numbers, one per axis, or pairs where the ends differ."""
    if not isinstance(padding, str):
        axes = ConvSpec(1, padding=padding).axes(ndim)
        if all(axis.before == axis.after for axis in axes):
            return tuple(axis.before for axis in axes)
        return tuple((axis.before, axis.after) for axis in axes)
    if padding == "causal" and ndim > 1:
        raise ValueError(
            f'padding="causal" is for one axis, that of time, and there are {ndim}: use "same", or '
            "(before, after) pairs, as in padding=((0, 0), (2, 0))"
        )
    if padding not in _WORDS[ndim]:
        known = ", ".join(f'"{word}"' for word in _WORDS[ndim])
        raise ValueError(f"padding={padding!r} is unknown: use {known} or numbers")
    return padding


# What follows is compiled by TorchScript, too: hence its plain style.
def same_ends(size: int, span: int, stride: int) -> tuple[int, int]:
    """Positions before and after an axis of ``size``, as TensorFlow's 'SAME' has them.

    ``span`` is the effective kernel size. The total is ``max((⌈n/S⌉ - 1)·S + span - n, 0)``; where
    it is odd, the extra position goes to the end.
    """
    total = (size + stride - 1) // stride * stride - stride + span - size
    if span < stride:  # else it cannot be negative
        total = _not_negative(total)
    return total // 2, total - total // 2


def _not_negative(n: int) -> int:
    """``max(n, 0)``, written so that it remains a function of n for who traces or exports."""
    if torch.jit.is_scripting():
        return max(n, 0)
    else:  # noqa: RET505
        return (n + abs(n)) // 2 if torch.jit.is_tracing() else torch.sym_max(n, 0)


def ends_by_name(
    word: str, size: list[int], kernel_size: list[int], stride: list[int], dilation: list[int]
) -> tuple[list[int], list[int]]:
    """Positions before and after every axis that "same", "valid" or "causal" stands for."""
    before: list[int] = []
    after: list[int] = []
    for axis in range(len(kernel_size)):
        margin = dilation[axis] * (kernel_size[axis] - 1)
        start, end = 0, 0
        if word == "causal":
            start = margin
        elif word == "same" and stride[axis] == 1:  # whatever the size
            start, end = margin // 2, margin - margin // 2
        elif word == "same":
            start, end = same_ends(size[axis], margin + 1, stride[axis])
        before.append(start)
        after.append(end)
    return before, after


def in_order_of_pad(before: list[int], after: list[int]) -> list[int]:
    """The amounts as ``F.pad`` takes them, the last axis first."""
    amounts: list[int] = []
    for axis in range(len(before) - 1, -1, -1):
        amounts.append(before[axis])
        amounts.append(after[axis])
    return amounts


class SamePad2d(nn.Module):
    """Padding as TensorFlow's 'SAME': just enough for ⌈n/S⌉ outputs per axis.

    The total is ``max((⌈n/S⌉ - 1)·S + K - n, 0)``; where it is odd, the extra position goes to the
    end. So with S > 1 the padding depends on the size of the input: K3 S2 gives (0, 1) on an even
    axis and (1, 1) on an odd one.

    Parameters
    ----------
    kernel_size, stride : int
        Of the layer that follows; at least 1.
    value : float
        What stands there; zero before a convolution, ``-math.inf`` before a maximum.

    Raises
    ------
    ValueError, TypeError
        If ``kernel_size`` or ``stride`` is not an integer of at least 1.

    Notes
    -----
    Input (N, C, H, W), output (N, C, H + total, W + total).

    Examples
    --------
    >>> import torch
    >>> SamePad2d(3, 2)(torch.ones(1, 1, 4, 5)).shape
    torch.Size([1, 1, 5, 7])
    """

    def __init__(self, kernel_size: int, stride: int = 1, *, value: float = 0.0) -> None:
        super().__init__()
        self.kernel_size = integer("kernel_size", kernel_size, 1)
        self.stride = integer("stride", stride, 1)
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        """Pad the last two axes."""
        top, bottom = same_ends(x.shape[-2], self.kernel_size, self.stride)
        left, right = same_ends(x.shape[-1], self.kernel_size, self.stride)
        return F.pad(x, [left, right, top, bottom], value=self.value)

    def extra_repr(self) -> str:
        """Show the settings in the module's repr."""
        value = f", value={self.value}" if self.value else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}{value}"
