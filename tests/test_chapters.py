"""Lists that name chapters follow from the one list: the contents and the notebooks."""

import json
import re
from pathlib import Path

import pytest

import chapters
import contents

ROOT = Path(__file__).parents[1]
CHAPTERS = chapters.read()


@pytest.fixture
def book(tmp_path):
    """A small book: one chapter that is written, one that is coming, one in depth."""
    lines = [
        "format: jb-book",
        "root: book/index",
        "parts:",
        "  - caption: One",
        "    chapters:",
        "      - file: book/how_to_use",
        "      - file: notebooks/01_start",
        "      - {url: 'coming://2?needs=1', title: '2 What then?'}",
        "  - caption: Depth",
        "    chapters:",
        "      - file: notebooks/a1_deep",
    ]
    (tmp_path / "_toc.yml").write_text("\n".join(lines))
    (tmp_path / "notebooks").mkdir()
    write(tmp_path, "01_start", "# 1 What is it?", {"needs": [], "summary": "A start."})
    write(tmp_path, "a1_deep", "# A1 What is below?", {"needs": [1, 2], "summary": "A look."})
    return tmp_path


def write(root, name, heading, own):
    notebook = {"cells": [{"source": [f"{heading}\n", "\n", "Text."]}], "metadata": {"dsconv": own}}
    (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))


def test_numbers_titles_parts_and_needs_are_read(book):
    first, second, deep = chapters.read(book)
    assert first == chapters.Chapter(
        "1", "What is it?", "One", (), "notebooks/01_start", "A start."
    )
    assert second == chapters.Chapter("2", "What then?", "One", (1,))
    assert (deep.number, deep.needs, deep.is_optional) == ("A1", (1, 2), True)
    assert chapters.ready(book) == [first, deep]
    assert not first.is_optional


def test_the_list_counts_the_chapters_that_are_ready(book):
    one = "One of two chapters is ready; the others are coming."
    assert contents.listed(chapters.read(book)) == (
        f"{one}\n\n- [1 What is it?](notebooks/01_start.ipynb)\n"
        "- [A1 What is below?](notebooks/a1_deep.ipynb)\n"
    )
    assert contents.listed(chapters.ready(book)).startswith("One of one chapters is ready.\n")


@pytest.mark.parametrize(
    ("heading", "own", "text"),
    [
        ("# Start", {"needs": [], "summary": ""}, "begins with 'Start'"),
        ("# 1 Start", {"needs": []}, "has dsconv=.'needs'"),
        ("# 1 Start", {"summary": "A start."}, "has dsconv=.'summary'"),
    ],
)
def test_a_notebook_without_number_needs_or_summary_is_refused(book, heading, own, text):
    write(book, "01_start", heading, own)
    with pytest.raises(ValueError, match=text):
        chapters.read(book)


@pytest.mark.parametrize(
    ("url", "title"), [("coming://2?needs=a", "2 What?"), ("coming://2", "3 What?")]
)
def test_a_coming_chapter_of_another_form_is_refused(url, title):
    with pytest.raises(ValueError, match=re.escape(f"url: {url!r} with title: {title!r}")):
        chapters.read_coming(url, title, "One")


def test_every_notebook_is_in_the_contents_under_its_own_number():
    written = {chapter.docname: chapter.number for chapter in CHAPTERS if chapter.docname}
    paths = (ROOT / "notebooks").glob("*.ipynb")
    stems = {f"notebooks/{path.stem}": path.stem.split("_")[0] for path in paths}
    assert written == {name: stem.lstrip("0").upper() for name, stem in stems.items()}


def test_chapters_need_earlier_chapters_only():
    order = [int(chapter.number) for chapter in CHAPTERS if not chapter.is_optional]
    assert order == list(range(1, len(order) + 1))
    for chapter in CHAPTERS:
        assert set(chapter.needs) <= set(order)
        if not chapter.is_optional:
            assert all(needed < int(chapter.number) for needed in chapter.needs), chapter


def test_the_readme_lists_the_chapters_of_the_contents():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert contents.updated(readme, CHAPTERS) == readme, "run `make contents`"


def test_a_readme_without_its_place_for_the_list_is_refused():
    with pytest.raises(ValueError, match="holds 0 places for the list"):
        contents.updated("# A book", CHAPTERS)


def test_a_run_keeps_what_a_notebook_needs():
    import nbformat

    import execute

    own = {"needs": [2], "summary": "A look."}
    notebook = nbformat.v4.new_notebook(metadata={"dsconv": own, "widgets": {"state": 1}})
    kept = execute.strip_volatile(notebook).metadata
    assert kept["dsconv"] == own
    assert set(kept) == {"dsconv", "kernelspec", "language_info"}
