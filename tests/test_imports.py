"""What may import what: the library stays light, and dependencies point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dsconv_lib

ROOT = Path(dsconv_lib.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# What a part of the library may use of the rest; every part, and nothing but parts, is listed.
BASE = {"checks"}
PURE = BASE | {"arithmetic", "receptive_field", "cost"}
ALLOWED = {
    "checks": set(),
    "arithmetic": {"checks"},
    "receptive_field": {"checks", "arithmetic"},
    "cost": {"checks", "arithmetic"},
    "probe": PURE,
    "trace": PURE | {"probe"},
    "measure": PURE | {"probe"},
    "notebook": PURE | {"plots"},
    "panels": set(),
    "plots": PURE,
    "widgets": PURE,
}


# functional <- layers <- models <- training, transfer: none of these uses a later one.
CHAIN = ("_depthwise", "functional", "layers", "models", "training", "transfer")


def part_of(path):
    """The part of the library that a file belongs to: a module, or a package in it."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path):
    """Full names of the modules that a file imports, inside functions too."""
    package = ("dsconv_lib", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def parts_used(path):
    """Parts of the library that a file imports, other than its own."""
    names = (name.split(".") for name in imported(path))
    parts = {name[1] for name in names if name[0] == "dsconv_lib" and len(name) > 1}
    known = {part_of(module) for module in MODULES}
    return (parts & known) - {part_of(path)}


def run(code):
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    ).stdout


def test_importing_the_library_does_not_import_torch():
    code = """
import sys
import dsconv_lib
from dsconv_lib import ConvSpec, ReceptiveField, output_size, receptive_field, same_padding
from dsconv_lib import transposed_output_size
receptive_field([ConvSpec(3)])
heavy = {"torch", "numpy", "matplotlib", "ipywidgets", "anywidget"} & set(sys.modules)
assert not heavy, heavy
dsconv_lib.trace_receptive_field
assert "torch" in sys.modules
"""
    run(code)


@pytest.mark.parametrize("part", ["plots", "widgets"])
def test_plots_and_widgets_never_import_torch(part):
    run(f"import sys, dsconv_lib.{part}; assert 'torch' not in sys.modules")
    files = [path for path in MODULES if part_of(path) == part]
    assert files
    for path in files:
        assert "torch" not in {name.split(".")[0] for name in imported(path)}, path


def test_tracing_an_ordinary_network_does_not_load_pytorchs_compiler():
    code = """
import sys
from torch import nn
from dsconv_lib import trace_cost, trace_receptive_field
layers = [nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
head = [nn.ConvTranspose2d(4, 4, 2, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]
trace_receptive_field(nn.Sequential(*layers, *head), (1, 3, 32, 40))
trace_cost(nn.Sequential(*layers, *head), (1, 3, 32, 40))
assert not {"sympy", "torch._dynamo"} & set(sys.modules)
"""
    run(code)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    part = part_of(path)
    if part in ALLOWED:
        assert parts_used(path) <= ALLOWED[part]
    if part in CHAIN:
        assert not parts_used(path) & {*CHAIN[CHAIN.index(part) :], "plots", "widgets"}


def test_no_two_parts_need_each_other():
    uses = {}
    for path in MODULES:
        if part_of(path) != "__init__":
            uses.setdefault(part_of(path), set()).update(parts_used(path) - {"__init__"})
    while uses:
        leaves = {part for part, needed in uses.items() if not needed & set(uses)}
        assert leaves, f"these import each other in a circle: {uses}"
        uses = {part: needed for part, needed in uses.items() if part not in leaves}


def test_every_public_name_is_there():
    for name in dsconv_lib.__all__:
        assert getattr(dsconv_lib, name).__name__ == name
        assert name in dir(dsconv_lib)
    assert callable(dsconv_lib.receptive_field)


def test_submodules_are_reached_as_attributes():
    run("import dsconv_lib; assert dsconv_lib.trace.__name__ == 'dsconv_lib.trace'")
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = dsconv_lib.no_such_name
