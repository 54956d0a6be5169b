"""What a measurement hands over: frozen values, which others print, store and judge."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Ratio(NamedTuple):
    """Median and quartiles of the ratios within each round."""

    low: float
    middle: float
    high: float


class Number(NamedTuple):
    """A number and how it is written, as `format` takes it."""

    value: float
    form: str = ".3g"


Cell = str | Number | Ratio


@dataclass(frozen=True)
class Ratios:
    """Ratios by setting, in pairs."""

    name: str
    pairs: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, name: str, ratios: Mapping[str, float]) -> Ratios:
        """Freeze a dictionary."""
        return cls(name, tuple(ratios.items()))

    @property
    def mean(self) -> float:
        """The mean for ratios, which is geometric."""
        return math.exp(statistics.fmean(math.log(ratio) for _, ratio in self.pairs))

    @property
    def least(self) -> tuple[str, float]:
        """The setting with the least ratio, and the ratio."""
        return min(self.pairs, key=lambda pair: pair[1])

    @property
    def most(self) -> tuple[str, float]:
        """The setting with the greatest ratio, and the ratio."""
        return max(self.pairs, key=lambda pair: pair[1])


@dataclass(frozen=True)
class Floor:
    """The time that moving the data takes, and how many times as long was needed, by path."""

    passes: int
    bytes_per_second: float
    above: tuple[Ratios, ...]


@dataclass(frozen=True)
class Table:
    """A table: a header, rows of cells, and what stands above it."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    ratios: tuple[Ratios, ...] = ()
    floor: Floor | None = None
    about: str = ""

    @classmethod
    def of(
        cls,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        ratios: Mapping[str, Mapping[str, float]] | None = None,
        floor: Floor | None = None,
        about: str = "",
    ) -> Table:
        """Freeze lists and dictionaries."""
        named = tuple(Ratios.of(name, found) for name, found in (ratios or {}).items())
        return cls(tuple(header), tuple(map(tuple, rows)), named, floor, about)
