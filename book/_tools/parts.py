"""Run parts of `make test`, those joined by a plus sign side by side, and say what each took."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def run(part: str) -> bool:
    """Make one target; print its seconds and how many tests passed; all it said if it failed."""
    start = time.monotonic()
    done = subprocess.run(
        ["make", "--no-print-directory", part],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    counts = re.findall(r"\d+ passed|\bpass \d+", done.stdout)
    said = ", ".join(counts) if done.returncode == 0 else f"FAILED\n{done.stdout}"
    print(f"make test: {part:12}{seconds:6.0f} s  {said}".rstrip(), flush=True)
    return done.returncode == 0


def main(steps: list[str]) -> int:
    """Run the steps one after the other, all of them even if one fails."""
    start = time.monotonic()
    passed = []
    for step in steps:
        parts = step.split("+")
        with ThreadPoolExecutor(len(parts)) as pool:
            passed += list(zip(parts, pool.map(run, parts), strict=True))
    print(f"make test: {'in all':12}{time.monotonic() - start:6.0f} s")
    failed = [part for part, ok in passed if not ok]
    print(f"make test: {'failed: ' + ', '.join(failed) if failed else 'all checks passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
