"""The notebooks on Colab's versions, installed by the line that they carry there.

`constraints.txt` holds the versions of Colab's image but for two: torch, which PyPI has for Linux
only with several GB of CUDA, is the version of the main environment (the workflow `cpu.yml` tests
the oldest one that we declare), and Python, where any from 3.11 on serves.
"""

import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import pytest

import address
from execute import execute

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-colab" / "bin" / "python"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PRETEND = """\
import sys, types
colab = types.ModuleType("google.colab")
colab.output = types.ModuleType("google.colab.output")
colab.output.enable_custom_widget_manager = lambda: None
sys.modules |= {"google.colab": colab, "google.colab.output": colab.output}
"""


def run(*command):
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def versions():
    return set(run(PYTHON, "-m", "pip", "freeze").splitlines())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    return next(folder.glob("dsconv_lib-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel with the notebook's own lines; return the versions before and after."""
    run(PYTHON, "-m", "pip", "uninstall", "--quiet", "--yes", "dsconv-lib")
    before = versions()
    lines = address.with_install("import dsconv_lib", f"dsconv-lib @ {wheel.as_uri()}")
    script = tmp_path_factory.mktemp("cell") / "cell.ipy"
    script.write_text(PRETEND + lines)
    run(PYTHON, "-m", "IPython", script)
    return before, versions()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Make Colab's environment known to Jupyter for as long as these tests run."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / "colab" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        yield "colab"


@pytest.fixture(scope="module")
def fresh(installed, kernel):
    """The notebooks as Colab's versions run them, two at a time, in processes of their own."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield {path: pool.submit(run_notebook, path, kernel) for path in NOTEBOOKS}


def run_notebook(path, kernel):
    return execute(nbformat.read(path, as_version=4), kernel_name=kernel)


def texts(cell):
    """Return what a cell shows, less pictures."""
    shown = []
    for output in cell.get("outputs", []):
        data = output.get("data", {"text": output.get("text", "")})
        shown += [item for item in sorted(data.items()) if not item[0].startswith("image/")]
    return shown


def test_installing_the_library_replaces_nothing(installed):
    before, after = installed
    assert before <= after
    assert [line.split(" ")[0] for line in after - before] == ["dsconv-lib"]


def test_the_versions_are_those_that_colab_has(installed):
    lines = (ROOT / "tests" / "colab" / "constraints.txt").read_text().splitlines()
    pins = {line for line in lines if line and not line.startswith("#")}
    assert pins <= {line.replace("+cpu", "") for line in installed[1]}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_there_what_it_shows_here(path, fresh):
    stored = nbformat.read(path, as_version=4)
    for old, new in zip(stored.cells, fresh[path].result().cells, strict=True):
        same = texts(new) == texts(old)  # pytest would take minutes to compare long drawings
        assert same, f"{old.source}\nshows\n{texts(new)}\ninstead of\n{texts(old)}"[:2000]
