"""What runs in a page without NumPy and PyTorch: the library's pure modules, the tagged cells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pure_modules
import python_page

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Runs cells in a Python that has the collected files and its standard library only.
ALONE = """
import json, sys
given = json.load(sys.stdin)
sys.path[:] = [given["home"], *(path for path in sys.path if "-packages" not in path)]
import runner
sys.meta_path.append(runner.Elsewhere(given["elsewhere"]))
printed = []
session = runner.Runner(printed.append, given["imports"])
answers = []
for code in given["cells"]:
    printed.clear()
    report = json.loads(session.cell(code))
    answers.append(["".join(printed), report["error"]])
print(json.dumps([answers, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Run cells as a page does; gives what each printed and its error, and all modules loaded."""
    home = tmp_path_factory.mktemp("page")
    parts = json.loads(python_page.library().removeprefix("globalThis.pythonLibrary = ")[:-1])
    for name, text in parts["files"].items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")

    def run(imports, cells):
        given = {"home": str(home), "imports": imports, "cells": cells} | parts
        command = [sys.executable, "-I", "-c", ALONE]
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return run


def tagged(notebook):
    """The cells of a notebook that run in the page."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if "python" in cell["metadata"].get("tags", [])]


def stored(cell):
    """The text that a cell's stored outputs hold."""
    texts = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        texts.append("".join(output.get("text", data.get("text/plain", ""))))
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)


def test_some_cells_run_in_the_page():
    assert sum(len(tagged(notebook)) for notebook in NOTEBOOKS) >= 5


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tagged_cell_prints_in_the_page_what_the_notebook_stores(alone, notebook):
    cells = tagged(notebook)
    assert len({"".join(cell["source"]) for cell in cells}) == len(cells), "two have one key"
    imports = python_page.first_imports(notebook)
    answers, modules = alone(imports, ["".join(cell["source"]) for cell in cells])
    assert not {"torch", "numpy"} & set(modules)
    for cell, (printed, error) in zip(cells, answers, strict=True):
        assert error is None, f"{cell['id']}: {error['text']}"
        assert printed == stored(cell), cell["id"]


def test_every_pure_module_loads_in_the_page(alone):
    names = [name for name in pure_modules.all_modules() if pure_modules.is_pure(name)]
    assert {"dsconv_lib.arithmetic", "dsconv_lib.exercises.chapter_02"} <= set(names)
    answers, _ = alone("", [f"import {name}" for name in names])
    assert [error for _, error in answers if error] == []


def test_what_the_page_has_not_is_named(alone):
    cells = ["from dsconv_lib import plots", "import numpy", "from dsconv_lib import trace"]
    answers, _ = alone("", cells)
    missing = [error["missing"] for _, error in answers]
    assert missing == ["dsconv_lib.plots", "numpy", "dsconv_lib.trace"]


def test_imports_are_followed_and_blocks_for_type_checkers_are_not():
    files = pure_modules.collect(["dsconv_lib.receptive_field"])
    assert {"dsconv_lib/__init__.py", "dsconv_lib/checks.py"} <= set(files)
    assert not any("trace" in name or "plots" in name for name in files)


def test_a_module_that_needs_more_says_by_which_way():
    with pytest.raises(pure_modules.NotPureError, match=r"dsconv_lib\.models.* imports torch"):
        pure_modules.collect(["dsconv_lib.models"])


def test_a_bundle_is_built_once_per_source(tmp_path, monkeypatch):
    first = python_page.bundle("page", ROOT, tmp_path)
    assert first.read_text(encoding="utf-8").startswith("(()=>{")
    monkeypatch.setattr(python_page.subprocess, "run", None)  # another build would fail
    assert python_page.bundle("page", ROOT, tmp_path) == first
