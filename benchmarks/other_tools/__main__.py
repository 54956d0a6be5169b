"""Costs and receptive fields of small modules, as this library and other tools see them.

    python -m benchmarks.other_tools [--write book/api/other_tools.md]

It runs in the environment that `make compare` makes. The modules and the truth about them stand in
`costs.py` and `fields.py`, what is asked in `runs.py`, and `text.py` makes the page of the answers.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from . import text
from .runs import COST_TOOLS, FIELD_TOOLS, costs_by, fields_by
from .values import Answered

PACKAGES = (
    *("torch", "fvcore", "torchinfo", "ptflops", "ultralytics-thop", "torchscan"),
    *("receptivefield", "rfa-toolbox", "rf-calc"),
)


def ask() -> Answered:
    """The answers of all tools. Each tool has its own process."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned, max_tasks_per_child=1) as pool:
        costs = dict(zip(COST_TOOLS, pool.map(costs_by, COST_TOOLS), strict=True))
        fields = dict(zip(FIELD_TOOLS, pool.map(fields_by, FIELD_TOOLS), strict=True))
    return {
        "macs": {tool: macs for tool, (macs, _) in costs.items()},
        "parameters": {tool: found for tool, (_, found) in costs.items() if found},
        "fields": fields,
    }


def main() -> None:
    """Print the page, and store it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page to write")
    options = parser.parse_args()
    versions = {name: version(name).split("+")[0] for name in PACKAGES}
    page = text.page(text.cells(ask()), versions)
    print(page)
    if options.write:
        options.write.write_text(page, encoding="utf-8")
        print(f"compare: written to {options.write}")


if __name__ == "__main__":
    main()
