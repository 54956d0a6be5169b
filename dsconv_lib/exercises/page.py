"""What a page needs in order to ask: the questions as sealed data, and the script that asks them.

Sealing keeps an answer out of a page's plain text and out of a search through its source. It hides
nothing from somebody who wants to know.
"""

import base64
import json
import re
from itertools import cycle
from pathlib import Path
from typing import Any

from dsconv_lib.exercises.forms import Form
from dsconv_lib.exercises.framework import find, find_prediction
from dsconv_lib.exercises.words import WORDS

STATIC = Path(__file__).parent / "static"
STYLE = STATIC / "questions.css"
VIEW = ("judge.js", "controls.js", "prediction.js")
"""The modules of a prediction's view, each after those that it imports."""


def seal(name: str, data: Any) -> str:
    """Encode data as text that only reads with the name that it was sealed under.

    Examples
    --------
    >>> seal("02-1", 32)
    'AwA='
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    key = cycle(name.encode())
    return base64.b64encode(bytes(byte ^ next(key) for byte in text)).decode()


def question(name: str) -> dict[str, Any]:
    """Return a question that a page can judge by itself, ready for JSON.

    Raises
    ------
    ValueError
        If there is no question of that name, or its answer is no form.
    """
    if name.split("-")[1].isdigit():
        exercise = find(name)
        if exercise.form is None:
            raise ValueError(f"name={name!r} is judged by Python; a page cannot ask it by itself")
        return _as_json(exercise.form, exercise.why)
    prediction = find_prediction(name)
    return _as_json(prediction.form, prediction.why)


def _as_json(form: Form, why: str) -> dict[str, Any]:
    """Turn a form into plain data."""
    return {
        "kind": form.kind,
        "truth": form.truth,
        "slips": list(form.slips.items()),
        "remind": form.remind,
        "ordered": form.ordered,
        "within": form.within,
        "options": list(form.options.items()),
        "cells": form.cells,
        "several": form.several,
        "wants": form.wants,
        "why": why,
    }


def script(*files: Path | str) -> str:
    """Join modules into one: their imports and exports are taken away, a default export stays.

    Parameters
    ----------
    *files : Path or str
        Modules, each after those that it imports; a plain name is one of `STATIC`.
    """
    texts = [(STATIC / file).read_text(encoding="utf-8") for file in files]
    joined = "\n".join([f"const WORDS = {json.dumps(WORDS, ensure_ascii=False)};", *texts])
    joined = re.sub(r"^import .*\n", "", joined, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", joined, flags=re.MULTILINE)
