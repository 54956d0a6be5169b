"""Training steps of whole networks: the depthwise convolutions ours, or PyTorch's.

A step is forward and backward, in float32, with one thread. A network is compared with itself: the
same weights and layers, once with PyTorch's depthwise convolution and once with ours. Each runs in
contiguous and in channels-last memory, and the faster of the two counts. Before any time is taken,
outputs and all gradients agree in float64 on a small input to 1e-10, and outputs in float32 to
1e-4. The share is that of PyTorch's depthwise convolutions, timed alone, in PyTorch's step. The
bound follows from it (Amdahl 1967): the ratio if depthwise convolutions took no time at all.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn

from dsconv_lib.functional import using_path
from dsconv_lib.layers import DepthwiseConv1d, DepthwiseConv2d

from .depthwise import without_numba
from .network_settings import NETWORKS, Network
from .timing import (
    Times,
    equal_and_timed,
    fastest,
    median_ms,
    milliseconds,
    require_equal,
    speedup,
)
from .values import Cell, Number, Ratio, Table

Way = Callable[[], AbstractContextManager[None]]
WAYS: dict[str, Way] = {
    "plain": partial(using_path, "torch"),
    "ours": nullcontext,
    "without numba": without_numba,
}


@dataclass(frozen=True)
class Found:
    """Times of one network, of its steps and of its depthwise convolutions alone."""

    network: Network
    steps: Times
    alone: Times

    @property
    def plain(self) -> str:
        """The better of PyTorch's formats."""
        return fastest(self.steps, "plain")

    def ratio(self, way: str) -> Ratio:
        """PyTorch's step over ours, each in its better format."""
        return speedup(self.steps[self.plain], self.steps[fastest(self.steps, way)])

    @property
    def share(self) -> float:
        """Part of PyTorch's step that its depthwise convolutions take."""
        return median_ms(self.alone[self.plain]) / median_ms(self.steps[self.plain])

    @property
    def bound(self) -> float:
        """The ratio if depthwise convolutions took no time (Amdahl 1967)."""
        return 1 / (1 - min(self.share, 0.99))

    @property
    def alone_ratio(self) -> Ratio:
        """PyTorch's depthwise convolutions over ours."""
        return speedup(self.alone[self.plain], self.alone[fastest(self.alone, "ours")])


def in_format(module: nn.Module, form: torch.memory_format) -> nn.Module:
    """A copy whose weights have a memory format, where they have the axes for it."""
    return deepcopy(module).to(memory_format=form)  # type: ignore[call-overload]


def slope(y: Tensor) -> Tensor:
    """A gradient for ``y``, in the same memory format; drawn, so that no sum of it is zero."""
    values = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=y.dtype)
    return torch.empty_like(y).copy_(values)


def verify(network: Network) -> None:
    """Compare outputs and all gradients in float64; `SystemExit` where they differ."""
    torch.manual_seed(0)
    module = network.build().double()
    x = torch.randn(network.small, dtype=torch.float64)
    found: dict[str, list[Tensor]] = {}
    for path in ("torch", "pure", "compiled"):
        twin, given = deepcopy(module), x.clone().requires_grad_()
        with using_path(path):
            y = twin(given)
            dx, *grads = torch.autograd.grad(y, [given, *twin.parameters()], slope(y))
        # One vector, since a shift that the next batch norm takes away has a gradient of zero.
        found[path] = [y.detach(), dx, torch.cat([grad.flatten() for grad in grads])]
        require_equal(f"{network}: {path} in float64", found[path], found["torch"], 1e-10)


def step(module: nn.Module, x: Tensor, way: Way) -> Callable[[], list[Tensor]]:
    """Forward and backward, as often as it is called; it gives the output."""
    # Nothing comes before an image that would learn, but something before a map of features.
    x = x.clone().requires_grad_(x.shape[1] != 3)
    leaves = [x, *module.parameters()]
    grad = slope(module(x))

    def run() -> list[Tensor]:
        for leaf in leaves:
            leaf.grad = None
        with way():
            y = module(x)
            y.backward(grad)
        return [y.detach()]

    return run


def steps(network: Network, rounds: int) -> Times:
    """Times of the steps, all ways in all formats."""
    torch.manual_seed(0)
    module, x = network.build(), torch.randn(network.size)
    runs = {}
    for name, form in network.formats.items():
        for kind, way in WAYS.items():
            twin = in_format(module, form)
            runs[kind + name] = step(twin, x.contiguous(memory_format=form), way)
    return equal_and_timed(str(network), runs, rounds, 1e-4)


def convolutions(module: nn.Module, x: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """The depthwise convolutions of a network, each with what it is given."""
    met: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        layer.register_forward_pre_hook(lambda layer, given: met.append((layer, *given)))
        for layer in module.modules()
        if isinstance(layer, (DepthwiseConv1d, DepthwiseConv2d))
    ]
    with torch.no_grad():
        module(x)
    for hook in hooks:
        hook.remove()
    return met


def alone(network: Network, rounds: int) -> Times:
    """Times of the depthwise convolutions of a step, one after the other, in all formats."""
    torch.manual_seed(0)
    module, x = network.build(), torch.randn(network.size)
    met = convolutions(module, x)
    runs = {}
    for name, form in network.formats.items():
        for kind in ("plain", "ours"):
            given = [(in_format(layer, form), x.contiguous(memory_format=form)) for layer, x in met]
            each = [step(layer, x, WAYS[kind]) for layer, x in given]
            runs[kind + name] = lambda each=each: [y for one in each for y in one()]
    return equal_and_timed(f"{network}, depthwise alone", runs, rounds)


@cache
def measured(rounds: int) -> tuple[Found, ...]:
    """All networks, each compared and then timed."""
    found = []
    for network in NETWORKS:
        verify(network)
        found.append(Found(network, steps(network, rounds), alone(network, rounds)))
    return tuple(found)


def training_steps(rounds: int) -> Table:
    """All networks: the ratios, and what bounds them."""
    rows: list[list[Cell]] = []
    ratios: dict[str, dict[str, float]] = {"with numba": {}, "without numba": {}, "bound": {}}
    for found in measured(rounds):
        given = {"with numba": found.ratio("ours"), "without numba": found.ratio("without numba")}
        for name, ratio in given.items():
            ratios[name][found.network.name] = ratio.middle
        ratios["bound"][found.network.name] = found.bound
        rows.append(
            [
                str(found.network),
                milliseconds(found.steps[found.plain]),
                milliseconds(found.steps[fastest(found.steps, "ours")]),
                *given.values(),
                Number(found.share, ".0%"),
                Number(found.bound, ".1f"),
                found.alone_ratio,
            ]
        )
    header = ["network and input", "PyTorch ms", "ours ms", "×", "without numba ×"]
    header += ["share of depthwise", "bound ×", "depthwise alone ×"]
    return Table.of(header, rows, ratios)
