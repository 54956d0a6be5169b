"""The pictures that are timed: their settings, the moves of their sliders, the kernel's code."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise


@dataclass(frozen=True)
class Subject:
    """One picture in both forms: the moves of its sliders, and the code for the kernel."""

    name: str
    widget: str
    readout: str
    preset: str
    start: dict[str, int]
    round_trip: list[tuple[str, int]]
    code: str

    def settings(self, events: int) -> list[dict[str, int]]:
        """Return the setting after each of so many moves, by one step of one slider each."""
        there_and_back = self.round_trip + [(label, -by) for label, by in self.round_trip[::-1]]
        moves = [there_and_back[i % len(there_and_back)] for i in range(events)]
        steps = accumulate(
            moves, lambda now, move: {**now, move[0]: now[move[0]] + move[1]}, initial=self.start
        )
        return list(steps)[1:]

    def moves(self, events: int) -> list[tuple[str, int, int]]:
        """Return (slider, value, direction) of each move."""
        states = [self.start, *self.settings(events)]
        changed = []
        for before, after in pairwise(states):
            (label,) = (key for key in after if after[key] != before[key])
            changed.append((label, after[label], after[label] - before[label]))
        return changed

    def truth(self, setting: dict[str, int]) -> str:
        """Return the library's number for a setting."""
        from dsconv_lib import ConvSpec, output_size, receptive_field
        from dsconv_lib.widgets import ReceptiveFieldExplorer

        if self.readout == "output-size":
            return str(output_size(*setting.values()))
        if self.preset == "vgg16":
            return str(ReceptiveFieldExplorer(preset="vgg16").receptive_field.size)
        keys = ("kernel", "stride", "dilation")
        layers = [[setting[f"layer {i} {key}"] for key in keys] for i in (1, 2, 3)]
        return str(receptive_field([ConvSpec(k, s, 0, d) for k, s, d in layers]).size)


def code(name: str, ranges: dict[str, tuple[int, int]], start: dict[str, int]) -> str:
    """Write a cell that makes `interact` draw a widget's picture and print its number."""
    sliders = ", ".join(
        f'"{label}": IntSlider({start[label]}, {least}, {most}, description="{label}")'
        for label, (least, most) in ranges.items()
    )
    return f"@interact(**{{{sliders}}})\ndef show(**setting):\n    draw({name!r}, setting)"


def subjects() -> list[Subject]:
    """Return the pictures that are compared, as wide as they are on a desktop page."""
    size = {"input": 7, "kernel": 3, "stride": 2, "padding": 0, "dilation": 1}
    bounds = {"input": (1, 32), "kernel": (1, 9), "stride": (1, 5), "padding": (0, 8)}
    bounds["dilation"] = (1, 6)
    reach = {"kernel": (1, 7), "dilation": (1, 16), "stride": (1, 3)}
    stack = {f"layer {i} {key}": 3 if key == "kernel" else 1 for i in (1, 2, 3) for key in reach}
    limits = {label: reach[label.split()[2]] for label in stack}
    strip, three, vgg = (
        "output-size explorer",
        "receptive-field explorer, 3 layers",
        "receptive-field explorer, VGG-16",
    )
    return [
        Subject(
            name=strip,
            widget="output-size-explorer",
            readout="output-size",
            preset="",
            start=size,
            round_trip=[
                *[("input", 1)] * 14,
                *[("kernel", 1)] * 3,
                *[("padding", 1)] * 3,
                *[("dilation", 1)] * 2,
                *[("stride", 1)] * 2,
            ],
            code=code(strip, bounds, size),
        ),
        Subject(
            name=three,
            widget="receptive-field-explorer",
            readout="receptive-field",
            preset="plain",
            start=stack,
            round_trip=[
                *[("layer 2 dilation", 1)] * 3,
                *[("layer 3 dilation", 1)] * 4,
                *[("layer 1 stride", 1), ("layer 2 kernel", 1), ("layer 1 kernel", 1)],
            ],
            code=code(three, limits, stack),
        ),
        Subject(
            name=vgg,
            widget="receptive-field-explorer",
            readout="receptive-field",
            preset="vgg16",
            start={"output": 0},
            round_trip=[("output", 1)] * 4,
            code=code(vgg, {"output": (0, 4)}, {"output": 0}),
        ),
    ]
