"""A prediction in a notebook: a small widget that asks, and then sets the guess by the answer."""

from html import escape
from typing import Any

import anywidget
import traitlets

from dsconv_lib.exercises.framework import find_prediction
from dsconv_lib.exercises.page import STYLE, VIEW, question, script, seal
from dsconv_lib.exercises.words import WORDS


class Prediction(anywidget.AnyWidget):
    """Ask for a guess and, once it is made, say whether it is right and why.

    Its ``text/html`` form is a line of text; the book's page puts the living question there.

    Parameters
    ----------
    name : str
        Chapter and a word: "02-places".

    Raises
    ------
    ValueError
        If there is no prediction of that name.
    """

    _esm = script(*VIEW)
    _css = STYLE.read_text(encoding="utf-8")
    prediction = traitlets.Unicode().tag(sync=True)
    sealed = traitlets.Unicode().tag(sync=True)
    # ipywidgets 7 would display through this and leave out the line of text.
    _ipython_display_ = None

    def __init__(self, name: str) -> None:
        find_prediction(name)
        super().__init__(prediction=name, sealed=seal(name, question(name)))

    def __repr__(self) -> str:
        return f"predict({self.prediction!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled if isinstance(bundled, tuple) else (bundled, {})
        return {**data, "text/html": self._stored()}, metadata

    def _stored(self) -> str:
        """What GitHub shows: the options of a choice, and what to do."""
        options = find_prediction(self.prediction).form.options.items()
        lines = [f"{letter}: {escape(text)}<br>" for letter, text in options]
        return (
            f'<div class="dsconv-question" data-prediction="{escape(self.prediction)}">'
            f"{''.join(lines)}<em>{escape(WORDS['stored'])}</em></div>"
        )
