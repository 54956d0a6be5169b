"""Where the taps of a stride-1 depthwise convolution lie, and which of them meet the input."""

from typing import NamedTuple

import torch
from torch import Tensor


class Axis(NamedTuple):
    """Padding before and after, and the distance of the taps, along one axis, in positions.

    A negative padding leaves positions of the input out.
    """

    before: int
    after: int
    dilation: int

    def output_size(self, size: int, taps: int) -> int:
        """Positions of the output."""
        return size + self.before + self.after - self.dilation * (taps - 1)

    def turned(self, taps: int) -> "Axis":
        """The axis that leads back from output to input, with the kernel turned round."""
        span = self.dilation * (taps - 1)
        return Axis(span - self.before, span - self.after, self.dilation)

    def overlap(self, size: int, out: int, tap: int) -> tuple[slice, slice]:
        """The outputs for which a tap reads inside the input, and the inputs that it reads."""
        shift = tap * self.dilation - self.before
        begin, end = max(0, -shift), min(out, size - shift)
        return slice(begin, max(begin, end)), slice(begin + shift, max(begin, end) + shift)

    def meeting(self, size: int, taps: int) -> tuple["Axis", slice]:
        """Leave out the outer taps that read nothing but padding; give the taps that remain.

        On 14 positions with a dilation of 18 only the middle one of three taps meets the input.
        """
        out = self.output_size(size, taps)
        if self.before < out and self.dilation * (taps - 1) - self.before < size:
            return self, slice(0, taps)
        shifts = [k * self.dilation - self.before for k in range(taps)]
        met = [k for k, shift in enumerate(shifts) if -out < shift < size] or [0]
        # With a tap goes its padding; where that is not there to be given up, the tap stays.
        begin = min(met[0], self.before // self.dilation)
        end = max(met[-1] + 1, taps - self.after // self.dilation)
        less_before, less_after = begin * self.dilation, (taps - end) * self.dilation
        return self._replace(before=self.before - less_before, after=self.after - less_after), (
            slice(begin, end)
        )


class Geometry(NamedTuple):
    """The axes of a convolution: rows, columns."""

    rows: Axis
    columns: Axis

    def output_size(self, x: Tensor, w: Tensor) -> tuple[int, int]:
        """Rows and columns of the output."""
        return (
            self.rows.output_size(x.shape[2], w.shape[2]),
            self.columns.output_size(x.shape[3], w.shape[3]),
        )

    def turned(self, w: Tensor) -> "Geometry":
        """The geometry that leads from the output back to the input."""
        return Geometry(self.rows.turned(w.shape[2]), self.columns.turned(w.shape[3]))


def memory_format(x: Tensor, w: Tensor) -> torch.memory_format:
    """The format of a convolution's output: channels-last if input or weight are, as in PyTorch."""
    last = is_channels_last(x) or is_channels_last(w)
    return torch.channels_last if last else torch.contiguous_format


def is_channels_last(x: Tensor) -> bool:
    """Whether the axes lie in this order, with or without gaps: ``suggest_memory_format`` of ATen.

    Where sizes of one leave the order open, it is told by the strides.
    """
    strides = x.stride()
    if len(strides) != 4 or strides[1] > strides[3] or strides[1] == 0:
        return False
    images, channels, rows, columns = strides
    least = 0
    for size, step in ((x.shape[1], channels), (x.shape[3], columns), (x.shape[2], rows)):
        if size == 0 or step < least:
            return False
        least = step * size
    return x.shape[0] > 0 and images >= least and least != channels
