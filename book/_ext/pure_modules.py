"""Collect the modules of the library that run on plain Python, by following their imports.

A page's Python has the standard library and nothing else. `collect` starts from entry points and
adds what they import, so a module that is split or renamed is found without a list to keep.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "dsconv_lib"
ROOT = Path(__file__).parents[2]


class NotPureError(ValueError):
    """A module needs more than the standard library; the message says by which way."""


def path_of(module: str) -> Path | None:
    """Return the file of one of the library's modules, relative to the project; else None."""
    stem = Path(*module.split("."))
    for path in (stem / "__init__.py", stem.with_suffix(".py")):
        if (ROOT / path).is_file():
            return path
    return None


def all_modules() -> list[str]:
    """Name every module of the library."""
    files = (ROOT / PACKAGE).rglob("*.py")
    names = (file.relative_to(ROOT).with_suffix("").parts for file in files)
    return sorted(".".join(parts).removesuffix(".__init__") for parts in names)


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run on import; blocks for type checkers do not."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from statements([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from statements([*node.body, *node.orelse, *node.finalbody])


def imports(module: str, path: Path) -> Iterator[str]:
    """Yield full names of the modules that a module imports when it is imported."""
    parts = module.split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    for node in statements(ast.parse((ROOT / path).read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            yield source
            names = (f"{source}.{alias.name}" for alias in node.names)
            yield from (name for name in names if path_of(name))


@cache
def needed(module: str) -> frozenset[str]:
    """Return the library's modules that run when one is imported, itself among them.

    Raises
    ------
    NotPureError
        If one of them imports something that is neither the library's nor Python's own.
    """
    found: set[str] = set()
    waiting: list[tuple[str, ...]] = [(module,)]
    while waiting:
        way = waiting.pop()
        name = way[-1]
        if name in found:
            continue
        path = path_of(name)
        if path is None:
            if name.split(".")[0] not in sys.stdlib_module_names:
                raise NotPureError(f"{' imports '.join(way)}, which a page's Python has not")
            continue
        found.add(name)
        parents = [".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)]
        waiting += [(*way, other) for other in (*parents, *imports(name, path))]
    return frozenset(found)


def is_pure(module: str) -> bool:
    """Tell whether a module runs on plain Python."""
    try:
        return bool(needed(module))
    except NotPureError:
        return False


def collect(entries: Iterable[str]) -> dict[str, str]:
    """Return the sources of the entry points and of all that they import, by path.

    Raises
    ------
    NotPureError
        If an entry point needs more than the standard library.
    """
    modules = sorted(frozenset().union(*map(needed, entries)))
    paths = [path for path in map(path_of, modules) if path]
    return {path.as_posix(): (ROOT / path).read_text(encoding="utf-8") for path in paths}
