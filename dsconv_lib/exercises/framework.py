"""How an exercise is described, judged and answered.

An exercise never shows its answer. A verdict is one of three: not answered yet, a hint about what
is wrong, or correct with a few words why. Hints come from known slips (this value comes out when
the dilation is forgotten), else from a general reminder.

A chapter's module describes its exercises with the functions here:

- `number`: one whole number
- `numbers`: several whole numbers in order
- `decimal`: one real number within a tolerance
- `function`: a function written by the learner, tried on many settings
- `exercise`: anything else, with a verdict of its own
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Judge = Callable[[Any], str | None]
"""Takes an answer; returns None where it is right, else a hint. May raise `UnansweredError`."""


class UnansweredError(Exception):
    """Raised by a judge that finds that nothing was filled in."""


class WrongTypeError(Exception):
    """Raised by a judge that was given something of another type than it asks for."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    wants : str
        What the answer must be, in words: "a whole number".
    judge : Judge
        Decides.
    why : str
        Few words of reason, shown with "correct".
    """

    wants: str
    judge: Judge
    why: str


_EXERCISES: dict[str, Exercise] = {}


def check(name: str, answer: object) -> None:
    """Judge an answer and print one line.

    Parameters
    ----------
    name : str
        Number of the exercise, such as "2.1".
    answer : object
        What the learner wrote; ``...`` where nothing was written yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    if name not in _EXERCISES:
        raise ValueError(f"name={name!r} is no exercise; there are {', '.join(names())}.")
    print(f"Exercise {name}: {verdict(name, answer)}")


def verdict(name: str, answer: object) -> str:
    """Judge an answer; the text that `check` prints after the exercise's number."""
    exercise = _EXERCISES[name]
    missing = f"not answered yet. Replace the ... with {exercise.wants}."
    if _empty(answer):
        return missing
    try:
        hint = exercise.judge(answer)
    except UnansweredError:
        return missing
    except WrongTypeError as error:
        return f"not yet. This wants {exercise.wants}, but {error}."
    return f"correct. {exercise.why}" if hint is None else f"not yet. {hint}"


def names() -> list[str]:
    """Names of all exercises, in the book's order."""
    return sorted(_EXERCISES, key=lambda name: [int(part) for part in name.split(".")])


def exercise(name: str, *, wants: str, judge: Judge, why: str) -> None:
    """Register an exercise with a judge of its own.

    Parameters
    ----------
    name : str
        "chapter.number".
    wants, judge, why
        See `Exercise`.

    Raises
    ------
    ValueError
        If the name is taken.
    """
    if name in _EXERCISES:
        raise ValueError(f"name={name!r} is taken; give every exercise its own number.")
    _EXERCISES[name] = Exercise(wants, judge, why)


def number(
    name: str, *, truth: Callable[[], int], why: str, remind: str, slips: Mapping[int, str]
) -> None:
    """Register an exercise whose answer is one whole number.

    Parameters
    ----------
    name : str
        "chapter.number".
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
        if any(_empty(part) for part in answer):
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
        "chapter.number".
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
    return f"this is {_kind(answer)}"


def _kind(value: object) -> str:
    """Name a value's type, with its article."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _empty(answer: object) -> bool:
    """Tell whether nothing was written: ``...``, None, an empty text, list or tuple."""
    if answer is None or answer is Ellipsis:
        return True
    return isinstance(answer, str | list | tuple | dict | set) and len(answer) == 0


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
    if _empty(given):
        raise UnansweredError
    if refused:
        return f"At {words} it returns {given}, but no layer can do that: raise ValueError there."
    if type(given) is not type(expected):
        return f"At {words} it returns {_kind(given)}, not {_kind(expected)}."
    return None if given == expected else f"At {words} it returns {given}, which is wrong."
