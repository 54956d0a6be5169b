"""How long from a slider's event to the picture: the book's widgets beside ipywidgets.interact.

    python -m benchmarks.widgets

Both draw the same pictures of the same settings in the same headless Chromium. The widgets run in
the built book; `interact` draws with matplotlib through a kernel in a JupyterLab of this Python.
"""

from __future__ import annotations

import sys

from ..speed.markdown import grid
from ..speed.values import Cell, Number
from .latency import KERNEL_EVENTS, WIDGET_EVENTS, Latency, Measured, measure
from .subjects import subjects

LIMIT_MS = 16.0
HEADER = ["picture", "handled p50", "p95", "drawn p50", "p95", "interact p50", "p95"]
HEADER += ["ratio p50", "p95"]


def row(found: Latency) -> list[Cell]:
    """One picture: medians, 95th percentiles, and how many times as long `interact` took."""
    times = [
        kind.percentile(share)
        for kind in (found.handled, found.drawn, found.kernel)
        for share in (50, 95)
    ]
    ratios = (times[4] / times[2], times[5] / times[3])
    return [
        found.name,
        *(Number(time, ".1f") for time in times),
        *(f"{ratio:.0f}×" for ratio in ratios),
    ]


def show(found: Measured) -> bool:
    """Print the table and the verdict; return whether the limit was kept."""
    print(found.machine)
    print(f"milliseconds; {WIDGET_EVENTS} events in the page, {KERNEL_EVENTS} through the kernel\n")
    print(grid(HEADER, [row(picture) for picture in found.pictures]))
    worst = max(picture.drawn.percentile(95) for picture in found.pictures)
    kept = worst < LIMIT_MS
    verdict = "met" if kept else "NOT met"
    print(
        f"\nlimit of {LIMIT_MS:.0f} ms at the 95th percentile: {verdict} ({worst:.1f} ms at worst)"
    )
    return kept


if __name__ == "__main__":
    sys.exit(0 if show(measure(subjects())) else 1)
