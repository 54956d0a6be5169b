"""The tables of right and wrong answers that each chapter's tests hold, together."""

import re
import sys
from importlib import import_module
from pathlib import Path

from dsconv_lib.exercises import framework
from dsconv_lib.exercises.framework import verdict

sys.path.append(str(Path(__file__).parent / "chapters"))

TESTS = [import_module(f"test_{chapter}") for chapter in framework.chapters()]
NAMES = [name for chapter in framework.chapters() for name in framework.names(chapter)]
PREDICTIONS = [name for chapter in framework.chapters() for name in framework.predictions(chapter)]
# For each exercise, forms of the right answer, and wrong answers with a piece of their hint.
ANSWERS = {name: answers for test in TESTS for name, answers in test.ANSWERS.items()}
# For each prediction, right guesses and wrong ones.
GUESSES = {name: guesses for test in TESTS for name, guesses in test.GUESSES.items()}
# The exercises that a page judges by itself.
FORMS = {name: form for name in NAMES if (form := framework.find(name).form)}


def typed(answer):
    """What somebody types into a page who writes this answer in a notebook; None if nobody does."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list | tuple | range | set):
        parts = [typed(part) for part in answer]
        return None if None in parts else f"({', '.join(parts)})"
    if isinstance(answer, int | float) and not isinstance(answer, bool) and answer == answer:
        return str(answer)
    return None


def typed_answers(name):
    """All answers to an exercise that can be typed into a page, each with what is said to it.

    What is said about a type of Python (a set, an int in place of a list) has no counterpart there.
    """
    right, wrong = ANSWERS[name]
    pairs = [(typed(a), verdict(name, a)) for a in [*right, *(answer for answer, _ in wrong)]]
    return [(a, v) for a, v in pairs if a and not re.search("but (this is an? |a set)", v)]
