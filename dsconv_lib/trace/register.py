"""Rules of users, for operations that the trace does not know or that they see otherwise."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch._ops import OpOverload, OpOverloadPacket
from torch.utils.hooks import RemovableHandle

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.trace.call import Call

How = ConvSpec | str | Sequence[Iterable[int]]
Reads = str | Mapping[int, How] | Callable[..., str | Mapping[int, How]]

# Names of operations, and their rules by what they are for; the last ones hold.
_RULES: OrderedDict[int, tuple[str, dict[str, Any]]] = OrderedDict()


def register_operation(
    operation: Any,
    *,
    macs: Callable[..., int] | None = None,
    reads: Reads | None = None,
    shape: Callable[..., Sequence[Any]] | None = None,
) -> RemovableHandle:
    """Teach the trace an operation: its MACs, what it reads, the shape of its result.

    `trace_cost` and `trace_receptive_field` list operations that they do not know in ``unknown``.
    With this they know them, from now on and in every module. What is registered goes before the
    rules of the library, and the last rule before earlier ones.

    Parameters
    ----------
    operation : str or operation of PyTorch
        Such as ``"mylib::blur"``, ``torch.ops.mylib.blur`` or the result of
        ``torch.library.custom_op``. All its overloads are meant.
    macs : callable, optional
        ``macs(result, *arguments) -> int``. A rule gets all arguments of the operation in their
        order, those of keywords by keyword, defaults filled in. Tensors have shapes, dtypes and
        devices there, but no values.
    reads : dict, str or callable, optional
        Which positions of its input an output position reads, per dimension of the input; or a
        function ``reads(result, *arguments)`` that gives this. A dimension reads

        - `ConvSpec`: as a convolution or pooling of this geometry does;
        - ``"whole"``: every output reads all positions;
        - a sequence: for each output position those that it reads.

        Dimensions that are not named pass each position on. The input is the one tensor among the
        arguments that depends on the input of the module; if there are several, all that they
        depend on counts as read whole, and is listed. With ``reads="elementwise"`` there may be
        several: they are stretched to the same shape, and each entry reads its own place.
    shape : callable, optional
        ``shape(*arguments)``: the shape of the result, or a sequence of shapes if there are
        several, in the dtype of the first tensor. For operations that PyTorch cannot run without
        values; ``torch.library.register_fake`` does the same for all of PyTorch.

    Returns
    -------
    torch.utils.hooks.RemovableHandle
        ``handle.remove()`` takes the rules away again, and so does leaving ``with handle:``.

    Raises
    ------
    TypeError
        If ``operation`` is none, if no rule is given, or if a rule cannot be called.
    ValueError
        If PyTorch has no such operation. In a trace, if a rule fails, or if what it gives does not
        fit the operation.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from dsconv_lib import ConvSpec, register_operation, trace_cost, trace_receptive_field
    >>> @torch.library.custom_op("mylib::blur", mutates_args=())
    ... def blur(x: torch.Tensor, width: int) -> torch.Tensor:
    ...     return nn.functional.avg_pool2d(x, (1, width), 1)
    >>> handle = register_operation(
    ...     blur,
    ...     macs=lambda result, x, width: result.numel() * width,
    ...     reads=lambda result, x, width: {-1: ConvSpec(width)},
    ...     shape=lambda x, width: (*x.shape[:-1], x.shape[-1] - width + 1),
    ... )
    >>> class Blur(nn.Module):
    ...     def forward(self, x):
    ...         return blur(x, 5)
    >>> trace_cost(Blur(), (1, 3, 16, 20)).macs
    3840
    >>> trace_receptive_field(nn.Sequential(nn.Conv2d(3, 3, 3), Blur()), (1, 3, 16, 20)).size
    (3, 7)
    >>> handle.remove()
    """
    name = _name(operation)
    given = {"macs": macs, "reads": reads, "shape": shape}
    kinds = {kind: rule for kind, rule in given.items() if rule is not None}
    if not kinds:
        raise TypeError(f"no rule for {name!r} is given: use macs=, reads= or shape=")
    for kind, rule in kinds.items():
        if not callable(rule) and not (kind == "reads" and isinstance(rule, str | Mapping)):
            raise TypeError(
                f"{kind}={rule!r} must be a function: use {kind}=lambda ...: with the "
                "arguments of the operation"
            )
    handle = RemovableHandle(_RULES)
    _RULES[handle.id] = (name, kinds)
    return handle


def _name(operation: Any) -> str:
    """``aten::add`` of an operation, if PyTorch has it."""
    operation = getattr(operation, "_opoverload", operation)  # of torch.library.custom_op
    if isinstance(operation, OpOverload):
        return str(operation._schema.name)
    if isinstance(operation, OpOverloadPacket):
        return str(operation._qualified_op_name)
    space, colons, name = operation.partition("::") if isinstance(operation, str) else ("",) * 3
    if not colons:
        raise TypeError(
            f"operation={operation!r} must be an operation of PyTorch or its name: use for example "
            '"mylib::blur" or torch.ops.mylib.blur'
        )
    if not hasattr(getattr(torch.ops, space), name):
        raise ValueError(
            f"operation={operation!r} is not known to PyTorch: import the package that defines it "
            "first, and see that the name is right"
        )
    return str(operation)


def rule_of(call: Call, kind: str) -> Any:
    """The rule that was registered for an operation; `None` if none was."""
    for name, rules in reversed(_RULES.values()):
        if kind in rules and name.removeprefix("aten::") in (call.name, call.rule):
            return rules[kind]
    return None
