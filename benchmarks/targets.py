"""What the speed shall be, and what the tables of a report say of it.

Tables are Markdown by their titles; the first lines of some are those of `depthwise.summary`.
"""

import re
from typing import NamedTuple

from depthwise_settings import others
from reference import TARGET as NUMPY_TARGET
from timing import table

# Times the time of moving the data; and the ratio that nothing may fall below.
FLOOR, NO_LOSS = 4, 0.95


class Verdict(NamedTuple):
    """One line of the summary."""

    what: str
    target: str
    found: str = "not measured"
    met: bool | None = None

    def row(self) -> list[str]:
        """As the table shows it."""
        word = {True: "yes", False: "**no**", None: "–"}[self.met]
        return [self.what, self.target, self.found, word]


class Line(NamedTuple):
    """A geometric mean and the least of ratios, as a table's first lines tell them."""

    name: str
    mean: float
    least: float
    where: str

    def __str__(self) -> str:
        return f"mean {self.mean:.2f}, least {self.least:.2f} ({self.where})"


def lines(text: str) -> list[Line]:
    """All lines that `depthwise.summary` wrote."""
    found = re.findall(r"^- (.+): geometric mean ([\d.]+), least ([\d.]+) \((.+)\)$", text, re.M)
    return [Line(name, float(mean), float(least), where) for name, mean, least, where in found]


class Aim(NamedTuple):
    """A target for the ratios of a table: for their geometric mean, for the least, or for both.

    ``beside`` names a line to be shown with it.
    """

    what: str
    title: str
    name: str
    mean: float = 0
    least: float = 0
    beside: str = ""

    def verdict(self, report: dict[str, str]) -> Verdict:
        """Look it up in the tables, by title."""
        wanted = {"mean": self.mean, "least": self.least}
        target = ", ".join(f"{name} ≥ {value:g}" for name, value in wanted.items() if value)
        text = "\n".join(text for title, text in report.items() if title.startswith(self.title))
        known = {line.name: line for line in lines(text)}
        if self.name not in known:
            return Verdict(self.what, target)
        line = known[self.name]
        found = f"{line}; {self.beside}: {known[self.beside]}" if self.beside else str(line)
        return Verdict(
            self.what, target, found, line.mean >= self.mean and line.least >= self.least
        )


def never_slower(report: dict[str, str]) -> Verdict:
    """All that is not dilated, strided, small or of other kinds, with and without numba."""
    what, target = "Everything else, both formats, with numba and without", f"least ≥ {NO_LOSS}"
    starts = tuple(others())
    found = [
        (line, title)
        for title, text in report.items()
        if title.startswith(starts)
        for line in lines(text)
    ]
    if not found:
        return Verdict(what, target)
    line, title = min(found, key=lambda pair: pair[0].least)
    text = f"least {line.least:.2f} ({title}, {line.name}: {line.where})"
    return Verdict(what, target, text, line.least >= NO_LOSS)


def near_the_floor(report: dict[str, str]) -> Verdict:
    """The compiled path, where tensors do not fit into the cache."""
    what, target = (
        "Compiled path, tensors larger than the cache",
        f"≤ {FLOOR} times the memory floor",
    )
    text = report.get("Larger than the cache", "")
    found = re.search(r"^- compiled: ([\d.]+) times the floor at most \((.+)\)$", text, re.M)
    if found is None:
        return Verdict(what, target)
    return Verdict(what, target, f"{found[1]} at most ({found[2]})", float(found[1]) <= FLOOR)


def numpy_beside_pytorch(report: dict[str, str]) -> Verdict:
    """The first row of its table."""
    what = "NumPy's dense convolution, time over PyTorch's"
    target = f"≤ {NUMPY_TARGET}"
    found = re.search(
        r"^\| dense: .*\| ([\d.]+) \(.+\) \|$", report.get("NumPy, forward", ""), re.M
    )
    if found is None:
        return Verdict(what, target)
    return Verdict(what, target, found[1], float(found[1]) <= NUMPY_TARGET)


def verdicts(report: dict[str, str]) -> list[Verdict]:
    """All targets."""
    trained, forward = "Dilated, forward and backward", "Dilated, forward alone"
    causal, networks = "One axis, causal", "Networks"
    by_itself = ("with numba", "without numba")
    aims = [
        Aim("Dilated training step, pure path", trained, "pure", 4.5, 2),
        Aim("Dilated training step, compiled path", trained, "compiled", 8, 4),
        *(Aim(f"Dilated, forward alone, {name}", forward, name, 6) for name in by_itself),
        *(Aim(f"One axis, causal training step, {name}", causal, name, 4) for name in by_itself),
        *(
            Aim(f"Step of a whole network, {name}", networks, name, least=2.5, beside="bound")
            for name in by_itself
        ),
    ]
    found = [aim.verdict(report) for aim in aims]
    found.insert(2, near_the_floor(report))
    return [*found, never_slower(report), numpy_beside_pytorch(report)]


def summary(report: dict[str, str]) -> str:
    """Targets, what was found, and whether that is enough."""
    rows = [verdict.row() for verdict in verdicts(report)]
    return table(["speed", "target", "found", "met"], rows)
