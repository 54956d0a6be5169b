"""What a tool answers, in frozen values; `text.py` turns them into a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Answer:
    """A count, or a size for each axis; `None` where a tool gives none, or ended with an error."""

    value: int | tuple[int, ...] | None = None
    complete: bool = True
    error: str = ""


@dataclass(frozen=True)
class Layers:
    """A size for each layer by itself; `None` where it has no size."""

    sizes: tuple[float | None, ...]


class Counts(NamedTuple):
    """MACs and parameters; `None` where a tool does not count them at all."""

    macs: Answer
    parameters: Answer | None


# By row; by tool, then row; by table, then tool and row.
Column = Mapping[str, Answer | Layers]
Columns = Mapping[str, Column]
Answered = Mapping[str, Columns]
