"""One pass through a module without computing on its input: every operation is seen once."""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from dsconv_lib.probe import undisturbed
from dsconv_lib.receptive_field.reach import Reach, identity, spread, whole
from dsconv_lib.trace.call import Along, Call, Track, tensors_in
from dsconv_lib.trace.follow import follow, understood
from dsconv_lib.trace.ledger import Ledger, known
from dsconv_lib.trace.shapes import as_in_training, result_without_values

# How PyTorch says that an operation cannot go on without values.
_NEEDS_VALUES = re.compile(
    r"meta (tensor|device|kernel)|register_meta|unallocated storage", re.IGNORECASE
)


class Tracer(TorchDispatchMode):
    """Runs every operation, keeps the `Track` of its results and books its cost.

    Tracks are kept by memory and geometry, so that views and in-place operations are followed. A
    write into part of a memory leaves unclear what its other views read; using them is then listed.
    Constants keep their values; an operation that meets the input runs on meta copies of them.

    Parameters
    ----------
    module : torch.nn.Module
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
    """

    def __init__(
        self, module: nn.Module, shape: Sequence[int], dtype: torch.dtype, *, axes: int
    ) -> None:
        super().__init__()
        self.sizes = tuple(shape[len(shape) - axes :])
        self.unknown: list[str] = []
        self.ledger = Ledger(module)
        self.output: Any = None
        self.stopped = False
        self._owned = {
            tensor.untyped_storage()._cdata: tensor
            for tensor in (*module.parameters(), *module.buffers())
        }
        self._saved: list[tuple[Tensor, Tensor]] = []
        self._tracks: dict[int, dict[Any, Track | None]] = {}
        self._overwritten: dict[int, str] = {}
        self._alive: list[Any] = []
        self._copies: dict[int, Tensor] = {}
        with undisturbed(module), torch.random.fork_rng(devices=[]), torch.inference_mode():
            image = torch.empty(tuple(shape), device="meta", dtype=dtype)
            first = len(shape) - axes
            start = (Along(first + axis, identity(size)) for axis, size in enumerate(self.sizes))
            self._keep(image, tuple(start))
            self._go(module, image)

    def _go(self, module: nn.Module, image: Tensor) -> None:
        """Run the module, and undo what it wrote into its own parameters and buffers."""
        try:
            with self.ledger.watching(), self:
                self.output = module(image)
        except (NotImplementedError, RuntimeError, TypeError) as error:
            if not _NEEDS_VALUES.search(str(error)):
                raise
            self.stopped, self.unknown = True, self.unknown or ["values of a tensor"]
        finally:
            for tensor, copy in self._saved:
                tensor.copy_(copy)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep PyTorch from loading its compiler (seconds) only to leave this mode out of it."""
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
        call = Call(func, args, kwargs, self.sizes, self._track_of)
        counted = known(call)
        if not counted or (call.tracked and not understood(call)):
            with self.ledger.paused() if counted else nullcontext():
                result = self._run_parts(call, func, args, kwargs)
            if result is not NotImplemented:
                return self._booked(call, result) if counted else result
        if not call.tracked:
            self._save(call)
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
        if isinstance(result, Tensor) and result.is_meta:
            trained = as_in_training(call, result)
            if trained is not result:
                self._keep(trained, self._track_of(result))
                result = trained
        self.ledger.book(call, result)
        return result

    def _run(self, call: Call, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operation: on constants as it is, on the meta device where the input is met."""
        if call.args.get("device") is not None:
            # What is made for the device of the input, the meta device, gets values all the same.
            device = "meta" if call.meta else _real(call.args["device"])
            args, kwargs = args[: call.names.index("device")], call.args | {"device": device}
            kwargs = {name: kwargs[name] for name in call.names[len(args) :]}
        if not call.meta:
            return func(*args, **kwargs)
        args, kwargs = tree_map_only(Tensor, _to_meta, (args, kwargs))
        try:
            return result_without_values(call, func, args, kwargs)
        except (NotImplementedError, RuntimeError) as error:
            if _NEEDS_VALUES.search(str(error)):
                self._list(call.name)
            raise

    def _run_parts(self, call: Call, func: Any, args: Any, kwargs: Any) -> Any:
        """Run what an operation is made of, if it is: each part is then seen for itself."""
        if call.meta:
            args, kwargs = tree_map_only(Tensor, self._stand_in, (args, kwargs))
        with self:
            return func.decompose(*args, **kwargs)

    def _stand_in(self, tensor: Tensor) -> Tensor:
        """A meta copy of a constant: some operations want one device before they come apart.

        Integers stay as they are; they may be places or sizes, whose values are wanted.
        """
        if tensor.is_meta or not tensor.is_floating_point():
            return tensor
        if id(tensor) not in self._copies:
            self._alive.append(tensor)
            self._copies[id(tensor)] = _to_meta(tensor)
            self.ledger.same(self._copies[id(tensor)], tensor)
        return self._copies[id(tensor)]

    def _save(self, call: Call) -> None:
        """Copy a tensor of the module before it is first written to."""
        if call.writes and isinstance(call.x, Tensor):
            owned = self._owned.pop(call.x.untyped_storage()._cdata, None)
            if owned is not None:
                self._saved.append((owned, owned.detach().clone()))

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


def _place(tensor: Tensor) -> tuple[int, Any]:
    """Identity of a tensor's memory, and where in it the tensor lies."""
    geometry = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
    return tensor.untyped_storage()._cdata, geometry


def _to_meta(tensor: Tensor) -> Tensor:
    """A tensor of the same shape without values; itself if it has none."""
    if tensor.is_meta:
        return tensor
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _real(device: Any) -> Any:
    """Constants made for the meta device get values all the same."""
    return "cpu" if torch.device(device).type == "meta" else device
