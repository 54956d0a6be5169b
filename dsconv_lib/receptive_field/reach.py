"""Exact bookkeeping of which positions are read, along one axis; pure Python.

`receptive_field` needs one window that moves by a jump. Whole networks need more: after upsampling,
neighbouring outputs read differently in turn; after global pooling all read the same; where
branches of different jump meet, each output reads its own set. A `Law` says what outputs read as if
the input had no border; a `Reach` adds what each output really reads, border by border.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import compress
from math import ceil, floor, gcd, lcm
from operator import or_
from typing import overload

from dsconv_lib.arithmetic import Axis
from dsconv_lib.receptive_field.field import ReceptiveField

_LONGEST_PERIOD = 1024  # of a law, in outputs
_FLAGS = bytes.maketrans(b"01", b"\0\1")
_MOST_BITS = 1 << 24  # of a table of rows: 4096 outputs on 4096 positions


@dataclass(frozen=True)
class Law:
    """What outputs read when there is no border, repeating itself after some outputs.

    Attributes
    ----------
    phases : tuple of frozenset of int
        Positions read by the outputs ``0 .. len(phases) - 1``.
    step : int
        How far the positions move from one such period to the next; 0 if they stay.
    """

    phases: tuple[frozenset[int], ...]
    step: int

    def at(self, output: int) -> frozenset[int]:
        """Positions that one output reads."""
        turn, phase = divmod(output, len(self.phases))
        shift = turn * self.step
        return frozenset(p + shift for p in self.phases[phase]) if shift else self.phases[phase]

    def then(self, layer: "Law") -> "Law | None":
        """Follow this by a layer that reads *its* outputs; `None` if it repeats too late."""
        turns = len(self.phases) // gcd(len(self.phases), layer.step)
        period = turns * len(layer.phases)
        if period > _LONGEST_PERIOD:
            return None
        phases = tuple(
            frozenset(p for i in layer.at(output) for p in self.at(i)) for output in range(period)
        )
        return Law(phases, self.step * (turns * layer.step // len(self.phases)))

    def joined(self, other: "Law") -> "Law | None":
        """Each output reads what it reads here or there; `None` if the two drift apart."""
        mine, its = len(self.phases), len(other.phases)
        if self.step * its != other.step * mine:
            return None
        period = lcm(mine, its)
        phases = tuple(self.at(output) | other.at(output) for output in range(period))
        return Law(phases, self.step * (period // mine))

    def reduced(self) -> "Law":
        """The same with the shortest period."""
        count = len(self.phases)
        for period in range(1, count):
            if count % period == 0 and self.step * period % count == 0:
                shorter = Law(self.phases[:period], self.step * period // count)
                if all(shorter.at(o) == phase for o, phase in enumerate(self.phases)):
                    return shorter
        return self


@dataclass(frozen=True)
class LawRows(Sequence[int]):
    """Rows of a `Reach` worked out from its law when asked for: exact away from the border."""

    law: Law
    outputs: int
    size: int

    def __len__(self) -> int:
        return self.outputs

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self[output] for output in range(*index.indices(self.outputs))]
        if not -self.outputs <= index < self.outputs:
            raise IndexError(index)
        return sum(1 << p for p in self.law.at(index % self.outputs) if 0 <= p < self.size)


@dataclass(frozen=True)
class Reach:
    """Positions of the input that the outputs read, along one axis.

    Attributes
    ----------
    rows : sequence of int
        For each output a set of positions as bits: bit ``p`` is set if it reads position ``p``.
        Exact, except near the border of very long axes (`LawRows`).
    law : Law or None
        What they read far from the border; `None` if they follow no law.
    size : int
        Positions of the input.
    """

    rows: Sequence[int]
    law: Law | None
    size: int

    def then(self, layer: Law, count: int) -> "Reach":
        """Follow this by a layer of ``count`` outputs, that reads nothing beyond the border."""
        inside = range(len(self.rows))
        rows = (
            reduce(or_, (self.rows[i] for i in layer.at(output) if i in inside), 0)
            for output in range(count)
        )
        return make_reach(rows, count, self.law and self.law.then(layer), self.size)

    def picked(self, outputs: Iterable[int]) -> "Reach":
        """These outputs in this order."""
        rows = [self.rows[output] for output in outputs]
        return make_reach(rows, len(rows), None, self.size)

    def broadcast(self, count: int) -> "Reach":
        """The same; or a single output, repeated ``count`` times."""
        return self if len(self.rows) == count else spread(self.rows[0], count, self.size)

    def joined(self, other: "Reach") -> "Reach":
        """Each output reads what it reads here or there, as where branches meet."""
        law = self.law and other.law and self.law.joined(other.law)
        return make_reach(map(or_, self.rows, other.rows), len(self.rows), law, self.size)

    def summed(self) -> "Reach":
        """One output that reads what any of these does, as in global pooling."""
        return spread(reduce(or_, self.rows, 0), 1, self.size)

    def field(self) -> ReceptiveField:
        """Describe this as a plain `ReceptiveField`."""
        law = self.law and self.law.reduced()
        if law:
            firsts = [min(phase, default=0) for phase in law.phases]
            offsets = [
                frozenset(p - first for p in phase)
                for first, phase in zip(firsts, law.phases, strict=True)
            ]
        else:
            firsts = [max((row & -row).bit_length() - 1, 0) for row in self.rows]
            offsets = [
                _positions(row >> first) for row, first in zip(self.rows, firsts, strict=True)
            ]
        spans = [max(phase, default=-1) + 1 for phase in offsets]
        widest = max(range(len(spans)), key=lambda o: (spans[o], len(offsets[o]), -o))
        jump = padding = None
        if law:
            jump = _plain(Fraction(law.step, len(firsts)))
            padding = _plain(widest * Fraction(jump) - firsts[widest])
        return ReceptiveField(
            size=spans[widest],
            jump=jump,
            padding=padding,
            offsets=offsets[widest],
            whole_axis=law is not None and law.step == 0 and law.phases[0] >= set(range(self.size)),
            phases=tuple(zip(firsts, offsets, strict=True)) if len(firsts) > 1 else (),
        )


def make_reach(rows: Iterable[int], count: int, law: Law | None, size: int) -> Reach:
    """A `Reach` of ``count`` rows, which are worked out here if they are not too many."""
    if law and count * size > _MOST_BITS:
        return Reach(LawRows(law, count, size), law, size)
    rows = tuple(rows)
    if not law and len(set(rows)) == 1:
        return spread(rows[0], count, size)
    return Reach(rows, law, size)


def identity(size: int) -> Reach:
    """Every output reads its own position."""
    return make_reach((1 << p for p in range(size)), size, moving({0}), size)


def spread(row: int, count: int, size: int) -> Reach:
    """All of ``count`` outputs read the same positions, given as bits."""
    return Reach((row,) * count, Law((_positions(row),), 0), size)


def whole(size: int) -> Reach:
    """One output reads all positions."""
    return spread((1 << size) - 1, 1, size)


def moving(positions: Iterable[int], step: int = 1) -> Law:
    """Output ``o`` reads ``o * step + p`` for each of the positions."""
    return Law((frozenset(positions),), step)


def window(axis: Axis) -> Law:
    """A convolution or pooling layer: output ``o`` reads ``o S - P + D m``."""
    return moving((m * axis.dilation - axis.before for m in range(axis.kernel_size)), axis.stride)


def transposed_window(axis: Axis) -> Law:
    """A transposed convolution: output ``o`` reads every ``i`` with ``o = i S - P + D m``."""
    taps = [axis.before - m * axis.dilation for m in range(axis.kernel_size)]
    phases = (
        frozenset((o + tap) // axis.stride for tap in taps if (o + tap) % axis.stride == 0)
        for o in range(axis.stride)
    )
    return Law(tuple(phases), 1)


def repeated(factor: int) -> Law:
    """Output ``o`` reads ``o // factor``."""
    return Law((frozenset({0}),) * factor, 1)


