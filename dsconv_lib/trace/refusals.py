"""What is said where a module does not run: what PyTorch refuses, and what needs values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)

# How PyTorch says that it cannot go on without values.
_NEEDS_VALUES = re.compile(
    r"meta (tensor|device|kernel)|register_meta|unallocated storage|data pointer|"
    r"not supported for tensor subclasses|create_unbacked|fake (impl|kernel|tensor)|FakeTensor",
    re.IGNORECASE,
)

# How it says that it got floating values where it picks by numbers.
_WANTS_INDICES = re.compile(r"ind(ex|ices)\b.*(\blong\b|Long|int64)")


@dataclass
class Fault:
    """An error, and where it came up.

    Attributes
    ----------
    error : Exception
    layer : str
        The module that ran, in words.
    operation : str
        The operation that was refused, with the shapes that it got; empty if it was none.
    """

    error: BaseException
    layer: str
    operation: str = ""


def needs_values(error: BaseException) -> bool:
    """Whether an error says that an operation needs values, or has no rule for going without."""
    wanting = (DataDependentOutputException, DynamicOutputShapeException)
    return isinstance(error, wanting) or bool(_NEEDS_VALUES.search(str(error)))


def by_pytorch(error: BaseException) -> bool:
    """Whether an error comes from inside PyTorch rather than from a network's own code."""
    trace = error.__traceback__
    module = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        trace = trace.tb_next
    return module.partition(".")[0] == "torch"


def refusal(fault: Fault, shape: tuple[int, ...]) -> ValueError:
    """The error to raise where PyTorch refuses what a layer gets."""
    where = f"{fault.layer}, {fault.operation}" if fault.operation else fault.layer
    functional = re.search(r"(?:HigherOrderOperator|HOP) (\w+)", str(fault.error))
    if functional:
        return ValueError(
            f"module cannot be traced: {fault.layer} uses {functional[1]}, which is given "
            "functions to run; use an ordinary operation instead (for flex_attention "
            "F.scaled_dot_product_attention, for cond one branch), or trace the parts around it"
        )
    unable = isinstance(fault.error, UnsupportedOperatorException | NotImplementedError)
    if unable and fault.operation:
        return ValueError(
            f"module cannot be traced: {where}: the operation cannot run without values; give it "
            "a shape by dsconv_lib.register_operation or by torch.library.register_fake, or trace "
            "the parts around it"
        )
    lines = [line.strip() for line in str(fault.error).splitlines() if line.strip()]
    said = lines[0].rstrip(".") if lines else type(fault.error).__name__
    mend = "use sizes that fit this layer, or mend the layer"
    if _WANTS_INDICES.search(said):
        mend = "trace what follows the embedding, or use trace_cost(..., dtype=torch.long)"
    return ValueError(f"module refuses input_shape={shape}: {where}: {said}; {mend}")


def described(name: str, args: dict[str, Any]) -> str:
    """An operation and the shapes of its tensors, with their dtypes where they differ."""
    tensors = {key: value for key, value in args.items() if _has_tensors(value)}
    dtypes = {tensor.dtype for value in tensors.values() for tensor in _tensors(value)}
    shown = (f"{key} {_shapes(value, len(dtypes) > 1)}" for key, value in tensors.items())
    return f"{name} of {', '.join(shown)}" if tensors else name


def _shapes(value: Any, with_dtype: bool) -> str:
    if isinstance(value, Tensor):
        text = str(tuple(value.shape))
        return f"{text} {str(value.dtype).removeprefix('torch.')}" if with_dtype else text
    return f"[{', '.join(_shapes(tensor, with_dtype) for tensor in _tensors(value))}]"


def _has_tensors(value: Any) -> bool:
    return next(iter(_tensors(value)), None) is not None


def _tensors(value: Any) -> Iterable[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _tensors(entry)
