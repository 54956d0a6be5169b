"""Tensors that have all but values, and PyTorch's operations on them.

PyTorch's `FakeTensorMode` runs any operation without computing: shapes, dtypes, devices and strides
come out as they would, and what PyTorch refuses is refused. What it said of an operation on tensors
of the same form is remembered, as layers repeat themselves.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensor, FakeTensorMode

# A tensor of a module that is no parameter keeps its values in the copy, up to so many of them.
_MOST_VALUES = 1 << 20
_MOST_RESULTS = 1 << 14


class Form(NamedTuple):
    """All that is known of a tensor without values."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


class UncachedError(Exception):
    """What an operation gives depends on more than the form of what it gets."""


# What operations gave before, by what they got; `None` where more than forms matter.
_RESULTS: dict[Any, Form | tuple[Form, ...] | None] = {}


class Fakes:
    """Makes tensors without values, and runs operations on them."""

    def __init__(self) -> None:
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)

    def empty(self, form: Form) -> Tensor:
        """A tensor of that form."""
        memory = torch.empty_strided(form.shape, form.stride, dtype=form.dtype, device="meta")
        return FakeTensor(self._mode, memory, form.device)

    def contiguous(
        self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device
    ) -> Tensor:
        """A tensor whose entries lie one behind another."""
        plain = torch.empty(shape, dtype=dtype, device="meta")
        return self.empty(Form(shape, plain.stride(), dtype, device))

    def twin(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor of a module in the copy that is traced.

        Parameters have no values there; other tensors keep them, unless they are many. What lies on
        the meta device is taken as if it lay on the CPU.
        """
        parameter = isinstance(tensor, nn.Parameter)
        meta = tensor.is_meta
        if not (parameter or meta or tensor.requires_grad or tensor.numel() > _MOST_VALUES):
            if tensor.is_contiguous():
                return tensor.detach().clone()
            return Tensor.__deepcopy__(tensor.detach(), {})
        if tensor.layout is not torch.strided or tensor.is_quantized:
            return self._mode.from_tensor(tensor)
        device = torch.device("cpu") if meta else tensor.device
        form = Form(tuple(tensor.shape), tensor.stride(), tensor.dtype, device)
        fake = self.empty(form).requires_grad_(tensor.requires_grad)
        for name, value in vars(tensor).items():
            vars(fake).setdefault(name, value)
        if parameter:
            fake._is_param = True
        return fake

    def run(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What an operation gives."""
        key = None
        if _makes_new(func) and not torch._C._is_any_autocast_enabled():
            try:
                key = (func, torch.get_default_dtype(), _form(args), _form([*kwargs.items()]))
                known = _RESULTS.get(key)
            except (UncachedError, TypeError):
                key = known = None
            if known is not None:
                if isinstance(known, Form):
                    return self.empty(known)
                return tuple(map(self.empty, known))
        with self._mode, _quiet():
            result = func(*args, **kwargs)
        if key is not None and key not in _RESULTS:
            if len(_RESULTS) >= _MOST_RESULTS:
                _RESULTS.clear()
            _RESULTS[key] = _remembered(result, args, kwargs)
        return result


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep PyTorch from printing what it refuses: it is raised anyway."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def has_values(tensor: Tensor) -> bool:
    """Whether a tensor has values."""
    return not isinstance(tensor, FakeTensor)


@cache
def _makes_new(func: Any) -> bool:
    """Whether the results of an operation are, by its schema, in memory of their own."""
    schema = func._schema
    everything = (*schema.arguments, *schema.returns)
    return all(value.alias_info is None for value in everything)


def _form(value: Any) -> Any:
    """An argument as part of a key: the forms of tensors; numbers with their types."""
    if isinstance(value, Tensor):
        if value.layout is not torch.strided or value.is_quantized or value.is_complex():
            raise UncachedError
        return Form(tuple(value.shape), value.stride(), value.dtype, value.device)
    if isinstance(value, list | tuple):
        return tuple(map(_form, value))
    if isinstance(value, torch.Generator):
        raise UncachedError
    return (type(value), value)


def _remembered(result: Any, args: Any, kwargs: Any) -> Form | tuple[Form, ...] | None:
    """Forms of results that lie in memory of their own and fill it; `None` otherwise."""
    results = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(one, FakeTensor) for one in results):
        return None
    used = {t.untyped_storage()._cdata for t in _tensors((args, *kwargs.values()))}
    for one in results:
        memory = one.untyped_storage()
        dense = memory.nbytes() == one.element_size() * prod(one.shape)
        if memory._cdata in used or one.storage_offset() or not dense:
            return None
        used.add(memory._cdata)
    forms = tuple(Form(tuple(t.shape), t.stride(), t.dtype, t.device) for t in results)
    return forms if isinstance(result, tuple) else forms[0]


def _tensors(values: Any) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found
