"""What a user gains: training steps with PyTorch alone, and with the path that is chosen."""

from .depthwise_settings import BEST, Setting, compare
from .networks import measured
from .timing import fastest, machine, milliseconds, processor, speedup
from .values import Cell, Table

SETTINGS = {
    "3 × 3, dilation 2": Setting(4, 64, 56, 56, 3, 2),
    "3 × 3, dilation 6": Setting(4, 64, 56, 56, 3, 6),
    "5 × 5, dilation 4": Setting(2, 128, 56, 56, 5, 4),
    "3 × 3, dilation 1": Setting(4, 64, 56, 56, 3, 1),
    "3 × 3, dilation 2, stride 2": Setting(4, 64, 56, 56, 3, 2, stride=2),
    "causal, 3 taps, dilation 8": Setting(8, 64, 1, 1024, 3, 8, causal=True),
}


def before_and_after(rounds: int) -> Table:
    """Single convolutions, then whole networks."""
    rows: list[list[Cell]] = []
    for what, setting in SETTINGS.items():
        times = compare(setting, [None], rounds)
        shape = " × ".join(map(str, setting.size[:2] + setting.size[2 + setting.causal :]))
        cells = [milliseconds(times[BEST]), milliseconds(times["chosen"])]
        rows.append([f"{what}: {shape}", *cells, speedup(times[BEST], times["chosen"])])
    for found in measured(rounds):
        before, after = found.steps[found.plain], found.steps[fastest(found.steps, "ours")]
        cells = [milliseconds(before), milliseconds(after)]
        rows.append([str(found.network), *cells, found.ratio("ours")])
    header = ["training step", "PyTorch ms", "this library ms", "times faster"]
    about = f"{processor()}: {machine()}; float32, the median of {rounds} rounds."
    return Table.of(header, rows, about=about)
