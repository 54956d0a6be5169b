"""Checks of the numbers that describe a layer: integers, one for all axes or one per axis."""

import operator
from collections.abc import Sequence
from typing import Any

PerAxis = int | Sequence[int]
Padding = int | Sequence[int | Sequence[int]]


def integer(name: str, value: Any, least: int) -> int:
    """Check one integer and its lower bound."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be an integer or one integer per axis, got {value!r}: "
            f"use for example {name}=2"
        ) from None
    if number < least:
        raise ValueError(f"{name}={number} must be at least {least}: use {name}={least} or more")
    return number


def checked(name: str, value: object, least: int) -> int | tuple[int, ...]:
    """Check an integer or a sequence of them; sequences come back as tuples."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        return integer(name, value, least)
    if not value:
        raise ValueError(f"{name}={value!r} must hold one number per axis: give at least one")
    return tuple(integer(name, entry, least) for entry in value)


def checked_padding(value: object) -> int | tuple[int | tuple[int, ...], ...]:
    """Check padding, whose entries may be (before, after) pairs."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        return integer("padding", value, least=0)
    if not value:
        raise ValueError(f"padding={value!r} must hold one entry per axis: give at least one")
    entries = tuple(checked("padding", entry, least=0) for entry in value)
    for entry in entries:
        if isinstance(entry, tuple) and len(entry) != 2:
            raise ValueError(
                f"padding={value!r} holds {entry!r}, but an axis takes a number or a "
                "(before, after) pair: use for example padding=((0, 1), (0, 1))"
            )
    return entries


def per_axis(value: PerAxis, count: int) -> tuple[int, ...]:
    """Repeat a number for every axis, leave a tuple alone."""
    return (value,) * count if isinstance(value, int) else tuple(value)


def ends(value: Padding, count: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for every axis."""
    entries = (value,) * count if isinstance(value, int) else value
    return tuple(
        (entry, entry) if isinstance(entry, int) else (entry[0], entry[1]) for entry in entries
    )


def common_ndim(**given: object) -> int | None:
    """Number of axes on which all tuples among ``given`` agree; `None` if all are numbers."""
    lengths = {name: len(value) for name, value in given.items() if isinstance(value, tuple)}
    if len(set(lengths.values())) > 1:
        named = ", ".join(f"{name} for {length}" for name, length in lengths.items())
        raise ValueError(
            f"arguments must agree on the number of axes, got {named}: give every tuple the same "
            "length, or a plain number for all axes"
        )
    return next(iter(lengths.values()), None)
