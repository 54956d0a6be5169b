"""The output-size explorer: one row of cells, a kernel that moves along it, and the formula."""

import math
from typing import ClassVar

from dsconv_lib import arithmetic
from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Whole

TABLE = read_json("output_size.json")
RANGES = {name: row["range"] for name, row in TABLE["traits"].items()}
WORDS = TABLE["words"]


class OutputSizeExplorer(StaticWidget):
    """Sliders for one convolution layer, and what follows from them along one axis.

    Parameters
    ----------
    input_size : int
        Input pixels, 1 to 32.
    kernel_size : int
        Taps, 1 to 9.
    stride : int
        Step from one output's window to the next, 1 to 5.
    padding : int
        Cells added at both ends, 0 to 8.
    dilation : int
        Distance of the taps, 1 to 6.

    Raises
    ------
    TypeError, ValueError
        For a value that is no integer or out of its range. Settings that PyTorch refuses are
        possible: the widget says why they are refused.

    Examples
    --------
    >>> OutputSizeExplorer(input_size=8, kernel_size=3, stride=2).output_size
    3
    """

    name: ClassVar[str] = "output-size-explorer"
    file: ClassVar[str] = "output_size"
    table = TABLE
    _esm = bundle("output_size.js")

    input_size = Whole(*RANGES["input_size"])
    kernel_size = Whole(*RANGES["kernel_size"])
    stride = Whole(*RANGES["stride"])
    padding = Whole(*RANGES["padding"])
    dilation = Whole(*RANGES["dilation"])

    def __init__(
        self,
        input_size: int = 7,
        kernel_size: int = 3,
        stride: int = 2,
        padding: int = 0,
        dilation: int = 1,
    ) -> None:
        super().__init__(
            input_size=input_size,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
        )

    @property
    def spec(self) -> ConvSpec:
        """The layer that the sliders describe."""
        return ConvSpec(self.kernel_size, self.stride, self.padding, self.dilation)

    @property
    def effective_kernel_size(self) -> int:
        """Positions from the first tap to the last, ``D (K - 1) + 1``."""
        return self.spec.axes()[0].effective_kernel_size

    @property
    def output_size(self) -> int | None:
        """Output positions, or `None` where PyTorch refuses the setting."""
        return arithmetic.output_size(*self.state.values()) if self._room >= 0 else None

    @property
    def unread(self) -> tuple[int, ...] | None:
        """Input pixels that no output reads, or `None` where PyTorch refuses the setting."""
        if self._room < 0:
            return None
        counts = arithmetic.read_counts(*self.state.values())
        return tuple(pixel for pixel, count in enumerate(counts) if count == 0)

    @property
    def _room(self) -> int:
        """Last legal start of the kernel; negative where it does not fit."""
        return self.input_size + 2 * self.padding - self.effective_kernel_size

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        numbers = {
            "output-size": self.output_size,
            "effective-kernel": self.effective_kernel_size,
            "unread": None if self.unread is None else len(self.unread),
        }
        return {key: WORDS["none"] if n is None else str(n) for key, n in numbers.items()}

    @property
    def problem(self) -> str:
        """Why the kernel fits nowhere and what helps; empty if it fits."""
        if self._room >= 0:
            return ""
        padded = self.input_size + 2 * self.padding
        most = (padded - 1) // (self.kernel_size - 1)
        mend = WORDS["mend_dilation" if self.dilation > 1 and most >= 1 else "mend"]
        least = self.padding + math.ceil(-self._room / 2)
        reason = WORDS["impossible"].format(span=self.effective_kernel_size, padded=padded)
        return f"{reason} {mend.format(least=least, most=most)}"

    @property
    def code(self) -> str:
        """The layer as PyTorch writes it, for one channel."""
        return (
            f"nn.Conv2d(1, 1, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation})"
        )
