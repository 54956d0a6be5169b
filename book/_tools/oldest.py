"""Print the oldest versions that pyproject.toml declares, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def oldest(requirements: list[str]) -> list[str]:
    """Turn lower bounds into exact versions: `torch>=2.9` into `torch==2.9.*`."""
    bounds = (re.fullmatch(r"([\w.-]+)>=([\w.]+)", requirement) for requirement in requirements)
    return [f"{bound[1]}=={bound[2]}.*" for bound in bounds if bound]


def main() -> None:
    """Print one constraint a line: for the library, for its extra, and for running notebooks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    print("\n".join(oldest(project["dependencies"] + extras["fast"] + extras["book"])))


if __name__ == "__main__":
    main()
