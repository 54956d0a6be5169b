"""Rules for operations where several tensors meet: sums and concatenations.

Every rule gets the call and the number of an axis of the input.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from torch import Tensor

from dsconv_lib.receptive_field.reach import Reach, make_reach, moving, spread
from dsconv_lib.trace.call import Along, Call, JoinRule, UnclearError
from dsconv_lib.trace.rules import Rules

RULES: Rules[JoinRule] = Rules()


@RULES.entry("pointwise lift_fresh detach alias _to_copy")
def _pointwise(call: Call, axis: int) -> Along:
    return meet(call, axis, call.tracked)


@RULES.entry("copy")
def _copy(call: Call, axis: int) -> Along:
    return meet(call, axis, [t for t in call.tracked if t is call.args["src"]])


@RULES.entry("stack")
def _stack(call: Call, axis: int) -> Along:
    new = call.args["dim"] % call.out.dim()
    tensors = call.args["tensors"]
    alongs = [call.along(tensor, axis) for tensor in call.tracked]
    if all(along.dim is None for along in alongs):
        rows = [call.along(t, axis).reach.rows[0] if call.tracks[id(t)] else 0 for t in tensors]
        return Along(new, make_reach(rows, len(rows), None, call.sizes[axis]))
    along = meet(call, axis, call.tracked, tensors[0].shape)
    split = None if along.split is None else -1
    moved = None if along.dim is None else along.dim + (along.dim >= new)
    return replace(along, dim=moved, split=split)


@RULES.entry("cat")
def _cat(call: Call, axis: int) -> Along:
    dim = call.args["dim"] % call.out.dim()
    alongs = [call.along(tensor, axis) for tensor in call.tracked]
    single = len(call.args["tensors"]) == call.out.shape[dim]
    if all(along.dim != dim for along in alongs) and not (
        single and all(along.dim is None for along in alongs)
    ):
        return meet(call, axis, call.tracked)
    if any(along.dim not in (dim, None) for along in alongs):
        raise UnclearError
    if any(along.mixed for along in alongs):
        union = reduce(or_, (row for along in alongs for row in along.reach.rows))
        return Along(dim, spread(union, call.out.shape[dim], call.sizes[axis]), "cat")
    rows: list[int] = []
    laws = set()
    for tensor in call.args["tensors"]:
        count = tensor.shape[dim] if tensor.dim() == call.out.dim() else 0
        if call.tracks[id(tensor)] and count:
            reach = call.along(tensor, axis).reach.broadcast(count)
            law = reach.law and reach.law.then(moving({-len(rows)}))
            laws.add(law and law.reduced())
            rows += reach.rows
        else:
            rows += [0] * count
    common = laws.pop() if len(laws) == 1 else None
    splits = {along.split for along in alongs}
    split = splits.pop() if len(splits) == 1 else -1
    return Along(dim, make_reach(rows, len(rows), common, call.sizes[axis]), split=split)


def meet(
    call: Call, axis: int, tensors: Sequence[Tensor], shape: Sequence[int] | None = None
) -> Along:
    """Broadcast tensors against each other, to the shape of the result, and join what they read."""
    shape = tuple(call.out.shape if shape is None else shape)
    alongs = [shifted(call.along(t, axis), len(shape) - t.dim()) for t in tensors]
    return met(alongs, shape, call.sizes[axis])


def shifted(along: Along, by: int) -> Along:
    """The same in a tensor with more dimensions in front."""
    dim = None if along.dim is None else along.dim + by
    return replace(
        along, dim=dim, split=along.split if along.split in (None, -1) else along.split + by
    )


def met(alongs: Sequence[Along], shape: Sequence[int], size: int, *, across: bool = False) -> Along:
    """Each entry of a result of this shape reads what it reads here or there.

    Where the axis runs ``across``, along several dimensions of the result as in the scores of
    attention, all but one count as read whole, and the union over that one is noted as a split.
    """
    if any(along.mixed for along in alongs):
        union = reduce(or_, (row for along in alongs for row in along.reach.rows))
        for along in alongs:
            if along.dim is None and along.reach.rows[0] == union:
                return Along(None, along.reach)  # this one alone reads all that the others do
    dims = [along.dim for along in alongs if along.dim is not None]
    wide = [dim for dim in dims if shape[dim] > 1] or dims
    dim = wide[0] if wide else None
    others = sorted({other for other in wide if other != dim})
    if others and not across:
        raise UnclearError
    alongs = [a if a.dim not in others else Along(None, a.reach.summed()) for a in alongs]
    count = 1 if dim is None else shape[dim]
    joined = spread(0, count, size)
    for number, along in enumerate(alongs):
        reach = along.reach.broadcast(count)
        joined = joined.joined(reach) if number else reach
    mixed = next((along.mixed for along in alongs if along.mixed), "")
    splits = {along.split for along in alongs if along.dim is not None}
    splits = splits - {None} | set(others) if others else splits
    split = splits.pop() if len(splits) == 1 else -1 if splits else None
    result = Along(dim, joined, mixed, split, _met_parts(alongs) if mixed else None)
    if not others and any(along.split is None and _alike(along, result) for along in alongs):
        return replace(result, split=None)
    return result


def _alike(along: Along, result: Along) -> bool:
    """Whether one tensor alone reads all that the result does."""
    if result.mixed:
        if along.parts is None or result.parts is None:
            return False
        return along.parts[0].rows == result.parts[0].rows
    return along.reach.broadcast(len(result.reach.rows)).rows == result.reach.rows


def _met_parts(alongs: Sequence[Along]) -> tuple[Reach, int] | None:
    """What the parts of a merged dimension read together, if all are merged in the same way."""
    parts = [along.parts for along in alongs if along.dim is not None and len(along.reach.rows) > 1]
    if None in parts or len({(len(p[0].rows), p[1]) for p in parts if p}) != 1:
        return None
    reaches = [part[0] for part in parts if part]
    for along in alongs:
        if len(along.reach.rows) == 1:
            reaches.append(along.reach.broadcast(len(reaches[0].rows)))
    return reduce(Reach.joined, reaches), next(part[1] for part in parts if part)