def resampled(ratio: Fraction, start: Fraction, taps: tuple[int, int]) -> Law:
    """Interpolation: output ``o`` lies at ``s = o * ratio + start`` of its input.

    It reads the positions ``floor(s) + t`` for ``t`` from ``taps[0]`` to ``taps[1]``, except where
    ``s`` is whole: there every tap but ``s`` itself has weight 0.
    """
    phases = []
    for output in range(ratio.denominator):
        place = output * ratio + start
        first, last = (0, 0) if place.denominator == 1 else taps
        phases.append(frozenset(floor(place) + t for t in range(first, last + 1)))
    return Law(tuple(phases), ratio.numerator)


def adaptive_window(size: int, count: int) -> Law:
    """Adaptive pooling: output ``o`` reads from ``floor(o n / m)`` to ``ceil((o + 1) n / m)``."""
    ratio = Fraction(size, count)
    phases = (
        frozenset(range(floor(o * ratio), ceil((o + 1) * ratio))) for o in range(ratio.denominator)
    )
    return Law(tuple(phases), ratio.numerator)


def _positions(row: int) -> frozenset[int]:
    """The bits that are set."""
    return frozenset(compress(range(row.bit_length()), bin(row)[:1:-1].encode().translate(_FLAGS)))


def _plain(value: Fraction) -> int | Fraction:
    """Whole fractions as integers."""
    return value.numerator if value.denominator == 1 else value
