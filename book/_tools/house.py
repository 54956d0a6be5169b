"""Who uses whom in the library, read from its import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "dsconv_lib"
Graph = dict[str, set[str]]


def name_of(path: Path) -> str:
    """Return a module's full name: `dsconv_lib/layers/aspp.py` is `dsconv_lib.layers.aspp`."""
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def imported(module: str) -> Iterator[str]:
    """Yield the full names that a module imports, inside functions too."""
    path = MODULES[module]
    package = name_of(path.parent / "__init__.py").split(".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str:
    """Return the module of the library that a name belongs to; '' where it is another's."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def part_of(module: str) -> str:
    """Return the part of the library that a module belongs to: a module, or a package in it."""
    return ".".join(module.split(".")[1:2])


def modules_used() -> Graph:
    """Return for each module those of the library that it imports."""
    return {
        module: {found for name in imported(module) if (found := module_of(name))} - {module}
        for module in MODULES
    }


def parts_used() -> Graph:
    """Return for each part of the library the other parts that it imports."""
    parts: Graph = {part_of(module): set() for module in MODULES if part_of(module)}
    for module, used in modules_used().items():
        if part := part_of(module):
            parts[part] |= {part_of(other) for other in used} - {"", part}
    return parts


def floors(graph: Graph) -> list[list[str]]:
    """Stack a graph: each stands above all that it uses; a circle is an error."""
    stack: list[list[str]] = []
    placed: set[str] = set()
    while left := {name: used for name, used in graph.items() if name not in placed}:
        floor = sorted(name for name, used in left.items() if used <= placed)
        if not floor:
            raise ValueError(f"these import each other in a circle: {left}")
        stack.append(floor)
        placed.update(floor)
    return stack


def reached(graph: Graph, start: str) -> set[str]:
    """Return what one node uses, directly and through others."""
    found: set[str] = set()
    ahead = {start}
    while ahead:
        ahead = {used for name in ahead for used in graph[name]} - found
        found |= ahead
    return found
