"""NumPy's convolutions beside PyTorch's, and the ways to compute one beside each other.

A ratio is our time over PyTorch's, within one round of taking turns. float32, one thread for both.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

# NumPy's libraries read how many threads they may use when they are loaded.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"

import numpy as np
import torch
import torch.nn.functional as F

from dsconv_lib import reference

from .timing import Times, equal_and_timed, milliseconds, speedup
from .values import Cell, Table

# What the vectorised forward pass may take of PyTorch's time, in the first setting.
TARGET = 2
Arrays = Sequence[np.ndarray]
Operation = Callable[..., object]


class Setting(NamedTuple):
    """One layer; its weights are random."""

    name: str
    N: int
    C: int
    H: int
    W: int
    outputs: int
    K: int
    stride: int = 1
    padding: int = 1
    dilation: int = 1
    groups: int = 1

    @property
    def options(self) -> dict[str, int]:
        """As both libraries take them."""
        names = ("stride", "padding", "dilation", "groups")
        return {name: getattr(self, name) for name in names}

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input, weight and bias."""
        rng = np.random.default_rng(0)
        shapes = (
            (self.N, self.C, self.H, self.W),
            (self.outputs, self.C // self.groups, self.K, self.K),
            (self.outputs,),
        )
        x, w, b = (rng.standard_normal(shape, np.float32) for shape in shapes)
        return x, w, b

    def __str__(self) -> str:
        return f"{self.name}: {self.N}, {self.C}→{self.outputs}, {self.H}×{self.W}, K{self.K}"


SETTINGS = [
    Setting("dense", 8, 32, 56, 56, 64, 3),
    Setting("wide kernel", 2, 64, 56, 40, 64, 5, padding=2),
    Setting("dilated", 4, 32, 40, 56, 64, 3, padding=4, dilation=4),
    Setting("stride 2", 4, 64, 56, 40, 128, 3, stride=2),
    Setting("pointwise", 4, 128, 28, 40, 128, 1, padding=0),
    Setting("4 groups", 4, 64, 28, 40, 64, 3, groups=4),
    Setting("depthwise", 4, 64, 56, 40, 64, 3, groups=64),
    Setting("depthwise, dilated", 4, 64, 56, 40, 64, 3, padding=6, dilation=6, groups=64),
]
WAYS: dict[str, Callable[..., np.ndarray]] = {
    "`conv2d`": reference.conv2d,
    "`conv2d_im2col`": reference.conv2d_im2col,
    "`conv2d_fft`": reference.conv2d_fft,
    "`conv2d_winograd`": reference.conv2d_winograd,
    "`conv2d_loops`": reference.conv2d_loops,
}


def timed(
    what: str, theirs: Operation, ours: dict[str, Operation], arrays: Arrays, rounds: int
) -> Times:
    """Times of PyTorch's operation, under "PyTorch", and of ours on the same arrays."""
    given = [torch.from_numpy(array) for array in arrays]

    def several(results: object) -> list[torch.Tensor]:
        results = results if isinstance(results, tuple) else (results,)
        return [torch.as_tensor(result) for result in results]

    runs = {"PyTorch": lambda: several(theirs(*given))}
    for name, operation in ours.items():
        runs[name] = lambda operation=operation: several(operation(*arrays))
    return equal_and_timed(what, runs, rounds)


def row(what: str, theirs: Operation, ours: Operation, arrays: Arrays, rounds: int) -> list[Cell]:
    """PyTorch's time, ours, and the ratio."""
    times = timed(what, theirs, {"NumPy": ours}, arrays, rounds)
    ratio = speedup(times["NumPy"], times["PyTorch"])
    return [what, *(milliseconds(times[name]) for name in times), ratio]


def forward(rounds: int) -> Table:
    """`conv2d`."""
    rows: list[list[Cell]] = []
    for setting in SETTINGS:
        theirs, ours = (partial(f, **setting.options) for f in (F.conv2d, reference.conv2d))
        rows.append(row(str(setting), theirs, ours, setting.arrays(), rounds))
    header = ["layer", "PyTorch ms", "NumPy ms", f"× (target for the first: {TARGET})"]
    return Table.of(header, rows)


def backward(rounds: int) -> Table:
    """`conv2d_backward` beside the operation that autograd calls."""
    rows: list[list[Cell]] = []
    for setting in SETTINGS:
        x, w, b = setting.arrays()
        shape = reference.conv2d(x, w, **setting.options).shape
        grad = np.random.default_rng(1).standard_normal(shape, np.float32)
        theirs = partial(
            torch.ops.aten.convolution_backward,
            bias_sizes=[len(b)],
            stride=[setting.stride] * 2,
            padding=[setting.padding] * 2,
            dilation=[setting.dilation] * 2,
            transposed=False,
            output_padding=[0, 0],
            groups=setting.groups,
            output_mask=[True] * 3,
        )
        ours = partial(reference.conv2d_backward, **setting.options)
        rows.append(row(str(setting), theirs, ours, (grad, x, w), rounds))
    return Table.of(["layer", "PyTorch ms", "NumPy ms", "×"], rows)


def pooling(rounds: int) -> Table:
    """Windows of 3 at stride 2."""
    setting = Setting("pooling", 4, 64, 56, 40, 64, 3)
    rows: list[list[Cell]] = []
    for name in ("max_pool2d", "avg_pool2d"):
        theirs, ours = (
            partial(getattr(library, name), kernel_size=3, stride=2, padding=1)
            for library in (F, reference)
        )
        what = f"`{name}`: 4, 64, 56×40, K3, stride 2"
        rows.append(row(what, theirs, ours, setting.arrays()[:1], rounds))
    return Table.of(["layer", "PyTorch ms", "NumPy ms", "×"], rows)


def ways(settings: Sequence[tuple[Setting, Sequence[str]]], rounds: int) -> Table:
    """The ways to compute a convolution, beside `conv2d` of PyTorch."""
    rows: list[list[Cell]] = []
    for setting, names in settings:
        options, arrays = setting.options, setting.arrays()
        ours = {name: partial(WAYS[name], **options) for name in names}
        times = timed(str(setting), partial(F.conv2d, **options), ours, arrays, rounds)
        layer = {name: options[name] for name in ("stride", "padding", "dilation")}
        columns = reference.im2col_bytes(arrays[0].shape, setting.K, **layer)
        memory = f"{arrays[0].nbytes / 2**20:.2f} → {columns / 2**20:.2f} MiB"
        for name in times:
            ratio = speedup(times[name], times["PyTorch"])
            cells = [milliseconds(times[name]), "" if name == "PyTorch" else ratio]
            rows.append([str(setting), name, *cells, memory if "im2col" in name else ""])
    return Table.of(["layer", "way", "ms", "× PyTorch", "columns"], rows)


def tables(rounds: int) -> dict[str, Callable[[], Table]]:
    """Every table by its title."""
    vector = list(WAYS)[:4]
    small = Setting("small", 1, 3, 12, 10, 4, 3)
    wide = Setting("one wide kernel each", 2, 32, 56, 56, 32, 31, padding=15, groups=32)
    few = max(5, rounds // 3)
    return {
        "NumPy, forward": lambda: forward(rounds),
        "NumPy, backward": lambda: backward(rounds),
        "NumPy, pooling": lambda: pooling(rounds),
        "NumPy, ways to compute": lambda: ways([(SETTINGS[0], vector), (wide, vector[:3])], few),
        "NumPy, loops": lambda: ways([(small, list(WAYS))], few),
    }
