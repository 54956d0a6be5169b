"""PyTorch's own convolution, and where nothing is faster: oneDNN's depthwise kernel.

That kernel runs forward while few columns are padded, backward while there is no dilation, and is
at its best with channels-last tensors.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib._depthwise.geometry import Geometry, memory_format

# Columns that oneDNN's fast kernel computes at a time (`ur_w` in its jit_uni_dw_conv_kernel_utils).
# It is lost where more columns are padded than this, or than the output has; a general way is then
# taken that needs 4 to 10 times as long.
MOST_PADDING = {"AVX512": 6, "AVX2": 4}.get(torch.backends.cpu.get_cpu_capability(), 3)
# Backward, the kernel is fast with 3 x 3 taps and slower than ours with 5 x 5.
_MOST_TAPS = 9
# Forward, ours need more time for every tap, and with 5 x 5 still no more in all.
_MOST_OWN_TAPS = 25


def is_quick(x: Tensor, w: Tensor, dtype: torch.dtype) -> bool:
    """Whether forward and backward without dilation, in a dtype, are best left to PyTorch."""
    if dtype == torch.bfloat16:
        return _has_bfloat16
    last = memory_format(x, w) == torch.channels_last
    return last and dtype == torch.float32 and w.shape[2:].numel() <= _MOST_TAPS


def is_quick_forward(
    x: Tensor, w: Tensor, geometry: Geometry, form: torch.memory_format, dtype: torch.dtype
) -> bool:
    """Whether the forward pass in a format and dtype, dilated or not, is best left to PyTorch."""
    (top, bottom, _), (left, right, _) = geometry
    most = min(MOST_PADDING, geometry.columns.output_size(x.shape[3], w.shape[3]))
    if top != bottom or left != right or top < 0 or not 0 <= left <= most:
        return False
    if w.shape[0] != x.shape[1]:
        return False
    if dtype == torch.bfloat16:
        return _has_bfloat16
    many = w.shape[2:].numel() > _MOST_OWN_TAPS
    return dtype == torch.float32 and (many or form == torch.channels_last)


def convolve(x: Tensor, w: Tensor, b: Tensor | None, geometry: Geometry) -> Tensor:
    """Convolve; see `operation.convolve`. Both ends of an axis must be padded alike."""
    (top, _, down), (left, _, right) = geometry
    return F.conv2d(x, w, b, 1, (top, left), (down, right), groups=x.shape[1])


def convolve_all(x: Tensor, w: Tensor, ends: Sequence[int]) -> Tensor:
    """The whole of it, whatever the padding."""
    x, padding, dilation, _ = _padded(x, ends)
    return F.conv2d(x, w, None, 1, padding, dilation, groups=x.shape[1])


def differentiate(
    g: Tensor, x: Tensor, w: Tensor, ends: Sequence[int], need_x: bool, need_w: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of input and weight; see `operation.differentiate`."""
    x, padding, dilation, beyond = _padded(x, ends)
    rest = ([1, 1], padding, dilation, False, [0, 0], x.shape[1], [need_x, need_w, False])
    dx, dw, _ = torch.ops.aten.convolution_backward(g, x, w, None, *rest)
    return F.pad(dx, [-end for end in beyond]) if need_x and any(beyond) else dx, dw


def _padded(x: Tensor, ends: Sequence[int]) -> tuple[Tensor, list[int], list[int], list[int]]:
    """The input with what only `F.pad` pads; the padding that is left; dilations; what was padded.

    A convolution pads both ends of an axis alike.
    """
    top, bottom, down, left, right, across = ends
    rows, columns = min(top, bottom), min(left, right)
    beyond = [left - columns, right - columns, top - rows, bottom - rows]
    return F.pad(x, beyond) if any(beyond) else x, [rows, columns], [down, across], beyond


_has_bfloat16: bool = (
    torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
)
