"""Where the operation stands: who gets which path, who sees what, and what is refused."""

import os
import re
import shutil
from pathlib import Path

import fresh
import pytest
import torch
import torch.nn.functional as F
from numba import njit

from dsconv_lib import functional
from dsconv_lib._depthwise import choice, compiled, kernels, pure, simd
from dsconv_lib._depthwise import plain as plain_module
from dsconv_lib.functional import (
    Paths,
    choose_path,
    depthwise_conv1d,
    depthwise_conv2d,
    depthwise_conv3d,
    using_path,
)

PATHS = ["pure", "compiled"]
CL, NCHW = torch.channels_last, torch.contiguous_format
USUAL = {"stride": 1, "padding": 8, "dilation": 2}
DILATED = {"padding": 2, "dilation": 2}


def leaves(*, size=(2, 8, 9, 12), multiplier=1, dtype=torch.float32):
    torch.manual_seed(0)
    x = torch.randn(size, dtype=dtype, requires_grad=True)
    w = torch.randn(size[1] * multiplier, 1, 3, 3, dtype=dtype, requires_grad=True)
    return x, w, torch.randn(size[1] * multiplier, dtype=dtype, requires_grad=True)


def plain(x, w, b=None, **options):
    return F.conv2d(x, w, b, **(options or DILATED), groups=x.shape[-3])


# The rules


def test_what_was_found_good_under_other_rules_is_checked_again():
    """Settings are remembered; what autocast allows, or what equals a number, must not be."""
    x, w = torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3)
    depthwise_conv2d(x, w, padding=1)
    with torch.autocast("cpu", torch.bfloat16):
        depthwise_conv2d(x.bfloat16(), w, padding=1)
    with pytest.raises(TypeError, match=r"weight has dtype torch.float32 but input has torch.b"):
        depthwise_conv2d(x.bfloat16(), w, padding=1)
    depthwise_conv2d(x, w, padding=(1, 1))
    for wrong in (1.0, True, (1, 1.0), (True, 1)):
        with pytest.raises(TypeError, match="padding must be an integer"):
            depthwise_conv2d(x, w, padding=wrong)
    with pytest.raises(ValueError, match="bias has shape"):
        depthwise_conv2d(x, w, torch.ones(3), padding=1)


BOTH = ("compiled", "compiled"), ("pure", "pure")
TORCH = ("torch", "torch")
# A change of the settings, and the ways forward and backward: with numba, without.
CHOSEN = [
    ({}, *BOTH),
    ({"dilation": (1, 2)}, *BOTH),
    ({"width": 31}, ("compiled", "compiled"), TORCH),
    ({"dilation": 1}, ("compiled", "compiled"), TORCH),
    ({"stride": (1, 2)}, TORCH, TORCH),
    ({"dtype": torch.float64}, ("compiled", "compiled"), TORCH),
    ({"dtype": torch.float16}, ("compiled", "compiled"), TORCH),
    ({"form": CL}, *BOTH),
    ({"form": CL, "padding": 2}, ("torch", "compiled"), ("torch", "pure")),
    ({"rows": 7, "columns": 5, "padding": 2}, ("torch", "compiled"), ("torch", "pure")),
    ({"form": CL, "dilation": 1}, TORCH, TORCH),
    # A part of a channels-last tensor counts as one, and so does a channels-last weight.
    ({"form": CL, "dilation": 1, "part": True}, TORCH, TORCH),
    ({"form": CL, "padding": 2, "part": True}, ("torch", "compiled"), ("torch", "pure")),
    ({"weight_form": CL, "dilation": 1}, TORCH, TORCH),
    ({"weight_form": CL, "padding": 2}, ("torch", "compiled"), ("torch", "pure")),
    ({"form": CL, "dilation": 1, "rows": 5}, ("compiled", "compiled"), TORCH),
    ({"dtype": torch.complex64}, TORCH, TORCH),
    ({"device": "meta"}, TORCH, TORCH),
    ({"images": 0}, TORCH, TORCH),
    ({"columns": 8}, ("pure", "pure"), ("pure", "pure")),
    ({"rows": 8}, ("pure", "pure"), ("pure", "pure")),
    ({"multiplier": 2}, *BOTH),
    ({"autocast": torch.float16}, ("compiled", "compiled"), TORCH),
]


@pytest.fixture
def ways(monkeypatch):
    """The ways that calls took, in order: PyTorch's own only where it was called whole."""
    taken = []

    def spy(module, name, way):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args: taken.append(way) or real(*args))

    spy(functional, "_pytorchs", "torch")
    spy(plain_module, "convolve", "torch")
    for module, way in ((pure, "pure"), (compiled, "compiled")):
        for name in ("convolve", "differentiate"):
            spy(module, name, way)
    return taken


