"""All tables of the library's speed, for the machine that runs this, and what the targets say.

    python benchmarks/report.py [--rounds 7] [--only PART ...] [--output benchmarks/report.md]

Every result is compared with PyTorch's before any time of it is taken; where one differs, nothing
is printed and the run ends. With one thread, times are processor time. A ratio is PyTorch's time
over ours, within one round of taking turns; the quartiles of the rounds are in brackets.
"""

import argparse
import os
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import reference as numpy_reference  # first: it says how many threads NumPy may use
from depthwise import parts
from depthwise_settings import BEST, Setting, compare
from networks import measured, training_steps
from roofline import beyond_the_cache, roofline
from targets import summary
from timing import Ratio, fastest, machine, milliseconds, processor, settle, shown, speedup, table

OUTPUT = Path(__file__).with_name("report.md")
# What the page "Use the library in your project" shows of the report.
BEGIN, END = "<!-- before and after -->", "<!-- end of before and after -->"
BEFORE_AND_AFTER = {
    "3 × 3, dilation 2": Setting(4, 64, 56, 56, 3, 2),
    "3 × 3, dilation 6": Setting(4, 64, 56, 56, 3, 6),
    "5 × 5, dilation 4": Setting(2, 128, 56, 56, 5, 4),
    "3 × 3, dilation 1": Setting(4, 64, 56, 56, 3, 1),
    "3 × 3, dilation 2, stride 2": Setting(4, 64, 56, 56, 3, 2, stride=2),
    "causal, 3 taps, dilation 8": Setting(8, 64, 1, 1024, 3, 8, causal=True),
}


def unbroken(ratio: Ratio) -> str:
    """A ratio with its quartiles, on one line of the page."""
    return (
        shown(ratio)
        .replace(" ", "\N{NO-BREAK SPACE}")
        .replace("–", "\N{WORD JOINER}–\N{WORD JOINER}")
    )


def before_and_after(rounds: int) -> str:
    """What a user gains: training steps with PyTorch alone, and with the path that is chosen."""
    rows = []
    for what, setting in BEFORE_AND_AFTER.items():
        times = compare(setting, [None], rounds)
        ratio = unbroken(speedup(times[BEST], times["chosen"]))
        shape = " × ".join(map(str, setting.size[:2] + setting.size[2 + setting.causal :]))
        cells = [milliseconds(times[BEST]), milliseconds(times["chosen"])]
        rows.append([f"{what}: {shape}", *cells, ratio])
    for found in measured(rounds):
        before, after = found.steps[found.plain], found.steps[fastest(found.steps, "ours")]
        ratio = unbroken(found.ratio("ours"))
        rows.append([str(found.network), milliseconds(before), milliseconds(after), ratio])
    header = ["training step", "PyTorch ms", "this library ms", "times faster"]
    about = f"{processor()}: {machine()}; float32, the median of {rounds} rounds."
    return "\n\n".join([BEGIN, about, table(header, rows), END])


def sections(rounds: int) -> dict[str, Callable[[], str]]:
    """Every table by its title, in the order of the report."""
    return {
        "Before and after": lambda: before_and_after(rounds),
        "Roofline": lambda: roofline(rounds),
        "Larger than the cache": lambda: beyond_the_cache(rounds),
        **depthwise_sections(rounds),
        "Networks, forward and backward": lambda: training_steps(rounds),
        "NumPy, forward": lambda: numpy_reference.forward(rounds),
        "NumPy, backward": lambda: numpy_reference.backward(rounds),
        "NumPy, pooling": lambda: numpy_reference.pooling(rounds),
    }


def depthwise_sections(rounds: int) -> dict[str, Callable[[], str]]:
    """Those of `depthwise.py`; what needs a compiler is left out where there is none."""
    tables = parts(rounds)
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        tables["With torch.compile"] = lambda: "Not measured: it needs a C++ compiler."
    return tables


def described() -> str:
    """The machine and what runs on it."""
    names = ("numba", "numpy", "dsconv-lib")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return "\n".join([f"- {processor()}", f"- {machine()}", f"- {versions}"])


def main() -> None:
    """Print every table as it is found, then store all of them below the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each candidate")
    parser.add_argument("--only", nargs="*", default=[""], help="tables whose title begins so")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the Markdown file to write")
    options = parser.parse_args()
    settle()
    report: dict[str, str] = {}
    for title, make in sections(options.rounds).items():
        if title.startswith(tuple(options.only)):
            report[title] = make()
            print(f"## {title}\n\n{report[title]}\n", flush=True)
    print(summary(report))
    head = ["# Speed, side by side", described()]
    head.append("\n".join(__doc__.split("\n\n")[-1].strip().splitlines()))
    left_out = "" if "" in options.only else " Some tables are left out."
    head.append(f"{options.rounds} rounds.{left_out}")
    tables = [f"## {title}\n\n{text}" for title, text in report.items()]
    text = "\n\n".join([*head, "## Summary", summary(report), *tables])
    options.output.write_text(text + "\n", encoding="utf-8")
    print(f"\nbenchmark: written to {options.output}")


if __name__ == "__main__":
    main()
