"""Depthwise convolution beside PyTorch's: times on the machine that runs this, side by side.

    python benchmarks/depthwise.py [--rounds 11] [--only PART] [--report benchmarks/depthwise.md]

Every result is compared with PyTorch's before any time of it is taken. A ratio is PyTorch's time
over ours, within one round of taking turns; the quartiles of the rounds are in brackets. For the
dilated settings PyTorch's time is that of the faster of its two memory formats, and ours that of
contiguous tensors.
"""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from depthwise_settings import BEST, NCHW, NHWC, Setting, causal, compare, dilated, others
from timing import (
    copy_bandwidth,
    equal_and_timed,
    geometric_mean,
    machine,
    median_ms,
    milliseconds,
    settle,
    shown,
    speedup,
    table,
)

from dsconv_lib._depthwise import choice
from dsconv_lib._depthwise.plain import MOST_PADDING

# Read x, write y; read g, write dx; read x and g for dw.
PASSES = 6
# float32 tensors of this many bytes do not stay in the cache between two passes.
CACHE = 1 << 25


def summary(name: str, ratios: dict[str, float]) -> str:
    """Geometric mean and the least of ratios, by setting."""
    least = min(ratios, key=lambda setting: ratios[setting])
    mean = geometric_mean(list(ratios.values()))
    return f"- {name}: geometric mean {mean:.2f}, least {ratios[least]:.2f} ({least})"


def training(rounds: int) -> str:
    """The dilated settings of the targets: both paths beside PyTorch, and the memory floor."""
    bandwidth = copy_bandwidth()
    rows = []
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
        cells = [milliseconds(times[name]) for name in names]
        cells += [shown(ratio) for ratio in found.values()]
        rows.append([str(setting), *cells, f"{above[str(setting)]:.1f}"])
    most = max(above, key=lambda setting: above[setting])
    lines = [summary(path, ratios[path]) for path in ratios]
    lines.append(f"- compiled: {above[most]:.1f} times the floor at most ({most})")
    lines.append(f"- the floor: {PASSES} passes at {bandwidth / 1e9:.1f} GB/s, as a copy has them")
    header = ["N, C, plane, K, D", "plain ms", "channels last ms", "pure ms", "compiled ms"]
    header += ["pure ×", "compiled ×", "above floor"]
    return "\n".join([*lines, "", table(header, rows)])


@contextmanager
def without_numba() -> Iterator[None]:
    """The choice that is made where numba is not installed."""
    known, choice._numba[:] = list(choice._numba), [False]
    try:
        yield
    finally:
        choice._numba[:] = known


def chosen(settings: Iterable[Setting], rounds: int, *, train: bool = True) -> str:
    """The path that is chosen by itself, with and without numba, beside the better plain format."""
    rows = []
    ratios: dict[str, dict[str, float]] = {"with numba": {}, "without numba": {}}
    for setting in settings:
        cells = []
        for name in ratios:
            with nullcontext() if name == "with numba" else without_numba():
                times = compare(setting, [None], rounds, train=train)
            found = speedup(times[BEST], times["chosen"])
            ratios[name][str(setting)] = found.middle
            cells += [milliseconds(times["chosen"]), shown(found)]
        rows.append([str(setting), milliseconds(times[BEST]), *cells])
    lines = [summary(name, ratios[name]) for name in ratios]
    header = ["N, C, plane, K, D", "PyTorch ms", "ours ms", "×", "without numba ms", "×"]
    return "\n".join([*lines, "", table(header, rows)])


def like_for_like(settings: Iterable[Setting], rounds: int, *, train: bool = True) -> str:
    """PyTorch and ours on the same tensors, in both memory formats."""
    rows = []
    ratios: dict[str, dict[str, float]] = {}
    for setting in settings:
        cells = []
        for form, name in ((NCHW, "contiguous"), (NHWC, "channels last")):
            for numba in ("", ", without numba"):
                with without_numba() if numba else nullcontext():
                    paths = {"plain": "plain", "ours": None}
                    runs = {k: setting.run(path, form, train=train) for k, path in paths.items()}
                    times = equal_and_timed(str(setting), runs, rounds)
                found = speedup(times["plain"], times["ours"])
                ratios.setdefault(name + numba, {})[str(setting)] = found.middle
                cells += [shown(found)] if numba else [milliseconds(times["plain"]), shown(found)]
        rows.append([str(setting), *cells])
    lines = [summary(name, found) for name, found in ratios.items()]
    header = ["N, C, plane, K, D", "PyTorch ms", "×", "without numba ×"]
    header += ["channels last ms", "×", "without numba ×"]
    return "\n".join([*lines, "", table(header, rows)])


def forward_alone(rounds: int) -> str:
    """Forward passes where PyTorch's fast kernel is lost."""
    lost = [s for s in dilated() if s.D * (s.K - 1) // 2 > MOST_PADDING]
    return chosen(lost, rounds, train=False)


def through_the_compiler(rounds: int) -> str:
    """``torch.compile`` on both sides."""
    rows = []
    names = ["PyTorch ms", "compiled ms", "ours ms", "ours compiled ms"]
    for setting in (Setting(4, 64, 56, 56, 3, 6), Setting(2, 256, 28, 28, 3, 12)):
        kinds = [("plain", False), ("plain", True), (None, False), (None, True)]
        runs = {
            name: setting.run(path, compiled=compiled)
            for name, (path, compiled) in zip(names, kinds, strict=True)
        }
        times = equal_and_timed(str(setting), runs, rounds)
        rows.append([str(setting), *(milliseconds(times[name]) for name in names)])
    return table(["N, C, plane, K, D", *names], rows)


def two_threads(rounds: int) -> str:
    """The time with one thread over that with two, for PyTorch and for ours."""
    rows = []
    for setting in [s for s in dilated() if s.rows >= 56 and s.D in (2, 12)]:
        medians: dict[str, list[float]] = {}
        for threads in (1, 2):
            settle(threads)
            for name, times in compare(setting, ["pure", "compiled"], rounds).items():
                medians.setdefault(name, []).append(median_ms(times))
        settle()
        cells = [
            f"{one / two:.2f}" for one, two in (medians[n] for n in (BEST, "pure", "compiled"))
        ]
        rows.append([str(setting), *cells])
    return table(["N, C, plane, K, D", "PyTorch ×", "pure ×", "compiled ×"], rows)


def parts(rounds: int) -> dict[str, Callable[[], str]]:
    """Every table by its title."""
    tables: dict[str, Callable[[], str]] = {
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


def main() -> None:
    """Print the tables, and store them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11, help="turns of each candidate")
    parser.add_argument("--only", default="", help="tables whose title begins so")
    parser.add_argument("--report", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    settle()
    report = ["# Depthwise convolution beside PyTorch's", machine()]
    report.append("\n".join(__doc__.split("\n\n")[-1].strip().splitlines()))
    for title, make in parts(options.rounds).items():
        if title.startswith(options.only):
            report += [f"## {title}", make()]
            print("\n\n".join(report[-2:]), flush=True)
    if options.report:
        options.report.write_text("\n\n".join(report) + "\n", encoding="utf-8")
        print(f"benchmark: written to {options.report}")


if __name__ == "__main__":
    main()
