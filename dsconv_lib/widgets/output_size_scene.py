"""What the output-size explorer shows, as plain values: the strip of cells, the words, the formula.

The same picture as ``static/output_size_scene.js``; the library does the arithmetic.
"""

import math
from dataclasses import astuple, dataclass
from typing import Any

from dsconv_lib import arithmetic
from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.widgets.base import read_json
from dsconv_lib.widgets.svg import Scene, bracket, disc, fmt, grid, hatch, line, listing, rect

STRINGS = read_json("output_size.json")
GUTTER, MARGIN, HATCH = 52, 6, 5


@dataclass(frozen=True)
class Facts:
    """A setting, and what the library says of it."""

    input_size: int
    kernel_size: int
    stride: int
    padding: int
    dilation: int

    @property
    def spec(self) -> ConvSpec:
        """The layer."""
        return ConvSpec(self.kernel_size, self.stride, self.padding, self.dilation)

    @property
    def span(self) -> int:
        """Positions from the first tap to the last."""
        return self.spec.axes()[0].effective_kernel_size

    @property
    def padded(self) -> int:
        """Cells of input and padding."""
        return self.input_size + 2 * self.padding

    @property
    def room(self) -> int:
        """Last legal start of the kernel; negative where it does not fit."""
        return self.padded - self.span

    @property
    def outputs(self) -> int | None:
        """Output positions, or `None` where PyTorch refuses the setting."""
        return arithmetic.output_size(*astuple(self)) if self.room >= 0 else None

    @property
    def unread(self) -> tuple[int, ...] | None:
        """Input pixels that no output reads, or `None` where PyTorch refuses the setting."""
        if self.room < 0:
            return None
        counts = arithmetic.read_counts(*astuple(self))
        return tuple(pixel for pixel, count in enumerate(counts) if count == 0)

    def taps(self, output: int) -> list[int]:
        """Input positions that an output reads; those outside the input are padding."""
        first = output * self.stride - self.padding
        return [first + tap * self.dilation for tap in range(self.kernel_size)]


def scene(facts: Facts, chosen: int, width: int) -> Scene:
    """Draw the strip of cells; the same picture as ``outputSizeScene`` in the view."""
    kernel, stride, padding = facts.kernel_size, facts.stride, facts.padding
    dilation, span, outputs = facts.dilation, facts.span, facts.outputs
    padded, unread = facts.padded, set(facts.unread or ())
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
        inside = 0 <= pixel < facts.input_size
        box = rect(at(cell), strip, side, side)
        if cell >= padded:
            d["ghost"] += box
            d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH)
            if cell in tapped:
                d["ghost-tap"] += box
            continue
        if cell in tapped:
            d["tap" if inside else "tap-pad"] += box
        elif pixel in unread:
            d["hole"] += box
            d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH)
        else:
            d["input" if inside else "pad"] += box
        plain = "num-hole" if pixel in unread else "num" if inside else "num-pad"
        kind = "num-tap" if cell in tapped else plain
        number(cell, strip, pixel if inside else 0, kind)
        if cell <= facts.room:
            mark = disc(centre(cell), dots, min(4, max(1.5, side / 4)))
            used = "start-chosen" if cell == first else "start"
            d["skipped" if cell % stride else used] += mark
    for output in range(outputs or 0):
        above = output * stride + (span - 1) / 2
        here = output == chosen
        d["chosen" if here else "output"] += rect(at(above), top, side, side)
        number(above, top, output, "num-chosen" if here else "num")
        for tap in range(kernel):
            to = centre(output * stride + tap * dilation)
            d["taps" if here else "mesh"] += line(centre(above), top + side, to, strip)
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


def reading_sentence(facts: Facts, chosen: int) -> str:
    """Say what the chosen output reads."""
    if facts.outputs is None:
        return ""
    taps = facts.taps(chosen)
    pixels = [pixel for pixel in taps if 0 <= pixel < facts.input_size]
    if not pixels:
        return str(STRINGS["reads_padding"].format(output=chosen))
    form = "reads_one" if len(pixels) == 1 else "reads_many"
    form += "_padding" if len(pixels) < len(taps) else ""
    return str(STRINGS[form].format(output=chosen, pixels=listing(pixels, STRINGS)))


def setting_sentence(facts: Facts) -> str:
    """Say what the setting does, or why it is impossible and what helps."""
    kernel, stride, padding = facts.kernel_size, facts.stride, facts.padding
    span, outputs, unread = facts.span, facts.outputs, facts.unread
    if outputs is None or unread is None:
        least = padding + math.ceil(-facts.room / 2)
        most = (facts.padded - 1) // (kernel - 1)
        mend = "mend_dilation" if facts.dilation > 1 and most >= 1 else "mend"
        reason = STRINGS["impossible"].format(span=span, padded=facts.padded)
        return f"{reason} {STRINGS[mend].format(least=least, most=most)}"
    fits = "fits_once" if facts.room == 0 else "fits_all" if stride == 1 else "fits_some"
    parts = [STRINGS[fits].format(places=facts.room + 1, stride=stride, outputs=outputs)]
    if outputs == facts.input_size:
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


def picture_text(facts: Facts, chosen: int) -> str:
    """Put the whole picture into words, for those who do not see it."""
    sentence = f"{setting_sentence(facts)} {reading_sentence(facts, chosen)}".strip()
    return str(
        STRINGS["picture"].format(
            input=facts.input_size,
            padding=facts.padding,
            kernel=facts.kernel_size,
            stride=facts.stride,
            dilation=facts.dilation,
            sentence=sentence,
        )
    )


def formula_parts(facts: Facts) -> dict[str, Any]:
    """Write the formula as fractions (above, below) and a last part, with numbers put in."""
    room = str(facts.room).replace("-", "−")
    outputs = facts.outputs
    return {
        "fractions": [
            ["n + 2P − D(K − 1) − 1", "S"],
            [
                f"{facts.input_size} + 2·{facts.padding} − "
                f"{facts.dilation}·({facts.kernel_size} − 1) − 1",
                str(facts.stride),
            ],
            [room, str(facts.stride)],
        ],
        "result": STRINGS["formula_negative"].format(room=room)
        if outputs is None
        else str(outputs),
    }
