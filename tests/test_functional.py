"""The values: both paths compute what PyTorch computes, forward, backward and twice backward."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from dsconv_lib.functional import (
    choose_path,
    depthwise_conv1d,
    depthwise_conv2d,
    depthwise_conv3d,
    using_path,
)

PATHS = ["pure", "compiled"]
CL = torch.channels_last

# N, C, M, (H, W), (kh, kw), ((above, below), (before, after)), (row, column dilation)
CASES = {
    "rows and columns differ": (2, 9, 1, (7, 11), (3, 2), ((2, 2), (3, 3)), (2, 3)),
    "three kernels each": (2, 5, 3, (8, 9), (3, 3), ((4, 4), (2, 2)), (4, 2)),
    "even kernel, no padding": (1, 8, 1, (9, 13), (2, 2), ((0, 0), (0, 0)), (3, 5)),
    "5 x 5, size no multiple of D": (2, 8, 1, (17, 23), (5, 5), ((8, 8), (12, 12)), (4, 6)),
    "wide padding": (1, 3, 1, (6, 5), (3, 3), ((9, 9), (7, 7)), (2, 2)),
    "one end only": (2, 4, 2, (7, 12), (2, 3), ((3, 0), (8, 0)), (3, 4)),
    "ends differ": (2, 4, 1, (7, 12), (3, 3), ((3, 5), (0, 6)), (3, 4)),
    "outer taps meet padding only": (2, 8, 1, (5, 6), (3, 5), ((9, 9), (14, 14)), (9, 7)),
    "no tap meets the input": (1, 2, 1, (1, 1), (2, 2), ((2, 2), (1, 1)), (4, 2)),
    "tap kept for want of padding": (1, 2, 1, (4, 9), (3, 3), ((8, 0), (0, 8)), (4, 5)),
    "narrower than a vector": (3, 9, 1, (9, 3), (3, 3), ((2, 2), (2, 2)), (2, 2)),
    "one row": (2, 9, 2, (1, 40), (1, 3), ((0, 0), (16, 0)), (1, 8)),
    "one column": (2, 9, 1, (21, 1), (5, 1), ((6, 6), (0, 0)), (3, 1)),
    "undilated": (2, 8, 1, (6, 9), (3, 5), ((1, 1), (2, 2)), (1, 1)),
    "one tap": (2, 3, 1, (5, 4), (1, 1), ((0, 0), (0, 0)), (1, 2)),
    "as many columns of padding as taps and one": (
        2,
        4,
        1,
        (9, 11),
        (3, 3),
        ((3, 3), (4, 4)),
        (3, 4),
    ),
    "large images": (2, 17, 1, (61, 67), (5, 4), ((8, 8), (6, 6)), (4, 4)),
    "seven columns": (1, 8, 1, (8, 30), (1, 7), ((0, 0), (9, 9)), (1, 3)),
}


def tensors(case, dtype=torch.float64, form=torch.contiguous_format):
    N, C, M, size, kernel, _, _ = case
    torch.manual_seed(N + C + sum(size))
    x = torch.randn(N, C, *size, dtype=dtype).contiguous(memory_format=form).requires_grad_()
    w = torch.randn(C * M, 1, *kernel, dtype=dtype, requires_grad=True)
    return x, w, torch.randn(C * M, dtype=dtype, requires_grad=True)


def plain(x, w, b, padding, dilation):
    """PyTorch's convolution, to which padding of one end only is new."""
    ends = [end for pair in reversed(padding) for end in pair]
    return F.conv2d(F.pad(x, ends), w, b, dilation=dilation, groups=x.shape[-3])


def gradients(y, inputs):
    torch.manual_seed(1)
    g = torch.randn(y.shape, dtype=y.dtype)
    return torch.autograd.grad(y, inputs, g.contiguous())


def assert_near(ours, theirs, tolerance):
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if theirs.numel():
        assert (ours - theirs).abs().max() <= tolerance * max(1, theirs.abs().max())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", [torch.contiguous_format, CL], ids=["nchw", "nhwc"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_gradients_are_pytorchs(case, form, path):
    x, w, b = tensors(case, form=form)
    padding, dilation = case[5:]
    with using_path(path):
        y = depthwise_conv2d(x, w, b, padding=padding, dilation=dilation)
        mine = gradients(y, (x, w, b))
    expected = plain(x, w, b, padding, dilation)
    for ours, theirs in zip((y, *mine), (expected, *gradients(expected, (x, w, b))), strict=True):
        assert_near(ours, theirs, 3e-14)


