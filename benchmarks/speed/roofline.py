"""How near depthwise convolution comes to what the machine can do at all.

A training step has few operations for each byte that it moves, so the time is that of moving them
(Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785).
"""

from functools import cache

from .depthwise import CACHE, PASSES
from .depthwise_settings import BEST, Setting, compare
from .timing import copy_bandwidth, gemm_peak, median_ms, milliseconds, require_equal, take_turns
from .values import Cell, Floor, Number, Ratios, Table

PATHS = ("pure", "compiled")
# Forward, gradient of the input, gradient of the weight.
PRODUCTS = 3

# Of the roofline: in the cache and beyond it, few taps and many.
ON_THE_ROOF = [
    Setting(4, 64, 56, 56, 3, 2),
    Setting(2, 128, 56, 56, 5, 4),
    Setting(8, 128, 96, 96, 3, 6),
]
BEYOND_THE_CACHE = [
    Setting(8, 128, 96, 96, 3, 2),
    Setting(16, 64, 112, 112, 3, 6),
    Setting(8, 128, 96, 96, 3, 12),
    Setting(16, 256, 56, 56, 5, 4),
]


@cache
def peaks() -> tuple[float, float]:
    """Operations and bytes per second that the machine reaches at its best."""
    return gemm_peak(), copy_bandwidth()


def roofline(rounds: int) -> Table:
    """A training step as operations per second, beside what its intensity allows."""
    peak, bandwidth = peaks()
    rows: list[list[Cell]] = []
    for setting in ON_THE_ROOF:
        times = compare(setting, PATHS, rounds)
        moved = PASSES * setting.bytes
        operations = PRODUCTS * 2 * setting.K**2 * setting.bytes // setting.dtype.itemsize
        intensity = operations / moved
        roof = min(peak, intensity * bandwidth)
        for name in (BEST, *PATHS):
            seconds = median_ms(times[name]) / 1e3
            reached = operations / seconds
            cells = [Number(intensity, ".2f")]
            cells += [Number(x / 1e9, ".1f") for x in (roof, reached, moved / seconds)]
            cells.append(Number(reached / roof, ".0%"))
            rows.append([str(setting), "PyTorch" if name == BEST else name, *cells])
    header = ["N, C, plane, K, D", "path", "FLOP/byte", "roof GFLOP/s", "GFLOP/s", "GB/s", "of it"]
    about = (
        f"The roof is the lesser of {peak / 1e9:.0f} GFLOP/s, as a product of matrices has them, "
        f"and FLOP/byte times {bandwidth / 1e9:.1f} GB/s, as a copy beyond the cache has them. "
        f"A step has {PRODUCTS} · 2 · K² operations for each input value, and moves it {PASSES} "
        "times. What fits into the cache can be above the roof."
    )
    return Table.of(header, rows, about=about)


def beyond_the_cache(rounds: int) -> Table:
    """Ours on tensors that do not stay in the cache, over the time that moving them takes."""
    _, bandwidth = peaks()
    rows: list[list[Cell]] = []
    above: dict[str, dict[str, float]] = {path: {} for path in PATHS}
    for setting in BEYOND_THE_CACHE:
        assert setting.bytes > CACHE
        runs = {path: setting.run(path) for path in PATHS}
        plain = setting.run("plain")()
        for path, run in runs.items():
            require_equal(f"{setting}: {path}", run(), plain)
        del plain
        floor_ms = 1e3 * PASSES * setting.bytes / bandwidth
        cells = [Number(floor_ms)]
        for path, times in take_turns(runs, rounds).items():
            above[path][str(setting)] = median_ms(times) / floor_ms
            cells += [milliseconds(times), Number(above[path][str(setting)], ".1f")]
        rows.append([str(setting), *cells])
    found = tuple(Ratios.of(path, times) for path, times in above.items())
    header = ["N, C, plane, K, D", "floor ms", "pure ms", "above", "compiled ms", "above"]
    return Table.of(header, rows, floor=Floor(PASSES, bandwidth, found))
