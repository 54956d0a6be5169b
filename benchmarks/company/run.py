"""Networks that nobody here wrote, traced and run, to see whether the library tells the truth.

    python benchmarks/company/run.py [PACKAGE or NETWORK …] [--write book/api/company.md]

It runs in the environment that `make company` makes. `foreign.py` lists the networks, `truth.py`
holds what PyTorch says of them, `compare.py` the comparison, `samples.py` PyTorch's own samples of
single operations, and `page.md` the prose around the tables.
"""

import argparse
import sys
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from string import Template

import beside  # noqa: F401  it makes way for the packages
from compare import Finding, compare
from foreign import networks
from samples import Sampled, sampled

HERE = Path(__file__).parent


def cells(found: Finding) -> list[str]:
    """A row of the table."""
    return [
        found.name,
        _pair(found.parameters),
        _pair(found.macs),
        _pair(found.saved, listed=bool(found.unknown_saved)),
        " × ".join(map(str, found.size)) + (f", {found.wider}" if found.wider else ""),
        ", ".join(sorted({*found.unknown, *found.unknown_saved, *found.unknown_field})),
        "; ".join(f"**{fault}**" for fault in found.faults),
    ]


def _pair(values: tuple[int, int], *, listed: bool = False) -> str:
    ours, theirs = values
    if ours == theirs:
        return f"{ours:,}"
    return f"{ours:,} of {theirs:,}" if listed else f"**{ours:,}**, not {theirs:,}"


HEADS = ["network", "parameters", "MACs", "saved", "field", "listed", "faults"]
SAMPLE_HEADS = ["operation", "samples", "listed", "differs"]


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, numbers to the right; a last column without entries is left out."""
    while rows and len(heads) > 1 and not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    marks = ["---", *("---:" if head in HEADS[1:4] else "---" for head in heads[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, marks, *rows])


def summary(findings: list[Finding]) -> str:
    """How many agree in what."""
    count = len(findings)
    agree = {
        "parameters": lambda f: f.parameters[0] == f.parameters[1],
        "MACs": lambda f: f.macs[0] == f.macs[1],
        "saved bytes": lambda f: f.saved[0] == f.saved[1],
        "fields row by row": lambda f: bool(f.size) and not f.wider,
    }
    failed = ("cost:", "saved:", "field")
    right = {
        what: sum(test(f) and not any(s.startswith(failed) for s in f.faults) for f in findings)
        for what, test in agree.items()
    }
    said = ", ".join(f"{what} of {number}" for what, number in right.items())
    faulty = sum(bool(found.faults) for found in findings)
    return f"Of {count} networks agree: {said}. Faults were found in {faulty}."


def page(findings: list[Finding], samples: list[Sampled]) -> str:
    """The page: the template with its tables."""
    parts = []
    for package, group in groupby(findings, key=lambda found: found.package):
        parts.append(f"## {package}\n\n{table(HEADS, [cells(found) for found in group])}")
    rows = [
        [f"`{s.name}`", str(s.samples), _said(s, listed=True), _said(s, listed=False)]
        for s in samples
    ]
    packages = ["torch", *dict.fromkeys(found.package for found in findings)]
    versions = ", ".join(f"{name} {version(name).split('+')[0]}" for name in packages)
    template = Template((HERE / "page.md").read_text(encoding="utf-8"))
    return template.substitute(
        versions=versions,
        summary=summary(findings),
        networks="\n\n".join(parts),
        samples=table(SAMPLE_HEADS, rows),
    )


def _said(found: Sampled, *, listed: bool) -> str:
    """Kinds of findings of an operation."""
    kinds = (kind for kind in found.counts if kind.endswith("listed") == listed)
    return ", ".join(kind.removesuffix(" listed") if listed else f"**{kind}**" for kind in kinds)


def main() -> None:
    """Run them, print each as it comes, and store the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="packages or networks; all if none is given")
    parser.add_argument("--write", type=Path, help="the page to write")
    options = parser.parse_args()
    findings = []
    for network in networks():
        if options.names and not {network.package, network.name} & {*options.names}:
            continue
        findings.append(compare(network))
        print(findings[-1].package, *cells(findings[-1]), sep=" | ", flush=True)
    samples: list[Sampled] = []
    for found in [] if options.names else sampled():
        samples.append(found)
        print(found.name, found.samples, found.counts, found.examples, flush=True)
    faults = sum(bool(f.faults) for f in findings) + sum(map(bool, (s.wrong for s in samples)))
    if options.write:
        options.write.write_text(page(findings, samples), encoding="utf-8")
        print(f"company: written to {options.write}")
    print(summary(findings))
    sys.exit(f"company: {faults} networks or operations differ" if faults else 0)


if __name__ == "__main__":
    main()
