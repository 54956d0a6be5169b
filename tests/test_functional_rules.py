"""Where the operation stands: who gets which path, who sees what, and what is refused."""

import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd import forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from dsconv_lib import functional
from dsconv_lib._depthwise import compiled, kernels
from dsconv_lib.functional import choose_path, depthwise_conv1d, depthwise_conv2d, using_path

PATHS = ["pure", "compiled"]
CL = torch.channels_last
DILATED = {"padding": 2, "dilation": 2}


def leaves(*, size=(2, 8, 9, 12), multiplier=1, dtype=torch.float32):
    torch.manual_seed(0)
    x = torch.randn(size, dtype=dtype, requires_grad=True)
    w = torch.randn(size[1] * multiplier, 1, 3, 3, dtype=dtype, requires_grad=True)
    return x, w, torch.randn(size[1] * multiplier, dtype=dtype, requires_grad=True)


def plain(x, w, b=None, **options):
    return F.conv2d(x, w, b, **(options or DILATED), groups=x.shape[-3])


# The rules


@pytest.mark.parametrize(
    ("change", "with_numba", "without"),
    [
        ({}, "compiled", "pure"),
        ({"dilation": (1, 2)}, "compiled", "pure"),
        ({"dilation": 1}, "compiled", "torch"),
        ({"stride": (1, 2)}, "torch", "torch"),
        ({"dtype": torch.float64}, "compiled", "torch"),
        ({"dtype": torch.bfloat16}, "compiled", "torch"),
        ({"dtype": torch.complex64}, "torch", "torch"),
        ({"device": "meta"}, "torch", "torch"),
        ({"columns": 8}, "pure", "pure"),
    ],
)
def test_the_path_that_is_chosen(change, with_numba, without, monkeypatch):
    place = {"dtype": change.get("dtype", torch.float32), "device": change.get("device", "cpu")}
    x, w = torch.ones(2, 8, 20, 24, **place), torch.ones(8, 1, 3, change.get("columns", 3), **place)
    options = {"padding": 8, "dilation": change.get("dilation", 2)}
    options["stride"] = change.get("stride", 1)
    assert choose_path(x, w, **options) == with_numba
    monkeypatch.setattr(functional, "_numba", [False])
    assert choose_path(x, w, **options) == without


@pytest.mark.parametrize("block", ["numba", "llvmlite"])
def test_without_numba_the_library_works_and_says_so(block):
    code = f"""
import sys
sys.modules[{block!r}] = None
import torch
from dsconv_lib.functional import choose_path, depthwise_conv2d, has_numba, using_path
x, w = torch.ones(1, 2, 9, 12), torch.ones(2, 1, 3, 3)
assert not has_numba()
assert choose_path(x, w, padding=2, dilation=2) == "pure"
assert depthwise_conv2d(x, w, padding=2, dilation=2).sum() > 0
try:
    with using_path("compiled"):
        pass
except ImportError as error:
    assert "dsconv-lib[fast]" in str(error)
else:
    raise AssertionError("not refused")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numba_is_imported_when_it_is_first_needed():
    code = """
import sys, torch
from dsconv_lib.functional import depthwise_conv2d
depthwise_conv2d(torch.ones(1, 2, 9, 12), torch.ones(2, 1, 3, 3), stride=2)
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("path", ["torch", "pure", "compiled"])
def test_the_environment_can_set_the_path(path):
    code = (
        "import torch; from dsconv_lib.functional import choose_path;"
        "print(choose_path(torch.ones(1, 2, 9, 12), torch.ones(2, 1, 3, 3)))"
    )
    environment = os.environ | {"DSCONV_PATH": path}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == path


def test_an_unknown_path_is_refused():
    with pytest.raises(ValueError, match="path='fast' is unknown: use one of torch, pure, comp"):
        using_path("fast").__enter__()
    assert choose_path(*leaves()) == "compiled"


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_has_threads_of_its_own():
    code = """
import os, torch
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
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)


def test_the_kernels_are_vectors():
    x, w, _ = leaves()
    with using_path("compiled"):
        depthwise_conv2d(x, w, **DILATED).sum().backward()
    for kernel in (kernels.forward, kernels.backward):
        code = "".join(kernel.inspect_llvm().values())
        assert "fmul contract <8 x float>" in code


# Who looks on


class Seen(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def test_a_dispatch_mode_sees_a_convolution():
    x, w, b = leaves()
    with Seen() as seen:
        y = depthwise_conv2d(x, w, b, **DILATED)
    assert "convolution" in seen.names
    torch.testing.assert_close(y, plain(x, w, b))


def test_meta_and_fake_tensors_give_shapes():
    on_meta = depthwise_conv2d(*(t.detach().to("meta") for t in leaves()), **DILATED)
    assert (on_meta.shape, on_meta.device.type) == ((2, 8, 9, 12), "meta")
    with FakeTensorMode():
        fake = depthwise_conv2d(torch.ones(2, 8, 9, 12), torch.ones(8, 1, 3, 3), **DILATED)
    assert fake.shape == (2, 8, 9, 12)


def test_transforms_go_through():
    x, w, _ = (t.detach() for t in leaves())

    def total(x):
        return depthwise_conv2d(x, w, **DILATED).square().sum()

    mapped = torch.vmap(lambda image: depthwise_conv2d(image, w, **DILATED))(x)
    torch.testing.assert_close(mapped, plain(x, w))
    expected = 2 * torch.autograd.functional.vjp(lambda x: plain(x, w), x, plain(x, w))[1]
    torch.testing.assert_close(torch.func.grad(total)(x), expected)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, torch.ones_like(x))
        tangent = forward_ad.unpack_dual(depthwise_conv2d(dual, w, **DILATED)).tangent
    torch.testing.assert_close(tangent, plain(torch.ones_like(x), w))


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(leaves()[1].detach())

    def forward(self, x):
        return depthwise_conv2d(x, self.w, **DILATED)


def test_exported_programs_hold_pytorchs_own_call():
    x = leaves()[0].detach()
    program = torch.export.export(Layer(), (x,))
    names = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert names == ["aten.conv2d.default"]
    torch.testing.assert_close(program.module()(x), Layer()(x))
