"""What the first cell of a notebook calls."""

import base64
import random
import struct
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from dsconv_lib import notebook

ROOT = Path(__file__).parents[1]
global_generator = np.random


@pytest.fixture(autouse=True)
def untouched_style():
    with plt.rc_context():
        yield


def draw():
    """Numbers from every generator that a notebook may use."""
    return random.random(), global_generator.rand(), torch.rand(1).item()


def test_the_same_seed_gives_the_same_numbers(capsys):
    assert notebook.setup(3) is None
    first = draw()
    notebook.setup(3)
    assert draw() == first
    notebook.setup(4)
    assert all(a != b for a, b in zip(draw(), first, strict=True))
    assert capsys.readouterr() == ("", "")


def test_the_numbers_are_those_that_the_seeds_promise():
    notebook.setup()
    assert random.random() == 0.8444218515250481
    assert global_generator.rand() == 0.5488135039273248
    assert torch.equal(torch.rand(2), torch.rand(2, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_numpy_refuses_is_refused_before_anything_is_seeded(seed):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    with pytest.raises(ValueError, match=rf"seed={seed} is outside 0 to 2\*\*32 - 1"):
        notebook.setup(seed)
    assert random.random() == expected


def test_the_style_is_set():
    plt.rcParams["axes.spines.top"] = True
    notebook.setup()
    assert plt.rcParams["axes.spines.top"] is False


def test_setup_works_without_torch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'torch' else find(name, *a)\n"
        "from dsconv_lib import notebook; notebook.setup()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def run():
    """Execute cells in a fresh kernel; the outputs of each."""
    sources = [
        "from dsconv_lib import notebook, plots\nnotebook.setup()",
        "plots.positions(7, 3)",
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\nplt.show()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    return [cell.outputs for cell in book.cells]


def test_the_first_cell_shows_nothing(run):
    assert run[0] == []


@pytest.mark.parametrize("cell", [1, 2])
def test_a_figure_is_shown_once_as_svg_and_as_png_of_twice_the_resolution(run, cell):
    (output,) = run[cell]
    picture = base64.b64decode(output.data["image/png"])
    width, height = struct.unpack(">II", picture[16:24])
    shown = output.metadata["image/png"]
    assert (shown["width"], shown["height"]) == (width // 2, height // 2)
    assert set(output.data) == {"image/png", "image/svg+xml", "text/plain"}
    opening = output.data["image/svg+xml"].splitlines()[0]
    assert f'width="{shown["width"]}' in opening
