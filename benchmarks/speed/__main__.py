"""All tables of the library's speed, for the machine that runs this, and what the targets say.

    python -m benchmarks.speed [--rounds 7] [--only PART ...] [--output benchmarks/report.md]

Every result is compared with PyTorch's before any time of it is taken; where one differs, nothing
is printed and the run ends. With one thread, times are processor time. A ratio is PyTorch's time
over ours, within one round of taking turns; the quartiles of the rounds are in brackets.
"""

import argparse
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from . import markdown
from . import reference as numpy_reference  # before NumPy: it says how many threads that may use
from .before_and_after import before_and_after
from .depthwise import parts
from .networks import training_steps
from .roofline import beyond_the_cache, roofline
from .targets import summary
from .timing import machine, processor, settle
from .values import Table

OUTPUT = Path(__file__).parents[1] / "report.md"
# What the page "Use the library in your project" shows of the report.
SHOWN = "Before and after"
BEGIN, END = "<!-- before and after -->", "<!-- end of before and after -->"


def tables(rounds: int) -> dict[str, Callable[[], Table]]:
    """Every table by its title, in the order of the report."""
    return {
        SHOWN: lambda: before_and_after(rounds),
        "Roofline": lambda: roofline(rounds),
        "Larger than the cache": lambda: beyond_the_cache(rounds),
        **parts(rounds),
        "Networks, forward and backward": lambda: training_steps(rounds),
        **numpy_reference.tables(rounds),
    }


def text(title: str, table: Table) -> str:
    """A table in Markdown; what a page shows is between marks, and its ratios do not break."""
    if title != SHOWN:
        return markdown.table(table)
    return "\n\n".join([BEGIN, markdown.table(markdown.unbroken(table)), END])


def store(output: Path, report: dict[str, Table], notes: list[str]) -> None:
    """Write the report: the machine, how times are taken, the targets, every table."""
    names = ("numba", "numpy", "dsconv-lib")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    described = "\n".join(f"- {line}" for line in (processor(), machine(), versions))
    about = __doc__.split("\n\n")[-1].strip()
    body = {"Summary": markdown.table(summary(report))}
    body |= {title: text(title, table) for title, table in report.items()}
    head = ["# Speed, side by side", described, about, " ".join(notes)]
    output.write_text("\n\n".join([*head, markdown.sections(body)]) + "\n", encoding="utf-8")


def main() -> None:
    """Print every table as it is found, then store all of them below the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each candidate")
    parser.add_argument("--only", nargs="*", default=[""], help="tables whose title begins so")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the Markdown file to write")
    options = parser.parse_args()
    settle()
    report: dict[str, Table] = {}
    for title, measure in tables(options.rounds).items():
        if title.startswith(tuple(options.only)):
            report[title] = measure()
            print(markdown.sections({title: text(title, report[title])}) + "\n", flush=True)
    print(markdown.table(summary(report)))
    left_out = [] if "" in options.only else ["Some tables are left out."]
    store(options.output, report, [f"{options.rounds} rounds.", *left_out])
    print(f"\nbenchmark: written to {options.output}")


if __name__ == "__main__":
    main()
