"""Questions that answer: ``check(name, answer)`` judges an exercise, ``predict(name)`` asks first.

``framework`` finds and answers them, ``judges`` has their kinds. Each chapter has one module that
registers its questions: ``chapter_02``, ``chapter_a1`` for a chapter in depth, ``chapter_t1`` for
a self-test of part I. It is imported when one of them is asked for.
"""

from typing import Any

from dsconv_lib.exercises.framework import check

__all__ = ["check", "predict"]


def predict(name: str) -> Any:
    """Ask for a guess before a result; see `judges.prediction`.

    Parameters
    ----------
    name : str
        Chapter and a word: "02-places".

    Returns
    -------
    Prediction
        A small widget, the value of a notebook's cell.

    Raises
    ------
    ValueError
        If there is no prediction of that name.
    """
    from dsconv_lib.exercises.prediction import Prediction

    return Prediction(name)
