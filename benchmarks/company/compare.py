"""One network, as the library sees it and as it runs."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import truth
from foreign import Network, Part
from torch import Tensor, nn

from dsconv_lib.trace import trace_cost, trace_reaches, trace_receptive_field

AXES = {1: ["time"], 2: ["rows", "columns"], 3: ["depth", "rows", "columns"]}


@dataclass
class Finding:
    """What was found for a network: values in pairs, ours first, and words.

    Attributes
    ----------
    faults : list of str
        What must not be: a changed network, a field too small, a wrong count.
    """

    package: str
    name: str
    parameters: tuple[int, int] = (0, 0)
    macs: tuple[int, int] = (0, 0)
    saved: tuple[int, int] = (0, 0)
    size: tuple[int, ...] = ()
    wider: str = ""
    unknown: tuple[str, ...] = ()
    unknown_saved: tuple[str, ...] = ()
    unknown_field: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)


def compare(network: Network) -> Finding:
    """Trace a network, run it, and compare."""
    found = Finding(network.package, network.name)
    steps: dict[str, Callable[[Network, Finding], None]] = {
        "cost": costs,
        "saved": saved_bytes,
        "field": fields,
        "untouched": untouched,
    }
    for name, step in steps.items():
        try:
            step(network, found)
        except Exception as error:  # of any kind: it is a finding
            found.faults.append(
                f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:160]}"
            )
    return found


def built(network: Network) -> nn.Module:
    """The network with the same weights each time."""
    torch.manual_seed(0)
    return network.build().eval()


def image(shape: tuple[int, ...]) -> Tensor:
    """An input, the same each time."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(2))


def costs(network: Network, found: Finding) -> None:
    """Parameters and MACs."""
    module = built(network)
    cost = trace_cost(module, network.shape)
    found.unknown, found.unknown_saved = cost.unknown, cost.unknown_saved
    numbers = {id(p): p.numel() for p in module.parameters()}
    found.parameters = cost.parameters, sum(numbers.values())
    found.macs = cost.macs, truth.macs(module, image(network.shape))
    found.saved = cost.saved_bytes, 0
    for name in ("parameters", "macs"):
        ours, theirs = getattr(found, name)
        if ours != theirs and not (name == "macs" and found.unknown):
            found.faults.append(f"{name}: {ours:,} ≠ {theirs:,}")


def saved_bytes(network: Network, found: Finding) -> None:
    """What is kept for the backward pass."""
    ours = found.saved[0]
    theirs = []
    for prepare in (truth.train, truth.train_layers):
        torch.manual_seed(3)
        theirs.append(truth.saved(prepare(built(network)), image(network.shape)))
        if theirs[-1] == ours:
            break
    found.saved = ours, theirs[-1]
    if ours not in theirs and not found.unknown_saved:
        found.faults.append(f"saved: {ours:,} ≠ {' or '.join(f'{n:,}' for n in theirs)}")


def fields(network: Network, found: Finding) -> None:
    """What is read, row by row, against the spread of NaN."""
    module = built(network)
    module = Part(module, network.part) if network.part else module
    receptive = trace_receptive_field(module, network.small)
    reaches, found.unknown_field = trace_reaches(module, network.small)
    found.size = receptive.size
    wider = []
    for axis, reach in enumerate(reaches):
        reads = truth.spread(module, image(network.small), axis)
        verdict = against(np.array([list(bits(row, reach.size)) for row in reach.rows]), reads)
        if verdict == "too small":
            found.faults.append(f"field too small along axis {axis}")
        elif verdict:
            wider.append(axis)
    if wider:
        found.wider = f"wider along {' and '.join(AXES[len(reaches)][axis] for axis in wider)}"


def bits(row: int, size: int) -> list[bool]:
    """A row of a reach, position by position."""
    return [bool(row >> place & 1) for place in range(size)]


def against(rows: np.ndarray, reads: np.ndarray) -> str:
    """Hold rows, shape ``(outputs, positions)``, against ``(positions, *output)`` from NaN.

    Returns
    -------
    str
        "" if they agree; "wider" if every output reads no more than its row says; "too small" else.
        Which dimension of the output runs along the axis is not known here: any may.
    """
    verdicts = []
    for dim in range(1, reads.ndim):
        if not reads.size:
            return ""
        others = tuple(d for d in range(1, reads.ndim) if d != dim)
        seen = reads.any(axis=others).T
        if len(rows) == 1:
            seen = seen.any(axis=0, keepdims=True)
        if len(seen) == len(rows):
            equal, covered = (rows == seen).all(), (rows >= seen).all()
            verdicts.append("" if equal else "wider" if covered else "too small")
    return min(verdicts, key=["", "wider", "too small"].index, default="too small")


def untouched(network: Network, found: Finding) -> None:
    """The network is as if no trace had been: what it holds, and what it gives."""
    alone, traced = built(network), built(network)
    before = truth.state(traced)
    calls: list[Callable[[], Any]] = [
        lambda: trace_cost(traced, network.shape),
        lambda: trace_receptive_field(traced, network.shape),
    ]
    for call in calls:
        with suppress(ValueError, TypeError):  # faults of their own, found above
            call()
    after = truth.state(traced)
    if after != before:
        names = [name for name in before if before[name] != after.get(name)]
        found.faults.append(f"changed: {', '.join(map(str, names[:3])) or 'itself'}")
    x = image(network.shape)
    for run in ("first", "second"):
        if not truth.same(truth.outputs(traced, x), truth.outputs(alone, x)):
            found.faults.append(f"another result in the {run} forward after a trace")
            break
