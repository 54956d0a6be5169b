"""What a widget's state is made of: each trait checks its values and can draw one at random."""

import operator
from collections.abc import Iterable, Sequence
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


class Choice(traitlets.TraitType):
    """A trait that holds one of some names."""

    def __init__(self, options: Iterable[str]) -> None:
        self.options = tuple(options)
        super().__init__(default_value=self.options[0])
        self.tag(sync=True)

    def validate(self, obj: Any, value: object) -> str:
        """Check a new name."""
        if not isinstance(value, str):
            raise TypeError(f"{self.name}={value!r} must be a name: use one of {self.options}")
        if value not in self.options:
            raise ValueError(f"{self.name}={value!r} is unknown: use one of {self.options}")
        return value

    def sample(self, roll: Random) -> str:
        """Draw a name."""
        return roll.choice(self.options)


class Flag(traitlets.TraitType):
    """A trait that is on or off."""

    def __init__(self) -> None:
        super().__init__(default_value=False)
        self.tag(sync=True)

    def validate(self, obj: Any, value: object) -> bool:
        """Check a new value."""
        if not isinstance(value, bool):
            raise TypeError(f"{self.name}={value!r} must be True or False")
        return value

    def sample(self, roll: Random) -> bool:
        """Draw a value."""
        return roll.random() < 0.5


Picture = list[list[list[int]]]


class Cells(traitlets.TraitType):
    """A trait that holds whole numbers in channels, rows and columns.

    One channel may be given as its rows.
    """

    def __init__(self, most: Sequence[int], number: int, *, least: int = 1) -> None:
        super().__init__(default_value=[])
        self.most, self.number, self.least = tuple(most), number, least
        self.tag(sync=True)

    def validate(self, obj: Any, value: object) -> Picture:
        """Check new numbers."""
        name = str(self.name)
        nested = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(nested, list | tuple):
            raise TypeError(f"{name}={value!r} must be rows of numbers: use for example [[1, 2]]")
        if not nested and self.least == 0:
            return []
        rows_only = all(
            isinstance(row, list | tuple) and not any(isinstance(n, list | tuple) for n in row)
            for row in nested
        )
        picture = [nested] if rows_only else nested
        self._check_shape(name, picture)
        least, most = -self.number, self.number
        what = f"a number of {name}"
        return [[[whole(what, n, least, most) for n in row] for row in rows] for rows in picture]

    def _check_shape(self, name: str, picture: Any) -> None:
        try:
            shapes = {(len(picture), len(rows), len(row)) for rows in picture for row in rows}
        except TypeError as error:
            raise TypeError(
                f"{name}={picture!r} must be rows of numbers, or channels of rows: "
                "use for example [[1, 2], [3, 4]]"
            ) from error
        if len(shapes) != 1 or len({len(rows) for rows in picture}) != 1:
            raise ValueError(
                f"{name} is empty or its rows or channels differ in size: give each as many numbers"
            )
        (shape,) = shapes
        if not all(1 <= size <= most for size, most in zip(shape, self.most, strict=True)):
            raise ValueError(
                f"{name} has {' × '.join(map(str, shape))} numbers (channels, rows, columns), but "
                f"at most {' × '.join(map(str, self.most))} can be drawn: use fewer"
            )

    def sample(self, roll: Random, channels: int | None = None) -> Picture:
        """Draw numbers, often small ones."""
        count, rows, columns = (roll.randint(1, most) for most in self.most)
        most = roll.choice([1, 9, self.number])
        return [
            [[roll.randint(-most, most) for _ in range(columns)] for _ in range(rows)]
            for _ in range(channels or count)
        ]
