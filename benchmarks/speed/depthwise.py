"""Depthwise convolution beside PyTorch's, side by side.

A ratio is PyTorch's time over ours, within one round of taking turns. For the dilated settings
PyTorch's time is that of the faster of its two memory formats, and ours that of contiguous tensors.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext

from dsconv_lib._depthwise import choice
from dsconv_lib._depthwise.plain import MOST_PADDING

from .depthwise_settings import BEST, NCHW, NHWC, Setting, causal, compare, dilated, others
from .timing import copy_bandwidth, equal_and_timed, median_ms, milliseconds, settle, speedup
from .values import Cell, Floor, Number, Ratios, Table

# Read x, write y; read g, write dx; read x and g for dw.
PASSES = 6
# float32 tensors of this many bytes do not stay in the cache between two passes.
CACHE = 1 << 25


def training(rounds: int) -> Table:
    """The dilated settings of the targets: both paths beside PyTorch, and the memory floor."""
    bandwidth = copy_bandwidth()
    rows: list[list[Cell]] = []
    ratios: dict[str, dict[str, float]] = {"pure": {}, "compiled": {}}
    above: dict[str, float] = {}
    for setting in dilated():
        times = compare(setting, ratios, rounds)
        found = {path: speedup(times[BEST], times[path]) for path in ratios}
        for path, ratio in found.items():
            ratios[path][str(setting)] = ratio.middle
        floor_ms = 1e3 * PASSES * setting.bytes / bandwidth
        above[str(setting)] = median_ms(times["compiled"]) / floor_ms
        names = ("plain", "plain, channels last", "pure", "compiled")
        cells: list[Cell] = [milliseconds(times[name]) for name in names]
        rows.append([str(setting), *cells, *found.values(), Number(above[str(setting)], ".1f")])
    floor = Floor(PASSES, bandwidth, (Ratios.of("compiled", above),))
    header = ["N, C, plane, K, D", "plain ms", "channels last ms", "pure ms", "compiled ms"]
    header += ["pure ×", "compiled ×", "above floor"]
    return Table.of(header, rows, ratios, floor)


@contextmanager
def without_numba() -> Iterator[None]:
    """The choice that is made where numba is not installed."""
    known, choice._numba[:] = list(choice._numba), [False]
    try:
        yield
    finally:
        choice._numba[:] = known


def chosen(settings: Iterable[Setting], rounds: int, *, train: bool = True) -> Table:
    """The path that is chosen by itself, with and without numba, beside the better plain format."""
    rows: list[list[Cell]] = []
    ratios: dict[str, dict[str, float]] = {"with numba": {}, "without numba": {}}
    for setting in settings:
        cells: list[Cell] = []
        for name in ratios:
            with nullcontext() if name == "with numba" else without_numba():
                times = compare(setting, [None], rounds, train=train)
            found = speedup(times[BEST], times["chosen"])
            ratios[name][str(setting)] = found.middle
            cells += [milliseconds(times["chosen"]), found]
        rows.append([str(setting), milliseconds(times[BEST]), *cells])
    header = ["N, C, plane, K, D", "PyTorch ms", "ours ms", "×", "without numba ms", "×"]
    return Table.of(header, rows, ratios)


def like_for_like(settings: Iterable[Setting], rounds: int, *, train: bool = True) -> Table:
    """PyTorch and ours on the same tensors, in both memory formats."""
    rows: list[list[Cell]] = []
    ratios: dict[str, dict[str, float]] = {}
    for setting in settings:
        cells: list[Cell] = []
        for form, name in ((NCHW, "contiguous"), (NHWC, "channels last")):
            for numba in ("", ", without numba"):
                with without_numba() if numba else nullcontext():
                    paths = {"plain": "plain", "ours": None}
                    runs = {k: setting.run(path, form, train=train) for k, path in paths.items()}
                    times = equal_and_timed(str(setting), runs, rounds)
                found = speedup(times["plain"], times["ours"])
                ratios.setdefault(name + numba, {})[str(setting)] = found.middle
                cells += [found] if numba else [milliseconds(times["plain"]), found]
        rows.append([str(setting), *cells])
    header = ["N, C, plane, K, D", "PyTorch ms", "×", "without numba ×"]
    header += ["channels last ms", "×", "without numba ×"]
    return Table.of(header, rows, ratios)


def forward_alone(rounds: int) -> Table:
    """Forward passes where PyTorch's fast kernel is lost."""
    lost = [s for s in dilated() if s.D * (s.K - 1) // 2 > MOST_PADDING]
    return chosen(lost, rounds, train=False)


def through_the_compiler(rounds: int) -> Table:
    """``torch.compile`` on both sides."""
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        return Table(about="Not measured: it needs a C++ compiler.")
    rows: list[list[Cell]] = []
    names = ["PyTorch ms", "compiled ms", "ours ms", "ours compiled ms"]
    for setting in (Setting(4, 64, 56, 56, 3, 6), Setting(2, 256, 28, 28, 3, 12)):
        kinds = [("plain", False), ("plain", True), (None, False), (None, True)]
        runs = {
            name: setting.run(path, compiled=compiled)
            for name, (path, compiled) in zip(names, kinds, strict=True)
        }
        times = equal_and_timed(str(setting), runs, rounds)
        rows.append([str(setting), *(milliseconds(times[name]) for name in names)])
    return Table.of(["N, C, plane, K, D", *names], rows)


def two_threads(rounds: int) -> Table:
    """The time with one thread over that with two, for PyTorch and for ours."""
    rows: list[list[Cell]] = []
    for setting in [s for s in dilated() if s.rows >= 56 and s.D in (2, 12)]:
        medians: dict[str, list[float]] = {}
        for threads in (1, 2):
            settle(threads)
            for name, times in compare(setting, ["pure", "compiled"], rounds).items():
                medians.setdefault(name, []).append(median_ms(times))
        settle()
        cells = [
            Number(one / two, ".2f")
            for one, two in (medians[n] for n in (BEST, "pure", "compiled"))
        ]
        rows.append([str(setting), *cells])
    return Table.of(["N, C, plane, K, D", "PyTorch ×", "pure ×", "compiled ×"], rows)


def parts(rounds: int) -> dict[str, Callable[[], Table]]:
    """Every table by its title."""
    tables: dict[str, Callable[[], Table]] = {
        "Dilated, forward and backward": lambda: training(rounds),
        f"Dilated, forward alone, padding over {MOST_PADDING}": lambda: forward_alone(rounds),
        "One axis, causal, forward and backward": lambda: chosen(causal(), rounds),
    }
    for name, settings in others().items():
        # The shortest times scatter the most.
        tables[f"{name}, forward and backward"] = lambda s=settings: like_for_like(s, 5 * rounds)
        tables[f"{name}, forward alone"] = lambda s=settings: like_for_like(
            s, 5 * rounds, train=False
        )
    tables["Two threads for one"] = lambda: two_threads(rounds)
    tables["With torch.compile"] = lambda: through_the_compiler(rounds)
    return tables
