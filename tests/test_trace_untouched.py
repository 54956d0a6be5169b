"""A look at a network changes nothing of it, and follows the path that the network takes."""

import copy
import random
from collections import deque
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import Apply, conv
from torch import nn
from torch.nn.utils import parametrizations, weight_norm

from dsconv_lib import (
    effective_receptive_field,
    measure_receptive_field,
    trace_cost,
    trace_receptive_field,
)

IMAGE = (1, 2, 9, 7)


class Wrapped(nn.Module):
    """A convolution, around which each network below does something of its own."""

    def __init__(self):
        super().__init__()
        self.conv = conv(2, 2, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


class Caches(Wrapped):
    """Fills a cache in its first forward pass, of which later ones make use."""

    def __init__(self):
        super().__init__()
        self.cache = {}

    def forward(self, x):
        return self.conv(x) + self.cache.setdefault(9, torch.zeros_like(x))


class Registers(Wrapped):
    """Registers a buffer, a parameter, a module and a hook when it first runs."""

    def forward(self, x):
        if not hasattr(self, "grid"):
            self.register_buffer("grid", torch.arange(7.0))
            self.gain = nn.Parameter(torch.ones(1))
            self.extra = nn.ReLU()
            self.conv.register_forward_hook(lambda m, i, y: 2 * y)
        return self.extra(self.gain * self.conv(x) + self.grid)


class Counts(Wrapped):
    """Counts its calls in a number, a buffer, a list, a queue and a list of a list."""

    def __init__(self):
        super().__init__()
        self.calls, self.seen, self.last, self.nested = 0, [], deque(maxlen=2), {"a": [[]]}
        self.register_buffer("count", torch.zeros(1, dtype=torch.long))
        self.register_buffer("running", torch.zeros(2, 1, 1))
        self.register_buffer("large", torch.zeros(3, 700_000))
        self.kernel = torch.ones(2, 1, 1)

    def forward(self, x):
        self.calls += 1
        self.count += 1
        self.running.copy_(x.mean((0, 2, 3))[:, None, None])
        self.large[0, :2] = x[0, :, 0, 0]
        self.kernel.mul_(2)
        self.seen.append(x)
        self.last.append(x.shape)
        self.nested["a"][0].append(x)
        self.conv.weight.data.mul_(1.5)
        self.newest = self.seen[-1]
        return self.conv(x) * self.kernel + self.running


class Raises(Counts):
    """Stops halfway."""

    def forward(self, x):
        super().forward(x)
        torch.set_grad_enabled(False)
        raise KeyError("halfway")


class Draws(Wrapped):
    """Draws random numbers of three generators, and of one of its own."""

    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(0)

    def forward(self, x):
        noise = torch.rand(1) + random.random() + self.generator.random()
        noise = noise + np.random.rand()  # noqa: NPY002
        return self.conv(x) + F.dropout(x, 0.5, True) * noise


class SetsGradMode(Wrapped):
    """Leaves the grad mode another one."""

    def forward(self, x):
        y = self.conv(x)
        torch.set_grad_enabled(not torch.is_grad_enabled())
        return y


def with_hooks():
    net, seen = Wrapped(), []
    net.conv.register_forward_hook(lambda m, i, y: seen.append(y))
    net.conv.register_forward_pre_hook(lambda m, i: seen.append(m))
    net.seen_outside = seen
    return net


def by_a_function():
    calls, inner = {"count": 0}, conv(2, 2, 3)

    def forward(m, x):
        calls["count"] += 1
        inner.last = x
        return inner(x)

    net = Apply(forward)
    net.calls_outside, net.inner_outside = [calls], [inner]
    return net


def replaced_forward():
    net = Counts()
    net.forward = partial(net.forward)
    return net


def old_weight_norm():
    net = Wrapped()
    with pytest.warns(FutureWarning, match="weight_norm"):
        weight_norm(net.conv)
    return net


def spectral():
    return nn.Sequential(parametrizations.spectral_norm(conv(2, 2, 3)), nn.BatchNorm2d(2))


NETWORKS = {
    **{kind.__name__: kind for kind in (Caches, Registers, Counts, Raises, Draws, SetsGradMode)},
    "hooks": with_hooks,
    "a function with variables around it": by_a_function,
    "another forward": replaced_forward,
    "old weight norm": old_weight_norm,
    "spectral norm": spectral,
    "dropout and batch norm": lambda: nn.Sequential(conv(2, 2, 3), nn.BatchNorm2d(2), nn.Dropout()),
}
LOOKS = {
    "cost": trace_cost,
    "field": trace_receptive_field,
    "effective field": partial(effective_receptive_field, samples=1),
    "gradient": measure_receptive_field,
    "nan": partial(measure_receptive_field, method="nan"),
}


def content(value, seen=None):
    """All that an object holds, as nested tuples that can be compared; objects by identity."""
    seen = {} if seen is None else seen
    if id(value) in seen:
        return ("again", id(value))
    seen[id(value)] = True
    if isinstance(value, torch.Tensor):
        numbers = value.detach().clone().flatten()[:1000].tolist()
        facts = (id(value), type(value), value.data_ptr(), value._version, value.requires_grad)
        return (*facts, value.device, tuple(value.shape), numbers)
    if isinstance(value, nn.Module):
        return id(value), content(vars(value), seen)
    if isinstance(value, dict):
        return id(value), [(key, content(entry, seen)) for key, entry in value.items()]
    if isinstance(value, list | tuple | deque):
        return id(value), [content(entry, seen) for entry in value]
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    cells = getattr(value, "__closure__", None) or ()
    return id(value), [content(cell.cell_contents, seen) for cell in cells]


def states():
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        str(np.random.get_state()),  # noqa: NPY002
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.backends.mha.get_fastpath_enabled(),
    )


