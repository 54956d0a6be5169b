"""PyTorch's own samples of single operations, traced and run.

For every operation that PyTorch tests, it keeps samples of right arguments (OpInfo). Those whose
first argument is a batch of maps with one to three axes are run here as a module of one operation.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import truth
from compare import against, bits
from torch import Tensor, nn
from torch.testing._internal.common_methods_invocations import op_db

from dsconv_lib.trace import trace_cost, trace_reaches

MOST_SAMPLES = 40  # of an operation


class Operation(nn.Module):
    """One operation on an input that needs a gradient."""

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.function, self.args, self.kwargs = function, args, kwargs
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Any:
        """Run it."""
        return self.function(x * self.scale, *self.args, **self.kwargs)


@dataclass
class Sampled:
    """What was found for an operation, in numbers of samples."""

    name: str
    samples: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        """Kinds of findings that must not be."""
        return [kind for kind in self.counts if not kind.endswith(("listed", "wider"))]

    def note(self, kind: str, example: str) -> None:
        """Count a finding of a kind."""
        self.counts[kind] += 1
        self.examples.setdefault(kind, example)


def sampled() -> Iterator[Sampled]:
    """All operations that have samples of use here, except those that the trace does not know."""
    seen: set[str] = set()
    for op in op_db:
        if op.name.startswith(("linalg", "_")) or op.formatted_name in seen:
            continue  # some of these end the process when they meet NaN
        seen.add(op.formatted_name)
        if torch.float32 in op.supported_dtypes("cpu"):
            found = check(op)
            if found.samples > found.counts["MACs listed"]:
                yield found


def usable(sample: Any) -> bool:
    """Whether the first argument is a floating batch of maps, alone in what depends on values."""
    x = sample.input
    return (
        isinstance(x, Tensor)
        and x.dtype == torch.float32
        and 3 <= x.dim() <= 5
        and min(x.shape) > 0
        and x.numel() <= 20_000
    )


def check(op: Any) -> Sampled:
    """Run the samples of an operation."""
    found = Sampled(op.formatted_name)
    torch.manual_seed(0)
    for sample in op.sample_inputs("cpu", torch.float32, requires_grad=False):
        if found.samples >= MOST_SAMPLES:
            break
        if usable(sample):
            one(op, sample, found)
    return found


def one(op: Any, sample: Any, found: Sampled) -> None:
    """Trace and run one sample."""
    x = sample.input.detach().contiguous()
    module = Operation(op.op, tuple(sample.args), dict(sample.kwargs)).eval()
    shown = f"{tuple(x.shape)}, {_shown(sample.args)}, {_shown(sample.kwargs)}"[:160]
    try:
        real = module(x)
    except Exception:  # not a right argument after all
        return
    if not isinstance(real, Tensor):
        if not (isinstance(real, tuple | list) and real and isinstance(real[0], Tensor)):
            return
        function = module.function
        module.function = lambda *args, **kwargs: function(*args, **kwargs)[0]
        real = module(x)
    found.samples += 1
    try:
        cost = trace_cost(module, x.shape)
    except Exception as error:
        found.note(
            "refused", f"{shown}: {type(error).__name__}: {str(error).splitlines()[0][:120]}"
        )
        return
    if cost.unknown:
        found.note("MACs listed", shown)
    elif cost.macs != truth.macs(module, x):
        found.note("MACs wrong", f"{shown}: {cost.macs} ≠ {truth.macs(module, x)}")
    try:
        kept = truth.saved(module, x)
    except RuntimeError:
        kept = None  # it has no gradient
    if cost.unknown_saved:
        found.note("saved listed", shown)
    elif kept is not None and cost.saved_bytes != kept:
        found.note("saved wrong", f"{shown}: {cost.saved_bytes} ≠ {kept}")
    read(module, x, found, shown)


def read(module: nn.Module, x: Tensor, found: Sampled, shown: str) -> None:
    """Hold what is read against the spread of NaN, and where that goes further, of changes."""
    try:
        reaches, unknown = trace_reaches(module, x.shape)
    except Exception as error:
        found.note("field refused", f"{shown}: {type(error).__name__}: {str(error)[:120]}")
        return
    if unknown:
        found.note("field listed", shown)
    if not _output(module, x).is_floating_point():
        return  # neither NaN nor changes tell
    for axis, reach in enumerate(reaches):
        try:
            reads, changes = spoilt(module, x, axis)
        except Exception:  # it does not take NaN
            return
        rows = np.array([list(bits(row, reach.size)) for row in reach.rows])
        verdict = against(rows, reads)
        if verdict == "too small":  # a weight of 0 takes NaN on, though nothing is read
            verdict = against(rows, changes) and "too small"
        if verdict == "too small" or (verdict and not unknown):
            found.note(f"field {verdict}", f"{shown}: axis {axis}")


def spoilt(module: nn.Module, x: Tensor, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Where NaN arrive, and where another value changes the output, for each index of an axis."""
    before = _output(module, x)
    reads, changes = [], []
    for place in range(x.shape[2 + axis]):
        for values, kept in ((torch.nan, reads), (7.5, changes)):
            changed = x.clone()
            changed.select(2 + axis, place).fill_(values)
            after = _output(module, changed)
            differs = after.isnan() if values != values else after != before
            kept.append((differs & ~before.isnan()).numpy())
    return np.stack(reads), np.stack(changes)


def _output(module: nn.Module, x: Tensor) -> Tensor:
    torch.manual_seed(4)
    with torch.no_grad():
        y = module(x)
    return y if y.dim() else y[None]


def _shown(value: Any) -> str:
    """Arguments with shapes in the place of tensors."""
    if isinstance(value, Tensor):
        return f"[{'×'.join(map(str, value.shape))}]"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_shown, value))})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}={_shown(v)}' for k, v in value.items())}}}"
    return str(value)
