"""What a widget's state is made of: each trait checks its values and can draw one at random."""

import operator
from random import Random
from typing import Any

import traitlets


def whole(name: str, value: object, least: int, most: int) -> int:
    """Check an integer and its bounds.

    Raises
    ------
    TypeError
        If ``value`` is not an integer (`bool` and `float` are not).
    ValueError
        If it lies outside ``least .. most``.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}={value!r} must be an integer: use one from {least} to {most}")
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(
            f"{name}={number} must be from {least} to {most}: "
            f"use {min(max(number, least), most)}, or work it out with the library's functions"
        )
    return number


class Whole(traitlets.TraitType):
    """A trait that holds an integer between two bounds."""

    def __init__(self, least: int, most: int) -> None:
        super().__init__(default_value=least)
        self.least, self.most = least, most
        self.tag(sync=True)

    def validate(self, obj: Any, value: object) -> int:
        """Check a new value; see `whole`."""
        return whole(str(self.name), value, self.least, self.most)

    def sample(self, roll: Random) -> int:
        """Draw a value."""
        return roll.randint(self.least, self.most)