SIZES = st.integers(1, 20)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_geometries(path, data):
    draw = data.draw
    kernel = (draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 3])))
    dilation = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    size = [draw(SIZES), draw(SIZES)]
    ends = []
    for axis in range(2):
        pair = [draw(st.integers(0, 15)), draw(st.integers(0, 15))]
        lacking = dilation[axis] * (kernel[axis] - 1) + 1 - size[axis] - sum(pair)
        pair[draw(st.integers(0, 1))] += max(0, lacking)
        ends.append(tuple(pair))
    counts = (draw(st.integers(0, 3)), draw(st.sampled_from([1, 3, 8, 9])), draw(st.integers(1, 2)))
    case = (*counts, size, kernel, tuple(ends), dilation)
    x, w, b = tensors(case, form=draw(st.sampled_from([torch.contiguous_format, CL])))
    with using_path(path):
        y = depthwise_conv2d(x, w, b, padding=case[5], dilation=dilation)
        mine = gradients(y, (x, w, b))
    expected = plain(x, w, b, case[5], dilation)
    for ours, theirs in zip((y, *mine), (expected, *gradients(expected, (x, w, b))), strict=True):
        assert_near(ours, theirs, 3e-14)


# PyTorch's own errors here are 1e-7 to 3e-7 of the largest value.
@pytest.mark.parametrize(("path", "tolerance"), [("pure", 3e-6), ("compiled", 5e-7)])
@pytest.mark.parametrize("form", [torch.contiguous_format, CL], ids=["nchw", "nhwc"])
def test_float32_is_rounded_little(form, path, tolerance):
    case = (4, 16, 1, (41, 57), (3, 3), ((6, 6), (6, 6)), (6, 6))
    exact = tensors(case)
    truth = plain(*exact, *case[5:])
    single = [t.detach().float() for t in exact]
    single[0] = single[0].contiguous(memory_format=form)
    single = [t.requires_grad_() for t in single]
    with using_path(path):
        y = depthwise_conv2d(*single, padding=6, dilation=6)
    torch.manual_seed(1)
    g = torch.randn_like(truth).float()
    mine = (y, *torch.autograd.grad(y, single, g))
    truths = (truth, *torch.autograd.grad(truth, exact, g.double()))
    for ours, true in zip(mine, truths, strict=True):
        assert (ours - true).abs().max() <= tolerance * true.abs().max()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", [torch.contiguous_format, CL], ids=["nchw", "nhwc"])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_first_and_second_derivatives(path, form, multiplier):
    case = (2, 4, multiplier, (3, 5), (2, 3), ((2, 1), (2, 2)), (2, 2))
    inputs = tensors(case, form=form)

    def convolve(x, w, b):
        return depthwise_conv2d(x, w, b, padding=case[5], dilation=case[6])

    with using_path(path):
        assert gradcheck(convolve, inputs, fast_mode=True)
        assert gradgradcheck(convolve, inputs, fast_mode=True)
        # With one input alone, the others' second derivatives are left out.
        for k in range(2):
            alone = [t if i == k else t.detach() for i, t in enumerate(inputs)]
            assert gradgradcheck(convolve, alone, fast_mode=True)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_only_the_wanted_gradients_come(path, wanted, multiplier):
    case = (2, 8, multiplier, (9, 12), (3, 3), ((4, 4), (4, 4)), (4, 4))
    inputs = [t.detach() for t in tensors(case)]
    for k in wanted:
        inputs[k].requires_grad_()
    chosen = [inputs[k] for k in wanted]
    with using_path(path):
        mine = gradients(depthwise_conv2d(*inputs, padding=4, dilation=4), chosen)
    for ours, theirs in zip(mine, gradients(plain(*inputs, *case[5:]), chosen), strict=True):
        assert_near(ours, theirs, 3e-14)


