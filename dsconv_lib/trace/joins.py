"""Rules for operations where several tensors meet: sums, concatenations, products.

Every rule gets the call and the number of an axis of the input.
"""

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from dsconv_lib.receptive_field.reach import make_reach, moving, spread
from dsconv_lib.trace.call import Along, Call, JoinRule, UnclearError
from dsconv_lib.trace.rules import Rules

RULES: Rules[JoinRule] = Rules()


@RULES.entry("matmul")
def _matmul(call: Call, axis: int) -> Along:
    left, right = call.args["self"], call.args["other"]
    if len(call.tracked) != 1 or left.dim() < 2 or right.dim() < 2:
        raise UnclearError
    tensor, gone = (left, left.dim() - 1) if call.tracked[0] is left else (right, right.dim() - 2)
    along = call.along(tensor, axis)
    if along.dim is None:
        return along
    if along.dim == gone:
        return Along(None, along.reach.summed())
    split = None if along.split in (None, gone) else -1
    return replace(along, dim=along.dim + call.out.dim() - tensor.dim(), split=split)


@RULES.entry("pointwise lift_fresh detach alias _to_copy")
def _pointwise(call: Call, axis: int) -> Along:
    return _meet(call, axis, call.tracked)


@RULES.entry("copy")
def _copy(call: Call, axis: int) -> Along:
    return _meet(call, axis, [t for t in call.tracked if t is call.args["src"]])


@RULES.entry("einsum")
def _einsum(call: Call, axis: int) -> Along:
    left, arrow, result = call.args["equation"].replace(" ", "").partition("->")
    operands = call.args["tensors"]
    if len(call.tracked) != 1 or not arrow or "." in left:
        raise UnclearError
    tensor = call.tracked[0]
    number = next(i for i, operand in enumerate(operands) if operand is tensor)
    along = call.along(tensor, axis)
    if along.dim is None:
        return along
    label = left.split(",")[number][along.dim]
    if label in result:
        split = None if along.split is None else -1
        return replace(along, dim=result.index(label), split=split)
    return Along(None, along.reach.summed())


@RULES.entry("stack")
def _stack(call: Call, axis: int) -> Along:
    new = call.args["dim"] % call.out.dim()
    tensors = call.args["tensors"]
    alongs = [call.along(tensor, axis) for tensor in call.tracked]
    if all(along.dim is None for along in alongs):
        rows = [call.along(t, axis).reach.rows[0] if call.tracks[id(t)] else 0 for t in tensors]
        return Along(new, make_reach(rows, len(rows), None, call.sizes[axis]))
    along = _meet(call, axis, call.tracked, tensors[0].shape)
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
        return _meet(call, axis, call.tracked)
    if any(along.mixed or along.dim not in (dim, None) for along in alongs):
        raise UnclearError
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


def _meet(
    call: Call, axis: int, tensors: Sequence[Tensor], shape: Sequence[int] | None = None
) -> Along:
    """Broadcast tensors against each other, to the shape of the result, and join what they read."""
    shape = tuple(call.out.shape if shape is None else shape)
    alongs = [call.along(tensor, axis) for tensor in tensors]
    dims = [
        along.dim + len(shape) - tensor.dim()
        for along, tensor in zip(alongs, tensors, strict=True)
        if along.dim is not None
    ]
    common = {dim for dim in dims if shape[dim] > 1} or set(dims)
    if len(common) > 1:
        raise UnclearError
    dim = next(iter(common), None)
    count = 1 if dim is None else shape[dim]
    joined = spread(0, count, call.sizes[axis])
    for number, along in enumerate(alongs):
        reach = along.reach.broadcast(count)
        joined = joined.joined(reach) if number else reach
    mixed = next((along.mixed for along in alongs if along.mixed), "")
    splits = {
        along.split if along.split in (None, -1) else along.split + len(shape) - tensor.dim()
        for along, tensor in zip(alongs, tensors, strict=True)
        if along.dim is not None
    }
    return Along(dim, joined, mixed, splits.pop() if len(splits) == 1 else -1 if splits else None)
