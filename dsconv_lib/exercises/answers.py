"""Read what a learner wrote: nothing, numbers in their many clothes, or something else.

A whole number may come as 4, 4.0, ``np.int64(4)``, a tensor of one element or ``(4,)``; several of
them as a list, a tuple, a range, an array or, where the order does not matter, a set.
"""

import operator
from collections.abc import Iterable
from typing import Any

from dsconv_lib.exercises.words import WORDS


class UnansweredError(Exception):
    """Raised by a judge that finds that nothing was filled in."""


class WrongTypeError(Exception):
    """Raised by a judge that was given something of another type than it asks for."""


def is_empty(answer: object) -> bool:
    """Tell whether nothing was written: ``...``, None, an empty text, list or tuple."""
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, str):
        return not answer.strip()
    if isinstance(answer, list | tuple | dict | set | frozenset | range):
        return len(answer) == 0
    return False


def as_number(answer: Any) -> int | float:
    """Turn an answer into an int or a float; refuse all else with `WrongTypeError`."""
    answer = _alone(_plain(answer))
    if is_empty(answer):
        raise UnansweredError
    if isinstance(answer, str):
        raise WrongTypeError(WORDS["text"])
    if isinstance(answer, bool) or type(answer).__name__ in ("bool_", "bool"):
        raise WrongTypeError(describe(answer))
    try:
        return operator.index(answer)
    except TypeError:
        pass
    try:
        return float(answer)
    except (TypeError, ValueError, RuntimeError):
        raise WrongTypeError(describe(answer)) from None


def as_whole_number(answer: Any) -> int:
    """Turn an answer into an int; a decimal must be equal to one."""
    value = as_number(answer)
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        raise WrongTypeError(WORDS["not-whole"].format(value=value))
    return int(value)


def as_parts(answer: Any, *, ordered: bool = True) -> list[Any]:
    """Turn an answer into a list of its parts; a list in a list is unwrapped.

    Parameters
    ----------
    answer : object
        A list, a tuple, a range, an array, anything that gives its parts one by one.
    ordered : bool
        Whether the order matters; then a set is refused.

    Raises
    ------
    UnansweredError
        If there are no parts, or one of them is ``...``.
    WrongTypeError
        If it has no parts, as a number, a text or a mapping.
    """
    answer = _plain(answer)
    if isinstance(answer, str):
        raise WrongTypeError(WORDS["text"])
    if isinstance(answer, set | frozenset):
        if ordered:
            raise WrongTypeError(WORDS["no-order"])
        answer = sorted(answer, key=repr)
    if isinstance(answer, dict) or not isinstance(answer, Iterable):
        raise WrongTypeError(describe(answer))
    parts = [_plain(part) for part in answer]
    if len(parts) == 1 and isinstance(parts[0], list | tuple | range | set):
        return as_parts(parts[0], ordered=ordered)
    if not parts or any(is_empty(part) for part in parts):
        raise UnansweredError
    return parts


def as_whole_numbers(answer: Any, *, ordered: bool = True) -> tuple[int, ...]:
    """Turn an answer into a tuple of ints; see `as_parts`."""
    return tuple(as_whole_number(part) for part in as_parts(answer, ordered=ordered))


def describe(answer: object) -> str:
    """Say what type an answer has: "this is a dict"."""
    return WORDS["is"].format(kind=kind_of(answer))


def kind_of(value: object) -> str:
    """Name a value's type, with its article."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _plain(answer: Any) -> Any:
    """Turn an array or a tensor into a number or a list of them; leave all else alone."""
    to_list = getattr(answer, "tolist", None)
    return to_list() if callable(to_list) else answer


def _alone(answer: Any) -> Any:
    """Take the one element out of a list or tuple of one."""
    while isinstance(answer, list | tuple) and len(answer) == 1:
        answer = answer[0]
    return answer
