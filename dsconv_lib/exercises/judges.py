"""The kinds of exercises: each function here registers one exercise with the judge of its kind.

- `number`: one whole number
- `numbers`: several whole numbers in order
- `decimal`: one real number within a tolerance
- `function`: a function written by the learner, tried on many settings

Hints come from known slips (this value comes out when the dilation is forgotten), else from a
general reminder. Anything else is a `framework.exercise` with a judge of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsconv_lib.exercises.answers import (
    UnansweredError,
    WrongTypeError,
    as_whole_number,
    describe,
    is_empty,
    kind_of,
)
from dsconv_lib.exercises.framework import exercise


def number(
    name: str, *, truth: Callable[[], int], why: str, remind: str, slips: Mapping[int, str]
) -> None:
    """Register an exercise whose answer is one whole number.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    truth : callable
        Computes the answer, from the library.
    why : str
        Shown with "correct".
    remind : str
        Hint for a wrong answer that is no known slip.
    slips : mapping of int to str
        Hints for the values that known slips lead to.
    """

    def judge(answer: Any) -> str | None:
        value = as_whole_number(answer)
        return None if value == truth() else slips.get(value, remind)

    exercise(name, wants="a whole number", judge=judge, why=why)


def numbers(
    name: str,
    *,
    truth: Callable[[], tuple[int, ...]],
    why: str,
    remind: str,
    slips: Mapping[tuple[int, ...], str],
) -> None:
    """Register an exercise whose answer is several whole numbers in order.

    The parameters are those of `number`, with tuples for values.
    """
    wants = f"{len(truth())} whole numbers"

    def judge(answer: Any) -> str | None:
        if not isinstance(answer, list | tuple):
            raise WrongTypeError(describe(answer))
        if any(is_empty(part) for part in answer):
            raise UnansweredError
        value = tuple(as_whole_number(part) for part in answer)
        if len(value) != len(truth()):
            raise WrongTypeError(f"this has {len(value)}")
        return None if value == truth() else slips.get(value, remind)

    exercise(name, wants=wants, judge=judge, why=why)


def decimal(
    name: str,
    *,
    truth: Callable[[], float],
    within: float,
    why: str,
    remind: str,
    slips: Sequence[tuple[float, str]] = (),
) -> None:
    """Register an exercise whose answer is a real number.

    Parameters
    ----------
    name, truth, why, remind
        As in `number`.
    within : float
        Largest absolute difference that still counts as right.
    slips : sequence of (value, hint)
        Values that known slips lead to; recognised within the same tolerance.
    """

    def judge(answer: Any) -> str | None:
        if isinstance(answer, bool | str):
            raise WrongTypeError(describe(answer))
        try:
            value = float(answer)
        except (TypeError, ValueError, RuntimeError):
            raise WrongTypeError(describe(answer)) from None
        if abs(value - truth()) <= within:
            return None
        return next((hint for slip, hint in slips if abs(value - slip) <= within), remind)

    exercise(name, wants="a number", judge=judge, why=why)


def function(
    name: str,
    *,
    truth: Callable[..., object],
    settings: Callable[[], Sequence[Mapping[str, Any]]],
    why: str,
    remind: str = "",
) -> None:
    """Register an exercise whose answer is a function written by the learner.

    The function is called with each setting's values as keyword arguments and compared with
    ``truth``. The first setting that differs is named, never the right value. Where ``truth``
    raises ValueError, the learner's function must raise it too.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    truth : callable
        The library's function.
    settings : callable
        Gives the settings, easy ones first.
    why : str
        Shown with "correct".
    remind : str
        Added to the hint.
    """

    def judge(answer: Any) -> str | None:
        if not callable(answer):
            raise WrongTypeError(describe(answer))
        for setting in settings():
            hint = _compare(answer, truth, setting)
            if hint is not None:
                return f"{hint} {remind}".strip()
        return None

    exercise(name, wants="your own function", judge=judge, why=why)


def _compare(
    answer: Callable[..., object], truth: Callable[..., object], setting: Mapping[str, Any]
) -> str | None:
    """Compare two functions on one setting; None where they agree, else a hint."""
    words = ", ".join(f"{key}={value}" for key, value in setting.items())
    try:
        expected, refused = truth(**setting), False
    except ValueError:
        expected, refused = None, True
    try:
        given = answer(**setting)
    except ValueError as error:
        return None if refused else f"It raises ValueError at {words}: {error}."
    except Exception as error:
        return f"It raises {type(error).__name__} at {words}: {error}."
    if is_empty(given):
        raise UnansweredError
    if refused:
        return f"At {words} it returns {given}, but no layer can do that: raise ValueError there."
    if type(given) is not type(expected):
        return f"At {words} it returns {kind_of(given)}, not {kind_of(expected)}."
    return None if given == expected else f"At {words} it returns {given}, which is wrong."
