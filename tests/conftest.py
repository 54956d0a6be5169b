"""What all tests share: the book's tools and extensions are importable."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

BOOK = Path(__file__).parents[1] / "book"
sys.path[:0] = [str(BOOK / "_tools"), str(BOOK / "_ext")]
if settings.get_current_profile_name() == "default":  # no test asks for a time
    unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("patient", **unhurried)
    settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests of the compiled kernels in one process: each would compile them anew."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        called = getattr(item, "callspec", None)
        values = called.params.values() if called else ()
        if any(isinstance(value, str) and value == "compiled" for value in values):
            item.add_marker(pytest.mark.xdist_group("compiled"))
