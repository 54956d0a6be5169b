"""What every stored notebook promises, checked without running it."""

import ast
import re
import statistics
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DIRECTIVE = re.compile(r"^(`{3,}|~{3,}|:{3,})\{", re.MULTILINE)
ROLE = re.compile(r"\{[a-z:]+\}`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SECRET_PATHS = ("/home/", "/root/", "/work/", "/tmp/")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_cell_was_executed_in_order_from_a_fresh_kernel(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_stored_output_is_a_traceback_or_a_warning(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source


def test_every_output_is_compared(notebook):
    for cell in code_cells(notebook):
        marks = f"{cell.source} {cell.metadata.get('tags', [])}"
        assert not re.search(r"nbval[-_](ignore|skip)", marks, re.IGNORECASE), cell.source


def test_nothing_volatile_is_stored(notebook):
    text = nbformat.writes(notebook)
    assert "widget-view+json" not in text
    assert "widget-state+json" not in text
    assert " object at 0x" not in text
    assert set(notebook.metadata) == {"dsconv", "kernelspec", "language_info"}
    assert not [place for place in SECRET_PATHS if place in text]


def test_text_is_plain_markdown(notebook):
    text = prose(notebook)
    assert not DIRECTIVE.findall(text)
    assert not ROLE.findall(text)
    assert text.count("<details>") == text.count("</details>") > 0
    # A blank line after the summary and before the end lets the Markdown inside be rendered.
    assert text.count("<details>") == len(re.findall(r"<details>\n<summary>.*</summary>\n\n", text))
    assert text.count("</details>") == len(re.findall(r"\n\n</details>", text))


def test_code_cells_are_short(notebook):
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert statistics.median(lengths) <= 5
    assert max(lengths) <= 20


def test_imports_stand_in_the_first_code_cell(notebook):
    _, *rest = code_cells(notebook)
    for cell in rest:
        tree = ast.parse(cell.source)
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]


def test_only_public_names_are_used(notebook):
    for cell in code_cells(notebook):
        assert not re.search(r"\b\w+\._[a-z]|import _[a-z]", cell.source), cell.source


def test_figures_have_an_alternative_text_and_a_caption(notebook):
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        forms = [{*output.get("data", {})} for output in cell.get("outputs", [])]
        if any("image/svg+xml" in form for form in forms):
            assert len(cell.metadata["mystnb"]["image"]["alt"]) > 20, cell.source
            assert after.cell_type == "markdown", cell.source
            assert after.source.startswith("*Figure "), after.source


def test_every_picture_is_stored_as_svg_too(path, notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    forms = [{*output.get("data", {})} for output in outputs]
    pictures = [form & {"image/svg+xml", "image/png"} for form in forms if "image/png" in form]
    assert pictures or path.stem.startswith("t")  # a self-test may have none
    assert all(len(picture) == 2 for picture in pictures)


def test_links_lead_somewhere(path, notebook):
    for target in LINK.findall(prose(notebook)):
        if not target.startswith(("http", "#")):
            assert (path.parent / target.split("#")[0]).is_file(), target


def test_notebooks_stay_small(path):
    assert path.stat().st_size < 2_000_000
