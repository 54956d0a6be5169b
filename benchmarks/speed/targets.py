"""What the speed shall be, and what the tables of a report say of it."""

from collections.abc import Mapping
from typing import NamedTuple

from .depthwise_settings import others
from .reference import TARGET as NUMPY_TARGET
from .values import Ratio, Ratios, Table

# Times the time of moving the data; and the ratio that nothing may fall below.
FLOOR, NO_LOSS = 4, 0.95
Report = Mapping[str, Table]


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


def told(ratios: Ratios) -> str:
    """A geometric mean and the least, as the summary tells them."""
    where, least = ratios.least
    return f"mean {ratios.mean:.2f}, least {least:.2f} ({where})"


class Aim(NamedTuple):
    """A target for the ratios of a table: for their geometric mean, for the least, or for both.

    ``beside`` names ratios to be shown with them.
    """

    what: str
    title: str
    name: str
    mean: float = 0
    least: float = 0
    beside: str = ""

    def verdict(self, report: Report) -> Verdict:
        """Look it up in the tables, by title."""
        wanted = {"mean": self.mean, "least": self.least}
        target = ", ".join(f"{name} ≥ {value:g}" for name, value in wanted.items() if value)
        known = {
            ratios.name: ratios
            for title, table in report.items()
            if title.startswith(self.title)
            for ratios in table.ratios
        }
        if self.name not in known:
            return Verdict(self.what, target)
        ratios = known[self.name]
        found = told(ratios)
        if self.beside:
            found += f"; {self.beside}: {told(known[self.beside])}"
        met = ratios.mean >= self.mean and ratios.least[1] >= self.least
        return Verdict(self.what, target, found, met)


def never_slower(report: Report) -> Verdict:
    """All that is not dilated, strided, small or of other kinds, with and without numba."""
    what, target = "Everything else, both formats, with numba and without", f"least ≥ {NO_LOSS}"
    starts = tuple(others())
    found = [
        (ratios.least[1], ratios.least[0], ratios.name, title)
        for title, table in report.items()
        if title.startswith(starts)
        for ratios in table.ratios
    ]
    if not found:
        return Verdict(what, target)
    least, where, name, title = min(found)
    return Verdict(what, target, f"least {least:.2f} ({title}, {name}: {where})", least >= NO_LOSS)


def near_the_floor(report: Report) -> Verdict:
    """The compiled path, where tensors do not fit into the cache."""
    what = "Compiled path, tensors larger than the cache"
    target = f"≤ {FLOOR} times the memory floor"
    table = report.get("Larger than the cache")
    if table is None or table.floor is None:
        return Verdict(what, target)
    (compiled,) = (ratios for ratios in table.floor.above if ratios.name == "compiled")
    where, times = compiled.most
    return Verdict(what, target, f"{times:.1f} at most ({where})", times <= FLOOR)


def numpy_beside_pytorch(report: Report) -> Verdict:
    """The first row of its table."""
    what, target = "NumPy's dense convolution, time over PyTorch's", f"≤ {NUMPY_TARGET}"
    table = report.get("NumPy, forward")
    if table is None:
        return Verdict(what, target)
    ratio = table.rows[0][-1]
    assert isinstance(ratio, Ratio)
    return Verdict(what, target, f"{ratio.middle:.2f}", ratio.middle <= NUMPY_TARGET)


def verdicts(report: Report) -> list[Verdict]:
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


def summary(report: Report) -> Table:
    """Targets, what was found, and whether that is enough."""
    rows = [verdict.row() for verdict in verdicts(report)]
    return Table.of(["speed", "target", "found", "met"], rows)
