"""Operations that pick, cut or compare, run so that a measurement sees all that they read.

A maximum sends its gradient to one position, rounding sends none, and a comparison gives a tensor
that cannot carry one. Yet each depends on all that it looks at. Here their values stay what they
are, and what they read is added in a way that changes nothing: ``s - s.detach()`` is 0, but has the
gradient of ``s``, and is NaN where ``s`` is.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from dsconv_lib.measure.windows import windows_read

# Elementwise, and flat somewhere or everywhere, or picking one of their arguments.
_FLAT = {
    *("relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "threshold", "hardshrink"),
    *("softshrink", "rrelu", "clamp", "clip", "clamp_min", "clamp_max", "sign", "sgn"),
    *("heaviside", "round", "floor", "ceil", "trunc", "fix", "nan_to_num", "floordiv"),
    *("floor_divide", "div", "divide", "maximum", "minimum", "fmax", "fmin", "where"),
    *("masked_fill", "detach"),
}
# These pick from a dimension: the place of the argument that names it, and its default.
_OVER = (
    dict.fromkeys(("amax", "amin", "max", "min", "argmax", "argmin", "all", "any"), (1, None))
    | {"median": (1, None), "nanmedian": (1, None), "mode": (1, -1), "kthvalue": (2, -1)}
    | {"quantile": (2, None), "nanquantile": (2, None), "sort": (1, -1), "argsort": (1, -1)}
    | {"aminmax": (9, None), "msort": (9, 0), "topk": (2, -1)}
    | {"gather": (1, None), "take_along_dim": (2, None)}
)
_RUNNING = {"cummax", "cummin"}


class StandIns(TorchFunctionMode):
    """Adds to every result what its operation reads and neither gradient nor NaN would show.

    Attributes
    ----------
    hidden : list of str
        Operations through which no gradient passes. NaN do.
    blind : list of str
        Operations that made places or conditions out of values, in a way that is not followed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden: list[str] = []
        self.blind: list[str] = []
        # Integers and truths that depend on values: what they read, or who made them.
        self._made: dict[int, tuple[Tensor, Tensor | str]] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = str(getattr(func, "__name__", "")).strip("_")
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        values = [tensor for tensor in given if tensor.is_floating_point()]
        made = [self._made[id(tensor)][1] for tensor in given if id(tensor) in self._made]
        if not values and not made:
            return func(*args, **kwargs)
        read = _read(name, values, args, kwargs, made)
        first = args[0] if args and read is not None else None
        if isinstance(first, Tensor):
            args = (first.clone(), *args[1:])  # it may be written to
        result = func(*args, **kwargs)
        results = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        if not results:
            return result
        if read is None and results[0].is_floating_point():
            read = windows_read(name, args, kwargs, results[0])
            if read is not None and name.startswith("max_unpool"):
                made = []  # the places of maxima depend on what the maxima do
        moved = None if read is not None else self._moved(func, args, kwargs, made, results)
        sources = [moved] if moved is not None else [s for s in (read, *made) if s is not None]
        kept = {}
        for tensor in results:
            if tensor.is_floating_point():
                completed = self._completed(name, tensor, sources, values)
                if isinstance(first, Tensor) and tensor is args[0]:
                    completed = first.copy_(completed)
                kept[id(tensor)] = completed
            elif not any(tensor is one for one in given):
                self._remember(name, tensor, sources, values)
        return tree_map_only(Tensor, lambda tensor: kept.get(id(tensor), tensor), result)

    def _completed(
        self,
        name: str,
        result: Tensor,
        sources: Sequence[Tensor | str],
        values: list[Tensor],
    ) -> Tensor:
        """A floating result, with what it reads besides."""
        for source in sources:
            if isinstance(source, str) or not _fits(source, result):
                self._list(self.blind, source if isinstance(source, str) else name)
                continue
            nothing = (source - source.detach()).to(result.dtype)
            result = result + nothing
        needy = any(value.requires_grad for value in values)
        if needy and (not result.requires_grad or name.startswith("fractional_max_pool")):
            self._list(self.hidden, name)
        return result

    def _remember(
        self, name: str, result: Tensor, sources: Sequence[Tensor | str], values: list[Tensor]
    ) -> None:
        """What a result of integers or truths depends on."""
        found: Tensor | str = next((s for s in sources if isinstance(s, str)), name)
        tensors = [source for source in (*sources, *values) if isinstance(source, Tensor)]
        if not sources or all(isinstance(source, Tensor) for source in sources):
            fitting = [tensor for tensor in tensors if _fits(tensor, result)]
            if fitting and (sources or len(fitting) == len(values)):
                found = sum(fitting[1:], fitting[0] + torch.zeros_like(result, dtype=torch.float64))
        self._made[id(result)] = result, found

    def _moved(
        self,
        func: Any,
        args: Any,
        kwargs: Any,
        made: Sequence[Tensor | str],
        results: list[Tensor],
    ) -> Tensor | None:
        """What is read by conditions or places that are only moved about: their reads, moved."""
        swap = {key: read for key, (_, read) in self._made.items() if isinstance(read, Tensor)}

        def read_of(tensor: Tensor) -> Tensor:
            return swap.get(id(tensor), tensor)

        if not made or len(results) != 1 or not all(isinstance(read, Tensor) for read in made):
            return None
        try:
            moved = func(*tree_map_only(Tensor, read_of, args), **kwargs)
        except (RuntimeError, TypeError, IndexError):
            return None
        fits = isinstance(moved, Tensor) and moved.is_floating_point()
        return moved if fits and moved.shape == results[0].shape else None

    def _list(self, names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)


def _read(
    name: str,
    values: list[Tensor],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    made: Sequence[Tensor | str],
) -> Tensor | None:
    """What an operation reads beyond what its gradient shows, in the shape of its result."""
    if not values and name in ("all", "any"):
        values = [read for read in made if isinstance(read, Tensor)]
    if not values:
        return None
    x = values[0]
    two = name in ("max", "min") and len(values) > 1
    if name in _FLAT or two:
        if name in ("div", "divide") and not kwargs.get("rounding_mode"):
            return None
        return sum(values[1:], x + 0)
    if name in _RUNNING:
        return x.cumsum(kwargs.get("dim", args[-1]))
    if name not in _OVER or (name in ("gather", "take_along_dim") and not made):
        return None
    place, dim = _OVER[name]
    dim = kwargs.get("dim", args[place] if place < len(args) else dim)
    if dim is None or dim == ():
        return x.sum()
    keepdim = kwargs.get("keepdim", any(argument is True for argument in args[place + 1 :]))
    kept = name in ("sort", "argsort", "topk", "msort", "gather", "take_along_dim") or keepdim
    return x.sum(dim, keepdim=bool(kept))


def _fits(read: Tensor, result: Tensor) -> bool:
    """Whether what is read can be added to a result, entry by entry."""
    try:
        return torch.broadcast_shapes(read.shape, result.shape) == result.shape
    except RuntimeError:
        return False
