"""Questions that a page can ask and judge: their kinds, as plain data.

A form holds what is asked, the right answer and what to say about known slips. The same data goes
into the page, where ``static/judge.js`` judges by the same rules; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsconv_lib.exercises.answers import (
    UnansweredError,
    WrongTypeError,
    as_number,
    as_parts,
    as_whole_number,
    as_whole_numbers,
    describe,
)
from dsconv_lib.exercises.words import WORDS

KINDS = ("number", "numbers", "decimal", "choice", "mark")


@dataclass(frozen=True)
class Form:
    """What a question asks for, and how an answer is judged.

    Attributes
    ----------
    kind : str
        "number" (one whole number), "numbers" (several), "decimal" (one number within a
        tolerance), "choice" (letters of options) or "mark" (cells of a row or a grid).
    truth : int, float, str or tuple
        The right answer: a number, a tuple of numbers, letters ("b" or "ac"), or cells by number,
        counted from 0 in reading order.
    slips : mapping
        Hints for the answers that known slips lead to. Where the order does not matter, a single
        number or letter is a slip wherever it is among those given.
    remind : str
        Hint for a wrong answer that is no known slip.
    ordered : bool
        For "numbers": whether their order, and with it their count, matters.
    within : float
        For "decimal": how far off an answer may be.
    options : mapping of str to str
        For "choice": the text of each letter.
    cells : tuple of int
        For "mark": rows and columns.

    Examples
    --------
    >>> form = Form("number", 5, slips={6: "Count the gaps."}, remind="Draw it.")
    >>> form.judge(6), form.judge(7), form.judge(5.0)
    ('Count the gaps.', 'Draw it.', None)
    """

    kind: str
    truth: Any
    slips: Mapping[Any, str] = field(default_factory=dict)
    remind: str = ""
    ordered: bool = True
    within: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        """Refuse a question that cannot be answered."""
        if self.kind not in KINDS:
            raise ValueError(f"kind={self.kind!r} is none of {', '.join(KINDS)}")
        if self.kind == "choice" and not set(self.truth) < set(self.options):
            raise ValueError(
                f"truth={self.truth!r} must be letters of options={sorted(self.options)}, not all"
            )
        if self.kind == "mark" and not set(self._listed(self.truth)) <= set(range(self.count)):
            raise ValueError(f"truth={self.truth!r} must be among the {self.count} cells")

    @property
    def count(self) -> int:
        """Number of cells that can be marked."""
        return self.cells[0] * self.cells[1]

    @property
    def several(self) -> bool:
        """Whether more than one letter or cell may be chosen."""
        if self.kind == "choice":
            return len(self.truth) > 1
        return self.kind == "mark" and not isinstance(self.truth, int)

    @property
    def wants(self) -> str:
        """What the answer must be, in words."""
        kind = self.kind
        if kind in ("choice", "mark") and self.several:
            kind += "s"
        elif kind == "numbers" and not self.ordered:
            kind = "set"
        count = len(self.truth) if self.kind == "numbers" else 1
        return WORDS[kind].format(count=count, options=", ".join(self.options))

    def judge(self, answer: Any) -> str | None:
        """Return None for the right answer, else a hint.

        Raises
        ------
        UnansweredError, WrongTypeError
            If nothing was filled in, or something of another type.
        """
        value = self.read(answer)
        if self.kind == "decimal":
            if abs(value - self.truth) <= self.within:
                return None
            known = (hint for slip, hint in self.slips.items() if abs(value - slip) <= self.within)
            return next(known, self.remind)
        if self.kind == "number" or (self.kind == "numbers" and self.ordered):
            return None if value == self.truth else self.slips.get(value, self.remind)
        return self._judge_set(value, frozenset(self._listed(self.truth)))

    def _judge_set(self, value: frozenset[Any], truth: frozenset[Any]) -> str | None:
        """Judge an answer whose order does not matter."""
        if value == truth:
            return None
        slips = {frozenset(self._listed(slip)): hint for slip, hint in self.slips.items()}
        if value in slips:
            return slips[value]
        if value < truth:
            return WORDS["more"]
        single = (slips[frozenset([part])] for part in sorted(value) if frozenset([part]) in slips)
        return next(single, self.remind)

    def read(self, answer: Any) -> Any:
        """Turn an answer into a value that can be compared."""
        if self.kind == "number":
            return as_whole_number(answer)
        if self.kind == "decimal":
            return as_number(answer)
        if self.kind == "choice":
            return self._letters(answer)
        if self.kind == "mark" and not self.several:
            return frozenset([as_whole_number(answer)])
        numbers = as_whole_numbers(answer, ordered=self.kind == "numbers" and self.ordered)
        if not self.ordered or self.kind == "mark":
            return frozenset(numbers)
        if len(numbers) != len(self.truth):
            raise WrongTypeError(WORDS["count"].format(count=len(numbers)))
        return numbers

    def _letters(self, answer: Any) -> frozenset[str]:
        """Read letters of options: "b", "B", "ac", "a, c", "(c)" or ["a", "c"]."""
        parts = [answer] if isinstance(answer, str) else as_parts(answer, ordered=False)
        if not all(isinstance(part, str) for part in parts):
            raise WrongTypeError(describe(answer))
        letters = [letter for letter in "".join(parts).lower() if letter not in " ,;.()"]
        if not letters:
            raise UnansweredError
        if strange := [letter for letter in letters if letter not in self.options]:
            raise WrongTypeError(WORDS["no-option"].format(value=strange[0]))
        if len(letters) > 1 and not self.several:
            raise WrongTypeError(WORDS["count"].format(count=len(letters)))
        return frozenset(letters)

    def _listed(self, value: Any) -> list[Any]:
        """Return the parts of a truth or a slip: of a number itself, of letters each."""
        return [value] if isinstance(value, int) else list(value)
