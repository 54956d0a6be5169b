"""What an operation costs, reads and gives, by the rules that users registered for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import index as as_index
from operator import or_
from typing import Any

import torch

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.receptive_field.reach import make_reach, window
from dsconv_lib.trace.call import Along, Call, UnclearError
from dsconv_lib.trace.fakes import Fakes
from dsconv_lib.trace.joins import meet
from dsconv_lib.trace.register import rule_of
from dsconv_lib.trace.rules import averaged, lost, then


def counted(call: Call) -> int:
    """MACs by the rule that was registered."""
    found = _asked(call, "macs", _result(call))
    try:
        count = -1 if isinstance(found, bool) else as_index(found)
    except TypeError:
        count = -1
    if count < 0:
        raise _misfit(call, "macs", found, "a whole number of at least 0")
    return count


def results(call: Call, fakes: Fakes) -> Any:
    """Results without values, of the shapes by the rule that was registered."""
    found = _asked(call, "shape")
    try:
        wanted = [tuple(map(as_index, one)) for one in ([found] if _gives_one(call) else found)]
    except TypeError:
        wanted = [(-1,)]
    if min(chain(*wanted), default=0) < 0 or call.returns not in (1, len(wanted)):
        raise _misfit(call, "shape", found, "sizes of at least 0, for each of the results")
    like = call.tensors[0]
    made = tuple(fakes.contiguous(one, like.dtype, like.device) for one in wanted)
    return made[0] if _gives_one(call) else made


def read(call: Call, axis: int) -> Along:
    """What a result reads along an axis, by the rule that was registered."""
    rule = rule_of(call, "reads")
    given = _asked(call, "reads", _result(call)) if callable(rule) else rule
    if given == "elementwise":
        return meet(call, axis, call.tracked)
    if not isinstance(given, Mapping):
        raise _misfit(call, "reads", given, "a dictionary of dimensions, or 'elementwise'")
    if len(call.tracked) > 1:
        raise UnclearError
    (x,) = call.tracked
    along, dims = call.along(x, axis), x.dim()
    hows = {dim % dims: how for dim, how in given.items() if -dims <= dim < dims}
    if len(hows) < len(given):
        raise _misfit(call, "reads", given, f"dimensions of a tensor of {dims}, each once")
    if hows.get(along.split) == "whole":
        along = replace(along, split=None)
    elif along.split in hows:
        along = lost(along)
    if along.dim is None:
        return along
    how, old = hows.get(along.dim), x.shape[along.dim]
    if dims != call.out.dim():
        if how != "whole":
            raise _misfit(call, "reads", given, f"'whole' for {along.dim}, as dimensions change")
        return Along(None, along.reach.summed(), split=along.split)
    new = call.out.shape[along.dim]
    if how == "whole":
        return averaged(along, new)
    if how is None and old == new:
        return along
    if isinstance(how, ConvSpec) and how.ndim in (None, 1):
        (layer,) = how.axes(1)
        if layer.output_size(old) == new:
            return then(call, along, along.dim, window(layer))
    elif isinstance(how, Sequence) and not isinstance(how, str) and len(how) == new:
        united = _united(along, how, old)
        if united is not None:
            return united
    raise _misfit(call, "reads", given, f"how dimension {along.dim} goes from {old} to {new}")


def _united(along: Along, how: Sequence[Iterable[int]], count: int) -> Along | None:
    """Let each index read several of the ``count`` before; `None` if there are not so many."""
    if not all(0 <= i < count for places in how for i in places):
        return None
    if along.mixed:
        raise UnclearError
    before = along.reach.rows
    rows = [reduce(or_, (before[i] for i in places), 0) for places in how]
    return replace(along, reach=make_reach(rows, len(rows), None, along.reach.size))


def _gives_one(call: Call) -> bool:
    """Whether an operation gives one tensor, rather than several or a list."""
    return call.returns == 1 and isinstance(call.func._schema.returns[0].type, torch.TensorType)


def _result(call: Call) -> Any:
    """The result as the operation gives it, or as a tuple."""
    return call.outputs[0] if _gives_one(call) else tuple(call.outputs)


def _asked(call: Call, kind: str, *first: Any) -> Any:
    """Ask a rule."""
    arguments = call.func._schema.arguments
    in_order = [call.args[a.name] for a in arguments if not a.kwarg_only]
    by_name = {a.name: call.args[a.name] for a in arguments if a.kwarg_only}
    try:
        return rule_of(call, kind)(*first, *in_order, **by_name)
    except Exception as error:
        raise ValueError(
            f"the rule {kind}= for {call.func._schema.name!r} fails: {type(error).__name__}: "
            f"{error}; it gets {'the result, then ' if first else ''}{', '.join(call.names)}"
        ) from error


def _misfit(call: Call, kind: str, found: Any, wanted: str) -> ValueError:
    return ValueError(
        f"the rule {kind}= for {call.func._schema.name!r} gives {found!r}, which must be {wanted}: "
        "mend it, and register it again"
    )
