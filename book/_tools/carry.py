"""Pack the built book into one zip: carried anywhere, unpacked, opened by a double click.

`make site` runs this. The zip holds the pages and the licences of all that they are made of. What
a page's files come from is found, not listed: the npm packages that package.json names, with all
that they need, and the installed Python packages that hold a file of `_static` byte for byte. The
photographs come from scikit-learn.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
TARGET = ROOT / "dist" / "see-farther.zip"
FOLDER = "see-farther"
LARGEST = 25_000_000
"""Bytes that the zip may have."""
TOOLS = ("axe-core", "esbuild", "puppeteer-core")
"""npm packages that build or test and leave nothing in the pages."""
# pyodide's package holds Python itself and no text of a licence.
PYODIDE = """pyodide {version}, {home}, under the Mozilla Public License 2.0; its source is there.
It holds CPython and its standard library, under the licence that follows; what these are made of
is listed at https://docs.python.org/3/license.html
The Mozilla Public License 2.0: https://www.mozilla.org/MPL/2.0/

"""
PYTHON_LICENCE = "typing-extensions"
"""A package under Python's own licence, which carries its text."""
PHOTOGRAPHS = ("scikit-learn", "sklearn/datasets/images/README.txt")
"""Who gives the photographs in figures and widgets: the package, and the file that says it."""
LEFT_OUT = (".buildinfo", ".built", "objects.inv", "_fixtures", TARGET.name)


class NoLicenceError(RuntimeError):
    """Something in the pages has no text of a licence."""


def pages() -> Iterator[Path]:
    """Yield the files of the built book that a reader needs, in order."""
    if not (HTML / "index.html").is_file():
        raise FileNotFoundError(f"there is no built book in {HTML}; run `make pages` first")
    for path in sorted(HTML.rglob("*")):
        if path.is_file() and path.relative_to(HTML).parts[0] not in LEFT_OUT:
            yield path


def npm_packages() -> list[str]:
    """Name the npm packages that the pages hold: those that are asked for and what they need."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    waiting = [name for name in wanted if name not in TOOLS]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += lock[f"node_modules/{name}"].get("dependencies", {})
    return sorted(found)


def npm_licence(name: str) -> str:
    """Return the text of an npm package's licence."""
    home = ROOT / "node_modules" / name
    about = json.loads((home / "package.json").read_text(encoding="utf-8"))
    if name == "pyodide":
        words = PYODIDE.format(version=about["version"], home=about["homepage"])
        return words + licence_of(distribution(PYTHON_LICENCE))
    texts = [path for path in sorted(home.iterdir()) if path.name.upper().startswith("LICEN")]
    if not texts:
        raise NoLicenceError(f"the npm package {name} holds no text of its licence")
    return texts[0].read_text(encoding="utf-8")


def python_packages(files: list[Path]) -> list[Distribution]:
    """Return the Python packages that hold one of these files byte for byte."""
    contents: dict[str, set[bytes]] = {}
    for path in files:
        contents.setdefault(path.name, set()).add(path.read_bytes())

    def gave(package: Distribution) -> bool:
        named = (file for file in package.files or () if file.name in contents)
        paths = (Path(str(file.locate())) for file in named)
        return any(path.is_file() and path.read_bytes() in contents[path.name] for path in paths)

    found = {package.name: package for package in distributions() if gave(package)}
    return [found[name] for name in sorted(found)]


def licence_of(package: Distribution) -> str:
    """Return the texts of a Python package's licences, those of what it holds among them."""
    texts = [
        Path(str(file.locate())).read_text(encoding="utf-8")
        for file in sorted(package.files or ())
        if "LICEN" in file.name.upper() or file.name.upper().startswith(("COPYING", "NOTICE"))
    ]
    if not texts:
        raise NoLicenceError(f"the Python package {package.name} holds no text of its licence")
    return "\n\n".join(texts)


def spelled(name: str) -> str:
    """Spell an npm package's name as a file's: @codemirror/view is codemirror-view."""
    return name.replace("/", "-").removeprefix("@")


def licences() -> dict[str, str]:
    """Return the text of each licence, by the name of what is under it."""
    static = [path for path in pages() if path.relative_to(HTML).parts[0] == "_static"]
    texts = {spelled(name): npm_licence(name) for name in npm_packages()}
    package, file = PHOTOGRAPHS
    given = Path(str(distribution(package).locate_file(file)))
    texts["photographs"] = given.read_text(encoding="utf-8")
    return texts | {package.name: licence_of(package) for package in python_packages(static)}


def write(target: Path = TARGET) -> int:
    """Write the zip, the same to the byte for the same pages, and return its size."""
    texts = {f"licences/{name}.txt": text.encode() for name, text in sorted(licences().items())}
    texts["LICENSE.txt"] = (ROOT / "LICENSE").read_bytes()
    held = {path.relative_to(HTML).as_posix(): path.read_bytes() for path in pages()}
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, content in sorted((held | texts).items()):
            entry = ZipInfo(f"{FOLDER}/{name}")
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, content)
    return target.stat().st_size


def main() -> int:
    """Write the zip and say where it is."""
    size = write()
    print(f"make site: {TARGET.relative_to(ROOT)}, {size / 1e6:.1f} MB; unpack it, open index.html")
    if size > LARGEST:
        print(f"make site: it may have {LARGEST / 1e6:.0f} MB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
