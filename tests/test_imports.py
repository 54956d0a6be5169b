"""What may import what: the library stays light, and dependencies point one way.

The modules and their parts are read from the tree: what no rule names is held to the strictest.
"""

import subprocess
import sys

import fresh
import pytest

import dsconv_lib
import house
import house_drawing

USES = house.parts_used()
# From one operation to a trained network: each uses earlier ones only, and nothing else uses them.
CHAIN = ("_depthwise", "functional", "layers", "models", "training")
# What readers see. Nothing in the library uses these, but that `notebook` sets up the plots.
FACES = {"exercises", "plots", "widgets"}
ENTRANCE = {"notebook": {"plots"}}


def run(code):
    """Run code in an interpreter that has imported nothing, not even PyTorch."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    ).stdout


def test_importing_the_library_loads_pure_python_only():
    code = """
import sys
before = set(sys.modules)
import dsconv_lib
from dsconv_lib import ConvSpec, ReceptiveField, output_size, receptive_field, same_padding
from dsconv_lib import transposed_output_size
receptive_field([ConvSpec(3)])
new = {name.partition(".")[0] for name in set(sys.modules) - before}
assert new <= {*sys.stdlib_module_names, "dsconv_lib"}, new
"""
    run(code)


def test_what_needs_torch_is_loaded_when_it_is_asked_for():
    code = """
import sys, dsconv_lib
assert "dsconv_lib.trace" not in sys.modules
dsconv_lib.trace_receptive_field
assert "dsconv_lib.trace" in sys.modules
"""
    fresh.run(code)


@pytest.mark.parametrize("part", ["plots", "widgets"])
def test_plots_and_widgets_never_import_torch(part):
    modules = {module for module in house.MODULES if house.part_of(module) == part}
    run(f"import sys, {', '.join(sorted(modules))}; assert 'torch' not in sys.modules")
    uses = house.modules_used()
    for used in modules.union(*(house.reached(uses, module) for module in modules)):
        assert not any(name.startswith("torch") for name in house.imported(used)), used


def test_the_rules_name_parts_that_are_there():
    assert {*CHAIN, *FACES, *ENTRANCE} <= set(USES)


@pytest.mark.parametrize("part", sorted(USES))
def test_imports_point_one_way(part):
    earlier = set(CHAIN[: CHAIN.index(part)]) if part in CHAIN else set()
    if part not in FACES:
        assert not USES[part] & ({*CHAIN} - earlier)
    assert not USES[part] & FACES - ENTRANCE.get(part, set())


@pytest.mark.parametrize("graph", [house.modules_used(), USES], ids=["modules", "parts"])
def test_nothing_imports_itself_in_a_circle(graph):
    assert {name for floor in house.floors(graph) for name in floor} == set(graph)


def test_a_circle_is_an_error():
    graph = {"a": set(), "b": {"a", "c"}, "c": {"b"}}
    with pytest.raises(ValueError, match=r"in a circle: \{'b': .*'c': "):
        house.floors(graph)
    assert house.reached(graph, "c") == {"a", "b", "c"}


def test_the_drawn_house_is_the_one_that_the_imports_make():
    assert house_drawing.FILE.read_text(encoding="utf-8") == house_drawing.drawing(USES), (
        "the imports have changed: run `make house`"
    )


def test_every_public_name_is_there():
    for name in dsconv_lib.__all__:
        assert getattr(dsconv_lib, name).__name__ == name
        assert name in dir(dsconv_lib)
    assert callable(dsconv_lib.receptive_field)


def test_submodules_are_reached_as_attributes():
    fresh.run("import dsconv_lib; assert dsconv_lib.trace.__name__ == 'dsconv_lib.trace'")
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = dsconv_lib.no_such_name
