"""The output-size explorer: one row of cells, a kernel that moves along it, and the formula."""

from typing import ClassVar

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.widgets.base import StaticWidget, Whole, bundle
from dsconv_lib.widgets.output_size_scene import (
    STRINGS,
    Facts,
    formula_parts,
    picture_text,
    reading_sentence,
    scene,
    setting_sentence,
)
from dsconv_lib.widgets.svg import paragraph, readouts, svg

WIDTH = 336
"""Width of the static drawing in pixels: a phone's; wider pages scale it up."""


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
    traits_shown: ClassVar[tuple[str, ...]] = (
        "input_size",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
    )
    _esm = bundle("output_size.js")

    input_size = Whole(7, least=1, most=32)
    kernel_size = Whole(3, least=1, most=9)
    stride = Whole(2, least=1, most=5)
    padding = Whole(0, least=0, most=8)
    dilation = Whole(1, least=1, most=6)

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
    def facts(self) -> Facts:
        """The setting and what the library says of it."""
        return Facts(*self.state.values())

    @property
    def spec(self) -> ConvSpec:
        """The layer that the sliders describe."""
        return self.facts.spec

    @property
    def output_size(self) -> int | None:
        """Output positions, or `None` where PyTorch refuses the setting."""
        return self.facts.outputs

    @property
    def effective_kernel_size(self) -> int:
        """Positions from the first tap to the last, ``D (K - 1) + 1``."""
        return self.facts.span

    @property
    def unread(self) -> tuple[int, ...] | None:
        """Input pixels that no output reads, or `None` where PyTorch refuses the setting."""
        return self.facts.unread

    @property
    def code(self) -> str:
        """The layer as PyTorch writes it, for one channel."""
        return (
            f"nn.Conv2d(1, 1, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation})"
        )

    def _drawing(self) -> str:
        facts, none = self.facts, STRINGS["none"]
        sentence, reading = setting_sentence(facts), reading_sentence(facts, 0)
        outputs, unread = facts.outputs, facts.unread
        shown = {
            "output": ("output-size", "of-output", outputs),
            "effective": ("effective-kernel", "of-kernel", facts.span),
            "unread": ("unread", "of-hole", None if unread is None else len(unread)),
        }
        numbers = [
            (STRINGS[f"readout_{name}"], key, kind, none if value is None else value)
            for name, (key, kind, value) in shown.items()
        ]
        drawing = svg(scene(facts, 0, WIDTH), picture_text(facts, 0), "dsconv-strip")
        pieces = [
            f'<div class="dsconv-stage">{drawing}</div>',
            paragraph("dsconv-reading", reading) if reading else "",
            paragraph("dsconv-sentence", sentence),
            readouts(numbers),
            _formula_html(facts),
            f'<div class="dsconv-code-row"><code class="dsconv-code">{self.code}</code></div>',
        ]
        return "".join(pieces)


def _formula_html(facts: Facts) -> str:
    parts = formula_parts(facts)
    terms = [
        f"⌊{f'({above})' if ' ' in above else above} / {below}⌋ + 1"
        for above, below in parts["fractions"]
    ]
    return paragraph("dsconv-formula-line", " = ".join([*terms, parts["result"]]))