@pytest.mark.parametrize("numba", [True, False])
@pytest.mark.parametrize(("change", "with_numba", "without"), CHOSEN)
def test_the_path_that_is_named_is_the_one_that_is_taken(
    change, with_numba, without, numba, monkeypatch, ways
):
    place = {"dtype": change.get("dtype", torch.float32), "device": change.get("device", "cpu")}
    size = (change.get("images", 4), 8, 16, change.get("width", 32))
    x = torch.ones(size, **place).contiguous(memory_format=change.get("form", NCHW))
    if "part" in change:
        x = torch.cat((x, x), 1)[:, :8]
    kernel = (change.get("rows", 3), change.get("columns", 3))
    w = torch.ones(8 * change.get("multiplier", 1), 1, *kernel, **place)
    if "weight_form" in change:
        w = torch.empty_strided(w.shape, (9, 1, 3, 1)).copy_(w)
    x.requires_grad_(), w.requires_grad_()
    options = {name: change.get(name, usual) for name, usual in USUAL.items()}
    monkeypatch.setattr(choice, "_numba", [numba])
    with torch.autocast("cpu", change.get("autocast"), enabled="autocast" in change):
        named = choose_path(x, w, **options)
        assert not ways
        y = depthwise_conv2d(x, w, **options)
    assert named == (with_numba if numba else without)
    assert ways[0] == named.forward
    ways.clear()
    y.abs().sum().backward()
    # PyTorch's own gradients are not ours to watch.
    assert ways[:1] == ([] if named.backward == "torch" else [named.backward])


# Input, weight, options, and the way forward and backward.
OTHER_AXES = {
    "one axis": ((2, 8, 50), (8, 1, 3), {"dilation": 4}, "compiled"),
    "one axis, no batch": ((8, 50), (8, 1, 3), {"dilation": 4}, "compiled"),
    "one axis, a stride": ((2, 8, 50), (8, 1, 3), {"dilation": 4, "stride": 2}, "torch"),
    "no batch": ((8, 16, 32), (8, 1, 3, 3), USUAL, "compiled"),
    "no batch, undilated": ((8, 16, 32), (8, 1, 3, 3), {}, "compiled"),
    "three axes": ((2, 8, 5, 6, 7), (8, 1, 3, 3, 3), {"dilation": 2}, "torch"),
}


@pytest.mark.parametrize("case", OTHER_AXES.values(), ids=OTHER_AXES)
def test_the_path_of_other_axes(case, ways):
    size, kernel, options, way = case
    x, w = torch.ones(size, requires_grad=True), torch.ones(kernel, requires_grad=True)
    function = {1: depthwise_conv1d, 2: depthwise_conv2d, 3: depthwise_conv3d}[len(kernel) - 2]
    assert choose_path(x, w, **options) == (way, way)
    function(x, w, **options).sum().backward()
    assert ways == ([way] if way == "torch" else [way] * 2)


def test_the_path_under_a_map_and_a_gradient(ways):
    x, w = torch.ones(4, 8, 16, 32), torch.ones(8, 1, 3, 3)
    named = []

    def loss(w, x):
        named.append(choose_path(x, w, **USUAL))
        return depthwise_conv2d(x, w, **USUAL).sum()

    torch.vmap(torch.func.grad(loss), (None, 0))(w, x)
    assert named == [("compiled", "compiled")]
    assert ways == ["compiled"] * 2


@pytest.mark.parametrize("block", ["numba", "llvmlite"])
def test_without_numba_the_library_works_and_says_so(block):
    code = f"""
import sys
sys.modules[{block!r}] = None
import torch
from dsconv_lib.functional import choose_path, depthwise_conv2d, has_numba, using_path
x, w = torch.ones(2, 8, 32, 33), torch.ones(8, 1, 3, 3)
assert not has_numba()
assert choose_path(x, w, padding=2, dilation=2) == ("pure", "pure")
assert depthwise_conv2d(x, w, padding=2, dilation=2).sum() > 0
try:
    with using_path("compiled"):
        pass
except ImportError as error:
    assert "dsconv-lib[fast]" in str(error)
else:
    raise AssertionError("not refused")
"""
    fresh.run(code)


def test_numba_is_imported_when_it_is_first_needed():
    code = """
import sys, torch
from dsconv_lib.functional import depthwise_conv2d
depthwise_conv2d(torch.ones(1, 2, 9, 12), torch.ones(2, 1, 3, 3), stride=2)
assert "numba" not in sys.modules
"""
    fresh.run(code)


@pytest.mark.parametrize("path", ["torch", "pure", "compiled"])
def test_the_environment_can_set_the_path(path):
    code = (
        "import torch; from dsconv_lib.functional import choose_path;"
        "print(choose_path(torch.ones(1, 2, 9, 12), torch.ones(2, 1, 3, 3)))"
    )
    assert fresh.run(code, DSCONV_PATH=path).strip() == str(Paths(path, path))


def test_tensors_of_another_layout_are_left_to_pytorch():
    x, w, _ = (t.detach() for t in leaves())
    assert choose_path(x, w.to_mkldnn(), **DILATED) == TORCH
    assert choose_path(x.to_mkldnn(), w, **DILATED) == TORCH


def test_an_unknown_path_is_refused():
    with pytest.raises(ValueError, match="path='fast' is unknown: use one of torch, pure, comp"):
        using_path("fast").__enter__()
    assert choose_path(*leaves()) == ("compiled", "compiled")


