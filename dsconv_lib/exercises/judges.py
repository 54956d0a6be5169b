"""Register the questions of a chapter: one function for each kind.

- `number`: one whole number
- `numbers`: several whole numbers, in order or as a set
- `decimal`: one real number within a tolerance
- `choice`: one or more options, a reason for each wrong one
- `function`: a function written by the learner, tried on many settings
- `exercise`: anything else, with a judge of its own
- `prediction`: a question before a result
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsconv_lib.exercises.forms import Form
from dsconv_lib.exercises.framework import (
    Exercise,
    Judge,
    Prediction,
    add_exercise,
    add_prediction,
)
from dsconv_lib.exercises.functions import judge_function
from dsconv_lib.exercises.words import WORDS


def exercise(name: str, *, wants: str, judge: Judge, why: str, python: bool = False) -> None:
    """Register an exercise with a judge of its own.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    wants : str
        What the answer must be, in words: "a list of dilations".
    judge : callable
        Takes an answer; returns None where it is right, else a hint.
    why : str
        Shown with "Correct."
    python : bool
        Whether the judge, and all that the chapter's module imports, is plain Python, the
        arithmetic and the receptive fields; then the exercise can be done in the page.
    """
    add_exercise(name, Exercise(wants, judge, why, python=python))


def number(name: str, *, truth: int, why: str, remind: str, slips: Mapping[int, str]) -> None:
    """Register an exercise whose answer is one whole number.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    truth : int
        The answer, computed by the library.
    why : str
        Shown with "Correct."
    remind : str
        Hint for a wrong answer that is no known slip.
    slips : mapping of int to str
        Hints for the values that known slips lead to.
    """
    _add(name, Form("number", truth, slips, remind), why)


def numbers(
    name: str,
    *,
    truth: Sequence[int],
    why: str,
    remind: str,
    slips: Mapping[Any, str],
    ordered: bool = True,
) -> None:
    """Register an exercise whose answer is several whole numbers.

    The parameters are those of `number`, with tuples for values. Without ``ordered`` the answer is
    a set of numbers, and a slip may also be one number that does not belong there.
    """
    _add(name, Form("numbers", tuple(truth), slips, remind, ordered=ordered), why)


def decimal(
    name: str, *, truth: float, within: float, why: str, remind: str, slips: Mapping[float, str]
) -> None:
    """Register an exercise whose answer is one real number.

    The parameters are those of `number`; ``within`` is how far an answer may be off.
    """
    _add(name, Form("decimal", truth, slips, remind, within=within), why)


def choice(
    name: str, *, options: Mapping[str, str], truth: str, reasons: Mapping[str, str], why: str
) -> None:
    """Register an exercise whose answer is one or more of several options.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    options : mapping of str to str
        The text of each letter; the question in the notebook lists the same.
    truth : str
        The letter, or the letters: "b", "ac".
    reasons : mapping of str to str
        For each letter that is not right, why it is not.
    why : str
        Shown with "Correct."

    Raises
    ------
    ValueError
        If a wrong option has no reason.
    """
    if set(reasons) != set(options) - set(truth):
        raise ValueError(
            f"reasons has {sorted(reasons)}; give one for each wrong option of {name}: "
            f"{sorted(set(options) - set(truth))}"
        )
    _add(name, Form("choice", truth, reasons, options=options), why)


def function(
    name: str,
    *,
    truth: Callable[..., Any],
    settings: Callable[[], Sequence[Mapping[str, Any]]],
    why: str,
    slips: Mapping[str, Callable[..., Any]],
    python: bool = True,
) -> None:
    """Register an exercise whose answer is a function written by the learner.

    The function is called with each setting's values by name and compared with ``truth``. The
    first setting that differs is named, never the right value.

    Parameters
    ----------
    name : str
        Chapter and number: "02-1".
    truth : callable
        The library's function; where it raises ValueError, the learner's must, too.
    settings : callable
        Gives the settings, easy ones first.
    why : str
        Shown with "Correct."
    slips : mapping of str to callable
        Hints, each with a function that makes the slip.
    python : bool
        Whether it can be judged in the page; see `exercise`.
    """

    def judge(answer: Any) -> str | None:
        return judge_function(answer, truth, settings(), slips)

    add_exercise(name, Exercise(WORDS["function"], judge, why, python=python))


def prediction(
    name: str,
    *,
    kind: str,
    truth: Any,
    why: str,
    slips: Mapping[Any, str] | None = None,
    ordered: bool = True,
    within: float = 0.0,
    options: Mapping[str, str] | None = None,
    cells: tuple[int, int] = (1, 1),
) -> None:
    """Register a prediction: a question before a result.

    The question stands in the notebook, in a text that begins "**Predict.**". The next cell is
    ``predict(name)``. What shows the answer follows, in cells tagged ``reveal-NAME``.

    Parameters
    ----------
    name : str
        Chapter and a word: "09-row".
    kind : {"number", "numbers", "decimal", "choice", "mark"}
        What is asked for; see `forms.Form`. A "mark" is a cell to point at, or several.
    truth : int, float, str or tuple
        The answer, computed by the library where it can be.
    why : str
        The reason, shown with the answer after a guess.
    slips : mapping, optional
        What to say about a guess that a known slip leads to; it comes before the reason.
    ordered, within, options, cells
        See `forms.Form`.

    Examples
    --------
    A row of ten pixels, in which the reader marks those that nobody reads::

        prediction("02-unread", kind="mark", truth=(3, 7, 8, 9), cells=(1, 10), why="...")
    """
    form = Form(kind, truth, slips or {}, "", ordered, within, options or {}, cells)
    add_prediction(name, Prediction(form, why))


def _add(name: str, form: Form, why: str) -> None:
    """Register an exercise that is a form."""
    add_exercise(name, Exercise(form.wants, form.judge, why, form))
