"""How an exercise is described, found and answered.

An exercise never shows its answer. A verdict is one of three: not answered yet, a hint about what
is wrong, or correct with a few words why.

Each chapter has one module, ``chapter_02`` or ``chapter_a1``, that registers its exercises when it
is imported, and that is when one of them is asked for. An exercise is named by chapter and number,
"02-1"; a reader sees "Exercise 2.1".
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, resources
from typing import Any

from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, is_empty

Judge = Callable[[Any], str | None]
"""Takes an answer; returns None where it is right, else a hint. May raise `UnansweredError`."""

PACKAGE = "dsconv_lib.exercises"


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
        Chapter and number of the exercise: "02-1".
    answer : object
        What the learner wrote; ``...`` where nothing was written yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    said = verdict(name, answer)
    print(f"Exercise {label(name)}: {said}")


def verdict(name: str, answer: object) -> str:
    """Judge an answer; the text that `check` prints after the exercise's number."""
    exercise = find(name)
    missing = f"not answered yet. Replace the ... with {exercise.wants}."
    if is_empty(answer):
        return missing
    try:
        hint = exercise.judge(answer)
    except UnansweredError:
        return missing
    except WrongTypeError as error:
        return f"not yet. This wants {exercise.wants}, but {error}."
    return f"correct. {exercise.why}" if hint is None else f"not yet. {hint}"


def find(name: str) -> Exercise:
    """Return an exercise; its chapter's module is imported if it was not yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    chapter = name.split("-")[0]
    known = chapters()
    if chapter not in known:
        raise ValueError(
            f"name={name!r} is no exercise; it begins with its chapter, one of {', '.join(known)}."
        )
    import_module(f"{PACKAGE}.chapter_{chapter}")
    if name not in _EXERCISES:
        raise ValueError(f"name={name!r} is no exercise; there are {', '.join(names(chapter))}.")
    return _EXERCISES[name]


def chapters() -> list[str]:
    """Name the chapters that have exercises, in the book's order: "02", ..., "a1"."""
    files = (file.name for file in resources.files(PACKAGE).iterdir())
    parts = (name.removesuffix(".py").partition("chapter_") for name in files)
    return sorted(chapter for before, found, chapter in parts if found and not before)


def names(chapter: str) -> list[str]:
    """Name the exercises of a chapter, in their order: "02-1", "02-2", ..."""
    import_module(f"{PACKAGE}.chapter_{chapter}")
    found = [name for name in _EXERCISES if name.startswith(f"{chapter}-")]
    return sorted(found, key=lambda name: int(name.split("-")[1]))


def label(name: str) -> str:
    """Write a name as a reader sees it: "02-1" is "2.1", "a1-1" is "A1.1"."""
    chapter, number = name.split("-")
    return f"{chapter.lstrip('0').upper()}.{number}"


def exercise(name: str, *, wants: str, judge: Judge, why: str) -> None:
    """Register an exercise with a judge of its own.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
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
