"""The windows of a pooling layer, in which the last one may reach over the end."""

from typing import NamedTuple

from dsconv_lib.arithmetic import Axis, ConvSpec, Padding, PerAxis
from dsconv_lib.reference.arguments import Form, as_two, layout
from dsconv_lib.reference.windows import Array, Axes


class Pool(NamedTuple):
    """A pooling layer and what it is applied to, spelt out for two axes."""

    x: Array  # (N, C, H, W)
    axes: Axes  # with the positions over the end as padding
    over: tuple[int, int]  # how many they are, per axis
    form: Form

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H_out, W_out)."""
        rows, columns = self.axes
        N, C, H, W = self.x.shape
        return N, C, rows.output_size(H), columns.output_size(W)


def pool(
    ndim: int,
    x: Array,
    kernel_size: PerAxis,
    stride: PerAxis | None,
    padding: Padding,
    dilation: PerAxis,
    ceil_mode: bool,
) -> Pool:
    """Check the arguments of a pooling layer."""
    form = layout(x, ndim)
    spec = ConvSpec(kernel_size, kernel_size if stride is None else stride, padding, dilation)
    wide = form.widened(x)
    axes, over = [], []
    for axis, size in zip(as_two(spec.axes(ndim)), wide.shape[2:], strict=True):
        if 2 * max(axis.before, axis.after) > axis.kernel_size:
            raise ValueError(
                f"padding={axis.before}+{axis.after} is more than half of "
                f"kernel_size={axis.kernel_size}: use at most {axis.kernel_size // 2} at each end"
            )
        more = _positions_over_the_end(axis, size) if ceil_mode else 0
        axes.append(axis._replace(after=axis.after + more))
        over.append(more)
        axes[-1].output_size(size)  # refuses a kernel that does not fit
    return Pool(wide, (axes[0], axes[1]), (over[0], over[1]), form)


def _positions_over_the_end(axis: Axis, size: int) -> int:
    """How far a last window reaches that begins before the end of the input but does not fit."""
    padded = size + axis.before + axis.after
    begin = -((axis.effective_kernel_size - padded) // axis.stride) * axis.stride
    if begin < 0 or begin >= size + axis.before:
        return 0
    return max(0, begin + axis.effective_kernel_size - padded)
