"""Rules for operations over one dimension: sorting, running sums, picking by places, writing there.

Every axis rule gets the call, how its first argument meets one axis of the input, and the dimension
in which it does; every join rule gets the call and the number of an axis.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from operator import or_

from torch import Tensor

from dsconv_lib.receptive_field.reach import make_reach
from dsconv_lib.trace.call import Along, AxisRule, Call, JoinRule, UnclearError
from dsconv_lib.trace.joins import met
from dsconv_lib.trace.rules import Rules, averaged

RULES: Rules[AxisRule] = Rules()
JOINS: Rules[JoinRule] = Rules()


@RULES.entry("sort argsort msort topk")
def _ordered(call: Call, along: Along, dim: int) -> Along:
    over = call.args.get("dim", 0) % call.x.dim()
    if dim == over:
        return averaged(along, call.out.shape[dim])
    return _settled(along, over)


@RULES.entry("median nanmedian mode kthvalue cumulative_trapezoid")
def _middle(call: Call, along: Along, dim: int) -> Along:
    if "dim" not in call.args:
        return Along(None, along.reach.summed())
    over = call.args["dim"] % call.x.dim()
    if dim == over:
        return Along(None, along.reach.summed())
    along = _settled(along, over)
    if call.args["keepdim"]:
        return along
    split = along.split if along.split in (None, -1) else along.split - (along.split > over)
    return replace(along, dim=dim - (dim > over), split=split)


@RULES.entry("cumsum cumprod logcumsumexp cummax cummin")
def _running(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return along
    if along.mixed:
        raise UnclearError
    rows = list(accumulate(along.reach.rows, or_))
    return replace(along, reach=make_reach(rows, len(rows), None, along.reach.size))


@RULES.entry("renorm")
def _renorm(call: Call, along: Along, dim: int) -> Along:
    over = call.args["dim"] % call.x.dim()
    return along if dim == over else averaged(along, call.x.shape[dim])


@JOINS.entry("gather take_along_dim")
def _gather(call: Call, axis: int) -> Along:
    index = call.args["index" if call.rule == "gather" else "indices"]
    over = call.args["dim"] % call.x.dim()
    return _placed(call, axis, [(call.x, True), (index, False)], over)


@JOINS.entry("scatter scatter_add scatter_reduce")
def _scatter(call: Call, axis: int) -> Along:
    over = call.args["dim"] % call.x.dim()
    given = [(call.x, False), (call.args["index"], True), (call.args.get("src"), True)]
    return _placed(call, axis, given, over)


def _placed(call: Call, axis: int, given: Sequence[tuple[Tensor | None, bool]], over: int) -> Along:
    """Tensors are read entry by entry, or anywhere along the dimension ``over``."""
    alongs = []
    for tensor, anywhere in given:
        if not isinstance(tensor, Tensor) or not call.tracks.get(id(tensor)):
            continue
        along = call.along(tensor, axis)
        if anywhere:
            along = _settled(along, over)
        if along.dim == over and anywhere:
            along = Along(None, along.reach.summed(), split=along.split)
        elif along.dim is not None and tensor.shape[along.dim] != call.out.shape[along.dim]:
            if along.mixed:
                raise UnclearError
            count = call.out.shape[along.dim]  # the first of them, or nothing behind the last
            rows = ([*along.reach.rows] + [0] * count)[:count]
            along = replace(along, reach=make_reach(rows, count, None, along.reach.size))
        alongs.append(along)
    return met(alongs, call.out.shape, call.sizes[axis])


def _settled(along: Along, over: int) -> Along:
    """What lay in a dimension that is read whole is settled."""
    return replace(along, split=None) if along.split == over else along
