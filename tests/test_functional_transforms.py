"""Transforms and batched gradients: what PyTorch's convolution gives, by the fast operation."""

import pytest
import torch
import torch.nn.functional as F
from torch._dynamo.backends.common import aot_autograd
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.func import functionalize, grad, hessian, jacfwd, jacrev, vmap
from torch.utils._python_dispatch import TorchDispatchMode

from dsconv_lib._depthwise import compiled, pure
from dsconv_lib.functional import choose_path, depthwise_conv2d, using_path

# PyTorch makes its own forward derivatives with a tool that it calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")

MODULES = {"pure": pure, "compiled": compiled}
PATHS = list(MODULES)
# Ends that differ, alike and none, on rows and columns of different dilations.
PADDINGS = [((2, 1), (0, 3)), ((2, 2), (3, 3)), ((0, 0), (0, 0))]


def tensors(multiplier=1):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    w = torch.randn(3 * multiplier, 1, 2, 3, dtype=torch.float64)
    return x, w, torch.randn(3 * multiplier, dtype=torch.float64)


def both(padding=PADDINGS[0], dilation=(2, 3)):
    """Our function and PyTorch's."""

    def ours(x, w, b=None):
        return depthwise_conv2d(x, w, b, padding=padding, dilation=dilation)

    def theirs(x, w, b=None):
        ends = [end for pair in reversed(padding) for end in pair]
        return F.conv2d(F.pad(x, ends), w, b, dilation=dilation, groups=x.shape[-3])

    return ours, theirs


@pytest.fixture
def calls(monkeypatch):
    """The shapes of input and weight in every call of a fast way."""
    seen = []
    for module in MODULES.values():
        real, back = module.convolve, module.differentiate

        def convolve(x, w, *rest, real=real):
            seen.append((tuple(x.shape), tuple(w.shape)))
            return real(x, w, *rest)

        def differentiate(g, x, w, *rest, back=back):
            seen.append((tuple(g.shape), tuple(x.shape), tuple(w.shape)))
            return back(g, x, w, *rest)

        monkeypatch.setattr(module, "convolve", convolve)
        monkeypatch.setattr(module, "differentiate", differentiate)
    return seen


# Batches of gradients


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("padding", PADDINGS)
def test_gradients_by_the_batch(path, multiplier, padding):
    inputs = [t.requires_grad_() for t in tensors(multiplier)]
    many, (ours, theirs) = {"is_grads_batched": True, "retain_graph": True}, both(padding)
    with using_path(path):
        y = ours(*inputs)
        g = torch.randn(4, *y.shape, dtype=y.dtype)
        for wanted in (inputs, inputs[:1], inputs[1:2]):
            mine = torch.autograd.grad(y, wanted, g, **many)
            expected = torch.autograd.grad(theirs(*inputs), wanted, g, **many)
            torch.testing.assert_close(mine, expected)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_vectorized_jacobians(path, strategy):
    x, w, _ = tensors(2)
    ours, theirs = both()
    options = {"vectorize": True, "strategy": strategy}
    with using_path(path):
        mine = torch.autograd.functional.jacobian(ours, (x, w), **options)
    torch.testing.assert_close(mine, torch.autograd.functional.jacobian(theirs, (x, w)))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_batched_first_and_second_derivatives(path, padding):
    inputs = [t.requires_grad_() for t in tensors(2)]
    with using_path(path):
        assert gradcheck(both(padding)[0], inputs, check_batched_grad=True, fast_mode=True)
        assert gradgradcheck(both(padding)[0], inputs, check_batched_grad=True, fast_mode=True)


# Transforms


def loss(function, *rest):
    return lambda *inputs: function(*inputs, *rest).pow(3).sum()


