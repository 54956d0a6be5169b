"""Memory formats: those of PyTorch's own convolution, and those that the compiler is promised."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dsconv_lib.functional import depthwise_conv2d, using_path

PATHS = ["pure", "compiled"]
CL, NCHW = torch.channels_last, torch.contiguous_format
LAYOUTS = {
    "nchw": lambda x: x.contiguous(),
    "nhwc": lambda x: x.contiguous(memory_format=CL),
    "part of nhwc": lambda x: torch.cat((x, x), 1).contiguous(memory_format=CL)[:, : x.shape[1]],
    "part of nchw": lambda x: torch.cat((x, x), 1).contiguous()[:, ::2],
    "transposed": lambda x: x.transpose(2, 3).contiguous().transpose(2, 3),
}
WEIGHTS = {
    "usual": lambda w: w,
    # What a weight of one channel has in `module.to(memory_format=torch.channels_last)`.
    "nhwc": lambda w: torch.empty_strided(w.shape, (9, 1, 3, 1)).copy_(w),
}
each_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
each_weight = pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)


def tensors(multiplier=1):
    torch.manual_seed(0)
    w = torch.randn(8 * multiplier, 1, 3, 3)
    return torch.randn(2, 8, 9, 12), w, torch.randn(8 * multiplier)


@each_layout
@each_weight
@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("path", PATHS)
def test_the_compiler_is_promised_what_comes(layout, weight, multiplier, path):
    """Shapes, strides and dtypes, for all gradients that may be needed."""
    x, w, b = tensors(multiplier)
    x, w = layout(x), weight(w)
    checks = ("test_schema", "test_faketensor")
    operations = torch.ops.dsconv_lib
    ends = [2, 2, 2, 2, 2, 2]
    for bias in (None, b):
        torch.library.opcheck(operations.depthwise, (x, w, bias, ends, path), test_utils=checks)
    for form in (NCHW, CL):
        g = torch.randn(2, 8 * multiplier, 9, 12).contiguous(memory_format=form)
        for need in ((True, False), (False, True), (True, True)):
            arguments = (g, x, w, ends, path, *need)
            torch.library.opcheck(operations.depthwise_gradients, arguments, test_utils=checks)


@pytest.mark.parametrize("need", [(0,), (1,), (0, 1), (0, 1, 2), (2,)])
@pytest.mark.parametrize("layout", [LAYOUTS["nchw"], LAYOUTS["nhwc"]], ids=["nchw", "nhwc"])
@pytest.mark.parametrize("path", PATHS)
def test_the_registered_derivatives_keep_pytorchs_rules(need, layout, path):
    inputs = [layout(tensors()[0]), *tensors()[1:]]
    for k in need:
        inputs[k].requires_grad_()
    arguments = (*inputs, [2, 2, 2, 4, 4, 4], path)
    torch.library.opcheck(torch.ops.dsconv_lib.depthwise, arguments)


@each_layout
@each_weight
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("path", ["torch", *PATHS, None])
def test_outputs_and_gradients_have_pytorchs_formats(layout, weight, size, path):
    x, w, b = tensors()
    options = {"padding": size - 1, "dilation": 2}
    w = F.pad(w, (1, 1, 1, 1)) if size == 5 else weight(w)
    x = layout(x).requires_grad_()
    with using_path(path):
        y = depthwise_conv2d(x, w, b, **options)
        [dx] = torch.autograd.grad(y, x, torch.ones_like(y, memory_format=NCHW))
    theirs = F.conv2d(x, w, b, **options, groups=8)
    [their_dx] = torch.autograd.grad(theirs, x, torch.ones_like(theirs, memory_format=NCHW))
    torch.testing.assert_close(y, theirs)
    torch.testing.assert_close(dx, their_dx)
    assert y.stride() == theirs.stride()
    assert dx.stride() == their_dx.stride()


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 3)] * 4),
    order=st.permutations(range(4)),
    gaps=st.tuples(*[st.sampled_from([1, 1, 2])] * 4),
    lazily=st.sampled_from([None, 0, 1, 2, 3]),
)
def test_any_strides_give_pytorchs_format(shape, order, gaps, lazily):
    """Also where axes of one position, or none in memory, leave the order open."""
    sizes = [size * gap for size, gap in zip(shape, gaps, strict=True)]
    x = torch.randn([sizes[k] for k in order]).permute([order.index(k) for k in range(4)])
    x = x[tuple(slice(None, None, gap) for gap in gaps)]
    if lazily is not None:
        x = x.narrow(lazily, 0, 1).expand(shape)
    w = torch.randn(2 * shape[1], 1, 2, 2)
    theirs = F.conv2d(x, w, padding=2, groups=shape[1])
    for path in PATHS:
        with using_path(path):
            y = depthwise_conv2d(x, w, padding=2)
        torch.testing.assert_close(y, theirs)
        assert y.stride() == theirs.stride()
