"""How an exercise or a prediction is described, found and answered.

An exercise never shows its answer. A verdict is one of three: not answered, a hint about what is
wrong, or correct with a few words why. A prediction is a question before a result; what shows the
answer stays closed until a guess is made (`prediction.py`).

Each chapter has one module, ``chapter_02``, ``chapter_a1`` or ``chapter_t1``, that registers its
questions when it is imported, and that is when one of them is asked for. An exercise is named by
chapter and number, "02-1", and a reader sees "Exercise 2.1"; a prediction by chapter and a word,
"02-places".
"""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, resources
from typing import Any

from dsconv_lib.exercises.answers import UnansweredError, WrongTypeError, is_empty
from dsconv_lib.exercises.forms import Form
from dsconv_lib.exercises.words import WORDS

Judge = Callable[[Any], str | None]
"""Takes an answer; returns None where it is right, else a hint. May raise `UnansweredError`."""

PACKAGE = "dsconv_lib.exercises"
LINE = 40
"""Characters that a printed line may have: as many as a phone shows."""


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
        Few words of reason, shown with "Correct."
    form : Form, optional
        The question as data, where it is of a kind that a page can judge by itself.
    python : bool
        Whether its judge runs on plain Python, so that a page's Python can run it.
    """

    wants: str
    judge: Judge
    why: str
    form: Form | None = None
    python: bool = False


@dataclass(frozen=True)
class Prediction:
    """A question before a result: what is asked, and why the answer is what it is."""

    form: Form
    why: str


_EXERCISES: dict[str, Exercise] = {}
_PREDICTIONS: dict[str, Prediction] = {}


def check(name: str, answer: object) -> None:
    """Judge an answer and print what there is to say about it.

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
    said = f"{WORDS['exercise'].format(label=label(name))}: {said}"
    print(textwrap.fill(said, LINE, break_long_words=False, break_on_hyphens=False))


def verdict(name: str, answer: object) -> str:
    """Judge an answer; the text that `check` prints after the exercise's number."""
    exercise = find(name)
    missing = WORDS["not-answered"].format(wants=exercise.wants)
    if is_empty(answer):
        return missing
    try:
        hint = exercise.judge(answer)
    except UnansweredError:
        return missing
    except WrongTypeError as error:
        hint = WORDS["asks"].format(wants=exercise.wants, seen=error)
    if hint is None:
        return WORDS["correct"].format(why=exercise.why)
    return WORDS["not-yet"].format(hint=hint)


def find(name: str) -> Exercise:
    """Return an exercise; its chapter's module is imported if it was not yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    """
    return _found(name, _EXERCISES, "exercise", names)


def find_prediction(name: str) -> Prediction:
    """Return a prediction, as `find` does an exercise."""
    return _found(name, _PREDICTIONS, "prediction", predictions)


def _found(name: str, table: dict[str, Any], noun: str, listed: Callable[[str], list[str]]) -> Any:
    """Look a question up, in its chapter's module."""
    chapter, _, rest = name.partition("-")
    known = chapters()
    if chapter not in known or not rest:
        raise ValueError(
            f"name={name!r} is no {noun}; it begins with its chapter, one of {', '.join(known)}."
        )
    here = listed(chapter)
    if name not in table:
        raise ValueError(f"name={name!r} is no {noun}; there are {', '.join(here) or 'none'}.")
    return table[name]


def chapters() -> list[str]:
    """Name the chapters that have questions, numbered ones first: "02", ..., "a1", ..., "t1"."""
    files = (file.name for file in resources.files(PACKAGE).iterdir())
    parts = (name.removesuffix(".py").partition("chapter_") for name in files)
    return sorted(chapter for before, found, chapter in parts if found and not before)


def names(chapter: str) -> list[str]:
    """Name the exercises of a chapter, in their order: "02-1", "02-2", ..."""
    import_module(f"{PACKAGE}.chapter_{chapter}")
    found = [name for name in _EXERCISES if name.startswith(f"{chapter}-")]
    return sorted(found, key=lambda name: int(name.split("-")[1]))


def predictions(chapter: str) -> list[str]:
    """Name the predictions of a chapter, in the order of its module."""
    import_module(f"{PACKAGE}.chapter_{chapter}")
    return [name for name in _PREDICTIONS if name.startswith(f"{chapter}-")]


def label(name: str) -> str:
    """Write a name as a reader sees it: "02-1" is "2.1", "a1-1" is "A1.1"."""
    chapter, number = name.split("-")
    return f"{chapter.lstrip('0').upper()}.{number}"


def add_exercise(name: str, exercise: Exercise) -> None:
    """Register an exercise.

    Raises
    ------
    ValueError
        If the name is taken, or is not chapter and number.
    """
    _add(name, exercise, _EXERCISES, r"(\d\d|[at]\d)-\d+", "02-1")


def add_prediction(name: str, prediction: Prediction) -> None:
    """Register a prediction, as `add_exercise` does an exercise."""
    _add(name, prediction, _PREDICTIONS, r"(\d\d|[at]\d)-[a-z][a-z0-9-]*", "02-places")


def _add(name: str, question: Any, table: dict[str, Any], form: str, example: str) -> None:
    """Put a question into its table under a name of its own."""
    if not re.fullmatch(form, name):
        raise ValueError(f"name={name!r} must be chapter, hyphen and name, such as {example!r}.")
    if name in table:
        raise ValueError(f"name={name!r} is taken; give every question its own name.")
    table[name] = question
