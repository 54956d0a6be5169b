"""Who looks on: dispatch modes, exporters, transforms, autocast and the compiler."""

import pytest
import torch
import torch.nn.functional as F
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd import forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from dsconv_lib.functional import choose_path, depthwise_conv2d, using_path

PATHS = ["pure", "compiled"]
DILATED = {"padding": 2, "dilation": 2}


def leaves(*, multiplier=1, dtype=torch.float32):
    torch.manual_seed(0)
    x = torch.randn(2, 8, 9, 12, dtype=dtype, requires_grad=True)
    w = torch.randn(8 * multiplier, 1, 3, 3, dtype=dtype, requires_grad=True)
    return x, w, torch.randn(8 * multiplier, dtype=dtype, requires_grad=True)


def plain(x, w, b=None):
    return F.conv2d(x, w, b, **DILATED, groups=x.shape[-3])


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


# PyTorch makes its own forward derivatives with a tool that it calls outdated.
@pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")
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


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_the_compiler_keeps_the_fast_operation(path, multiplier):
    graphs = []

    def look(graph, inputs):
        graphs.append(graph)
        return graph

    inputs = leaves(multiplier=multiplier, dtype=torch.float64)
    with using_path(path):
        compiled = torch.compile(depthwise_conv2d, backend=look, fullgraph=True)
        y = compiled(*inputs, **DILATED)
        mine = torch.autograd.grad(y.square().sum(), inputs)
    called = [str(node.target) for graph in graphs for node in graph.graph.nodes]
    assert any("dsconv_lib.depthwise" in name for name in called)
    expected = plain(*inputs)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(mine, torch.autograd.grad(expected.square().sum(), inputs))


@pytest.mark.parametrize("path", PATHS)
def test_the_registered_operation_keeps_the_rules_of_pytorch(path):
    x, w, b = leaves()
    ends = [2, 2, 2, 4, 4, 4]
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    torch.library.opcheck(torch.ops.dsconv_lib.depthwise, (x, w, b, ends, path), test_utils=checks)
    g = torch.randn(2, 8, 9, 12)
    gradients = torch.ops.dsconv_lib.depthwise_gradients
    torch.library.opcheck(gradients, (g, x, w, ends, path, True, True), test_utils=checks)
    for need in ((True, False), (False, True)):
        arguments = (g, x.detach(), w.detach(), ends, path, *need)
        torch.library.opcheck(gradients, arguments, test_utils="test_faketensor")
        assert [part.numel() > 0 for part in gradients(*arguments)] == list(need)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_is_rounded_once(path, dtype):
    x, w, b = (t.detach().to(dtype) for t in leaves())
    with using_path(path):
        y = depthwise_conv2d(x, w, b, **DILATED)
    assert y.dtype == dtype
    assert torch.equal(y, plain(x.double(), w.double(), b.double()).to(dtype))


def test_autocast_decides_the_dtype():
    x, w, b = leaves()
    assert depthwise_conv2d(x, w, b, **DILATED).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert choose_path(x, w, b, **DILATED).backward == "compiled"
        y = depthwise_conv2d(x, w, b, **DILATED)
        mixed = depthwise_conv2d(x.bfloat16(), w, b, **DILATED)
        expected = plain(x, w, b)
    assert y.dtype == mixed.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(y, expected, rtol=1e-2, atol=1e-2)
    assert torch.equal(y, mixed)
    grads = torch.autograd.grad(y.float().sum(), (x, w, b))
    assert [grad.dtype for grad in grads] == [torch.float32] * 3
    exact = torch.autograd.grad(plain(x, w, b).sum(), (x, w, b))
    for ours, theirs in zip(grads, exact, strict=True):
        assert (ours - theirs).abs().max() <= 0.02 * theirs.abs().max()
