"""Read what a learner wrote: nothing, a whole number, or something of another type."""

import operator
from typing import Any


class UnansweredError(Exception):
    """Raised by a judge that finds that nothing was filled in."""


class WrongTypeError(Exception):
    """Raised by a judge that was given something of another type than it asks for."""


def as_whole_number(answer: Any) -> int:
    """Turn an answer into an int; refuse booleans, decimals and text with `WrongTypeError`."""
    if isinstance(answer, bool):
        raise WrongTypeError(describe(answer))
    try:
        return operator.index(answer)
    except TypeError:
        raise WrongTypeError(describe(answer)) from None


def describe(answer: object) -> str:
    """Say what type an answer has: "this is a float"."""
    return f"this is {kind_of(answer)}"


def kind_of(value: object) -> str:
    """Name a value's type, with its article."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def is_empty(answer: object) -> bool:
    """Tell whether nothing was written: ``...``, None, an empty text, list or tuple."""
    if answer is None or answer is Ellipsis:
        return True
    return isinstance(answer, str | list | tuple | dict | set) and len(answer) == 0
