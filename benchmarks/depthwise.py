"""Depthwise convolution beside PyTorch's: times on the machine that runs this, side by side.

    python benchmarks/depthwise.py [--rounds 11] [--report benchmarks/depthwise.md]

Every result is compared with PyTorch's before any time of it is taken. A ratio is PyTorch's time
over ours, within one round of taking turns; the quartiles of the rounds are in brackets.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
import torch.nn.functional as F
from timing import (
    Times,
    copy_bandwidth,
    geometric_mean,
    machine,
    median_ms,
    require_equal,
    settle,
    speedup,
    table,
    take_turns,
)
from torch import Tensor

from dsconv_lib.functional import depthwise_conv1d, depthwise_conv2d, using_path

NCHW, NHWC = torch.contiguous_format, torch.channels_last
# N, C and the side of a plane.
PLANES = [(8, 32, 14), (8, 256, 14), (4, 64, 28), (2, 256, 28), (4, 64, 56), (2, 128, 56)]
PLANES += [(2, 32, 112)]
DILATIONS = (2, 4, 6, 12, 18)
# Read x, write y; read g, write dx; read x and g for dw.
PASSES = 6
BEST = "best plain"


@dataclass(frozen=True)
class Setting:
    """A convolution that keeps the size at stride 1, of planes ``rows x columns``."""

    N: int
    C: int
    rows: int
    columns: int
    K: int
    D: int
    M: int = 1
    stride: int = 1
    bias: bool = False
    dtype: torch.dtype = torch.float32
    causal: bool = False

    def __str__(self) -> str:
        side = f"{self.rows} × {self.columns}" if self.rows > 1 else f"{self.columns}"
        extras = [f"M {self.M}"] * (self.M > 1) + [f"stride {self.stride}"] * (self.stride > 1)
        extras += ["bias"] * self.bias + [str(self.dtype)[6:]] * (self.dtype != torch.float32)
        return ", ".join([f"{self.N}, {self.C}, {side}, {self.K}, {self.D}", *extras])

    @property
    def size(self) -> tuple[int, ...]:
        return (self.N, self.C, self.rows, self.columns)

    def plain(self, x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
        """What users of PyTorch write."""
        if self.causal:
            x = F.pad(x[:, :, 0], (self.D * (self.K - 1), 0))
            return F.conv1d(x, w[:, :, 0], b, dilation=self.D, groups=self.C)[:, :, None]
        padding = self.D * (self.K - 1) // 2
        return F.conv2d(x, w, b, self.stride, padding, self.D, self.C)

    def ours(self, x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
        """The same with this library."""
        if self.causal:
            ends = ((self.D * (self.K - 1), 0),)
            y = depthwise_conv1d(x[:, :, 0], w[:, :, 0], b, padding=ends, dilation=self.D)
            return y[:, :, None]
        padding = self.D * (self.K - 1) // 2
        options = {"stride": self.stride, "padding": padding, "dilation": self.D}
        return depthwise_conv2d(x, w, b, **options)

    def run(self, path: str | None, form: torch.memory_format, train: bool) -> Callable[[], object]:
        """A training step (forward and backward), or a forward pass, to be timed.

        ``path`` is "plain", a path of this library, or `None` for the one that it chooses.
        """
        torch.manual_seed(0)
        taps = (1, self.K) if self.rows == 1 else (self.K, self.K)
        x = torch.randn(self.size, dtype=self.dtype).contiguous(memory_format=form)
        w = torch.randn(self.C * self.M, 1, *taps, dtype=self.dtype)
        b = torch.randn(self.C * self.M, dtype=self.dtype) if self.bias else None
        g = torch.randn_like(self.plain(x, w, b)).contiguous(memory_format=form)
        inputs = [t.requires_grad_(train) for t in (x, w, b) if t is not None]
        convolve = self.plain if path == "plain" else self.ours

        def step() -> list[Tensor]:
            for tensor in inputs:
                tensor.grad = None
            with using_path(None if path == "plain" else path):
                y = convolve(x, w, b)
            if train:
                y.backward(g)
            return [y.detach(), *(t.grad for t in inputs if t.grad is not None)]

        return step


def compare(
    setting: Setting, paths: Iterable[str | None], rounds: int, *, train: bool = True
) -> Times:
    """Times of PyTorch in both formats and of our paths; "best plain" is the faster of the two."""
    runs = {"plain": setting.run("plain", NCHW, train)}
    if setting.rows > 1:
        runs["plain, channels last"] = setting.run("plain", NHWC, train)
    runs |= {path or "chosen": setting.run(path, NCHW, train) for path in paths}
    reference = runs["plain"]()
    for name, run in runs.items():
        require_equal(f"{setting}: {name}", run(), reference)
    times = take_turns(runs, rounds)
    plains = [name for name in times if name.startswith("plain")]
    times[BEST] = times[min(plains, key=lambda name: statistics.median(times[name]))]
    return times


def shown(ratio: tuple[float, float, float]) -> str:
    """A ratio with its quartiles."""
    return "{:.1f} ({:.1f}–{:.1f})".format(*ratio)


def milliseconds(times: Sequence[float]) -> str:
    """A median with three digits."""
    return f"{median_ms(times):.3g}"


def training(bandwidth: float, rounds: int) -> str:
    """The dilated settings of the targets: both paths beside PyTorch."""
    rows, ratios = [], {"pure": [], "compiled": []}
    above = []
    for K in (3, 5):
        for N, C, side in PLANES:
            for D in DILATIONS:
                setting = Setting(N, C, side, side, K, D)
                times = compare(setting, ratios, rounds)
                floor = 4e3 * PASSES * N * C * side * side / bandwidth
                found = {path: speedup(times[BEST], times[path]) for path in ratios}
                for path, ratio in found.items():
                    ratios[path].append(ratio[0])
                above.append((median_ms(times["compiled"]) / floor, str(setting)))
                names = ("plain", "plain, channels last", "pure", "compiled")
                cells = [milliseconds(times[name]) for name in names]
                cells += [shown(ratio) for ratio in found.values()]
                rows.append([str(setting), *cells, f"{above[-1][0]:.1f}"])
    summary = [
        f"{path}: geometric mean {geometric_mean(values):.2f}, least {min(values):.2f}"
        for path, values in ratios.items()
    ]
    summary.append("times above the memory floor: " + "{:.1f} at most ({})".format(*max(above)))
    header = ["N, C, plane, K, D", "plain ms", "plain cl ms", "pure ms", "compiled ms"]
    header += ["pure ×", "compiled ×", "above floor"]
    return "\n\n".join([*summary, table(header, rows)])


def chosen(settings: Iterable[Setting], rounds: int, *, train: bool = True) -> str:
    """Settings of other kinds: the path that is chosen, with and without numba."""
    rows, ratios = [], {None: [], "without numba": []}
    for setting in settings:
        ...
    return ""
