"""The image filter: a photograph, a kernel, and what comes out."""

from random import Random
from typing import Any, ClassVar, Self

from dsconv_lib.arithmetic import output_size
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Cells, Choice, Whole

TABLE = read_json("image_filter.json")
ROWS = TABLE["traits"]
PHOTOGRAPH = read_json("photograph.json")
SIZE = (PHOTOGRAPH["rows"], PHOTOGRAPH["columns"])
"""Rows and columns of the book's photograph."""

PRESETS: dict[str, dict[str, Any]] = {
    name: {"kernel": preset["kernel"], "divisor": preset.get("divisor", 1)}
    for name, preset in TABLE["presets"].items()
}
"""The kernels that have a name."""


class ImageFilter(StaticWidget):
    """A photograph, filtered while the kernel changes, and moved to see what moves along.

    In the page a reader can put a photograph of their own in its place; it stays there.

    Parameters
    ----------
    preset : str
        "blur", "blur-5", "sharpen", "edges", "edges-down", "outline", "identity" or "move".
    shift : int
        Columns by which the photograph is moved to the right, 0 to 32; what leaves on the right
        comes in on the left.
    kernel : array_like of int, shape (kh, kw), optional
        Weights instead of a preset, at most 5 × 5.
    divisor : int, optional
        What the weights are divided by, 1 to 256; that of the preset, or 1.
    dilation, stride : int
        1 to 8, and 1 to 4.
    border : str
        "zeros" or "circular": what surrounds the photograph. Odd kernels keep its size at stride 1.

    Raises
    ------
    TypeError, ValueError
        For anything else, in words.

    Examples
    --------
    >>> ImageFilter("edges", shift=8, stride=2).readouts
    {'output-size': '96 × 96', 'sum': '0', 'offset': '4'}
    """

    name: ClassVar[str] = "image-filter"
    file: ClassVar[str] = "image_filter"
    table = TABLE
    _esm = bundle("image_filter.js")

    kernel = Cells(ROWS["kernel"]["most"], TABLE["limits"]["number"])
    divisor = Whole(*ROWS["divisor"]["range"])
    dilation = Whole(*ROWS["dilation"]["range"])
    stride = Whole(*ROWS["stride"]["range"])
    border = Choice(ROWS["border"]["options"])
    shift = Whole(*ROWS["shift"]["range"])

    def __init__(
        self,
        preset: str = "blur",
        shift: int = 0,
        kernel: Any = None,
        divisor: int | None = None,
        dilation: int = 1,
        stride: int = 1,
        border: str = "zeros",
    ) -> None:
        if divisor is None:
            divisor = 1 if kernel is not None else PRESETS.get(preset, {}).get("divisor", 1)
        if preset not in PRESETS:
            raise ValueError(f"preset={preset!r} is no preset: use one of {sorted(PRESETS)}")
        super().__init__(
            kernel=PRESETS[preset]["kernel"] if kernel is None else kernel,
            divisor=divisor,
            dilation=dilation,
            stride=stride,
            border=border,
            shift=shift,
        )

    @classmethod
    def sample(cls, roll: Random) -> Self:
        """Return a widget in a state drawn at random."""
        state = {name: cls.class_traits()[name].sample(roll) for name in TABLE["traits"]}
        divisor = roll.choice([1, 9, 16, state["divisor"]])
        return cls(**{**state, "divisor": divisor})

    @property
    def padding(self) -> tuple[int, int]:
        """Cells around the photograph along each axis: D (K - 1) / 2, rounded down."""
        taps = (len(self.kernel[0]), len(self.kernel[0][0]))
        rows, columns = (self.dilation * (count - 1) // 2 for count in taps)
        return rows, columns

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        taps = (len(self.kernel[0]), len(self.kernel[0][0]))
        rows, columns = (
            output_size(size, count, self.stride, padding, self.dilation)
            for size, count, padding in zip(SIZE, taps, self.padding, strict=True)
        )
        return rows, columns

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        rows, columns = self.output_size
        return {
            "output-size": f"{rows} × {columns}",
            "sum": _fraction(sum(map(sum, self.kernel[0])), self.divisor),
            "offset": _fraction(self.shift, self.stride),
        }

    @property
    def code(self) -> str:
        """The filter as PyTorch writes it."""
        rows, columns = self.padding
        image, options = "photo", f", padding=({rows}, {columns})" if rows or columns else ""
        if self.border == "circular" and options:
            image, options = f"F.pad(photo, ({columns}, {columns}, {rows}, {rows}), 'circular')", ""
        divide = f" / {self.divisor}" if self.divisor > 1 else ""
        options += f", stride={self.stride}" if self.stride > 1 else ""
        options += f", dilation={self.dilation}" if self.dilation > 1 else ""
        return f"F.conv2d({image}, torch.Tensor([{self.kernel}]){divide}{options})"


def _fraction(numerator: int, denominator: int) -> str:
    """Write a quotient: whole, or with three decimals."""
    whole, rest = divmod(numerator, denominator)
    return f"{numerator / denominator:.3f}" if rest else str(whole)
