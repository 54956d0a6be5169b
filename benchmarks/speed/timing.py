"""Times that can be compared: taken in turn, in one process, and only of equal results."""

import ctypes
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from .values import Number, Ratio

Candidates = Mapping[str, Callable[[], object]]
Times = dict[str, tuple[float, ...]]
# Of the largest value; sums of a gradient are long, and taken in another order.
_TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-5, torch.bfloat16: 2e-2}


def settle(threads: int = 1) -> None:
    """Make times repeatable: a number of threads, and memory that is kept rather than given back.

    glibc returns large blocks to the system at once and fetches them anew, page by page, which
    makes a short operation take several times as long. Users meet that too; it hits all
    candidates alike and hides what they differ in.
    """
    torch.set_num_threads(threads)
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL("libc.so.6")
        m_trim_threshold, m_mmap_threshold = -1, -3
        libc.mallopt(m_mmap_threshold, 1 << 30)
        libc.mallopt(m_trim_threshold, (1 << 31) - 1)


def take_turns(candidates: Candidates, rounds: int) -> Times:
    """Run all candidates once to warm up, then ``rounds`` times one after the other.

    Returns
    -------
    dict of str to tuple of float
        Seconds of each round. With one thread they are processor time, so that other programs on
        the machine count as little as possible; with more they are time on the wall.
    """
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    for run in candidates.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: tuple(seconds) for name, seconds in times.items()}


def median_ms(times: Sequence[float]) -> float:
    """Median in milliseconds."""
    return 1e3 * statistics.median(times)


def milliseconds(times: Sequence[float]) -> Number:
    """A median with three digits."""
    return Number(median_ms(times))


def speedup(before: Sequence[float], after: Sequence[float]) -> Ratio:
    """How many times as long ``before`` took."""
    ratios = [a / b for a, b in zip(before, after, strict=True)]
    return Ratio(*statistics.quantiles(ratios, n=4, method="inclusive"))


def fastest(times: Times, start: str = "") -> str:
    """The candidate with the least median, of those whose name begins so."""
    names = [name for name in times if name.startswith(start)]
    return min(names, key=lambda name: statistics.median(times[name]))


def copy_bandwidth(rounds: int = 15) -> float:
    """Bytes per second that a copy of 128 MB reads and writes together."""
    source = torch.ones(1 << 25)
    target = torch.empty_like(source)
    times = take_turns({"copy": lambda: target.copy_(source)}, rounds)["copy"]
    return 2 * source.numel() * source.element_size() / statistics.median(times)


def gemm_peak(rounds: int = 15) -> float:
    """Floating-point operations per second of a product of two float32 matrices of 1024 × 1024."""
    a, b = torch.ones(1024, 1024), torch.ones(1024, 1024)
    product = torch.empty_like(a)
    times = take_turns({"product": lambda: torch.mm(a, b, out=product)}, rounds)["product"]
    return 2 * 1024**3 / statistics.median(times)


def require_equal(
    name: str,
    ours: Sequence[Tensor],
    theirs: Sequence[Tensor],
    tolerance: float | None = None,
) -> None:
    """Refuse to go on where results differ by more than rounding explains.

    ``tolerance`` is a share of the largest value of each result; by default it follows from the
    dtype, for one convolution.

    Raises
    ------
    SystemExit
        Naming the candidate and the difference.
    """
    for part, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        scale = other.abs().max().item() or 1.0
        difference = (mine - other).abs().max().item() / scale
        if not difference < (tolerance or _TOLERANCE[other.dtype]):
            sys.exit(f"{name}: result {part} differs by {difference:.1e} of its largest; no times")


def equal_and_timed(
    what: str,
    runs: Mapping[str, Callable[[], Sequence[Tensor]]],
    rounds: int,
    tolerance: float | None = None,
) -> Times:
    """Compare the results of all with those of the first, and then time them in turn."""
    reference = next(iter(runs.values()))()
    for name, run in runs.items():
        require_equal(f"{what}: {name}", run(), reference, tolerance)
    return take_turns(runs, rounds)


def processor() -> str:
    """The processor's name and its largest cache, as far as the system tells them."""
    told = Path("/proc/cpuinfo")
    text = told.read_text(encoding="utf-8") if told.exists() else ""
    names = re.findall(r"^model name\s*:\s*(.+)$", text, re.M) or [platform.processor()]
    found = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    sizes = [int(size.read_text().strip().removesuffix("K")) for size in found]
    cache = f", {max(sizes) / 1024:.0f} MiB of cache" if sizes else ""
    return f"{names[0] or 'unknown processor'}{cache}"


def machine() -> str:
    """What the times were taken on, in one line."""
    return (
        f"{platform.machine()} with {torch.backends.cpu.get_cpu_capability()}, "
        f"{os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread(s)"
    )
