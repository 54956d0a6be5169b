"""Booking what every operation costs under the module that runs it."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from dsconv_lib.cost import Cost, LayerCost
from dsconv_lib.trace import macs, saving
from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.follow import CONSTANT, has_rule
from dsconv_lib.trace.refusals import Fault
from dsconv_lib.trace.register import rule_of
from dsconv_lib.trace.registered import counted

# These read of their first argument only what they pick.
_PICKING = {"embedding", "index", "index_select", "gather"}
# These move nothing; dropout does not, in evaluation.
_FREE = {"lift_fresh", "detach", *saving.DROPOUT}
_EMPTY = ("empty", "new_empty")
# What these give does not depend on what they get, as far as gradients go.
_CUT = CONSTANT | {"detach", "detach_"}


_KNOWN = frozenset({*macs.RULES, *macs.WITHOUT, *saving.RULES})


@dataclass
class _Row:
    """The sums of one module so far."""

    macs: int = 0
    bytes: int = 0
    saved_bytes: int = 0


class Ledger:
    """The costs of a module's operations, by the innermost named module that runs them.

    While `watching`, hooks tell which module runs. They are PyTorch's global ones, so that nothing
    is entered in the modules themselves; modules that run in other threads are passed over.
    """

    def __init__(self, module: nn.Module) -> None:
        self._top = type(module).__name__
        self._modules = dict(module.named_modules())
        self._names = {id(part): name for name, part in self._modules.items()}
        self._rows: dict[str, _Row] = {}
        self._runs: Counter[str] = Counter()
        self._shapes: dict[str, tuple[int, ...]] = {}
        self.fault: Fault | None = None
        self._running: list[tuple[nn.Module, str]] = []
        self._thread = threading.get_ident()
        self._paused = False
        owned = (*module.parameters(), *module.buffers())
        self._kept = {tensor.untyped_storage()._cdata for tensor in owned}
        self._trained: set[int] = set()
        self._alive: list[Any] = []
        self._unknown: dict[str, None] = {}
        self._unknown_saved: dict[str, None] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow which module runs."""
        with ExitStack() as stack:
            stack.callback(register_module_forward_pre_hook(self._enter).remove)
            stack.callback(register_module_forward_hook(self._leave, always_call=True).remove)
            yield

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Book nothing: for the parts of an operation that is booked as a whole."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    def book(self, call: Call, result: Any) -> None:
        """Add the cost of an operation that has run."""
        outputs = list(tensors_in([result, call.x if call.writes else None]))
        self._alive += outputs  # so that no other tensor gets their identities
        if self._paused or not outputs:
            return
        call.outputs = outputs
        row = self._rows.setdefault(self._current(), _Row())
        if rule_of(call, "macs"):
            row.macs += counted(call)
        elif call.rule in macs.RULES:
            row.macs += macs.RULES[call.rule](call)
        elif not known(call):
            self._unknown[call.name] = None
        row.bytes += _bytes_moved(call)
        if call.name not in _CUT and any(map(self._needs, _tensors(call))):
            self._train(call, row)

    def cost(self) -> Cost:
        """The books so far."""
        counted: set[int] = set()
        layers = {}
        for name, part in self._modules.items():
            own = {id(p): p.numel() for p in part.parameters(recurse=False)}
            parameters = sum(count for key, count in own.items() if key not in counted)
            counted |= own.keys()
            if own or name in self._rows:
                row = self._rows.get(name, _Row())
                layers[name] = LayerCost(
                    name=name,
                    kind=type(part).__name__,
                    output_shape=self._shapes.get(name),
                    parameters=parameters,
                    macs=row.macs,
                    bytes=row.bytes,
                    saved_bytes=row.saved_bytes,
                    runs=self._runs[name],
                )
        order = [*self._rows, *(name for name in layers if name not in self._rows)]
        rows = tuple(layers[name] for name in order)
        return Cost(rows, tuple(self._unknown), tuple(self._unknown_saved))

    def running(self) -> str:
        """The innermost module that runs, in words."""
        if not self._running:
            return f"module {self._top}"
        module, name = self._running[-1]
        return f"layer {name!r} ({type(module).__name__})" if name else f"module {self._top}"

    def dropout(self) -> float:
        """What attention that runs drops of its weights in training; it is not seen otherwise."""
        module = self._running[-1][0] if self._running else None
        return float(module.dropout) if isinstance(module, nn.MultiheadAttention) else 0.0

    def _current(self) -> str:
        """Name of the innermost module that runs and has one."""
        return self._running[-1][1] if self._running else ""

    def _enter(self, module: nn.Module, args: Any) -> None:
        if threading.get_ident() == self._thread:
            # A module made on the way has no name, and counts in the one around it.
            name = self._names.get(id(module), self._current())
            self._runs[name] += id(module) in self._names
            self._running.append((module, name))

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        if not self._running or self._running[-1][0] is not module:
            return  # it runs in another thread, or was stopped before it was entered
        error = sys.exc_info()[1]
        if error is not None and (self.fault is None or self.fault.error is not error):
            got = ", ".join(str(tuple(tensor.shape)) for tensor in tensors_in(args))
            self.fault = Fault(error, f"{self.running()} on {got}")
        _, name = self._running.pop()
        first = next(tensors_in([output]), None)
        if first is not None and id(module) in self._names:
            self._shapes.setdefault(name, tuple(first.shape))

    def _needs(self, tensor: Tensor) -> bool:
        """Whether a tensor needs a gradient; in-place results count for all of their memory."""
        return (
            tensor.requires_grad
            or id(tensor) in self._trained
            or tensor.untyped_storage()._cdata in self._trained
        )

    def _train(self, call: Call, row: _Row) -> None:
        """Book what autograd keeps of an operation on something that needs a gradient."""
        trained = [out for out in call.outputs if out.is_floating_point() or out.is_complex()]
        self._trained |= {id(output) for output in trained}
        if call.writes:
            self._trained |= {out.untyped_storage()._cdata for out in tensors_in([call.x])}
        rule = saving.RULES.get(call.rule)
        kept = rule(call, self._needs) if rule else None
        if kept is not None:
            row.saved_bytes += sum(map(self._keep, kept))
        elif trained and not _aliases(call):
            self._unknown_saved[call.name] = None

    def _keep(self, item: Tensor | int | None) -> int:
        """Bytes of memory that is kept from now on, and was not before."""
        if item is None or isinstance(item, int):
            return item or 0
        storage = item.untyped_storage()
        if item.dim() == 0 or storage._cdata in self._kept:
            return 0
        self._kept.add(storage._cdata)
        return storage.nbytes()