def outcome(module):
    """What the module gives in a forward pass from given seeds, or its error."""
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = torch.is_grad_enabled()
    try:
        return module.eval()(torch.ones(IMAGE)).tolist()
    except KeyError as error:
        return str(error)
    finally:
        torch.set_grad_enabled(before)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_changes(name, look):
    torch.manual_seed(0)
    module = NETWORKS[name]()
    torch.manual_seed(0)
    untouched = NETWORKS[name]()
    before, around = content(module), states()
    if name == "Raises":
        with pytest.raises(KeyError, match="halfway"):
            LOOKS[look](module, IMAGE)
    else:
        LOOKS[look](module, IMAGE)
    assert content(module) == before
    assert states() == around
    for _ in range(2):
        assert outcome(module) == outcome(untouched)


def test_a_network_that_ran_before_is_left_too():
    torch.manual_seed(0)
    module, untouched = Registers(), None
    module(torch.ones(IMAGE))
    untouched = copy.deepcopy(module)
    before = content(module)
    cost = trace_cost(module, IMAGE)
    assert content(module) == before
    assert outcome(module) == outcome(untouched)
    assert cost.parameters == 2 * 2 * 9 + 2 + 1


def test_a_trace_takes_no_memory_for_parameters():
    class Watched(nn.Linear):
        def __deepcopy__(self, memo):
            found = copy.copy(self)
            found._parameters = copy.deepcopy(self._parameters, memo)
            kinds.append({type(tensor).__name__ for tensor in found._parameters.values()})
            return found

    kinds = []
    trace_cost(nn.Sequential(Watched(5, 3), nn.ReLU()), (2, 5))
    assert kinds == [{"FakeTensor"}]


class Locked(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.ReLU(), nn.ReLU())
        self.inner[1].lock = __import__("threading").Lock()

    def forward(self, x):
        return self.inner(x)


class Alone(nn.Module):
    def __deepcopy__(self, memo):
        return self

    def forward(self, x):
        return x


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_cannot_be_copied_says_so(look):
    with pytest.raises(TypeError, match=r"cannot be copied.*'inner\.1\.lock'.*__deepcopy__"):
        look(Locked(), IMAGE)
    alone = nn.Sequential(Alone()).train()
    with pytest.raises(TypeError, match=r"the copy of a Alone is itself"):
        look(alone, IMAGE)
    assert alone[0].training


# --- what is traced is what runs ---


PATHS = {
    "device": lambda m, x: m.c(x) if x.device.type == "cpu" else x,
    "is_cpu": lambda m, x: m.c(x) if x.is_cpu else x,
    "is_meta": lambda m, x: x if x.is_meta else m.c(x),
    "device of the weight": lambda m, x: m.c(x) if m.c.weight.device == torch.device("cpu") else x,
    "is_cuda": lambda m, x: x if x.is_cuda else m.c(x),
    "get_device": lambda m, x: m.c(x) if x.get_device() == -1 else x,
    "dtype": lambda m, x: m.c(x) if x.dtype == m.c.weight.dtype == torch.float32 else x,
    "training": lambda m, x: x if m.training or m.c.training else m.c(x),
    "a parameter": lambda m, x: m.c(x) if isinstance(m.c.weight, nn.Parameter) else x,
    "layout": lambda m, x: m.c(x) if x.is_contiguous() and not x.is_sparse else x,
    "a buffer's value": lambda m, x: m.c(x) if m.flag.item() and m.flag else x,
    "a constant's value": lambda m, x: m.c(x) if torch.ones(2, device=x.device).sum() > 1 else x,
    "a try": lambda m, x: tried(m, x),
}


def tried(m, x):
    try:
        return m.c(x[:, :1])
    except RuntimeError:
        return m.c(x)


@pytest.mark.parametrize("name", PATHS)
def test_the_path_is_the_networks(name):
    module = Apply(PATHS[name], c=conv(2, 3, 3))
    module.register_buffer("flag", torch.tensor(True))
    assert trace_cost(module, (1, 2, 16, 9)).macs == 14 * 7 * 2 * 3 * 9
    assert trace_receptive_field(module, (1, 2, 16, 9)).size == (3, 3)


def test_a_network_on_the_meta_device_is_taken_as_on_the_cpu():
    module = Apply(PATHS["device"], c=conv(2, 3, 3, device="meta"))
    assert trace_cost(module, (1, 2, 16, 9)).macs == 14 * 7 * 2 * 3 * 9
