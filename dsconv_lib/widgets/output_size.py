"""The output-size explorer: one row of cells, a kernel that moves along it, and the formula."""

import math
from typing import Any, ClassVar

from dsconv_lib import arithmetic
from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.widgets.base import StaticWidget, Whole, bundle, read_json
from dsconv_lib.widgets.svg import (
    Scene,
    bracket,
    disc,
    fmt,
    grid,
    hatch,
    line,
    listing,
    paragraph,
    readouts,
    rect,
    svg,
)

STRINGS = read_json("output_size.json")
GUTTER, MARGIN, HATCH = 52, 6, 5
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
    def spec(self) -> ConvSpec:
        """The layer that the sliders describe."""
        return ConvSpec(self.kernel_size, self.stride, self.padding, self.dilation)

    @property
    def output_size(self) -> int | None:
        """Output positions, or `None` where PyTorch refuses the setting."""
        return arithmetic.output_size(*self._arguments) if self._room >= 0 else None

    @property
    def effective_kernel_size(self) -> int:
        """Positions from the first tap to the last, ``D (K - 1) + 1``."""
        return self.spec.axes()[0].effective_kernel_size

    @property
    def unread(self) -> tuple[int, ...] | None:
        """Input pixels that no output reads, or `None` where PyTorch refuses the setting."""
        if self._room < 0:
            return None
        counts = arithmetic.read_counts(*self._arguments)
        return tuple(pixel for pixel, count in enumerate(counts) if count == 0)

    @property
    def code(self) -> str:
        """The layer as PyTorch writes it, for one channel."""
        return (
            f"nn.Conv2d(1, 1, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation})"
        )

    @property
    def _arguments(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in self.traits_shown)

    @property
    def _room(self) -> int:
        """Last legal start of the kernel; negative where it does not fit."""
        return self.input_size + 2 * self.padding - self.effective_kernel_size

    def _drawing(self) -> str:
        none = STRINGS["none"]
        sentence, reading = setting_sentence(self), reading_sentence(self, 0)
        outputs, unread = self.output_size, self.unread
        shown = {
            "output": ("output-size", "of-output", outputs),
            "effective": ("effective-kernel", "of-kernel", self.effective_kernel_size),
            "unread": ("unread", "of-hole", None if unread is None else len(unread)),
        }
        numbers = [
            (STRINGS[f"readout_{name}"], key, kind, none if value is None else value)
            for name, (key, kind, value) in shown.items()
        ]
        drawing = svg(scene(self, 0, WIDTH), picture_text(self, 0), "dsconv-strip")
        pieces = [
            f'<div class="dsconv-stage">{drawing}</div>',
            paragraph("dsconv-reading", reading) if reading else "",
            paragraph("dsconv-sentence", sentence),
            readouts(numbers),
            _formula_html(self),
            f'<div class="dsconv-code-row"><code class="dsconv-code">{self.code}</code></div>',
        ]
        return "".join(pieces)


def scene(widget: OutputSizeExplorer, chosen: int, width: int) -> Scene:
    """Draw the strip of cells; the same picture as ``outputSizeScene`` in the view."""
    kernel, stride, padding = widget.kernel_size, widget.stride, widget.padding
    dilation, span, outputs = widget.dilation, widget.effective_kernel_size, widget.output_size
    padded = widget.input_size + 2 * padding
    cells = max(padded, span)
    pitch, side, left = grid(cells, width, GUTTER, MARGIN, 40)
    top = 8
    strip = top + side + min(84, max(44, 2 * pitch))
    dots = strip + side + 14
    shelf = dots + 12
    names = (
        "mesh pad input hole hole-hatch taps tap tap-pad output chosen skipped start start-chosen "
        "ghost ghost-tap ghost-taps bracket"
    )
    d = dict.fromkeys(names.split(), "")
    texts: list[tuple[str, float, float, str, str]] = [
        ("row", GUTTER - 12, top + side / 2 + 4, "end", STRINGS["row_output"]),
        ("row", GUTTER - 12, strip + side / 2 + 4, "end", STRINGS["row_input"]),
        ("row", GUTTER - 12, dots + 4, "end", STRINGS["row_starts"]),
    ]

    def at(cell: float) -> float:
        return left + cell * pitch

    def centre(cell: float) -> float:
        return at(cell) + side / 2

    def number(cell: float, y: float, value: int, kind: str) -> None:
        if side >= 16:
            texts.append((kind, centre(cell), y + side / 2 + 4, "middle", str(value)))

    first = 0 if outputs is None else chosen * stride
    tapped = {first + tap * dilation for tap in range(kernel)}
    for cell in range(cells):
        pixel = cell - padding
        inside = 0 <= pixel < widget.input_size
        box = rect(at(cell), strip, side, side)
        if cell >= padded:
            d["ghost"] += box
            d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH)
            if cell in tapped:
                d["ghost-tap"] += box
            continue
        if cell in tapped:
            d["tap" if inside else "tap-pad"] += box
        elif pixel in (widget.unread or ()):
            d["hole"] += box
            d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH)
        else:
            d["input" if inside else "pad"] += box
        plain = "num-hole" if pixel in (widget.unread or ()) else "num" if inside else "num-pad"
        kind = "num-tap" if cell in tapped else plain
        number(cell, strip, pixel if inside else 0, kind)
        if cell <= widget._room:
            mark = disc(centre(cell), dots, min(4, max(1.5, side / 4)))
            used = "start-chosen" if cell == first else "start"
            d["skipped" if cell % stride else used] += mark
    for output in range(outputs or 0):
        cell = output * stride + (span - 1) / 2
        here = output == chosen
        d["chosen" if here else "output"] += rect(at(cell), top, side, side)
        number(cell, top, output, "num-chosen" if here else "num")
        for tap in range(kernel):
            to = centre(output * stride + tap * dilation)
            d["taps" if here else "mesh"] += line(centre(cell), top + side, to, strip)
    if outputs is None:
        middle = (span - 1) / 2
        d["ghost"] += rect(at(middle), top, side, side)
        d["hole-hatch"] += hatch(at(middle), top, side, side, HATCH)
        for cell in sorted(tapped):
            d["ghost-taps"] += line(centre(middle), top + side, centre(cell), strip)
        texts.append(("label", at(middle + 1) + 6, top + side / 2 + 4, "start", STRINGS["none"]))
        texts.append(("label", at(0), dots + 4, "start", STRINGS["none"]))
    d["bracket"] = bracket(at(first), at(first + span - 1) + side, shelf, 6)
    label = STRINGS["reach"].format(span=span)
    half = len(label) * 3.4
    middle = (at(first) + at(first + span - 1) + side) / 2
    texts.append(
        ("label", max(half + 2, min(width - half - 2, middle)), shelf + 21, "middle", label)
    )
    written = [(kind, fmt(x), fmt(y), anchor, text) for kind, x, y, anchor, text in texts]
    return Scene(width, math.ceil(shelf + 28), d, written)


