"""Print the oldest versions that pyproject.toml declares, as constraints for pip."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def oldest(requirements: list[str]) -> list[str]:
    """Turn lower bounds into exact versions: `torch>=2.6` into `torch==2.6.*`."""
    pairs = [requirement.split(">=") for requirement in requirements]
    return [f"{name}=={version}.*" for name, version in pairs]


def main() -> None:
    """Print one constraint a line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print("\n".join(oldest(project["dependencies"])))


if __name__ == "__main__":
    main()
