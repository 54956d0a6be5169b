"""The cost calculator: a standard layer and its separable twin, counted and on a roofline."""

import math
from random import Random
from typing import ClassVar, Self

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.cost import Cost, LayerCost, conv_cost, separable_cost
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Whole

TABLE = read_json("cost_calculator.json")
RANGES = {name: row["range"] for name, row in TABLE["traits"].items()}
WORDS = TABLE["words"]


class CostCalculator(StaticWidget):
    """Parameters, MACs, bytes and intensity of a convolution and of its separable twin.

    Both have biases, float32 numbers, stride 1, and padding that keeps the size.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O, 1 to 2048.
    kernel_size : int
        K, 1 to 11: K × K taps.
    height, width : int
        H and W, 1 to 1024.
    multiplier : int
        Depthwise kernels for each input channel, M, 1 to 8.
    groups : int
        Of the standard layer, 1 to 64. It must divide C and O.
    dilation : int
        1 to 12. It costs nothing.
    peak, bandwidth : int
        Ceilings of the roofline: GFLOP/s, 10 to 100,000, and GB/s, 1 to 10,000.

    Raises
    ------
    TypeError, ValueError
        For a value that is no integer or out of its range. Groups that PyTorch refuses are
        possible: the widget says why they are refused.

    Examples
    --------
    >>> layer = CostCalculator(3, 16, 3, 224, 224)
    >>> layer.standard.parameters, layer.separable.parameters
    (448, 94)
    """

    name: ClassVar[str] = "cost-calculator"
    file: ClassVar[str] = "cost_calculator"
    table = TABLE
    _esm = bundle("cost_calculator.js")

    in_channels = Whole(*RANGES["in_channels"])
    out_channels = Whole(*RANGES["out_channels"])
    kernel_size = Whole(*RANGES["kernel_size"])
    height = Whole(*RANGES["height"])
    width = Whole(*RANGES["width"])
    multiplier = Whole(*RANGES["multiplier"])
    groups = Whole(*RANGES["groups"])
    dilation = Whole(*RANGES["dilation"])
    peak = Whole(*RANGES["peak"])
    bandwidth = Whole(*RANGES["bandwidth"])

    def __init__(
        self,
        in_channels: int = 32,
        out_channels: int = 64,
        kernel_size: int = 3,
        height: int = 20,
        width: int = 30,
        multiplier: int = 1,
        groups: int = 1,
        dilation: int = 1,
        peak: int = 1000,
        bandwidth: int = 100,
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=kernel_size,
            height=height,
            width=width,
            multiplier=multiplier,
            groups=groups,
            dilation=dilation,
            peak=peak,
            bandwidth=bandwidth,
        )

    @classmethod
    def sample(cls, roll: Random) -> Self:
        """Return a widget in a state drawn at random; mostly the groups divide the channels."""
        state = {name: cls.class_traits()[name].sample(roll) for name in TABLE["traits"]}
        common = math.gcd(state["in_channels"], state["out_channels"])
        fitting = [n for n in range(1, RANGES["groups"][1] + 1) if common % n == 0]
        return cls(**{**state, "groups": roll.choice([*fitting, state["groups"]])})

    @classmethod
    def presets(cls) -> dict[str, Self]:
        """Return a widget for every layer that has a name."""
        return {name: cls(*row["values"]) for name, row in TABLE["presets"].items()}

    @property
    def spec(self) -> ConvSpec:
        """Kernel, dilation and the padding that keeps the size."""
        room = self.dilation * (self.kernel_size - 1)
        sides = (room // 2, room - room // 2)
        return ConvSpec(self.kernel_size, padding=(sides, sides), dilation=self.dilation)

    @property
    def problem(self) -> str:
        """Why the groups are impossible and what helps; empty if they are possible."""
        common = math.gcd(self.in_channels, self.out_channels)
        if common % self.groups == 0:
            return ""
        mend = max(n for n in range(1, self.groups) if common % n == 0)
        reason: str = WORDS["impossible"].format(**self.state, mend=mend)
        return reason

    @property
    def standard(self) -> LayerCost:
        """Cost of the standard layer, by the library."""
        size = (self.height, self.width)
        return conv_cost(self.spec, size, self.in_channels, self.out_channels, groups=self.groups)

    @property
    def separable(self) -> Cost:
        """Cost of the separable layer, by the library: rows ``conv_dw`` and ``conv_pw``."""
        return separable_cost(
            self.spec,
            (self.height, self.width),
            self.in_channels,
            self.out_channels,
            channel_multiplier=self.multiplier,
        )

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        standard = None if self.problem else self.standard
        separable = self.separable
        depthwise, pointwise = separable.layers
        none = WORDS["none"]
        return {
            "parameters-standard": str(standard.parameters) if standard else none,
            "parameters-separable": str(separable.parameters),
            "macs-standard": str(standard.macs) if standard else none,
            "macs-separable": str(separable.macs),
            "bytes-standard": str(standard.bytes) if standard else none,
            "bytes-separable": str(separable.bytes),
            "intensity-standard": f"{standard.intensity:.3f}" if standard else none,
            "intensity-depthwise": f"{depthwise.intensity:.3f}",
            "intensity-pointwise": f"{pointwise.intensity:.3f}",
            "ratio": f"{separable.macs / standard.macs:.3f}" if standard else none,
        }

    @property
    def code(self) -> str:
        """Both costs as the library works them out."""
        sides = self.spec.padding
        dilation = f", dilation={self.dilation}" if self.dilation > 1 else ""
        spec = f"ConvSpec({self.kernel_size}, padding={sides}{dilation})"
        layer = f"{spec}, ({self.height}, {self.width}), {self.in_channels}, {self.out_channels}"
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        more = f", channel_multiplier={self.multiplier}" if self.multiplier > 1 else ""
        return f"conv_cost({layer}{groups}), separable_cost({layer}{more})"
