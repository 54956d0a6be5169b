"""One tensor operation and what is known about its tensors: the frame in which rules are written.

There are two kinds of rules. An axis rule follows one axis of the input through an operation on one
tensor (`dsconv_lib.trace.layers`, `.moves`, ...); a join rule follows it where several tensors meet
(`.joins`). A rule that cannot tell raises `UnclearError`, and the axis then counts as read whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._subclasses import FakeTensor

from dsconv_lib.receptive_field.reach import Reach


class UnclearError(Exception):
    """A rule cannot tell what is read."""


@dataclass(frozen=True)
class Along:
    """How one axis of the input is met in a tensor.

    Attributes
    ----------
    dim : int or None
        Dimension of the tensor that runs along the axis; `None` if none does.
    reach : Reach
        What the indices along ``dim`` read; a single row, where there is no ``dim``.
    mixed : str
        Operation that merged ``dim`` with other dimensions, so that an index tells no place any
        more; empty if none has. ``reach`` is then the union over all of them. Settled by a sum over
        all of ``dim``.
    parts : tuple of Reach and int, or None
        Of a merged ``dim``: what its part reads that runs along the axis, and how many entries
        stand between two neighbours in that part; `None` if that is not known any more. Taking the
        dimension apart again settles it.
    split : int or None
        Another dimension that holds part of the axis, as after pixel unshuffling: ``reach`` is then
        the union over it. -1 if it is somewhere. Settled by a sum over that dimension.
    """

    dim: int | None
    reach: Reach
    mixed: str = ""
    split: int | None = None
    parts: tuple[Reach, int] | None = None


Track = tuple[Along, ...]

# Elementwise operations that some PyTorch versions, or their in-place forms, do not mark as such.
_POINTWISE = {
    *("hardtanh", "leaky_relu", "elu", "celu", "mish", "hardsigmoid", "hardswish", "threshold"),
    *("gelu", "abs", "log_sigmoid_forward", "rrelu_with_noise", "_prelu_kernel", "native_dropout"),
    *("masked_fill", "heaviside", "xlogy", "polar", "eq", "ne", "lt", "le", "gt", "ge"),
}


class Call:
    """An operation at work: its arguments by name, its results, the tracks of its tensors.

    Parameters
    ----------
    func, args, kwargs
        As ``__torch_dispatch__`` gets them.
    sizes : tuple of int
        Positions of the module's input, per axis.
    track_of : callable
        Gives the track of a tensor, or `None` if it does not depend on the input.

    Attributes
    ----------
    fake : bool
        Whether it meets a tensor without values.
    dropout : float
        Probability with which the module that runs it drops weights of attention in training.
    """

    def __init__(
        self,
        func: Any,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        sizes: tuple[int, ...],
        track_of: Callable[[Tensor], Track | None],
    ) -> None:
        self.func = func
        schema = func._schema
        self.names = names = [argument.name for argument in schema.arguments]
        defaults = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
        self.args: dict[str, Any] = defaults | dict(zip(names, args, strict=False)) | kwargs
        self.x: Any = self.args.get(names[0]) if names else None
        self.sizes = sizes
        self.returns = len(schema.returns)
        self.writes: bool = schema.is_mutable
        self.name = short_name(func)
        self.rule = self.name.removesuffix("_") if self.writes else self.name
        if "batch_sizes" in names:
            self.rule += ".data"  # a recurrent layer on packed sequences
        tagged = torch.Tag.pointwise in func.tags or self.rule in _POINTWISE
        self.pointwise = tagged and not func._can_decompose()
        self.tensors = list(tensors_in(self.args.values()))
        self.fake = any(isinstance(tensor, FakeTensor) for tensor in self.tensors)
        self.tracks = {id(t): track_of(t) for t in self.tensors}
        self.tracked = [t for t in self.tensors if self.tracks[id(t)]]
        self.dropout = 0.0
        self.outputs: list[Tensor] = []
        self.output = 0

    @property
    def out(self) -> Tensor:
        """The result that is being followed."""
        return self.outputs[self.output]

    def along(self, tensor: Tensor, axis: int) -> Along:
        """How ``tensor`` meets an axis of the input."""
        track = self.tracks[id(tensor)]
        if track is None:
            raise UnclearError
        return track[axis]


AxisRule = Callable[[Call, Along, int], Along]
JoinRule = Callable[[Call, int], Along]


def short_name(func: Any) -> str:
    """``conv2d`` for ``aten::conv2d``; names from other libraries in full."""
    return str(func._schema.name).removeprefix("aten::")


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """All tensors in nested lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)