TRANSFORMS = {
    "grad": lambda f, x, w, b: grad(loss(f), (0, 1, 2))(x, w, b),
    "grad of the bias": lambda f, x, w, b: grad(loss(f), 2)(x, w, b),
    "grad of grad": lambda f, x, w, b: grad(
        lambda w: grad(loss(f), (0, 1))(x, w, b)[0].square().sum()
    )(w),
    "the way from the weight to the input's gradient": lambda f, x, w, b: grad(
        lambda w: grad(loss(f))(x, w, b).square().sum()
    )(w),
    "the way from the input to the weight's gradient": lambda f, x, w, b: grad(
        lambda x: grad(loss(f), 1)(x, w, b).square().sum()
    )(x),
    "each image's gradient": lambda f, x, w, b: vmap(grad(loss(f)), (0, None, None))(x, w, b),
    "the weight's gradient for each image": lambda f, x, w, b: vmap(
        grad(loss(f), 1), (0, None, None)
    )(x, w, b),
    "each image's gradients": lambda f, x, w, b: vmap(grad(loss(f), (1, 2)), (0, None, None))(
        x, w, b
    ),
    "many weights": lambda f, x, w, b: vmap(grad(loss(f), (0, 1)), (None, 0, None))(
        x, torch.stack((w, 2 * w, -w)), b
    ),
    "grad of vmap": lambda f, x, w, b: grad(
        lambda ws: vmap(f, (0, 1, None), 1)(x, ws, b).pow(3).sum()
    )(torch.stack((w, 2 * w), 1)),
    "vmap of vmap": lambda f, x, w, b: vmap(vmap(f, (0, None, None)), (None, 0, 0))(
        x, torch.stack((w, 2 * w)), torch.stack((b, -b))
    ),
    "jacrev": lambda f, x, w, b: jacrev(f, (0, 1))(x, w, b),
    "jacrev of jacrev": lambda f, x, w, b: jacrev(jacrev(loss(f), 1), 1)(x[:1], w, b),
}
each = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)


@each
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_transforms_by_the_fast_operation(transform, path, multiplier, calls):
    ours, theirs = both()
    inputs = tensors(multiplier)
    with using_path(path):
        mine = transform(ours, *inputs)
    assert calls
    torch.testing.assert_close(mine, transform(theirs, *inputs))


@each
def test_compiled_transforms_by_the_fast_operation(transform):
    torch.compiler.reset()
    names, inputs, (ours, theirs) = [], tensors(), both()

    def look(graph, _):
        names.extend(str(node.target) for node in graph.graph.nodes)
        return graph

    backend = aot_autograd(fw_compiler=look)
    with using_path("compiled"):
        made = torch.compile(lambda *given: transform(ours, *given), backend=backend)
        mine = made(*inputs)
    assert any("dsconv_lib.depthwise" in name for name in names)
    assert not any("aten.convolution" in name for name in names)
    torch.testing.assert_close(mine, transform(theirs, *inputs))


