"""What PyTorch says of a module when it really runs: the other side of every comparison."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

SPREAD_AT_ONCE = 8
# Products that PyTorch's counter leaves out, in FLOPs.
MORE = {
    torch.ops.aten.mv: lambda x, y, **_: 2 * x[0] * x[1],
    torch.ops.aten.dot: lambda x, y, **_: 2 * x[0],
    torch.ops.aten.vdot: lambda x, y, **_: 2 * x[0],
    torch.ops.aten.addmv: lambda added, x, y, **_: 2 * x[0] * x[1],
}


@contextmanager
def plain_ways() -> Iterator[None]:
    """Attention and recurrent layers as the operations that they are made of."""
    fast, onednn = torch.backends.mha.get_fastpath_enabled(), torch._C._get_mkldnn_enabled()
    with sdpa_kernel(SDPBackend.MATH):
        torch.backends.mha.set_fastpath_enabled(False)
        torch._C._set_mkldnn_enabled(False)
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
            torch._C._set_mkldnn_enabled(onednn)


def recurrent(module: nn.Module) -> bool:
    """Whether a module holds recurrent layers, which oneDNN runs as one operation."""
    return any(isinstance(part, nn.RNNBase) for part in module.modules())


def macs(module: nn.Module, x: Tensor) -> int:
    """Half of what PyTorch's counter of FLOPs says."""
    with (
        torch.no_grad(),
        FlopCounterMode(display=False, custom_mapping=MORE) as counter,
        ExitStack() as stack,
    ):
        if recurrent(module):
            stack.enter_context(plain_ways())
        else:
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        torch.backends.mha.set_fastpath_enabled(False)
        module.eval()(x)
    return counter.get_total_flops() // 2


def saved(module: nn.Module, x: Tensor) -> int:
    """Bytes of the distinct memory that autograd keeps, of neither parameters nor buffers."""
    owned = {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers())}
    kept = {}

    def keep(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        if tensor.dim() and memory._cdata not in owned:
            kept[memory._cdata] = tensor, memory.nbytes()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, ExitStack() as stack:
        if recurrent(module):
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        output = module(x)
    assert output is not None
    return sum(size for _, size in kept.values())


def train(module: nn.Module) -> nn.Module:
    """Everything as in training."""
    return module.train()


def train_layers(module: nn.Module) -> nn.Module:
    """Only batch norm and dropout as in training, where the rest would take another path."""
    module.eval()
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm | nn.modules.dropout._DropoutNd):
            part.training = True
    return module


def spread(module: nn.Module, x: Tensor, axis: int) -> np.ndarray:
    """Where NaN arrive that stand at one index of an axis of the input, for each index in turn.

    Returns
    -------
    numpy.ndarray of bool, shape ``(indices of the axis, *output)``
        Batch and channels of the input are spoilt all at once.
    """
    count = x.shape[2 + axis]
    found = []
    with torch.no_grad():
        module.eval()
        for begin in range(0, count, SPREAD_AT_ONCE):
            places = range(begin, min(begin + SPREAD_AT_ONCE, count))
            images = x.repeat(len(places), *[1] * (x.dim() - 1))
            for image, place in enumerate(places):
                images[image].select(1 + axis, place).fill_(torch.nan)
            y = module(images)
            found.append(y.isnan().reshape(len(places), -1, *y.shape[1:]).numpy())
    return np.concatenate(found)


def state(module: nn.Module) -> dict[str, Any]:
    """All that a module holds: tensors by value, containers by content, the rest by identity."""
    parts = {
        name: {k: _described(v) for k, v in vars(part).items()}
        for name, part in module.named_modules()
    }
    return parts | {
        "random": torch.random.get_rng_state().numpy().tobytes(),
        "gradients": torch.is_grad_enabled(),
    }


def _described(value: Any) -> Any:
    if isinstance(value, Tensor):
        data = value.detach().contiguous().numpy() if value.device.type == "cpu" else None
        digest = hashlib.sha256(data.tobytes()).digest() if data is not None else b""
        return id(value), value.shape, value.dtype, value.device, value.requires_grad, digest
    if isinstance(value, dict):
        return {repr(key): _described(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_described(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, int | float | str | bytes | type(None)):
        return value
    return id(value)


def outputs(module: nn.Module, x: Tensor) -> list[Tensor]:
    """All tensors that a module returns, from the same random numbers each time."""
    torch.manual_seed(1)
    with torch.no_grad():
        return [leaf for leaf in tree_leaves(module.eval()(x)) if isinstance(leaf, Tensor)]


def same(ours: list[Tensor], theirs: list[Tensor]) -> bool:
    """Whether two runs gave the same, to the bit."""
    return len(ours) == len(theirs) and all(
        a.shape == b.shape
        and torch.equal(a.nan_to_num(), b.nan_to_num())
        and torch.equal(a.isnan(), b.isnan())
        for a, b in zip(ours, theirs, strict=True)
    )


Preparation = Callable[[nn.Module], nn.Module]
