"""Execute notebooks from a fresh kernel and store them so that a second run changes no byte.

`make notebooks` runs all of them, `make notebooks CHAPTER=02` those whose names begin with 02.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS_PER_NOTEBOOK = 300


def chapters(prefix: str = "") -> list[Path]:
    """Return the notebooks whose names begin with a prefix, in the order of the chapters."""
    paths = sorted(NOTEBOOKS.glob(f"{prefix}*.ipynb"))
    if not paths:
        raise ValueError(f"no notebook below notebooks/ begins with {prefix!r}")
    return paths


def strip_volatile(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs between two runs: model ids, widget state, times and versions."""
    own = {"dsconv": notebook.metadata["dsconv"]} if "dsconv" in notebook.metadata else {}
    notebook.metadata = nbformat.from_dict(
        {
            **own,
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def execute(
    notebook: nbformat.NotebookNode, *, kernel_name: str = "python3", folder: Path = NOTEBOOKS
) -> nbformat.NotebookNode:
    """Run every cell in a fresh kernel, in order, and return the notebook ready to be stored."""
    client = NotebookClient(
        notebook,
        kernel_name=kernel_name,
        timeout=SECONDS_PER_NOTEBOOK,
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,  # text arrives in several pieces; how many depends on the moment
        store_widget_state=True,  # nbclient 0.11 fails on an Output widget without it
    )
    client.execute()
    return strip_volatile(notebook)


def main() -> int:
    """Execute the notebooks named on the command line and store them in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapter", nargs="?", default="", help="a prefix such as 02")
    paths = chapters(parser.parse_args().chapter)
    for path in paths:
        start = time.perf_counter()
        notebook = execute(nbformat.read(path, as_version=4))
        text = nbformat.writes(notebook) + "\n"
        changed = text != path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        seconds = time.perf_counter() - start
        print(f"  {path.name}: {seconds:.0f} s, {'changed' if changed else 'unchanged'}")
    print(f"make notebooks: {len(paths)} notebooks executed and stored")
    return 0


if __name__ == "__main__":
    sys.exit(main())