# Memory


@pytest.mark.parametrize("path", ["torch", *PATHS])
@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("form", [torch.contiguous_format, CL])
def test_the_memory_format_is_kept(path, multiplier, form):
    x, w, _ = leaves(multiplier=multiplier)
    x = x.detach().contiguous(memory_format=form).requires_grad_()
    with using_path(path):
        y = depthwise_conv2d(x, w, **DILATED)
        y.sum().backward()
    assert y.is_contiguous(memory_format=form)
    assert x.grad.is_contiguous(memory_format=form)
    assert w.grad.is_contiguous()


@pytest.mark.parametrize("form", [torch.contiguous_format, CL])
def test_threads_change_nothing_and_runs_repeat(form, monkeypatch):
    monkeypatch.setattr(compiled, "_GRAIN", 1)
    x, w, b = leaves(size=(3, 20, 17, 23))
    x = x.detach().contiguous(memory_format=form).requires_grad_()
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 7, 1):
            torch.set_num_threads(threads)
            with using_path("compiled"):
                y = depthwise_conv2d(x, w, b, **DILATED)
                results.append((y, *torch.autograd.grad(y.square().sum(), (x, w, b))))
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(torch.equal(a, c) for a, c in zip(results[0], other, strict=True))


def test_one_thread_of_pytorch_is_one_thread_of_ours(monkeypatch):
    monkeypatch.setattr(compiled, "_GRAIN", 1)
    asked = []
    monkeypatch.setattr(compiled, "_pool", lambda process: asked.append(process))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with using_path("compiled"):
            depthwise_conv2d(*(t.detach() for t in leaves()), **DILATED)
    finally:
        torch.set_num_threads(before)
    assert not asked


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_has_threads_of_its_own():
    code = """
import os, torch, warnings
warnings.simplefilter("ignore")  # Python warns of a fork beside threads, which is what is tried
from dsconv_lib._depthwise import compiled
from dsconv_lib.functional import depthwise_conv2d
compiled._GRAIN = 1
torch.set_num_threads(2)
x, w = torch.ones(1, 8, 9, 12), torch.ones(8, 1, 3, 3)
depthwise_conv2d(x, w, dilation=2)
child = os.fork()
if not child:
    depthwise_conv2d(x, w, dilation=2)
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""
    fresh.run(code)


def test_the_kernels_are_vectors(monkeypatch):
    x, w, _ = leaves()
    for name in ("forward", "backward"):  # numba shows no code that it has read from disk
        fresh = njit(error_model="numpy")(getattr(kernels, name).py_func)
        monkeypatch.setattr(kernels, name, fresh)
    with using_path("compiled"):
        depthwise_conv2d(x, w, **DILATED).sum().backward()
    for kernel in (kernels.forward, kernels.backward):
        code = "".join(kernel.inspect_llvm().values())
        assert f"fmul contract <{simd.BYTES // 4} x float>" in code


def test_kept_code_is_not_used_when_another_file_has_changed(tmp_path):
    """Whoever updates the library meets the compiled code of the version before."""
    copy = tmp_path / "dsconv_lib"
    shutil.copytree(Path(functional.__file__).parent, copy, ignore=shutil.ignore_patterns("*.nb?"))
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import torch, torch.nn.functional as F
from dsconv_lib.functional import depthwise_conv2d, using_path
from dsconv_lib._depthwise import simd
x = torch.randn(1, 48, 9, 12).double().contiguous(memory_format=torch.channels_last)
w = torch.randn(48, 1, 1, 1).double()
with using_path("compiled"):
    y = depthwise_conv2d(x, w)
assert (y - F.conv2d(x, w, groups=48)).abs().max() < 1e-12
print(simd.BYTES, *simd.__file__.split())
"""
    simd_file = copy / "_depthwise" / "simd.py"
    for size in (32, 64):
        text = re.sub(r"BYTES = .*", f"BYTES = {size}", simd_file.read_text())
        simd_file.write_text(text)
        assert fresh.run(code).split() == [str(size), str(simd_file)]
    assert len(list(copy.rglob("kernels*forward*.nbc"))) == 2


@pytest.mark.parametrize("padding", range(4, 9))
@pytest.mark.parametrize("path", PATHS)
def test_pytorchs_fast_kernel_is_taken_where_it_runs(padding, path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        plain_module,
        "convolve",
        lambda *args: (
            calls.append(1) or F.conv2d(*args[:3], padding=padding, dilation=padding, groups=8)
        ),
    )
    x, w, b = (t.detach() for t in leaves())
    with using_path(path):
        for form in (CL, torch.contiguous_format):
            y = depthwise_conv2d(
                x.contiguous(memory_format=form), w, b, padding=padding, dilation=padding
            )
            assert (
                y - F.conv2d(x, w, b, padding=padding, dilation=padding, groups=8)
            ).abs().max() < 1e-5
    assert len(calls) == (padding <= plain_module.MOST_PADDING)
