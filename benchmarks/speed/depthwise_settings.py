"""What the benchmark of depthwise convolution runs: settings, and PyTorch and ours side by side."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dsconv_lib.functional import depthwise_conv1d, depthwise_conv2d, using_path

from .timing import Times, equal_and_timed

NCHW, NHWC = torch.contiguous_format, torch.channels_last
BEST = "best plain"
# N, C and the side of a plane.
PLANES = [(8, 32, 14), (8, 256, 14), (4, 64, 28), (2, 256, 28), (4, 64, 56), (2, 128, 56)]
PLANES += [(2, 32, 112)]
DILATIONS = (2, 4, 6, 12, 18)


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
        """Shape of the input."""
        return (self.N, self.C, self.rows, self.columns)

    @property
    def bytes(self) -> int:
        """Bytes of the input."""
        return math.prod(self.size) * self.dtype.itemsize

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

    def run(
        self,
        path: str | None,
        form: torch.memory_format = NCHW,
        *,
        train: bool = True,
        compiled: bool = False,
    ) -> Callable[[], list[Tensor]]:
        """A training step (forward and backward), or a forward pass, to be timed.

        ``path`` is "plain", a path of this library, or `None` for the one that it chooses; with
        ``compiled`` it goes through ``torch.compile``.
        """
        torch.manual_seed(0)
        taps = (1, self.K) if self.rows == 1 else (self.K, self.K)
        x = torch.randn(self.size, dtype=self.dtype).contiguous(memory_format=form)
        w = torch.randn(self.C * self.M, 1, *taps, dtype=self.dtype)
        b = torch.randn(self.C * self.M, dtype=self.dtype) if self.bias else None
        g = torch.randn(self.plain(x, w, b).shape, dtype=self.dtype).contiguous(memory_format=form)
        inputs = [t.requires_grad_(train) for t in (x, w, b) if t is not None]
        convolve = self.plain if path == "plain" else self.ours
        if compiled:
            convolve = torch.compile(convolve)

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
    runs = {"plain": setting.run("plain", train=train)}
    if setting.rows > 1:
        runs["plain, channels last"] = setting.run("plain", NHWC, train=train)
    runs |= {path or "chosen": setting.run(path, train=train) for path in paths}
    times = equal_and_timed(str(setting), runs, rounds)
    plains = [name for name in times if name.startswith("plain")]
    times[BEST] = times[min(plains, key=lambda name: statistics.median(times[name]))]
    return times


def dilated() -> list[Setting]:
    """The dilated settings of the targets."""
    return [
        Setting(N, C, side, side, K, D) for K in (3, 5) for N, C, side in PLANES for D in DILATIONS
    ]


def others() -> dict[str, list[Setting]]:
    """Settings beside the dilated ones, by what they have in common."""
    return {
        "Not dilated": [
            Setting(4, 64, 56, 56, 3, 1),
            Setting(2, 256, 28, 28, 3, 1),
            Setting(2, 128, 56, 56, 5, 1),
            Setting(2, 96, 56, 56, 7, 1),
            Setting(8, 256, 14, 14, 3, 1),
            Setting(1, 32, 112, 112, 3, 1),
        ],
        "In steps": [
            Setting(4, 64, 56, 56, 3, 1, stride=2),
            Setting(4, 64, 56, 56, 3, 2, stride=2),
            Setting(2, 256, 28, 28, 5, 1, stride=2),
        ],
        "Small": [
            Setting(1, 8, 7, 7, 3, 1),
            Setting(1, 8, 7, 7, 3, 2),
            Setting(1, 32, 14, 14, 3, 2),
        ],
        "Of other kinds": [
            Setting(4, 64, 28, 28, 3, 2, M=2),
            Setting(4, 64, 28, 28, 3, 6, bias=True),
            Setting(2, 64, 56, 56, 9, 2),
            Setting(2, 64, 28, 28, 3, 2, dtype=torch.float64),
            Setting(2, 64, 28, 28, 3, 1, dtype=torch.float64),
            Setting(2, 64, 28, 28, 3, 2, dtype=torch.bfloat16),
            Setting(2, 64, 28, 28, 3, 1, dtype=torch.bfloat16),
        ],
    }


def causal() -> list[Setting]:
    """Causal convolutions along one axis, as in a temporal convolutional network."""
    sizes = [(8, 32, 784), (8, 64, 1024), (4, 128, 4096), (16, 256, 256)]
    return [
        Setting(N, C, 1, length, K, D, causal=True)
        for K in (3, 5)
        for N, C, length in sizes
        for D in (2, 8, 32)
    ]
