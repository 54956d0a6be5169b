"""The zip of the book: what it holds, the licences of it all, the same bytes each time."""

import json
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest

import address
import carry


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A small built book: a page, a script of Sphinx, a style of ours, what is left out."""
    html = tmp_path / "html"
    (html / "_static").mkdir(parents=True)
    (html / "_fixtures").mkdir()
    sphinx = distribution("sphinx")
    script = next(file for file in sphinx.files if file.name == "searchtools.js")
    (html / "_static" / "searchtools.js").write_bytes(Path(script.locate()).read_bytes())
    for name in ("index.html", "_static/book.css", "objects.inv", "_fixtures/page.html"):
        (html / name).write_text(name)
    monkeypatch.setattr(carry, "HTML", html)
    return html


def test_the_zip_holds_the_pages_and_the_licences(book, tmp_path):
    carry.write(tmp_path / "one.zip")
    with ZipFile(tmp_path / "one.zip") as zipped:
        names = {name.removeprefix("see-farther/") for name in zipped.namelist()}
        assert {"index.html", "_static/book.css", "LICENSE.txt"} <= names
        assert not {"objects.inv", "_fixtures/page.html"} & names
        held = {name for name in names if name.startswith("licences/")}
        names = ["Sphinx", "photographs", *map(carry.spelled, carry.npm_packages())]
        assert held == {f"licences/{name}.txt" for name in names}
        assert all(zipped.read(f"see-farther/{name}").strip() for name in held)


def test_the_same_pages_give_the_same_bytes(book, tmp_path):
    for name in ("one.zip", "two.zip"):
        carry.write(tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_npm_packages_are_those_of_the_pages_with_what_they_need():
    names = carry.npm_packages()
    assert {"katex", "pyodide", "@codemirror/view", "style-mod"} <= set(names)
    assert not {"esbuild", "axe-core", "puppeteer-core"} & set(names)


def test_python_has_its_licence():
    text = carry.npm_licence("pyodide")
    assert "Mozilla Public License 2.0" in text
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in text


def test_the_photographs_have_theirs(book):
    assert "creativecommons.org/licenses/by/2.0" in carry.licences()["photographs"]


def test_a_package_without_a_licence_is_an_error(tmp_path, monkeypatch):
    home = tmp_path / "node_modules" / "bare"
    home.mkdir(parents=True)
    (home / "package.json").write_text(json.dumps({"version": "1"}))
    monkeypatch.setattr(carry, "ROOT", tmp_path)
    with pytest.raises(carry.NoLicenceError, match="bare holds no text"):
        carry.npm_licence("bare")


def test_without_a_built_book_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(carry, "HTML", tmp_path)
    with pytest.raises(FileNotFoundError, match="run `make pages` first"):
        list(carry.pages())


def test_what_is_published_is_what_the_first_page_links_to():
    workflow = (carry.ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    zipped, pages = carry.TARGET.relative_to(carry.ROOT), carry.HTML.relative_to(carry.ROOT)
    assert f"      - run: make site\n      - run: cp {zipped} {pages}/\n" in workflow
    assert address.Repository("o", "n").download == f"https://o.github.io/n/{zipped.name}"