VIEWS = {
    "transposed": lambda x: x.transpose(2, 3),
    "every other column": lambda x: x[..., ::2],
    "expanded": lambda x: x[:, :, :1].expand(-1, -1, 6, -1),
    "inner part": lambda x: x[:, :, 1:, 2:],
    "negated lazily": lambda x: torch.view_as_complex(torch.stack((x, -x), -1)).conj().imag,
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views_of_other_memory(path, view):
    x, w, b = tensors((2, 8, 1, (9, 12), (3, 3), None, None))
    with using_path(path):
        y = depthwise_conv2d(view(x), w, b, padding=2, dilation=2)
        mine = gradients(y, (x, w))
    expected = F.conv2d(view(x), w, b, padding=2, dilation=2, groups=8)
    assert_near(y, expected, 3e-14)
    for ours, theirs in zip(mine, gradients(expected, (x, w)), strict=True):
        assert_near(ours, theirs, 3e-14)


@pytest.mark.parametrize("path", PATHS)
def test_upstream_gradients_in_any_memory(path):
    x, w, b = tensors((2, 8, 1, (9, 12), (3, 3), None, None))
    for reduce in (torch.sum, lambda y: y.transpose(2, 3).square().sum()):
        with using_path(path):
            mine = torch.autograd.grad(
                reduce(depthwise_conv2d(x, w, b, padding=2, dilation=2)), (x, w)
            )
        expected = F.conv2d(x, w, b, padding=2, dilation=2, groups=8)
        for ours, theirs in zip(mine, torch.autograd.grad(reduce(expected), (x, w)), strict=True):
            assert_near(ours, theirs, 3e-14)


@pytest.mark.parametrize("path", PATHS)
def test_one_axis(path):
    x = torch.randn(2, 6, 50, dtype=torch.float64, requires_grad=True)
    w = torch.randn(12, 1, 3, dtype=torch.float64, requires_grad=True)
    with using_path(path):
        y = depthwise_conv1d(x, w, padding=((8, 0),), dilation=4)
        mine = gradients(y, (x, w))
        alone = depthwise_conv1d(x[0], w, padding=((8, 0),), dilation=4)
    expected = F.conv1d(F.pad(x, (8, 0)), w, dilation=4, groups=6)
    assert_near(y, expected, 3e-14)
    assert_near(alone, expected[0], 3e-14)
    for ours, theirs in zip(mine, gradients(expected, (x, w)), strict=True):
        assert_near(ours, theirs, 3e-14)


@pytest.mark.parametrize("stride", [(1,), 2, (2, 1, 3)])
@pytest.mark.parametrize("padding", ["same", (1,), 2, ((1, 0), (0, 2), 1)])
def test_three_axes(stride, padding):
    stride = (1,) if padding == "same" else stride
    x = torch.randn(2, 3, 5, 6, 7, dtype=torch.float64)
    w, b = torch.randn(6, 1, 3, 1, 5, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    y = depthwise_conv3d(x, w, b, stride, padding, 1, 3)
    if padding == ((1, 0), (0, 2), 1):
        x, padding = F.pad(x, (1, 1, 0, 2, 1, 0)), 0
    assert_near(y, F.conv3d(x, w, b, stride, padding, 1, 3), 3e-14)


@pytest.mark.parametrize("path", PATHS)
def test_nan_spreads_as_far_as_the_taps(path):
    x, w = torch.zeros(1, 1, 7, 9), torch.ones(1, 1, 3, 3)
    x[0, 0, 3, 4] = torch.nan
    with using_path(path):
        y = depthwise_conv2d(x, w, padding=2, dilation=2)
    reached = F.conv2d(x, w, padding=2, dilation=2).isnan()
    assert reached.sum() == 9
    assert torch.equal(y.isnan(), reached)


@pytest.mark.parametrize("path", ["torch", *PATHS])
@pytest.mark.parametrize("stride", [1, (2, 3), (2,), [1]])
@pytest.mark.parametrize("padding", [1, (2, 0), "same", "valid", [3, 1], (2,)])
def test_arguments_mean_what_they_mean_to_pytorch(path, stride, padding):
    if padding == "same":
        stride = 1
    x, w, b = tensors((2, 4, 2, (9, 12), (4, 3), None, None))
    options = {"stride": stride, "padding": padding, "dilation": (1, 3)}
    with using_path(path):
        y = depthwise_conv2d(input=x, weight=w, bias=b, **options)
        again = depthwise_conv2d(x, w, b, *options.values(), 4)
        chosen = choose_path(x, w, b, *options.values(), 4)
    # By name and in order; PyTorch warns that an even kernel makes it copy.
    assert torch.equal(y, again)
    if padding == "same":
        x, options["padding"] = F.pad(x, (3, 3, 1, 2)), 0
    assert_near(y, F.conv2d(x, w, b, *options.values(), 4), 3e-14)
    assert chosen.backward == (path if stride in (1, [1]) else "torch")
