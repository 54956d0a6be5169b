"""Judge a function that the learner wrote, by calling it on many settings."""

import copy
import inspect
import io
import numbers
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, describe

Function = Callable[..., Any]
Setting = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a call led to: a value, or an error; and what it printed."""

    value: Any = None
    error: Exception | None = None
    printed: str = ""


def call(function: Function, setting: Setting) -> Outcome:
    """Call a function with copies of a setting's values, by name."""
    output = io.StringIO()
    try:
        with redirect_stdout(output):
            value = function(**copy.deepcopy(dict(setting)))
    except Exception as error:
        return Outcome(error=error, printed=output.getvalue())
    return Outcome(value, printed=output.getvalue())


def judge_function(
    answer: Any,
    truth: Function,
    settings: Sequence[Setting],
    slips: Mapping[str, Function],
) -> str | None:
    """Compare a learner's function with the true one; None where they agree, else a hint.

    Parameters
    ----------
    answer : object
        What the learner gave.
    truth : callable
        The library's function. Where it raises ValueError, the learner's must, too.
    settings : sequence of mapping
        Arguments by name, easy ones first.
    slips : mapping of str to callable
        Hints, each with the function that makes the slip. It is given where the slip explains
        everything that was seen, up to the first setting that differs.
    """
    if not callable(answer):
        raise WrongTypeError(describe(answer))
    for number, setting in enumerate(settings):
        hint = _compare(answer, truth, setting)
        if hint is None:
            continue
        tried = settings[: number + 1]
        for words, slip in slips.items():
            if all(_alike(call(answer, one), call(slip, one)) for one in tried):
                return f"{hint} {words}"
        return hint
    return None


def _compare(answer: Function, truth: Function, setting: Setting) -> str | None:
    """Compare two functions on one setting."""
    words = ", ".join(f"{key}={value}" for key, value in setting.items())
    if hint := _cannot_take(answer, truth, setting):
        return hint
    expected, given = call(truth, setting), call(answer, setting)
    if expected.error is not None and not isinstance(expected.error, ValueError):
        raise expected.error
    if given.value is Ellipsis:
        raise UnansweredError
    if isinstance(given.error, NotImplementedError) and not str(given.error):
        raise UnansweredError
    if _alike(given, expected):
        return None
    if given.error is not None:
        said = f": {given.error}" if str(given.error) else ""
        return f"At {words} it raises {type(given.error).__name__}{said}."
    if given.value is None:
        printed = given.printed.strip().partition("\n")[0]
        seen = f"it prints {printed}, but it returns nothing" if printed else "it returns nothing"
        mend = "raise ValueError there" if expected.error else "end it with return and the result"
        return f"At {words} {seen}: {mend}."
    if expected.error is not None:
        return f"At {words} it returns {given.value}, but nothing fits: raise ValueError there."
    if not _is_number(given.value) and not _of_one_kind(
        _plain(given.value), _plain(expected.value)
    ):
        return f"At {words} it returns {_name(given.value)}, not {_name(expected.value)}."
    return f"At {words} it returns {given.value}, which is wrong."


def _cannot_take(answer: Function, truth: Function, setting: Setting) -> str | None:
    """Tell how the first line differs, where a function cannot take a setting's names."""
    try:
        inspect.signature(answer).bind(**setting)
    except TypeError:
        names = ", ".join(inspect.signature(truth).parameters)
        return f"It cannot be called with the names {names}: keep the first line as it was."
    except ValueError:  # a function of C has no signature that can be read
        return None
    return None


def _alike(one: Outcome, other: Outcome) -> bool:
    """Tell whether two calls led to equal values, or both to a ValueError."""
    if one.error is not None or other.error is not None:
        return isinstance(one.error, ValueError) and isinstance(other.error, ValueError)
    return _equal(_plain(one.value), _plain(other.value))


def _equal(one: Any, other: Any) -> bool:
    """Compare numbers by value, lists and tuples part by part."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        same = len(one) == len(other)
        return same and all(map(_equal, map(_plain, one), map(_plain, other)))
    if _is_number(one) and _is_number(other):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number; True and False are none here."""
    return isinstance(value, numbers.Number) and not isinstance(value, bool)


def _of_one_kind(one: Any, other: Any) -> bool:
    """Tell whether two values are of one type; a list and a tuple are."""
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple)
    return isinstance(one, type(other))


def _plain(value: Any) -> Any:
    """Turn an array or a tensor into numbers and lists."""
    to_list = getattr(value, "tolist", None)
    return to_list() if callable(to_list) else value


def _name(value: Any) -> str:
    """Name the type of a value that was returned."""
    return describe(value).removeprefix("this is ")
