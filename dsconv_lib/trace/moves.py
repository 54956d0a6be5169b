"""Rules for operations that pick entries: slicing, indexing, turning round, repeating.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._subclasses import FakeTensor

from dsconv_lib.receptive_field.reach import moving
from dsconv_lib.trace.call import Along, AxisRule, Call, UnclearError
from dsconv_lib.trace.rules import Rules, lost, then

RULES: Rules[AxisRule] = Rules()


@RULES.entry("slice")
def _slice(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return _cut(call, along)
    chosen = slice(call.args["start"], call.args["end"], call.args["step"])
    start, stop, step = chosen.indices(call.x.shape[dim])
    if (start, stop, step) == (0, call.x.shape[dim], 1):
        return along
    return then(call, along, dim, moving({start}, step))


@RULES.entry("split split_with_sizes")
def _split(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return _cut(call, along)
    start = sum(part.shape[dim] for part in call.outputs[: call.output])
    return then(call, along, dim, moving({start}))


@RULES.entry("select unbind")
def _select(call: Call, along: Along, dim: int) -> Along:
    chosen = call.args["dim"] % call.x.dim()
    if dim != chosen:
        return lost(replace(along, dim=dim - (dim > chosen)))
    index = call.args.get("index", call.output) % call.x.shape[dim]
    if along.mixed:
        raise UnclearError
    return Along(None, along.reach.picked([index]))


@RULES.entry("flip")
def _flip(call: Call, along: Along, dim: int) -> Along:
    if dim not in {d % call.x.dim() for d in call.args["dims"]}:
        return along
    return then(call, along, dim, moving({call.x.shape[dim] - 1}, -1))


@RULES.entry("roll")
def _roll(call: Call, along: Along, dim: int) -> Along:
    dims = [d % call.x.dim() for d in call.args["dims"]]
    if not dims:
        raise UnclearError
    shift = sum(s for s, d in zip(call.args["shifts"], dims, strict=True) if d == dim)
    count = call.x.shape[dim]
    if shift % count == 0:
        return along
    return _picked(call, along, ((o - shift) % count for o in range(count)), dim)


@RULES.entry("repeat")
def _repeat(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.args["repeats"][new_dim] == 1:
        return lost(replace(along, dim=new_dim))
    outputs = range(call.out.shape[new_dim])
    return _picked(call, along, (o % call.x.shape[dim] for o in outputs), new_dim)


@RULES.entry("index index_select")
def _index(call: Call, along: Along, dim: int) -> Along:
    given = call.args.get("indices")
    if given is None:
        given = [None] * (call.args["dim"] % call.x.dim()) + [call.args["index"]]
    chosen = {d: index for d, index in enumerate(places(given)) if index is not None}
    if any(isinstance(index, FakeTensor) for index in chosen.values()):
        raise UnclearError  # places that are not there in a trace
    return _at_places(call, along, dim, {d: np.array(i.tolist()) for d, i in chosen.items()})


def places(indices: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Indices in which masks that have values are replaced by the places that they pick."""
    found: list[Tensor | None] = []
    for index in indices:
        if index is not None and index.dtype is torch.bool and not isinstance(index, FakeTensor):
            found += index.nonzero(as_tuple=True)
        else:
            found.append(index)
    return found


def picking(tensor: Tensor, mask: Tensor) -> tuple[Any, tuple[Any, ...]]:
    """An operation that does what ``masked_select`` does with a mask that has values."""
    shape = torch.broadcast_shapes(tensor.shape, mask.shape)
    return torch.ops.aten.index.Tensor, (tensor.expand(shape), places([mask.expand(shape)]))


def _at_places(call: Call, along: Along, dim: int, places: dict[int, np.ndarray]) -> Along:
    """Index some dimensions with arrays of integers, which are broadcast as NumPy does it."""
    shape = np.broadcast_shapes(*(array.shape for array in places.values()))
    adjacent = max(places) - min(places) + 1 == len(places)
    first = min(places) if adjacent else 0
    if dim not in places:
        kept = dim - sum(d < dim for d in places)
        return lost(replace(along, dim=kept + len(shape) * (kept >= first)))
    array = np.broadcast_to(places[dim], shape) % call.x.shape[dim]
    if along.mixed or array.size == 0:
        raise UnclearError
    lines = [np.moveaxis(array, m, 0).reshape(count, -1) for m, count in enumerate(shape)]
    along_one = [m for m, line in enumerate(lines) if (line == line[:, :1]).all()]
    if not along_one:
        raise UnclearError  # the axis runs along several dimensions
    m = max(along_one, key=lambda m: len(set(lines[m][:, 0].tolist())))
    return _picked(call, along, map(int, lines[m][:, 0]), first + m)


def _cut(call: Call, along: Along) -> Along:
    """A dimension was cut: if it held part of the axis, that cannot be settled any more."""
    return lost(along) if along.split == call.args["dim"] % call.x.dim() else along


def _picked(call: Call, along: Along, outputs: Iterable[int], dim: int | None) -> Along:
    """Pick single indices along a dimension, which becomes ``dim``."""
    if along.mixed:
        raise UnclearError
    return replace(along, dim=dim, reach=along.reach.picked(outputs))
