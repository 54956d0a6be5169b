"""Panels for what needs a kernel: a button, and what it measured."""

import time
from collections.abc import Callable, Mapping, Sequence
from html import escape
from statistics import median

import ipywidgets

__all__ = ["CompareTimes", "ratio"]

ROUNDS = 15


class CompareTimes(ipywidgets.VBox):
    """A button that measures how much longer one call takes than another, on this machine.

    Nothing is measured before it is pressed, so a stored notebook holds no time.

    Parameters
    ----------
    cases : mapping of str to two callables
        What the ratio is called, and the two calls: the time of the first is divided by that of
        the second.

    Raises
    ------
    ValueError
        If a case has not exactly two calls.

    Examples
    --------
    >>> CompareTimes({"sorted : sum": (lambda: sorted(range(99)), lambda: sum(range(99)))})
    Times are measured in JupyterLab or on Colab: press "Measure".
    """

    def __init__(self, cases: Mapping[str, Sequence[Callable[[], object]]]) -> None:
        for name, calls in cases.items():
            if len(calls) != 2:
                raise ValueError(
                    f"cases[{name!r}] has {len(calls)} calls, and a ratio needs two: "
                    "give [first, second]"
                )
        self.cases = dict(cases)
        self.button = ipywidgets.Button(description="Measure", button_style="primary")
        self.result = ipywidgets.HTML()
        self.button.on_click(self.measure)
        super().__init__([self.button, self.result])

    def measure(self, button: ipywidgets.Button | None = None) -> None:
        """Measure every case and show the ratios; what ``button`` calls when it is pressed."""
        self.result.value = "<br>".join(
            f"{escape(name)}: <b>{ratio(first, second):.2f}</b>"
            for name, (first, second) in self.cases.items()
        )

    def __repr__(self) -> str:
        return 'Times are measured in JupyterLab or on Colab: press "Measure".'


def ratio(first: Callable[[], object], second: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median over rounds of the time of one call divided by that of another, in turn.

    Parameters
    ----------
    first, second : callable
        Called without arguments, once before the first round and once in each.
    rounds : int
        How often; at least 1.

    Returns
    -------
    float
        Above 1 where ``first`` takes longer.
    """
    first(), second()
    return median(_seconds(first) / _seconds(second) for _ in range(rounds))


def _seconds(call: Callable[[], object]) -> float:
    """Time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
