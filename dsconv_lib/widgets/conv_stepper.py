"""The convolution stepper: a small picture, a kernel, and every product of one step."""

import math
from random import Random
from typing import Any, ClassVar, Self

import numpy as np

from dsconv_lib.arithmetic import ConvSpec, output_size
from dsconv_lib.reference import conv2d, conv2d_backward
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Cells, Choice, Picture, Whole

TABLE = read_json("conv_stepper.json")
ROWS, WORDS, MOST = TABLE["traits"], TABLE["words"], TABLE["limits"]["number"]
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1}
IMAGE, KERNEL = TABLE["presets"]["turned"]["image"], TABLE["presets"]["turned"]["kernel"]


class ConvStepper(StaticWidget):
    """A convolution, or its gradient, one number at a time.

    Parameters
    ----------
    image : array_like of int, shape (C, H, W) or (H, W)
        The input, at most 3 × 8 × 8.
    kernel : array_like of int, shape (C, kh, kw) or (kh, kw)
        The weights of one output channel, at most 3 × 5 × 5.
    mode : str
        "correlation", what PyTorch computes; "convolution", with the kernel turned by 180°; or
        "backward", the gradients of the correlation.
    stride, padding, dilation : int
        Of both axes: 1 to 3, 0 to 3, 1 to 3.
    upstream : array_like of int, shape (H_out, W_out), optional
        The gradient that comes from above; 1 wherever no number is given.
    step : int
        What is shown, counted row by row: one of the outputs, or backward one of the pixels and
        then of the weights. Beyond the last it is the last.

    Raises
    ------
    TypeError, ValueError
        For anything else, in words. Settings that PyTorch refuses are possible: the widget says why
        they are refused.

    Examples
    --------
    >>> ConvStepper([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]]).output
    [[37, 47], [67, 77]]
    """

    name: ClassVar[str] = "conv-stepper"
    file: ClassVar[str] = "conv_stepper"
    table = TABLE
    _esm = bundle("conv_stepper.js")

    image = Cells(ROWS["image"]["most"], MOST)
    kernel = Cells(ROWS["kernel"]["most"], MOST)
    mode = Choice(ROWS["mode"]["options"])
    stride = Whole(*ROWS["stride"]["range"])
    padding = Whole(*ROWS["padding"]["range"])
    dilation = Whole(*ROWS["dilation"]["range"])
    upstream = Cells(ROWS["upstream"]["most"], MOST, least=0)
    step = Whole(*ROWS["step"]["range"])

    def __init__(
        self,
        image: Any = IMAGE,
        kernel: Any = KERNEL,
        mode: str = "correlation",
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        upstream: Any = (),
        step: int = 0,
    ) -> None:
        super().__init__(
            image=image,
            kernel=kernel,
            mode=mode,
            stride=stride,
            padding=padding,
            dilation=dilation,
            upstream=upstream,
            step=step,
        )

    @classmethod
    def sample(cls, roll: Random) -> Self:
        """Return a widget in a state drawn at random; mostly the channels go together."""
        traits = cls.class_traits()
        state = {name: traits[name].sample(roll) for name in TABLE["traits"]}
        channels = len(state["image"]) if roll.random() < 0.9 else None
        return cls(**{**state, "kernel": traits["kernel"].sample(roll, channels)})

    @classmethod
    def presets(cls) -> dict[str, Self]:
        """Return a widget for every example that has a name."""
        rows = TABLE["presets"].items()
        return {
            name: cls(**{key: value for key, value in row.items() if key != "label"})
            for name, row in rows
        }

    @property
    def problem(self) -> str:
        """Why the kernel fits nowhere and what helps; empty if it fits."""
        if len(self.image) != len(self.kernel):
            words: str = WORDS["channels_differ"]
            return words.format(image=len(self.image), kernel=len(self.kernel))
        for axis, size, taps in self._axes():
            span = ConvSpec(taps, dilation=self.dilation).axes()[0].effective_kernel_size
            padded = size + 2 * self.padding
            if span > padded:
                least = self.padding + math.ceil((span - padded) / 2)
                words = WORDS["impossible"]
                return words.format(axis=WORDS[axis], span=span, padded=padded, least=least)
        return ""

    def _axes(self) -> list[tuple[str, int, int]]:
        sizes = (len(self.image[0]), len(self.image[0][0]))
        taps = (len(self.kernel[0]), len(self.kernel[0][0]))
        return list(zip(("rows", "columns"), sizes, taps, strict=True))

    @property
    def output(self) -> list[list[int]] | None:
        """The output's rows, or `None` where PyTorch refuses the setting."""
        if self.problem:
            return None
        rows: list[list[int]] = conv2d(self.image, self._used, **self._options)[0].tolist()
        return rows

    @property
    def gradients(self) -> tuple[Picture, Picture] | None:
        """The gradients of image and kernel; `None` where PyTorch refuses the setting."""
        if self.problem:
            return None
        shape = [
            output_size(size, taps, self.stride, self.padding, self.dilation)
            for _, size, taps in self._axes()
        ]
        grad = np.ones(shape, dtype=int)
        given = np.array(self.upstream[0] if self.upstream else np.ones((0, 0), dtype=int))
        rows, columns = (min(pair) for pair in zip(shape, given.shape, strict=True))
        grad[:rows, :columns] = given[:rows, :columns]
        dx, dw, _ = conv2d_backward(grad[None], self.image, [self.kernel], **self._options)
        return dx.tolist(), dw[0].tolist()

    @property
    def _used(self) -> Any:
        """The kernel as it meets the image, with its axis of output channels."""
        kernel = np.array(self.kernel)[None]
        return kernel[..., ::-1, ::-1] if self.mode == "convolution" else kernel

    @property
    def _options(self) -> dict[str, int]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        backward = self.mode == "backward"
        keys = ["value", "position", "output"]
        keys += ["gradient-input", "gradient-kernel"] if backward else []
        output, gradients = self.output, self.gradients
        if output is None or gradients is None:
            return dict.fromkeys(keys, WORDS["none"])
        places = [
            (value, f"{row}, {column}")
            for picture in (gradients if backward else ([output],))
            for rows in picture
            for row, numbers in enumerate(rows)
            for column, value in enumerate(numbers)
        ]
        value, place = places[min(self.step, len(places) - 1)]
        shown = [str(value), place, str(output)]
        shown += map(_plain, gradients) if backward else []
        return dict(zip(keys, shown, strict=True))

    @property
    def code(self) -> str:
        """The convolution as PyTorch writes it."""
        given = {name: value for name, value in self._options.items() if value != DEFAULTS[name]}
        options = "".join(f", {name}={value}" for name, value in given.items())
        turn = ".flip(2, 3)" if self.mode == "convolution" else ""
        image, kernel = (f"torch.Tensor([{cells}])" for cells in (self.image, self.kernel))
        return f"F.conv2d({image}, {kernel}{turn}{options})"

    def __repr__(self) -> str:
        cells = {"image", "kernel", "upstream"}
        shown = ", ".join(
            f"{name}={_plain(value) if name in cells else repr(value)}"
            for name, value in self.state.items()
        )
        return f"{type(self).__name__}({shown})"


def _plain(picture: list[list[list[int]]]) -> str:
    """Write channels of rows; a single channel as its rows."""
    return repr(picture[0] if len(picture) == 1 else picture)
