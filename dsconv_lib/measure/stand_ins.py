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

from dsconv_lib.measure.reads import NORMS, WRITING, as_squares, depends, fits, read_besides
from dsconv_lib.measure.windows import windows_read

# Places found by values: which argument holds the places.
_PLACED = {"grid_sample": 1, "grid_sampler": 1, "deform_conv2d": 1}
# Their results are values of Python; or as many as the values will have it.
_OUTSIDE = {
    *("__float__", "__bool__", "__int__", "__index__", "__complex__", "__array__"),
    *("item", "tolist", "numpy", "equal", "allclose", "is_nonzero"),
}
_COUNTED = {
    "unique",
    "unique_consecutive",
    "nonzero",
    "argwhere",
    "masked_select",
    "bincount",
    "histc",
}


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
        full = str(getattr(func, "__name__", ""))
        name = full.strip("_")
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if full in _OUTSIDE:
            return self._outside(full, func, args, kwargs, given)
        values = [tensor for tensor in given if tensor.is_floating_point()]
        made = [self._made[id(tensor)][1] for tensor in given if id(tensor) in self._made]
        if not values and not made:
            return func(*args, **kwargs)
        if name == "setitem":
            return self._assigned(func, args, kwargs)
        if self._by_values(name, args, values, made):
            self._list(self.blind, name)
        read = read_besides(name, values, args, kwargs, made)
        if name in NORMS:
            read = func(*as_squares(args), **as_squares(kwargs))
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
        if name in ("embedding", "one_hot", "all", "any"):
            made = [source for source in made if isinstance(source, str)]
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

    def _by_values(
        self,
        name: str,
        args: Sequence[Any],
        values: list[Tensor],
        made: Sequence[Tensor | str],
    ) -> bool:
        """Whether values say where in a tensor that depends on the input something is read."""
        if name in _PLACED:
            return depends(args[_PLACED[name]])
        if name in _COUNTED:
            return bool(made) or any(map(depends, values))
        if name == "getitem" and any(
            isinstance(index, Tensor) and index.dtype == torch.bool and id(index) in self._made
            for index in tree_leaves(args[1])
        ):
            return True
        if name in WRITING:
            return bool(made) and any(map(depends, values[1:]))
        picks = name in ("getitem", "index_select", "take", "embedding")
        return picks and bool(made) and any(map(depends, values))

    def _outside(
        self, name: str, func: Any, args: Any, kwargs: Any, given: Sequence[Tensor]
    ) -> Any:
        """Values that leave PyTorch: NaN may come back from there, conditions do not."""
        if any(id(tensor) in self._made or depends(tensor) for tensor in given):
            self._list(self.hidden, name)
            if name not in ("numpy", "__array__"):
                self._list(self.blind, name)
            args = tree_map_only(Tensor, Tensor.detach, args)
        return func(*args, **kwargs)

    def _assigned(self, func: Any, args: Any, kwargs: Any) -> None:
        """Write in place, where a condition on values may say where."""
        target, where, value = args
        made = [i for i in tree_leaves(where) if isinstance(i, Tensor) and id(i) in self._made]
        if not made or not target.is_floating_point():
            func(*args, **kwargs)
            if made:
                self._list(self.blind, "setitem")
            return
        before = target.clone()
        func(*args, **kwargs)
        read = self._made[id(where)][1] if isinstance(where, Tensor) else "setitem"
        if isinstance(read, str) or where.dtype != torch.bool or depends(value):
            self._list(self.blind, "setitem")
            return
        read = before + read.reshape(*where.shape, *[1] * (target.dim() - where.dim()))
        target.add_((read - read.detach()).to(target.dtype))

    def _completed(
        self,
        name: str,
        result: Tensor,
        sources: Sequence[Tensor | str],
        values: list[Tensor],
    ) -> Tensor:
        """A floating result, with what it reads besides."""
        for source in sources:
            if isinstance(source, str) or not fits(source, result):
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
        if not any(map(depends, tensors)) and all(isinstance(s, Tensor) for s in sources):
            return
        if all(isinstance(source, Tensor) for source in sources):
            fitting = [tensor for tensor in tensors if fits(tensor, result)]
            if fitting and len(fitting) >= len(sources or values):
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
        good = isinstance(moved, Tensor) and moved.is_floating_point()
        return moved if good and moved.shape == results[0].shape else None

    def _list(self, names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)