def reading_sentence(widget: OutputSizeExplorer, chosen: int) -> str:
    """Say what the chosen output reads."""
    if widget.output_size is None:
        return ""
    first = chosen * widget.stride - widget.padding
    taps = [first + tap * widget.dilation for tap in range(widget.kernel_size)]
    pixels = [pixel for pixel in taps if 0 <= pixel < widget.input_size]
    if not pixels:
        return str(STRINGS["reads_padding"].format(output=chosen))
    form = "reads_one" if len(pixels) == 1 else "reads_many"
    form += "_padding" if len(pixels) < len(taps) else ""
    return str(STRINGS[form].format(output=chosen, pixels=listing(pixels, STRINGS)))


def setting_sentence(widget: OutputSizeExplorer) -> str:
    """Say what the setting does, or why it is impossible and what helps."""
    kernel, stride, padding = widget.kernel_size, widget.stride, widget.padding
    span, outputs, unread = widget.effective_kernel_size, widget.output_size, widget.unread
    if outputs is None or unread is None:
        padded = widget.input_size + 2 * padding
        least = padding + math.ceil(-widget._room / 2)
        most = (padded - 1) // (kernel - 1)
        mend = "mend_dilation" if widget.dilation > 1 and most >= 1 else "mend"
        reason = STRINGS["impossible"].format(span=span, padded=padded)
        return f"{reason} {STRINGS[mend].format(least=least, most=most)}"
    fits = "fits_once" if widget._room == 0 else "fits_all" if stride == 1 else "fits_some"
    parts = [STRINGS[fits].format(places=widget._room + 1, stride=stride, outputs=outputs)]
    if outputs == widget.input_size:
        parts.append(STRINGS["same"])
    if not unread:
        parts.append(STRINGS["all_read"])
    else:
        last = (outputs - 1) * stride - padding + span - 1
        why = "reason_gaps"
        if unread[0] > last:
            why = "reason_end"
        elif stride > span:
            why = "reason_jump"
        form = "unread_one" if len(unread) == 1 else "unread_many"
        reason = STRINGS[why].format(next=outputs * stride - padding, stride=stride, span=span)
        parts.append(STRINGS[form].format(pixels=listing(unread, STRINGS), reason=reason))
    return " ".join(parts)


def picture_text(widget: OutputSizeExplorer, chosen: int) -> str:
    """Put the whole picture into words, for those who do not see it."""
    sentence = f"{setting_sentence(widget)} {reading_sentence(widget, chosen)}".strip()
    return str(
        STRINGS["picture"].format(
            input=widget.input_size,
            padding=widget.padding,
            kernel=widget.kernel_size,
            stride=widget.stride,
            dilation=widget.dilation,
            sentence=sentence,
        )
    )


def formula_parts(widget: OutputSizeExplorer) -> dict[str, Any]:
    """Write the formula as fractions (above, below) and a last part, with numbers put in."""
    room = str(widget._room).replace("-", "−")
    outputs = widget.output_size
    return {
        "fractions": [
            ["n + 2P − D(K − 1) − 1", "S"],
            [
                f"{widget.input_size} + 2·{widget.padding} − "
                f"{widget.dilation}·({widget.kernel_size} − 1) − 1",
                str(widget.stride),
            ],
            [room, str(widget.stride)],
        ],
        "result": STRINGS["formula_negative"].format(room=room)
        if outputs is None
        else str(outputs),
    }


def _formula_html(widget: OutputSizeExplorer) -> str:
    parts = formula_parts(widget)
    terms = [
        f"⌊{f'({above})' if ' ' in above else above} / {below}⌋ + 1"
        for above, below in parts["fractions"]
    ]
    return paragraph("dsconv-formula-line", " = ".join([*terms, parts["result"]]))
