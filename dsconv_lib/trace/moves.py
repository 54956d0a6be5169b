"""Rules for operations that move entries about: slicing, reordering, reshaping.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch._subclasses import FakeTensor

from dsconv_lib.receptive_field.reach import moving, repeated
from dsconv_lib.trace.call import Along, AxisRule, Call, UnclearError
from dsconv_lib.trace.rules import Rules, merged, then

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
        return _lost(replace(along, dim=dim - (dim > chosen)))
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


def _at_places(call: Call, along: Along, dim: int, places: dict[int, np.ndarray]) -> Along:
    """Index some dimensions with arrays of integers, which are broadcast as NumPy does it."""
    shape = np.broadcast_shapes(*(array.shape for array in places.values()))
    adjacent = max(places) - min(places) + 1 == len(places)
    first = min(places) if adjacent else 0
    if dim not in places:
        kept = dim - sum(d < dim for d in places)
        return _lost(replace(along, dim=kept + len(shape) * (kept >= first)))
    array = np.broadcast_to(places[dim], shape) % call.x.shape[dim]
    if along.mixed or array.size == 0:
        raise UnclearError
    lines = [np.moveaxis(array, m, 0).reshape(count, -1) for m, count in enumerate(shape)]
    along_one = [m for m, line in enumerate(lines) if (line == line[:, :1]).all()]
    if not along_one:
        raise UnclearError  # the axis runs along several dimensions
    m = max(along_one, key=lambda m: len(set(lines[m][:, 0].tolist())))
    return _picked(call, along, map(int, lines[m][:, 0]), first + m)


@RULES.entry("repeat")
def _repeat(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.args["repeats"][new_dim] == 1:
        return _lost(replace(along, dim=new_dim))
    outputs = range(call.out.shape[new_dim])
    return _picked(call, along, (o % call.x.shape[dim] for o in outputs), new_dim)


@RULES.entry("unfold")
def _unfold(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dimension"] % call.x.dim():
        return along
    layer = moving(range(call.args["size"]), call.args["step"])
    return replace(then(call, along, dim, layer), split=_also(along, call.x.dim()))


@RULES.entry("pixel_shuffle pixel_unshuffle")
def _pixel_shuffle(call: Call, along: Along, dim: int) -> Along:
    place = dim - (call.x.dim() - 2)
    if place < -1:
        return along
    if place == -1:
        raise UnclearError
    if call.name == "pixel_unshuffle":
        factor = call.args["downscale_factor"]
        layer = moving(range(factor), factor)
        return replace(then(call, along, dim, layer), split=_also(along, call.x.dim() - 3))
    return _merged(call, along, call.args["upscale_factor"], dim)


@RULES.entry("permute transpose t")
def _permute(call: Call, along: Along, dim: int) -> Along:
    count = call.x.dim()
    order = list(range(count))
    if call.name == "permute":
        order = [d % count for d in call.args["dims"]]
    elif count > 1:
        one, two = call.args.get("dim0", 0) % count, call.args.get("dim1", 1) % count
        order[one], order[two] = two, one
    split = along.split if along.split in (None, -1) else order.index(along.split)
    return replace(along, dim=order.index(dim), split=split)


@RULES.entry("view _unsafe_view reshape unflatten flatten squeeze unsqueeze")
def _reshape(call: Call, along: Along, dim: int) -> Along:
    old, new = tuple(call.x.shape), tuple(call.out.shape)
    if along.split is not None:
        along = replace(along, split=_new_place(old, new, along.split))
    if old[dim] == 1:
        return replace(along, dim=None)
    # Of the axis itself; it may be a part of a dimension that was made of several.
    outer, inner, size = prod(old[:dim]), prod(old[dim + 1 :]), old[dim]
    mixed = along.mixed
    if along.parts:
        reach, step = along.parts
        size, inner = len(reach.rows), inner * step
        outer = prod(old) // (size * inner)
        along = replace(along, reach=reach, mixed="", parts=None)
    others = [
        prod(old[other.dim + 1 :]) * (other.parts[1] if other.parts else 1)
        for other in call.tracks[id(call.x)] or ()
        if other.dim is not None
    ]
    for new_dim, count in enumerate(new):
        new_outer, new_inner = prod(new[:new_dim]), prod(new[new_dim + 1 :])
        if count == 1:
            continue
        if (new_outer, new_inner) == (outer, inner):
            return replace(along, dim=new_dim)
        if size == 1:
            continue
        if new_outer == outer and new_inner % inner == 0:
            if along.mixed:
                raise UnclearError
            part = new_inner // inner
            rest = [d for d in range(new_dim + 1, len(new)) if new[d] > 1]
            held = rest[0] if rest and new[rest[0]] == part else -1
            layer = moving(range(part), part)
            return replace(then(call, along, dim, layer, new_dim), split=_also(along, held))
        alone = not any(new_inner <= other < inner for other in others)
        if new_outer == outer and count % size == 0 and alone and along.split is None:
            return _merged(call, along, count // size, new_dim)
        if outer % new_outer == 0 and inner % new_inner == 0:
            if along.mixed:
                union = along.reach.summed().broadcast(count)
                return replace(along, dim=new_dim, reach=union)
            return merged(
                along, new_dim, count, along.reach, inner // new_inner, mixed or call.name
            )
    raise UnclearError


@RULES.entry("expand")
def _expand(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.x.shape[dim] == call.out.shape[new_dim]:
        return _lost(replace(along, dim=new_dim))
    return replace(along, dim=None, reach=along.reach.picked([0]))


@RULES.entry("glu channel_shuffle")
def _channels_only(call: Call, along: Along, dim: int) -> Along:
    if dim == call.args.get("dim", 1) % call.x.dim():
        raise UnclearError
    return along


def _new_place(old: tuple[int, ...], new: tuple[int, ...], dim: int) -> int:
    """Dimension of the new shape that holds all of the old ``dim``; -1 if none does."""
    outer, inner = prod(old[:dim]), prod(old[dim + 1 :])
    for new_dim, count in enumerate(new if dim >= 0 else ()):
        new_outer, new_inner = prod(new[:new_dim]), prod(new[new_dim + 1 :])
        if count > 1 and outer % new_outer == 0 and inner % new_inner == 0:
            return new_dim
    return -1


def _also(along: Along, dim: int) -> int:
    """Part of the axis is moved to ``dim``; if another part is elsewhere, its place is given up."""
    return dim if along.split is None else -1


def _cut(call: Call, along: Along) -> Along:
    """A dimension was cut: if it held part of the axis, that cannot be settled any more."""
    return _lost(along) if along.split == call.args["dim"] % call.x.dim() else along


def _lost(along: Along) -> Along:
    """Give up the place of a part of the axis that was moved to another dimension."""
    return along if along.split is None else replace(along, split=-1)


def _picked(call: Call, along: Along, outputs: Iterable[int], dim: int | None) -> Along:
    """Pick single indices along a dimension, which becomes ``dim``."""
    if along.mixed:
        raise UnclearError
    return replace(along, dim=dim, reach=along.reach.picked(outputs))


def _merged(call: Call, along: Along, factor: int, dim: int) -> Along:
    """Merge ``factor`` channels into the axis: index ``o`` now reads what ``o // factor`` did."""
    if along.mixed or along.split is not None:
        raise UnclearError
    return then(call, along, dim, repeated(factor), dim)