def known(call: Call) -> bool:
    """Whether it is known how many MACs an operation has; otherwise it is taken apart."""
    if rule_of(call, "macs"):
        return True
    if call.rule in ("max", "min") and "other" in call.args:
        return False
    if call.rule in _KNOWN or call.pointwise or has_rule(call):
        return True
    return _aliases(call) or not _tensors(call)


def _tensors(call: Call) -> list[Tensor]:
    return list(tensors_in(call.args.values()))


def _aliases(call: Call) -> bool:
    """Whether an operation gives its input, or a view of it, wherever it can."""
    returned = [value.alias_info for value in call.func._schema.returns]
    return any(info is not None and not info.is_write for info in returned)


def _bytes_moved(call: Call) -> int:
    """Bytes of the tensors that an operation reads and writes; views are neither."""
    inputs = {id(tensor): tensor for tensor in _tensors(call)}
    memory = {tensor.untyped_storage()._cdata for tensor in inputs.values()}
    made = [out for out in call.outputs if out.untyped_storage()._cdata not in memory]
    written = list(tensors_in([call.x])) if call.writes else made
    if not written or call.rule in _FREE or call.rule.startswith(_EMPTY):
        return 0
    if call.name in CONSTANT:
        inputs = {}
    elif call.rule == "copy" or call.rule in _PICKING:
        inputs.pop(id(call.x))
    picked = sum(map(_bytes, written)) if call.rule in _PICKING else 0
    return picked + sum(map(_bytes, [*inputs.values(), *written]))


def _bytes(tensor: Tensor) -> int:
    """Bytes of the different values of a tensor: one that is stretched repeats them."""
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    return tensor.element_size() * prod(size for size, stride in sizes if stride)
