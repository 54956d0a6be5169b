"""What the rules for single operations share: the tables they stand in, and their common steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dsconv_lib.receptive_field.reach import Law, Reach, moving
from dsconv_lib.trace.call import Along, Call, UnclearError

Rule = TypeVar("Rule")

_STILL = moving({0})


class Rules(dict[str, Rule]):
    """Rules by the names of the operations that they are for."""

    def entry(self, names: str) -> Callable[[Rule], Rule]:
        """Enter the function that is decorated under each of the names, given in one string."""

        def enter(rule: Rule) -> Rule:
            self.update(dict.fromkeys(names.split(), rule))
            return rule

        return enter


def then(call: Call, along: Along, dim: int, layer: Law, new_dim: int | None = None) -> Along:
    """Let a layer read along ``dim``, which becomes ``new_dim`` of the result (or stays)."""
    new_dim = dim if new_dim is None else new_dim
    if layer == _STILL and len(along.reach.rows) == call.out.shape[new_dim]:
        return replace(along, dim=new_dim)
    if along.mixed:
        raise UnclearError
    return replace(along, dim=new_dim, reach=along.reach.then(layer, call.out.shape[new_dim]))


def averaged(along: Along, count: int) -> Along:
    """Let every index read what all do; that settles what was mixed."""
    return replace(along, reach=along.reach.summed().broadcast(count), mixed="", parts=None)


def merged(along: Along, dim: int, count: int, reach: Reach, inner: int, name: str) -> Along:
    """Let a dimension hold the axis among others: as a part with ``inner`` entries in a step."""
    union = reach.summed().broadcast(count)
    return replace(along, dim=dim, reach=union, mixed=along.mixed or name, parts=(reach, inner))


def lost(along: Along) -> Along:
    """Give up the place of a part of the axis that was moved to another dimension."""
    return along if along.split is None else replace(along, split=-1)