@pytest.mark.parametrize("run", [lambda f: f, torch.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("make", [jacfwd, hessian])
def test_forward_derivatives_are_pytorchs(make, run):
    torch.compiler.reset()
    x, w, _ = tensors()
    ours, theirs = both()
    options = {} if run is not torch.compile else {"backend": "aot_eager"}
    with using_path("compiled"):
        mine = run(lambda w: make(lambda w: loss(ours)(x, w))(w), **options)(w)
    torch.testing.assert_close(mine, make(lambda w: loss(theirs)(x, w))(w))


def test_other_transforms_see_pytorchs_own_call(calls):
    x, w, b = tensors()
    ours, theirs = both()
    named = []

    def looked(x, w):
        named.append(choose_path(x, w, dilation=2))
        return ours(x, w, b)

    with using_path("compiled"):
        y = functionalize(looked)(x, w)
        grad(lambda w: looked(x, w).sum())(w)
    assert named == [("torch", "torch"), ("compiled", "compiled")]
    torch.testing.assert_close(y, theirs(x, w, b))
    assert len(calls) == 2


# The numbers of images and channels; three of them at a time.
X, W = (2, 3, 5, 7), (6, 1, 2, 3)
FOLDED = [
    # The axes that are mapped, and what the fast way is given.
    ((0, None, None), ((6, 3, 5, 7), W)),
    ((2, None, None), ((6, 3, 5, 7), W)),
    ((None, 0, None), ((2, 9, 5, 7), (18, 1, 2, 3))),
    ((None, 3, 1), ((2, 9, 5, 7), (18, 1, 2, 3))),
    ((1, 0, None), ((2, 9, 5, 7), (18, 1, 2, 3))),
    ((None, None, 0), ((2, 9, 5, 7), (18, 1, 2, 3))),
]


@pytest.mark.parametrize(("dims", "given"), FOLDED)
@pytest.mark.parametrize("path", PATHS)
def test_a_map_is_one_call(dims, given, path, calls):
    torch.manual_seed(0)
    x, w, b = (
        torch.randn(size if dim is None else (*size[:dim], 3, *size[dim:]), dtype=torch.float64)
        for size, dim in zip((X, W, W[:1]), dims, strict=True)
    )
    ours, theirs = both(PADDINGS[1])
    with using_path(path):
        y = vmap(ours, dims)(x, w, b)
    assert calls == [given]
    torch.testing.assert_close(y, vmap(theirs, dims)(x, w, b))


def test_a_map_over_the_registered_operation():
    x, w, b = tensors()
    ends, operations = [2, 1, 2, 0, 3, 3], torch.ops.dsconv_lib
    ws = torch.stack((w, 2 * w))
    y = vmap(lambda w: operations.depthwise(x, w, b, ends, "compiled"))(ws)
    torch.testing.assert_close(y, torch.stack([both()[1](x, w, b) for w in ws]))
    g = torch.randn(3, *y.shape[1:], dtype=y.dtype)
    for need in ((True, False), (False, True), (True, True)):
        rest = (x, w, ends, "compiled", *need)
        found = vmap(operations.depthwise_gradients, (0, *[None] * 6))(g, *rest)
        wanted = [operations.depthwise_gradients(one, *rest) for one in g]
        torch.testing.assert_close(found, tuple(map(torch.stack, zip(*wanted, strict=True))))


# Who comes after the convolution, and looks on at the way back alone


class Seen(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("path", PATHS)
def test_a_mode_sees_the_gradients_of_a_convolution(path):
    inputs = [t.requires_grad_() for t in tensors()]
    ours, theirs = both()
    with using_path(path):
        y = ours(*inputs)
        with Seen() as seen:
            mine = torch.autograd.grad(y.sum(), inputs)
    assert "convolution_backward" in seen.names
    torch.testing.assert_close(mine, torch.autograd.grad(theirs(*inputs).sum(), inputs))


@pytest.mark.parametrize("path", PATHS)
def test_tangents_of_gradients(path):
    x, w, _ = tensors()
    w.requires_grad_()
    tangents = []
    for function in both():
        with using_path(path):
            y = function(x, w)
            with forward_ad.dual_level():
                g = forward_ad.make_dual(torch.ones_like(y), y.detach())
                [dw] = torch.autograd.grad(y, w, g)
                tangents.append(forward_ad.unpack_dual(dw).tangent)
    torch.testing.assert_close(*tangents)


@pytest.mark.parametrize("path", PATHS)
def test_a_map_over_the_way_back(path, calls):
    inputs, found = [t.requires_grad_() for t in tensors()], []
    for function in both():
        with using_path(path):
            y = function(*inputs)

            def back(v, y=y, **options):
                return torch.autograd.grad(
                    y, inputs[:2], v.view_as(y), retain_graph=True, **options
                )

            vs = torch.arange(1.0, 3.0, dtype=y.dtype)[:, None] * y.detach().flatten()
            dx, dw = vmap(back)(vs)
            dx_again, _ = vmap(back)(vs, create_graph=True)
            found.append((dx, dw, *torch.autograd.grad(dx_again.square().sum(), inputs[1])))
    assert calls
    torch.testing.assert_close(*found)
