"""What all tests share: the repository's tools are importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "_tools"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests of the compiled kernels in one process: each would compile them anew."""
    for item in items:
        called = getattr(item, "callspec", None)
        words = (
            [value for value in called.params.values() if isinstance(value, str)] if called else []
        )
        if "compiled" in words:
            item.add_marker(pytest.mark.xdist_group("compiled"))
