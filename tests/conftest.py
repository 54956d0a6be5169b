"""What all tests share: the repository's tools are importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "_tools"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests of the compiled kernels in one process: each would compile them anew."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        called = getattr(item, "callspec", None)
        values = called.params.values() if called else ()
        if any(isinstance(value, str) and value == "compiled" for value in values):
            item.add_marker(pytest.mark.xdist_group("compiled"))
