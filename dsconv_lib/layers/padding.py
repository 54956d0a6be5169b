"""Padding as a module of its own."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.arithmetic import Axis
from dsconv_lib.checks import integer


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
        axis = Axis(self.kernel_size, self.stride, 0, 0, 1)
        rows, columns = (axis.same(x.shape[k], torch.sym_max) for k in (-2, -1))
        ends = [columns.before, columns.after, rows.before, rows.after]
        return F.pad(x, ends, value=self.value)

    def extra_repr(self) -> str:
        """Show the settings in the module's repr."""
        value = f", value={self.value}" if self.value else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}{value}"
