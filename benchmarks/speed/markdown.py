"""Values as Markdown: the one place where they become text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .values import Cell, Floor, Number, Ratio, Ratios, Table

NO_BREAK, JOINER = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"


def cell(value: Cell) -> str:
    """A cell: a number as it says itself, a ratio with its quartiles."""
    if isinstance(value, Ratio):
        digits = 1 if value.middle >= 2 else 2
        return f"{value.middle:.{digits}f} ({value.low:.{digits}f}–{value.high:.{digits}f})"
    return format(*value) if isinstance(value, Number) else value


def grid(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *(map(cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(ratios: Ratios) -> str:
    """The geometric mean and the least."""
    where, least = ratios.least
    return f"- {ratios.name}: geometric mean {ratios.mean:.2f}, least {least:.2f} ({where})"


def floor(found: Floor) -> Iterator[str]:
    """How far above the floor, and what the floor is."""
    for path in found.above:
        where, times = path.most
        yield f"- {path.name}: {times:.1f} times the floor at most ({where})"
    speed = f"{found.bytes_per_second / 1e9:.1f} GB/s"
    yield f"- the floor: {found.passes} passes at {speed}, as a copy has them"


def table(found: Table) -> str:
    """A table and what stands above it."""
    lines = [summary(ratios) for ratios in found.ratios]
    lines += floor(found.floor) if found.floor else ()
    parts = [found.about, "\n".join(lines), grid(found.header, found.rows) if found.header else ""]
    return "\n\n".join(filter(None, parts))


def unbroken(found: Table) -> Table:
    """The same with ratios that stay on one line of a page."""

    def one_line(value: Cell) -> Cell:
        if isinstance(value, Ratio):
            return cell(value).replace(" ", NO_BREAK).replace("–", f"{JOINER}–{JOINER}")
        return value

    rows = tuple(tuple(map(one_line, row)) for row in found.rows)
    return Table(found.header, rows, found.ratios, found.floor, found.about)


def sections(tables: Mapping[str, str]) -> str:
    """Texts by title, below their titles."""
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in tables.items())
