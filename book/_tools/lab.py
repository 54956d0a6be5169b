"""Run a notebook in a real JupyterLab, driven through its own commands in a browser.

The JupyterLab test and the benchmark use this. The server has a folder, settings and a token of
its own, and asks no other host for news, updates or extensions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page

TOKEN = "local"
NOTEBOOK = "widgets.ipynb"
START_SECONDS = 90
CELL_SECONDS = 90
NO_NEWS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    }
}
# Opens when the notebook is drawn and its kernel answers; then no dialog can stand in the way.
READY = """async () => {
  await window.jupyterapp.restored;
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await panel.content.revealed?.catch?.(() => {});
  return true;
}"""
RUN_CELL = """async (index) => {
  const panel = window.jupyterapp.shell.currentWidget;
  panel.content.activeCellIndex = index;
  await window.jupyterapp.commands.execute("notebook:run-cell");
  return panel.content.widgets[index].model.outputs.toJSON();
}"""


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a server that reads and writes nothing outside `home`."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    return {**os.environ, **{name: str(home / folder) for name, folder in places.items()}}


def write_notebook(path: Path, sources: Sequence[str]) -> None:
    """Write a notebook with one code cell for each source."""
    notebook = new_notebook(
        cells=[new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"display_name": "Python 3", "name": "python3"}},
    )
    nbformat.write(notebook, path)


def wait_for_server(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Return the address of the server once it says that it listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text(encoding="utf-8")
            if text.endswith("}"):
                return str(json.loads(text)["url"])
        time.sleep(0.1)
    raise RuntimeError(
        f"JupyterLab did not start within {START_SECONDS} s; it said:\n"
        + log.read_text(encoding="utf-8")[-3000:]
    )


@contextmanager
def jupyter_lab(home: Path, sources: Sequence[str]) -> Iterator[str]:
    """Serve a notebook from a JupyterLab of this Python.

    Parameters
    ----------
    home : Path
        An empty folder for everything that the server reads and writes.
    sources : sequence of str
        The sources of the notebook's code cells.

    Yields
    ------
    str
        The address that opens the notebook.
    """
    folder = home / "notebooks"
    folder.mkdir(parents=True)
    write_notebook(folder / NOTEBOOK, sources)
    settings = home / "overrides"
    settings.mkdir()
    (settings / "overrides.json").write_text(json.dumps(NO_NEWS), encoding="utf-8")
    command = [
        sys.executable,
        *("-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        f"--LabApp.app_settings_dir={settings}",
    ]
    log = home / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, env=environment(home), stdout=sink, stderr=sink)
        try:
            address = wait_for_server(process, home / "runtime", log)
            yield f"{address}lab/tree/{NOTEBOOK}?token={TOKEN}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def open_notebook(page: Page, address: str) -> None:
    """Open the notebook and wait until its kernel answers."""
    page.goto(address)
    page.wait_for_function("() => window.jupyterapp !== undefined", timeout=START_SECONDS * 1000)
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext !== undefined",
        timeout=START_SECONDS * 1000,
    )
    page.set_default_timeout(CELL_SECONDS * 1000)
    page.evaluate(READY)


def run_cell(page: Page, index: int) -> str:
    """Run one cell and return the text that it printed.

    Raises
    ------
    RuntimeError
        If the cell raised; with what it said.
    """
    outputs: list[dict[str, Any]] = page.evaluate(RUN_CELL, index)
    for output in outputs:
        if output["output_type"] == "error":
            raise RuntimeError(f"cell {index} raised {output['ename']}: {output['evalue']}")
    streams = [output["text"] for output in outputs if output["output_type"] == "stream"]
    return "".join("".join(text) for text in streams).strip()
