"""One pass through a copy of a module, without computing: every operation is seen once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from dsconv_lib.probe import placement
from dsconv_lib.receptive_field.reach import Reach, identity, spread, whole
from dsconv_lib.trace import demands, recurrent
from dsconv_lib.trace.call import Along, Call, Track, tensors_in
from dsconv_lib.trace.fakes import Fakes, Form, has_values
from dsconv_lib.trace.follow import follow, understood
from dsconv_lib.trace.ledger import Ledger, known
from dsconv_lib.trace.moves import picking, places
from dsconv_lib.trace.refusals import Fault, by_pytorch, described, needs_values, refusal
from dsconv_lib.trace.register import rule_of
from dsconv_lib.trace.registered import results
from dsconv_lib.trace.saving import as_in_training
from dsconv_lib.twins import copied, surroundings_kept


class Tracer(TorchDispatchMode):
    """Runs every operation, keeps the `Track` of its results and books its cost.

    Tracks are kept by memory and geometry, so that views and in-place operations are followed. A
    write into part of a memory leaves unclear what its other views read; using them is then listed.
    The input and parameters have no values, and so has what is made of them; constants keep theirs.

    Parameters
    ----------
    module : torch.nn.Module
        A copy of it runs.
    shape : sequence of int
        Of the input.
    dtype : torch.dtype
        Of the input.
    axes : int
        How many of the last axes of the input to follow.

    Attributes
    ----------
    output : Any
        What the module returned; `None` if its path depends on values.
    stopped : bool
        Whether it did so.
    unknown : list of str
        Operations for which it is not understood which positions they read.
    ledger : Ledger
        Costs.

    Raises
    ------
    ValueError
        If PyTorch refuses what an operation of the module gets.
    TypeError
        If the module cannot be copied.
    """

    def __init__(
        self, module: nn.Module, shape: Sequence[int], dtype: torch.dtype, *, axes: int
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.sizes = self.shape[len(shape) - axes :]
        self.unknown: list[str] = []
        self.output: Any = None
        self.stopped = False
        self._tracks: dict[int, dict[Any, Track | None]] = {}
        self._overwritten: dict[int, str] = {}
        self._hollow: set[int] = set()  # memory with values that were overwritten without any
        self._alive: list[Any] = []
        self._fakes = Fakes()
        device = placement(module)[0]
        with surroundings_kept([device]):
            twin = copied(module, self._fakes.twin)
            self.ledger = Ledger(twin)
            with torch.inference_mode(), _layer_by_layer():
                place = torch.device("cpu") if device.type == "meta" else device
                image = self._fakes.contiguous(self.shape, dtype, place)
                first = len(shape) - axes
                along = (Along(first + axis, identity(n)) for axis, n in enumerate(self.sizes))
                self._keep(image, tuple(along))
                self._go(twin, image)

    def _go(self, module: nn.Module, image: Tensor) -> None:
        """Run the module, and say in which layer it fails if it does."""
        try:
            with self.ledger.watching(), self:
                self.output = module(image)
        except Exception as error:
            fault = self.ledger.fault
            if needs_values(error):
                self.stopped, self.unknown = True, self.unknown or ["values of a tensor"]
            elif fault is not None and fault.error is error:
                if fault.operation or by_pytorch(error):
                    raise refusal(fault, self.shape) from error
                error.add_note(f"It was raised while {fault.layer} was traced.")
                raise
            else:
                raise

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Spend no time on keeping PyTorch's compiler away from this mode."""
        return False

    def reaches(self) -> tuple[Reach, ...]:
        """What the module's output reads, per axis."""
        if self.stopped:
            return tuple(map(whole, self.sizes))
        track = self._track_of(self.output)
        if track is None:
            return tuple(spread(0, 1, size) for size in self.sizes)
        for along in track:
            if along.mixed:
                self._list(along.mixed)
        return tuple(whole(a.reach.size) if a.mixed else a.reach for a in track)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.ops.prim.device.default:
            return args[0].device
        call = Call(func, args, kwargs, self.sizes, self._track_of)
        counted = known(call)
        if not counted or (call.tracked and not understood(call)):
            with self.ledger.paused() if counted else nullcontext():
                result = self._run_parts(func, args, kwargs)
            if result is not NotImplemented:
                return self._booked(call, result) if counted else result
        if not call.tracked:
            return self._booked(call, self._run(call, func, args, kwargs))
        result = self._run(call, func, args, kwargs)
        call.outputs = list(tensors_in([result]))
        tracks, clear = follow(call)
        if not clear:
            self._list(call.name)
        writer = call.name if call.writes else ""
        for output, track in zip(call.outputs, tracks, strict=True):
            self._keep(output, track, writer)
        if writer and isinstance(call.x, Tensor) and tracks:
            self._keep(call.x, tracks[0], writer)
        return self._booked(call, result)

    def _booked(self, call: Call, result: Any) -> Any:
        """Book the cost of an operation, whose result then lies in memory as in training."""
        call.dropout = self.ledger.dropout()
        if isinstance(result, Tensor) and not has_values(result):
            trained = as_in_training(call, result)
            if trained is not result:
                self._keep(trained, self._track_of(result))
                result = trained
        self.ledger.book(call, result)
        return result

    def _run(self, call: Call, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operation: on constants as it is, without values where a tensor has none."""
        try:
            if not call.fake and self._hollow.isdisjoint(map(_memory, call.tensors)):
                return func(*args, **kwargs)
            if call.writes and isinstance(call.x, Tensor) and has_values(call.x):
                self._hollow.add(_memory(call.x))
            if call.rule in demands.RULES:
                demands.RULES[call.rule](call)
            if rule_of(call, "shape"):
                return results(call, self._fakes)
            if call.rule in ("index", "index_put"):
                args = (args[0], places(args[1]), *args[2:])
            elif call.rule == "masked_select" and has_values(call.args["mask"]):
                func, args = picking(*args)
            if call.rule in recurrent.AXIS_RULES:
                return self._run_briefly(call, func)
            return self._fakes.run(func, args, kwargs)
        except Exception as error:
            if self.ledger.fault is None or self.ledger.fault.error is not error:
                operation = described(call.name, {name: call.args[name] for name in call.names})
                self.ledger.fault = Fault(error, self.ledger.running(), operation)
                if needs_values(error):
                    self._list(call.name)
            raise

    def _run_briefly(self, call: Call, func: Any) -> Any:
        """Run a recurrent layer on one step only, and stretch its result."""
        dim, steps = recurrent.time_dim(call), call.x.shape[recurrent.time_dim(call)]
        begun = call.x.narrow(dim, 0, min(steps, 1))
        result, *states = func(
            *(begun if value is call.x else value for value in call.args.values())
        )
        batch, size = call.x.shape[1 - dim], result.shape[2]
        shape = (batch, steps, size) if dim else (steps, batch, size)
        stride = (size, batch * size, 1) if dim else (batch * size, size, 1)
        return self._fakes.empty(Form(shape, stride, result.dtype, result.device)), *states

    def _run_parts(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run what an operation is made of, if it is: each part is then seen for itself."""
        with self:
            return func.decompose(*args, **kwargs)

    def _track_of(self, tensor: Tensor) -> Track | None:
        """What is known of a tensor; `None` if it does not depend on the input."""
        memory, geometry = _place(tensor)
        known = self._tracks.get(memory, {})
        if geometry not in known and memory in self._overwritten:
            self._list(self._overwritten[memory])
            return tuple(Along(None, whole(size)) for size in self.sizes)
        return known.get(geometry)

    def _keep(self, tensor: Tensor, track: Track | None, writer: str = "") -> None:
        """Remember the track of a result, which ``writer`` wrote in place unless empty."""
        memory, geometry = _place(tensor)
        self._alive.append(tensor)
        known = self._tracks.setdefault(memory, {})
        if writer and track is not None and known.get(geometry) != track:
            known.clear()
            self._overwritten[memory] = writer
        known[geometry] = track

    def _list(self, name: str) -> None:
        if name not in self.unknown:
            self.unknown.append(name)


@contextmanager
def _layer_by_layer() -> Iterator[None]:
    """Have attention run its layers, as in training, instead of one fused operation."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _memory(tensor: Tensor) -> int:
    """Identity of a tensor's memory."""
    return tensor.untyped_storage()._cdata


def _place(tensor: Tensor) -> tuple[int, Any]:
    """Identity of a tensor's memory, and where in it the tensor lies."""
    geometry = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
    return _memory(tensor), geometry
