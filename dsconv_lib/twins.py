"""Copies that are looked at instead of a module, and surroundings that are put back.

Whatever looks at a module runs a copy of it, never the module itself: caches that a first forward
pass fills, hooks that count, buffers that it writes to are then those of the copy.
"""

import copy
import random
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from types import CellType, FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# What a function keeps in a variable around it and may change there; the rest is shared.
_OWN = (list, dict, set, bytearray, deque, Counter, Tensor, nn.Module, MethodType, partial)
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_DATA = vars(torch._C.TensorBase)["data"].__get__


def copied(module: nn.Module, twin: Callable[[Tensor], Tensor]) -> nn.Module:
    """Copy a module, tensor by tensor as ``twin`` says, in evaluation mode.

    The training flag of each submodule is set directly, because `nn.Module.train` may be overridden
    (as for frozen batch norm). Functions among the attributes and hooks get copies of the lists,
    dictionaries, tensors and modules that they keep in variables around them; global ones they
    share.

    Parameters
    ----------
    module : torch.nn.Module
    twin : callable
        Gives what stands for a tensor in the copy. Tensors that several modules share are asked for
        once.

    Raises
    ------
    TypeError
        If the module cannot be copied.
    """
    memo: dict[int, Any] = {}
    functions: list[tuple[FunctionType, FunctionType]] = []
    for tensor in chain(module.parameters(), module.buffers()):
        memo[id(tensor)] = twin(tensor)
    for part in module.modules():
        for value in chain(vars(part).values(), *(vars(part)[name].values() for name in _HOOKS)):
            if type(value) is OrderedDict and not value:  # most of a copy's time, otherwise
                memo[id(value)] = OrderedDict()
            elif isinstance(value, FunctionType) and value.__closure__:
                _give_own_cells(value, memo, functions)
    with _Twins(twin):
        try:
            found = copy.deepcopy(module, memo)
            for function, own in functions:
                _fill_cells(function, own, memo, functions)
        except Exception as error:
            raise TypeError(
                f"module cannot be copied, and it is a copy that is looked at: {_culprit(module)} "
                f"({error}); leave it out, or give its class a __deepcopy__"
            ) from error
    parts = {id(part) for part in module.modules()}
    for part in found.modules():
        if id(part) in parts:
            raise TypeError(
                f"module cannot be copied, and it is a copy that is looked at: the copy of a "
                f"{type(part).__name__} is itself; let its __deepcopy__ give another"
            )
        part.training = False
    return found


def cloned(tensor: Tensor) -> Tensor:
    """A copy of a tensor with its values: a twin for `copied`."""
    return copy.deepcopy(tensor if tensor.is_leaf else tensor.detach())


def doubled(tensor: Tensor) -> Tensor:
    """A copy of a tensor in double precision: a twin for `copied`."""
    twin = cloned(tensor).requires_grad_(False)
    if twin.is_floating_point():
        twin.data = twin.data.double()
    return twin


class _Twins(TorchFunctionMode):
    """Lets ``twin`` copy the tensors that are copied under it."""

    def __init__(self, twin: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.twin = twin

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func == _DATA and isinstance(args[0], nn.Parameter):
            return self.twin(args[0]).data  # as parameters do where they are copied
        if func is not Tensor.__deepcopy__:
            return func(*args, **(kwargs or {}))
        tensor, memo = args
        memo[id(tensor)] = self.twin(tensor)
        return memo[id(tensor)]


def _give_own_cells(
    function: FunctionType, memo: dict[int, Any], functions: list[tuple[FunctionType, FunctionType]]
) -> FunctionType:
    """A copy of a function with variables of its own around it, which are still empty."""
    if id(function) not in memo:
        cells = tuple(CellType() for _ in function.__closure__ or ())
        own = FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            cells,
        )
        own.__kwdefaults__ = function.__kwdefaults__
        own.__qualname__ = function.__qualname__
        vars(own).update(vars(function))
        memo[id(function)] = own
        functions.append((function, own))
    copied_function: FunctionType = memo[id(function)]
    return copied_function


def _fill_cells(
    function: FunctionType,
    own: FunctionType,
    memo: dict[int, Any],
    functions: list[tuple[FunctionType, FunctionType]],
) -> None:
    """Copy what the variables around a function hold, as far as it may be changed there."""
    for cell, twin in zip(function.__closure__ or (), own.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        if isinstance(content, FunctionType) and content.__closure__:
            content = _give_own_cells(content, memo, functions)
        twin.cell_contents = copy.deepcopy(content, memo) if isinstance(content, _OWN) else content


def _culprit(module: nn.Module) -> str:
    """The first attribute that cannot be copied alone."""
    for name, part in module.named_modules():
        for attribute, value in vars(part).items():
            if attribute != "_modules":
                try:
                    copy.deepcopy(value)
                except Exception:
                    return f"attribute {f'{name}.{attribute}'.lstrip('.')!r} stands in the way"
    return f"its class {type(module).__name__} stands in the way"


@contextmanager
def surroundings_kept(devices: Sequence[torch.device]) -> Iterator[None]:
    """Put back afterwards what a module may change around it.

    That is the grad mode, which is on at the beginning, and the generators of random numbers:
    PyTorch's, Python's and NumPy's.

    Parameters
    ----------
    devices : sequence of torch.device
        Whose generators of PyTorch are put back, beside that of the CPU.
    """
    plain, arrays = random.getstate(), np.random.get_state()  # noqa: NPY002
    graphic = [device for device in devices if device.type == "cuda"]
    try:
        with torch.random.fork_rng(devices=graphic), torch.enable_grad():
            yield
    finally:
        random.setstate(plain)
        np.random.set_state(arrays)  # noqa: NPY002
