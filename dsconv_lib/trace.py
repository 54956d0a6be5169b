"""Receptive field of any module, found by following one forward pass without computing it.

The module runs once on tensors that have a shape but no values (PyTorch's meta device). A dispatch
mode sees every operation and carries along, for each tensor and each axis of the input, which input
positions an index along that axis reads. The rules for single operations are in
`dsconv_lib._trace`, the bookkeeping in `dsconv_lib.reach`.
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from dsconv_lib._trace.call import Along, Call, Track, tensors_in
from dsconv_lib._trace.follow import follow, understood
from dsconv_lib._trace.shapes import result_without_values
from dsconv_lib.probe import checked_shape, placement, undisturbed
from dsconv_lib.reach import Reach, identity, spread, whole
from dsconv_lib.receptive_field import ReceptiveField, stack_axes

# How PyTorch says that an operation cannot go on without values.
_NEEDS_VALUES = re.compile(
    r"meta (tensor|device|kernel)|register_meta|unallocated storage", re.IGNORECASE
)


def trace_receptive_field(module: nn.Module, input_shape: Sequence[int]) -> ReceptiveField:
    """Receptive field of a module, per spatial axis.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor and returns one tensor. It runs once in evaluation mode, without computing
        on the input, and is left as it was.
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes, rows first.

    Returns
    -------
    ReceptiveField
        Tuples with one value per spatial axis, also if there is only one axis. The field is that
        of an output far from the border: padding, whatever fills it, counts as positions outside
        the input. It is the union over all channels, and says what *can* be read: weights that
        happen to be zero count as read.

        Operations that are not understood count as reading the whole axis and are listed in
        ``unknown``. Global pooling reads the whole axis too, but is understood. Where the path
        through the module depends on values (``if x.sum() > 0``), all axes count as read whole.

    Raises
    ------
    TypeError
        If ``module`` is not a module, or does not return one tensor.
    ValueError
        If ``input_shape`` is not ``(N, C, *spatial)``.

    Notes
    -----
    For a chain of convolution and pooling layers this is the recurrence of Araujo, Norris & Sim
    (2019, doi:10.23915/distill.00021); where branches meet, each output reads the union of what it
    reads through each of them.

    Examples
    --------
    >>> from torch import nn
    >>> trace_receptive_field(nn.Conv2d(3, 8, (3, 5), dilation=(2, 1)), (1, 3, 16, 20))
    ReceptiveField(size=(5, 5), jump=(1, 1), padding=(0, 0), reached=(3, 5))
    """
    reaches, unknown = trace_reaches(module, input_shape)
    return stack_axes([reach.field() for reach in reaches], unknown=unknown)


def trace_reaches(
    module: nn.Module, input_shape: Sequence[int]
) -> tuple[tuple[Reach, ...], tuple[str, ...]]:
    """What every single output position reads, border included, per spatial axis.

    Parameters and errors are those of `trace_receptive_field`.

    Returns
    -------
    tuple of Reach, one per axis
        Their rows are exact for every output, also near the border, as long as something is read
        along the other axes (an output whose rows lie wholly in the padding reads nothing at all).
    tuple of str
        Operations that were not understood.
    """
    shape = checked_shape(module, input_shape)
    _, dtype = placement(module)
    with undisturbed(module), torch.random.fork_rng(devices=[]), torch.inference_mode():
        image = torch.empty(shape, device="meta", dtype=dtype)
        tracer = _Tracer(image, module)
        try:
            with tracer:
                output = module(image)
        except (NotImplementedError, RuntimeError, TypeError) as error:
            if not _NEEDS_VALUES.search(str(error)):
                raise
            unknown = tracer.unknown or ["values of a tensor"]
            return tuple(map(whole, shape[2:])), tuple(unknown)
        finally:
            tracer.put_back()
    if not isinstance(output, Tensor):
        raise TypeError(
            f"module must return one tensor, got {type(output).__name__}: wrap it in a module that "
            "returns the tensor to look at"
        )
    return tracer.reaches_of(output), tuple(tracer.unknown)


class _Tracer(TorchDispatchMode):
    """Runs every operation and keeps the `Track` of its results.

    Tracks are kept by memory and geometry, so that views and in-place operations are followed. A
    write into part of a memory leaves unclear what its other views read; using them is then listed.
    Constants keep their values; an operation that meets the input runs on meta copies of them.
    """

    def __init__(self, image: Tensor, module: nn.Module) -> None:
        super().__init__()
        self.sizes = tuple(image.shape[2:])
        self.unknown: list[str] = []
        self._owned = {
            tensor.untyped_storage()._cdata: tensor
            for tensor in (*module.parameters(), *module.buffers())
        }
        self._saved: list[tuple[Tensor, Tensor]] = []
        self._tracks: dict[int, dict[Any, Track | None]] = {}
        self._overwritten: dict[int, str] = {}
        self._alive: list[Any] = []
        start = (Along(2 + axis, identity(size)) for axis, size in enumerate(self.sizes))
        self._keep(image, tuple(start))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep PyTorch from loading its compiler (seconds) only to leave this mode out of it."""
        return False

    def reaches_of(self, output: Tensor) -> tuple[Reach, ...]:
        """What the module's output reads, per axis."""
        track = self._track_of(output)
        if track is None:
            return tuple(spread(0, 1, size) for size in self.sizes)
        for along in track:
            if along.mixed:
                self._list(along.mixed)
        return tuple(whole(a.reach.size) if a.mixed else a.reach for a in track)

    def put_back(self) -> None:
        """Undo what the module wrote into its own parameters and buffers."""
        for tensor, copy in self._saved:
            tensor.copy_(copy)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        call = Call(func, args, kwargs, self.sizes, self._track_of)
        if not call.tracked:
            self._save(call)
            return self._run(call, func, args, kwargs)
        if not understood(call):
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
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
        return result

    def _run(self, call: Call, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operation: on constants as it is, on the meta device where the input is met."""
        meta = any(tensor.is_meta for tensor in tensors_in(call.args.values()))
        if call.args.get("device") is not None:
            # What is made for the device of the input, the meta device, gets values all the same.
            device = "meta" if meta else _real(call.args["device"])
            args, kwargs = args[: call.names.index("device")], call.args | {"device": device}
            kwargs = {name: kwargs[name] for name in call.names[len(args) :]}
        if not meta:
            return func(*args, **kwargs)
        args, kwargs = tree_map_only(Tensor, _to_meta, (args, kwargs))
        try:
            return result_without_values(call, func, args, kwargs)
        except (NotImplementedError, RuntimeError) as error:
            if _NEEDS_VALUES.search(str(error)):
                self._list(call.name)
            raise

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
