"""Rules for operations that give the same entries another shape: reshaping, reordering, windows.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

from dataclasses import replace
from math import prod

from dsconv_lib.receptive_field.reach import moving, repeated
from dsconv_lib.trace.call import Along, AxisRule, Call, UnclearError
from dsconv_lib.trace.rules import Rules, lost, merged, then

RULES: Rules[AxisRule] = Rules()


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


@RULES.entry("expand")
def _expand(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.x.shape[dim] == call.out.shape[new_dim]:
        return lost(replace(along, dim=new_dim))
    return replace(along, dim=None, reach=along.reach.picked([0]))


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


def _merged(call: Call, along: Along, factor: int, dim: int) -> Along:
    """Merge ``factor`` channels into the axis: index ``o`` now reads what ``o // factor`` did."""
    if along.mixed or along.split is not None:
        raise UnclearError
    return then(call, along, dim, repeated(factor), dim)
