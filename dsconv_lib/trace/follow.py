"""Finding the rule for an operation, and following every axis through it."""

from dsconv_lib.receptive_field.reach import whole
from dsconv_lib.trace import joins, layers, moves, orders, products, recurrent, resizing, shapes
from dsconv_lib.trace.call import Along, Call, JoinRule, Track, UnclearError
from dsconv_lib.trace.register import rule_of
from dsconv_lib.trace.registered import read

AXIS_RULES = layers.RULES | resizing.RULES | moves.RULES | shapes.RULES
AXIS_RULES |= orders.RULES | recurrent.AXIS_RULES
JOIN_RULES = joins.RULES | products.RULES | orders.JOINS

# The results of these take the shape of their first argument, but none of its values.
CONSTANT = {
    *("zeros_like", "ones_like", "full_like", "empty_like"),
    *("rand_like", "randn_like", "randint_like"),
    *("new_zeros", "new_ones", "new_full", "new_empty", "new_empty_strided"),
    *("fill_", "zero_", "bernoulli_", "uniform_", "normal_"),
}


def understood(call: Call) -> bool:
    """Whether there is a rule for what an operation reads."""
    return rule_of(call, "reads") is not None or has_rule(call)


def has_rule(call: Call) -> bool:
    """Whether there is a rule of the library for what an operation reads."""
    if call.rule in ("max", "min") and "other" in call.args:
        return False
    return call.name in CONSTANT or call.rule in AXIS_RULES or _join_rule(call) is not None


def follow(call: Call) -> tuple[list[Track | None], bool]:
    """Tracks of all results of a call, and whether every axis was understood."""
    tracks: list[Track | None] = []
    clear = True
    for number in range(len(call.outputs)):
        call.output = number
        if call.name in CONSTANT and all(tensor is call.x for tensor in call.tracked):
            tracks.append(None)
            continue
        track = []
        for axis, size in enumerate(call.sizes):
            try:
                track.append(_follow_axis(call, axis))
            except UnclearError:
                clear = False
                track.append(Along(None, whole(size)))
        tracks.append(tuple(track))
    return tracks, clear


def _join_rule(call: Call) -> JoinRule | None:
    return JOIN_RULES.get("pointwise" if call.pointwise else call.rule)


def _follow_axis(call: Call, axis: int) -> Along:
    """Apply the rule of a call to one axis of the input."""
    if rule_of(call, "reads") is not None:
        return read(call, axis)
    join = _join_rule(call)
    if join is not None:
        return join(call, axis)
    rule = AXIS_RULES.get(call.rule)
    if rule is None or any(tensor is not call.x for tensor in call.tracked):
        raise UnclearError
    along = call.along(call.x, axis)
    return along if along.dim is None else rule(call, along, along.dim)
