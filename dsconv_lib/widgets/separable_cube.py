"""The separable cube: four by four by three numbers, split into depthwise and pointwise."""

from typing import Any, ClassVar

import numpy as np

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.reference import conv2d
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Choice, Flag, Whole

TABLE = read_json("separable_cube.json")
ROWS, WORDS, EXAMPLE = TABLE["traits"], TABLE["words"], TABLE["example"]
IMAGE = np.arange(1, 1 + np.prod(EXAMPLE["size"])).reshape(EXAMPLE["size"])
"""The input, 1 to 48: ``1 + 16 c + 4 i + j``."""
KERNELS = np.array(EXAMPLE["kernels"])[:, None]
POINTWISE = np.array(EXAMPLE["pointwise"])[:, :, None, None]


class SeparableCube(StaticWidget):
    """A depthwise convolution, then a pointwise one, one number at a time, beside the standard one.

    The input has 3 channels of 4 × 4 numbers, each channel a kernel of 3 × 3, and 2 outputs.

    Parameters
    ----------
    padding : str
        "valid", none, or "same", as many zeros around as keep the size.
    dilation : int
        Of the depthwise kernels, 1 to 3.
    relu : bool
        Whether negative numbers become 0 between the two steps.
    step : int
        The number that is shown: those of the depthwise result first, channel by channel, then
        those of the pointwise one. Beyond the last it is the last.

    Raises
    ------
    TypeError, ValueError
        For anything else, in words. Dilations that do not fit without padding are possible: the
        widget says why they are refused.

    Examples
    --------
    >>> SeparableCube().pointwise
    [[[177, 183], [201, 207]], [[-72, -75], [-84, -87]]]
    """

    name: ClassVar[str] = "separable-cube"
    file: ClassVar[str] = "separable_cube"
    table = TABLE
    _esm = bundle("separable_cube.js")

    padding = Choice(ROWS["padding"]["options"])
    dilation = Whole(*ROWS["dilation"]["range"])
    relu = Flag()
    step = Whole(*ROWS["step"]["range"])

    def __init__(
        self, padding: str = "valid", dilation: int = 1, relu: bool = False, step: int = 0
    ) -> None:
        super().__init__(padding=padding, dilation=dilation, relu=relu, step=step)

    @property
    def _options(self) -> dict[str, int]:
        padding = self.dilation if self.padding == "same" else 0  # D (K - 1) / 2, K is 3
        return {"padding": padding, "dilation": self.dilation}

    @property
    def problem(self) -> str:
        """Why the kernel fits nowhere and what helps; empty if it fits."""
        span = ConvSpec(3, dilation=self.dilation).axes()[0].effective_kernel_size
        size = IMAGE.shape[1]
        if span <= size + 2 * self._options["padding"]:
            return ""
        reason: str = WORDS["impossible"].format(span=span, size=size)
        return reason

    @property
    def depthwise(self) -> Any:
        """The depthwise result, channels of rows; `None` where PyTorch refuses the setting."""
        if self.problem:
            return None
        return conv2d(IMAGE, KERNELS, groups=len(IMAGE), **self._options).tolist()

    @property
    def pointwise(self) -> Any:
        """The pointwise result, after ReLU if there is one between; `None` where refused."""
        if self.problem:
            return None
        between = np.array(self.depthwise)
        return conv2d(np.maximum(between, 0) if self.relu else between, POINTWISE).tolist()

    @property
    def standard(self) -> Any:
        """What one standard layer gives whose weights are the products of both steps' weights."""
        if self.problem:
            return None
        return conv2d(IMAGE, POINTWISE * KERNELS[:, 0], **self._options).tolist()

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        separable, standard = KERNELS.size + POINTWISE.size, (POINTWISE * KERNELS[:, 0]).size
        shown = [self.depthwise, self.pointwise, self.standard, separable, standard]
        places = 0 if self.problem else np.array(self.pointwise)[0].size
        shown += [None, None] if self.problem else [places * separable, places * standard]
        texts = (WORDS["none"] if number is None else str(number) for number in shown)
        return dict(zip(TABLE["readouts"], texts, strict=True))

    @property
    def code(self) -> str:
        """The two steps as PyTorch writes them."""
        options = "".join(
            f", {name}={value}"
            for name, value in self._options.items()
            if value != {"padding": 0, "dilation": 1}[name]
        )
        inner = f"F.conv2d(x, kernels, groups=3{options})"
        return f"F.conv2d({f'torch.relu({inner})' if self.relu else inner}, P)"
