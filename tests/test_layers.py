"""Separable layers compute what PyTorch's own convolutions compute, one after the other."""

import copy
import pickle
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from devices import assert_one_device
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dsconv_lib import layers
from dsconv_lib.layers import (
    DepthwiseConv1d,
    DepthwiseConv2d,
    DepthwiseConv3d,
    DepthwiseSeparableConv1d,
    DepthwiseSeparableConv2d,
    DepthwiseSeparableConv3d,
    SamePad2d,
)

CLASSES = {1: DepthwiseSeparableConv1d, 2: DepthwiseSeparableConv2d, 3: DepthwiseSeparableConv3d}
DEPTHWISE = {1: DepthwiseConv1d, 2: DepthwiseConv2d, 3: DepthwiseConv3d}
PLAIN = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
CHANNELS = {1: 3, 2: 4, 3: 2}

# Size, kernel, options, and the padding worked out by hand, in the order of F.pad: last axis first.
CASES = {
    "same": ((7, 11), (3, 5), {"dilation": (2, 1)}, (2, 2, 2, 2)),
    "same, even kernel": ((7, 11), (2, 4), {"dilation": (1, 3)}, (4, 5, 0, 1)),
    "same, stride, odd sizes": ((7, 11), (3, 4), {"stride": (2, 3)}, (1, 1, 1, 1)),
    "same, stride, even sizes": ((8, 12), (3, 4), {"stride": (2, 3)}, (0, 1, 0, 1)),
    "same, stride, dilated": (
        (9, 10),
        (3, 3),
        {"stride": (2, 1), "dilation": (3, 2)},
        (2, 2, 3, 3),
    ),
    "same, stride over kernel": ((7, 9), (2, 2), {"stride": 3}, (0, 0, 0, 1)),
    "valid": ((9, 12), (3, 2), {"padding": "valid", "dilation": (2, 3)}, (0, 0, 0, 0)),
    "a number": ((5, 8), (3, 3), {"padding": 3, "dilation": 2}, (3, 3, 3, 3)),
    "per axis": ((6, 8), (3, 5), {"padding": (1, 4), "stride": (1, 2)}, (4, 4, 1, 1)),
    "pairs": ((6, 8), (3, 3), {"padding": ((0, 2), (3, 1)), "dilation": (1, 2)}, (3, 1, 0, 2)),
    "pairs, stride": ((6, 8), (3, 2), {"padding": ((1, 0), (0, 2)), "stride": 2}, (0, 2, 1, 0)),
    "reflect": ((6, 8), (3, 5), {"padding_mode": "reflect", "dilation": (2, 1)}, (2, 2, 2, 2)),
    "circular": ((6, 7), (3, 2), {"padding_mode": "circular", "padding": (1, 2)}, (2, 2, 1, 1)),
    "replicate": ((5, 6), (3, 3), {"padding_mode": "replicate", "stride": 2}, (0, 1, 1, 1)),
    "1-D": ((13,), (4,), {"dilation": 2}, (3, 3)),
    "1-D, odd total": ((13,), (4,), {"dilation": 3}, (4, 5)),
    "causal": ((13,), (3,), {"padding": "causal", "dilation": 4}, (8, 0)),
    "causal, stride": ((12,), (3,), {"padding": "causal", "stride": 2}, (2, 0)),
    "1-D pair": ((9,), (3,), {"padding": ((4, 1),), "dilation": 2}, (4, 1)),
    "3-D": ((5, 6, 7), (3, 2, 1), {"dilation": (2, 1, 1)}, (0, 0, 0, 1, 2, 2)),
    "3-D, stride": ((5, 6, 7), (3, 1, 3), {"stride": (1, 2, 2)}, (1, 1, 0, 0, 1, 1)),
    "3-D numbers": ((4, 6, 5), (2, 3, 3), {"padding": (1, 0, 2)}, (2, 2, 0, 0, 1, 1)),
    "3-D pairs": ((4, 5, 6), 2, {"padding": ((1, 0), (0, 1), (2, 0))}, (2, 0, 0, 1, 1, 0)),
}
CHANNELS_LAST = {2: torch.channels_last, 3: torch.channels_last_3d}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def plain(ndim, kernel, options, pads, multiplier=1, bias=True):
    """The composition of PyTorch's own layers, with the padding written out."""
    C, O = CHANNELS[ndim], 5  # noqa: E741
    mode = options.get("padding_mode", "zeros")
    steps = {name: options[name] for name in ("stride", "dilation") if name in options}
    convolutions = nn.Sequential(
        PLAIN[ndim](C, C * multiplier, kernel, groups=C, bias=bias, **steps),
        PLAIN[ndim](C * multiplier, O, 1, bias=bias),
    ).double()

    def run(x):
        return convolutions(F.pad(x, pads, "constant" if mode == "zeros" else mode))

    return convolutions, run


def built(ndim, kernel, options, multiplier=1, bias=True):
    layer = CLASSES[ndim](
        CHANNELS[ndim], 5, kernel, channel_multiplier=multiplier, bias=bias, **options
    )
    return layer.double()


def gradients(y, leaves):
    torch.manual_seed(2)
    return torch.autograd.grad(y, leaves, torch.randn_like(y))


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("last", [False, True], ids=["", "last"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_values_and_gradients_are_those_of_plain_layers(case, last, multiplier):
    size, kernel, options, pads = case
    ndim = len(size)
    torch.manual_seed(sum(size))
    convolutions, run = plain(ndim, kernel, options, pads, multiplier)
    layer = built(ndim, kernel, options, multiplier)
    # The same parameters in the same order: they go from one to the other and back.
    names = ["conv_dw.weight", "conv_dw.bias", "conv_pw.weight", "conv_pw.bias"]
    assert list(layer.state_dict()) == names
    layer.load_state_dict(dict(zip(names, convolutions.state_dict().values(), strict=True)))
    back = dict(zip(convolutions.state_dict(), layer.state_dict().values(), strict=True))
    convolutions.load_state_dict(back)
    # A batch of one where its layout is that of channels-last memory, of two elsewhere.
    x = torch.randn(1 if last else 2, CHANNELS[ndim], *size, dtype=torch.float64)
    if last and ndim > 1:
        x = x.contiguous(memory_format=CHANNELS_LAST[ndim])
    x.requires_grad_()
    y, expected = layer(x), run(x)
    assert y.shape == expected.shape
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)
    ours = gradients(y, (x, *layer.parameters()))
    theirs = gradients(expected, (x, *convolutions.parameters()))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


SPANS = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.integers(1, 25))


@given(SPANS, SPANS)
@settings(max_examples=60)
def test_same_gives_one_output_per_stride_with_tensorflows_padding(rows, columns):
    kernel, stride, dilation, size = zip(rows, columns, strict=True)
    layer = DepthwiseConv2d(1, kernel, stride=stride, dilation=dilation)
    pads = []
    for K, S, D, n in (columns, rows):
        total = max((-(-n // S) - 1) * S + D * (K - 1) + 1 - n, 0)
        pads += [total // 2, total - total // 2]
    x = torch.randn(1, 1, *size)
    y = layer(x)
    assert y.shape[2:] == tuple(-(-n // S) for n, S in zip(size, stride, strict=True))
    padded = F.pad(x, pads)
    expected = F.conv2d(padded, layer.weight, layer.bias, stride, 0, dilation)
    torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)


def test_inputs_without_a_batch_and_batches_without_inputs():
    for ndim, size in ((1, (9,)), (2, (5, 8)), (3, (4, 5, 6))):
        layer = built(ndim, 3, {"dilation": 2})
        x = torch.randn(CHANNELS[ndim], *size, dtype=torch.float64)
        torch.testing.assert_close(layer(x), layer(x[None])[0])
        assert layer(x.new_empty(0, *x.shape)).shape == (0, 5, *size)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_an_input_needs_the_layers_channels(ndim):
    # Two would divide the four kernels, and five would not.
    for channels in (2, 5):
        with pytest.raises((ValueError, RuntimeError), match=f"{channels} channels"):
            DEPTHWISE[ndim](4)(torch.ones(1, channels, *(9, 7, 8)[:ndim]))


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_fast_operation_is_what_computes(ndim, monkeypatch):
    calls = []
    monkeypatch.setattr(
        DEPTHWISE[ndim], "_function", staticmethod(lambda *args: calls.append(args))
    )
    layer, x = DEPTHWISE[ndim](4, stride=1, dilation=3), torch.ones(1, 4, *(9, 7, 8)[:ndim])
    layer(x)
    margin = ((3, 3),) * ndim
    assert calls == [(x, layer.weight, layer.bias, (1,) * ndim, margin, (3,) * ndim)]


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_it_is_a_convolution_of_pytorch_with_its_initial_values(ndim):
    torch.manual_seed(5)
    ours = DEPTHWISE[ndim](4, 3, channel_multiplier=2)
    torch.manual_seed(5)
    theirs = PLAIN[ndim](4, 8, 3, groups=4)
    assert isinstance(ours, PLAIN[ndim])
    assert (ours.groups, ours.in_channels, ours.out_channels) == (4, 4, 8)
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value)


def test_settings_can_be_changed_afterwards():
    # As atrous surgery does it with PyTorch's own layers.
    layer = DepthwiseConv2d(2, 3, stride=2, padding=1)
    assert layer.padding == (1, 1)
    layer.stride, layer.dilation, layer.padding = (1, 1), (2, 3), (2, 3)
    x = torch.randn(1, 2, 7, 10)
    expected = F.conv2d(x, layer.weight, layer.bias, 1, (2, 3), (2, 3), 2)
    torch.testing.assert_close(layer(x), expected)
    for layer.stride, layer.padding, pads in (
        (1, 2, (2, 2, 2, 2)),
        ([2, 1], [1, 3], (3, 3, 1, 1)),
        ((2, 2), "same", (2, 3, 2, 2)),
    ):
        padded = F.pad(x, pads)
        expected = F.conv2d(padded, layer.weight, layer.bias, layer.stride, 0, (2, 3), 2)
        torch.testing.assert_close(layer(x), expected)
    layer.padding = "full"
    with pytest.raises(ValueError, match="padding='full' is unknown"):
        layer(x)


# Normalisation, activation, residual


def test_children_stand_in_timms_order_between_and_after():
    layer = DepthwiseSeparableConv2d(
        4,
        4,
        (3, 5),
        channel_multiplier=2,
        norm_layer=(nn.BatchNorm2d, partial(nn.GroupNorm, 2)),
        act_layer=(nn.ReLU6, nn.Tanh),
        residual=True,
    ).double()
    names = ["conv_dw", "bn1", "act1", "conv_pw", "bn2", "act2"]
    assert [name for name, _ in layer.named_children()] == names
    x = torch.randn(3, 4, 6, 9, dtype=torch.float64, requires_grad=True)
    convolutions, _ = plain(2, (3, 5), {}, (2, 2, 1, 1), 2, bias=False)
    dw, pw = convolutions[0].weight, layer.conv_pw.weight
    with torch.no_grad():
        dw.copy_(layer.conv_dw.weight)
    y = F.conv2d(F.pad(x, (2, 2, 1, 1)), dw, groups=4)
    y = F.relu6(F.batch_norm(y, None, None, training=True))
    expected = x + torch.tanh(F.group_norm(F.conv2d(y, pw), 2))
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(
        torch.autograd.grad(layer(x).square().sum(), x),
        torch.autograd.grad(expected.square().sum(), x),
    )


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["conv_dw", "conv_pw"]),
        ({"act_layer": nn.ReLU}, ["conv_dw", "act1", "conv_pw", "act2"]),
        ({"act_layer": (nn.ReLU6, None)}, ["conv_dw", "act1", "conv_pw"]),
        ({"act_layer": (None, nn.ReLU)}, ["conv_dw", "conv_pw", "act2"]),
        ({"norm_layer": (None, nn.BatchNorm1d)}, ["conv_dw", "conv_pw", "bn2"]),
    ],
)
def test_places_can_stay_empty(options, names):
    layer = DepthwiseSeparableConv1d(3, 4, **options)
    assert [name for name, _ in layer.named_children()] == names
    assert layer(torch.ones(2, 3, 7)).shape == (2, 4, 7)


@pytest.mark.parametrize(
    ("bias", "norm", "expected"),
    [
        (None, None, (True, True)),
        (None, nn.BatchNorm2d, (False, False)),
        (None, (None, nn.BatchNorm2d), (True, False)),
        (None, (nn.BatchNorm2d, None), (False, True)),
        (True, nn.BatchNorm2d, (True, True)),
        (False, None, (False, False)),
        ((False, True), None, (False, True)),
    ],
)
def test_who_has_a_bias(bias, norm, expected):
    layer = DepthwiseSeparableConv2d(3, 4, bias=bias, norm_layer=norm)
    assert (layer.conv_dw.bias is not None, layer.conv_pw.bias is not None) == expected


def test_parameters_of_the_example_in_the_book():
    # 3 * 9 + 3 and 3 * 16 + 16, against 3 * 16 * 9 + 16.
    layer = DepthwiseSeparableConv2d(3, 16)
    assert sum(p.numel() for p in layer.parameters()) == 94
    assert sum(p.numel() for p in nn.Conv2d(3, 16, 3).parameters()) == 448


# The equal standard kernel


def with_random_statistics(module):
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            if part.affine:
                nn.init.normal_(part.weight)
                nn.init.normal_(part.bias)
    return module.eval()


NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


@pytest.mark.parametrize("bias", [True, False, (False, True), (True, False)])
@pytest.mark.parametrize("norm", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("name", ["same, even kernel", "pairs, stride", "causal", "3-D"])
def test_the_dense_kernel_computes_the_same(name, norm, bias):
    size, kernel, options, pads = CASES[name]
    ndim = len(size)
    makers = tuple(partial(NORMS[ndim], affine=k > 0) if on else None for k, on in enumerate(norm))
    layer = CLASSES[ndim](
        CHANNELS[ndim], 5, kernel, channel_multiplier=2, bias=bias, norm_layer=makers, **options
    )
    layer = with_random_statistics(layer.double())
    kernel, shift = layer.as_dense_kernel()
    assert kernel.shape == (5, CHANNELS[ndim], *layer.conv_dw.kernel_size)
    assert (shift is None) == (bias is False and norm == (0, 0))
    x = torch.randn(2, CHANNELS[ndim], *size, dtype=torch.float64)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[ndim - 1]
    dense = convolve(F.pad(x, pads), kernel, shift, layer.conv_dw.stride, 0, layer.conv_dw.dilation)
    torch.testing.assert_close(dense, layer(x))


def test_the_dense_kernel_by_hand_and_its_gradient():
    layer = DepthwiseSeparableConv1d(2, 1, 2, channel_multiplier=2)
    with torch.no_grad():
        layer.conv_dw.weight.copy_(torch.tensor([[1, 2], [0, 1], [3, 0], [1, -1]])[:, None])
        layer.conv_dw.bias.copy_(torch.tensor([1, 2, 3, 4]))
        layer.conv_pw.weight.copy_(torch.tensor([[[1], [10], [2], [5]]]))
        layer.conv_pw.bias.copy_(torch.tensor([7]))
    kernel, bias = layer.as_dense_kernel()
    # 1·(1, 2) + 10·(0, 1) and 2·(3, 0) + 5·(1, -1); 7 + 1·1 + 10·2 + 2·3 + 5·4
    assert kernel.tolist() == [[[1, 12], [11, -5]]]
    assert bias.tolist() == [54]
    (kernel.sum() + bias.sum()).backward()
    assert layer.conv_dw.weight.grad.flatten().tolist() == [1, 1, 10, 10, 2, 2, 5, 5]
    assert layer.conv_pw.weight.grad.flatten().tolist() == [3 + 1, 1 + 2, 3 + 3, 0 + 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"act_layer": (nn.ReLU, None)}, "act1=ReLU is not linear.*: use a layer without activat"),
        ({"act_layer": (None, nn.GELU)}, "act2=GELU is not linear"),
        ({"norm_layer": nn.BatchNorm2d}, r"bn1 is in training mode.*: use layer.eval\(\)"),
        ({"norm_layer": (None, nn.BatchNorm2d)}, "bn2 is in training mode"),
        ({"norm_layer": partial(nn.GroupNorm, 2)}, "bn1=GroupNorm has no fixed scale"),
        (
            {"norm_layer": partial(nn.BatchNorm2d, track_running_stats=False)},
            "bn1=BatchNorm2d has no fixed scale.*: use batch norm with running statistics",
        ),
        ({"residual": True}, "residual=True adds the input.*: use the kernel of a layer with"),
    ],
)
def test_layers_without_a_dense_kernel(options, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseSeparableConv2d(4, 4, **options).as_dense_kernel()


def test_identities_do_no_harm_to_the_dense_kernel():
    layer = DepthwiseSeparableConv2d(2, 3, norm_layer=nn.Identity, act_layer=nn.Identity)
    kernel, _ = layer.as_dense_kernel()
    x = torch.randn(1, 2, 5, 6)
    assert layer.conv_dw.bias is None
    torch.testing.assert_close(F.conv2d(x, kernel, padding=1), layer(x))


# The best separable approximation

DENSE = {
    "2-D": nn.Conv2d(3, 7, (3, 4), stride=(2, 1), padding=(2, 5), dilation=(1, 3)),
    "same, no bias": nn.Conv2d(4, 12, (2, 3), padding="same", dilation=(3, 2), bias=False),
    "valid": nn.Conv2d(2, 9, (3, 2), padding="valid"),
    "circular": nn.Conv2d(3, 10, (3, 2), padding=(1, 2), padding_mode="circular"),
    "1-D": nn.Conv1d(3, 8, 5, padding=4, dilation=2),
    "3-D": nn.Conv3d(2, 12, (3, 1, 2), stride=(1, 2, 1), padding=(1, 0, 1)),
    "fewer outputs than taps": nn.Conv2d(3, 2, (3, 4), padding=1),
}


def on_class(conv):
    return CLASSES[len(conv.kernel_size)]


# PyTorch says that it will copy the input to pad it unevenly.
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.parametrize("conv", DENSE.values(), ids=DENSE)
def test_with_all_ranks_the_layer_is_the_convolution(conv):
    conv = copy.deepcopy(conv).double()
    before = copy.deepcopy(conv.state_dict())
    taps = conv.weight[0, 0].numel()
    layer = on_class(conv).from_dense(conv, rank=taps)
    x = torch.randn(2, conv.in_channels, *(9, 12, 7)[: len(conv.kernel_size)], dtype=torch.float64)
    torch.testing.assert_close(layer(x), conv(x))
    kernel, bias = layer.as_dense_kernel()
    torch.testing.assert_close(kernel, conv.weight)
    assert layer.conv_dw.bias is None
    assert (bias is None) == (conv.bias is None)
    assert layer.conv_dw.out_channels == conv.in_channels * taps
    assert all(torch.equal(before[name], value) for name, value in conv.state_dict().items())


@pytest.mark.parametrize("conv", DENSE.values(), ids=DENSE)
def test_the_error_is_what_the_singular_values_left_out_say(conv):
    weight = conv.weight.detach().double()
    matrices = weight.flatten(2).transpose(0, 1)
    values = torch.linalg.svdvals(matrices)
    conv = copy.deepcopy(conv).double()
    errors = []
    for rank in range(1, matrices.shape[2] + 1):
        kernel, _ = on_class(conv).from_dense(conv, rank=rank).as_dense_kernel()
        errors.append((kernel - weight).norm().item())
        assert errors[-1] == pytest.approx(values[:, rank:].square().sum().sqrt().item(), abs=1e-12)
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.1 * weight.norm()
    assert errors[min(weight.shape[0], matrices.shape[2]) - 1] < 1e-12


def test_no_descent_leads_below_the_best_approximation():
    torch.manual_seed(1)
    conv = nn.Conv2d(3, 8, (3, 2)).double()
    layer = DepthwiseSeparableConv2d.from_dense(conv, rank=2)
    kernel, _ = layer.as_dense_kernel()
    error = (kernel - conv.weight.detach()).square().sum()
    for slope in torch.autograd.grad(error, [layer.conv_dw.weight, layer.conv_pw.weight]):
        assert slope.abs().max() < 1e-12
    for _ in range(20):
        other = copy.deepcopy(layer)
        with torch.no_grad():
            for parameter in other.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.05)
        kernel, _ = other.as_dense_kernel()
        assert (kernel - conv.weight).square().sum() > error


def test_a_kernel_of_rank_one_needs_one_kernel_per_channel():
    conv = nn.Conv2d(2, 3, (2, 3), bias=False)
    spatial = torch.tensor([[[1.0, 2, 3], [4, 5, 6]], [[0, 1, 0], [2, 0, 1]]])
    mixing = torch.tensor([[1.0, 2], [0, 1], [-1, 3]])
    with torch.no_grad():
        conv.weight.copy_(mixing[:, :, None, None] * spatial)
    layer = DepthwiseSeparableConv2d.from_dense(conv)
    assert layer.conv_dw.weight.shape == (2, 1, 2, 3)
    torch.testing.assert_close(layer.as_dense_kernel()[0], conv.weight)


def test_what_comes_of_a_convolution_can_be_trained_on():
    # More kernels than outputs: the spare ones do nothing yet, but are not dead.
    conv = nn.Conv2d(3, 2, (3, 2)).bfloat16().eval()
    layer = DepthwiseSeparableConv2d.from_dense(conv, rank=5)
    assert {p.dtype for p in layer.parameters()} == {torch.bfloat16}
    assert all(p.requires_grad and p.is_leaf for p in layer.parameters())
    assert not layer.training
    layer.float()(torch.randn(2, 3, 6, 7)).square().sum().backward()
    assert (layer.conv_pw.weight == 0).any()
    assert (layer.conv_pw.weight.grad != 0).all()


@pytest.mark.parametrize(
    ("cls", "conv", "rank", "error", "message"),
    [
        (
            2,
            nn.Conv2d(4, 4, 3, groups=2),
            1,
            ValueError,
            "conv has groups=2.*: use one with",
        ),
        (
            2,
            nn.Conv1d(4, 4, 3),
            1,
            TypeError,
            "must be a torch.nn.Conv2d, got Conv1d: use the",
        ),
        (2, nn.ConvTranspose2d(4, 4, 3), 1, TypeError, "got ConvTranspose2d"),
        (1, torch.ones(4, 4, 3), 1, TypeError, "must be a torch.nn.Conv1d, got Tensor"),
        (2, nn.Conv2d(4, 4, (3, 2)), 7, ValueError, "rank=7 is more than the 6 taps.*: use rank=6"),
        (2, nn.Conv2d(4, 4, 3), 0, ValueError, "rank=0 must be at least 1"),
        (2, nn.Conv2d(4, 4, 3), 1.5, TypeError, "rank must be an integer"),
    ],
)
def test_convolutions_that_have_no_approximation(cls, conv, rank, error, message):
    with pytest.raises(error, match=message):
        CLASSES[cls].from_dense(conv, rank=rank)


# What a module has to be able to


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_copies_pickles_dtypes_and_state_dicts(ndim):
    options = {"norm_layer": NORMS[ndim], "act_layer": nn.ReLU, "padding": "same", "dilation": 2}
    layer = CLASSES[ndim](CHANNELS[ndim], 5, **options).eval()
    x = torch.randn(2, CHANNELS[ndim], *(9, 8, 7)[:ndim])
    expected = layer(x)
    fresh = CLASSES[ndim](CHANNELS[ndim], 5, **options).eval()
    assert not torch.equal(fresh(x), expected)
    fresh.load_state_dict(layer.state_dict())
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), fresh):
        assert torch.equal(other(x), expected)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(x).dtype == torch.bfloat16
    double = layer.to(torch.float64)(x.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), expected)
    assert layer.to(torch.bfloat16)(x.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("place", [{"device": "meta"}, {"dtype": torch.float64}])
def test_parameters_are_made_where_and_in_the_dtype_that_is_asked_for(ndim, place):
    made = (
        DEPTHWISE[ndim](4, channel_multiplier=2, **place),
        CLASSES[ndim](4, 6, norm_layer=NORMS[ndim], act_layer=nn.PReLU, bias=True, **place),
    )
    usual = {"device": "cpu", "dtype": torch.float32}
    for layer, count in zip(made, (2, 10), strict=True):
        values = [*layer.parameters(), *layer.buffers()]
        numbers = [value for value in values if value.is_floating_point()]
        assert len(list(layer.parameters())) == count
        for name, wanted in (usual | place).items():
            found = {getattr(value, name) for value in numbers}
            assert {str(one) for one in found} == {str(wanted)}
        assert {value.device.type for value in values} == {place.get("device", "cpu")}
    assert made[1](torch.ones(1, 4, *(5, 6, 7)[:ndim], **place)).dtype == numbers[0].dtype


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_initial_values_can_be_left_out(ndim, monkeypatch):
    devices = []
    for cls in {type(layer) for layer in (PLAIN[ndim](1, 1, 1), DEPTHWISE[ndim](1))}:
        real = cls.reset_parameters
        monkeypatch.setattr(
            cls,
            "reset_parameters",
            lambda self, real=real: devices.append(self.weight.device.type) or real(self),
        )
    for cls, counts in ((DEPTHWISE[ndim], (4,)), (CLASSES[ndim], (4, 6))):
        layer = nn.utils.skip_init(cls, *counts, dtype=torch.float64)
        assert {(p.device.type, p.dtype) for p in layer.parameters()} == {("cpu", torch.float64)}
        assert layer.state_dict().keys() == cls(*counts, device="meta").state_dict().keys()
    assert set(devices) == {"meta"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_layer_stays_on_its_device(case):
    size, kernel, options, _ = case
    ndim = len(size)
    layer = CLASSES[ndim](CHANNELS[ndim], 5, kernel, norm_layer=NORMS[ndim], **options)
    real = layer(torch.randn(2, CHANNELS[ndim], *size))
    assert assert_one_device(layer, (2, CHANNELS[ndim], *size)).shape == real.shape


def test_the_repr_says_what_matters():
    layer = DepthwiseSeparableConv2d(8, 8, (3, 5), dilation=(1, 2), residual=True)
    assert repr(layer) == (
        "DepthwiseSeparableConv2d(\n"
        "  8, 8, residual=True\n"
        "  (conv_dw): DepthwiseConv2d(8, 8, kernel_size=(3, 5), stride=(1, 1), padding=same, "
        "dilation=(1, 2), groups=8)\n"
        "  (conv_pw): Conv2d(8, 8, kernel_size=(1, 1), stride=(1, 1))\n"
        ")"
    )
    assert "padding=((1, 0), (2, 2))" in repr(DepthwiseConv2d(2, padding=((1, 0), 2)))
    assert repr(SamePad2d(3, 2)) == "SamePad2d(kernel_size=3, stride=2)"
    assert repr(SamePad2d(3, value=-1.0)) == "SamePad2d(kernel_size=3, stride=1, value=-1.0)"


S2 = DepthwiseSeparableConv2d
ERRORS = [
    (lambda: S2(0, 4), ValueError, "in_channels=0 must be at least 1"),
    (lambda: S2(4, 2.5), TypeError, "out_channels must be an integer"),
    (lambda: S2(4, 4, (3, 0)), ValueError, "kernel_size=0 must be at least 1"),
    (lambda: S2(4, 4, (3, 3, 3)), ValueError, "has 3 axes, but 2 are wanted"),
    (lambda: S2(4, 4, stride=0), ValueError, "stride=0 must be at least 1"),
    (lambda: S2(4, 4, dilation=(1, -1)), ValueError, "dilation=-1 must be at least 1"),
    (lambda: S2(4, 4, channel_multiplier=0), ValueError, "channel_multiplier=0 must be at least 1"),
    (lambda: S2(4, 4, padding=-1), ValueError, "padding=-1 must be at least 0"),
    (lambda: S2(4, 4, padding=(1, 2, 3)), ValueError, "has 3 axes, but 2 are wanted"),
    (lambda: S2(4, 4, padding=((1, 2, 3), 1)), ValueError, r"holds \(1, 2, 3\), but an axis takes"),
    (lambda: S2(4, 4, padding="full"), ValueError, 'padding=\'full\' is unknown: use "same", "val'),
    (lambda: S2(4, 4, padding="causal"), ValueError, 'padding="causal" is for one axis.*: use "sa'),
    (
        lambda: DepthwiseSeparableConv1d(4, 4, padding="caudal"),
        ValueError,
        'padding=\'caudal\' is unknown: use "same", "valid", "causal" or numbers',
    ),
    (lambda: S2(4, 4, padding_mode="mirror"), ValueError, "padding_mode must be one of"),
    (lambda: S2(4, 4, bias=1), TypeError, "bias=1 must be True, False, a .* pair of them, or None"),
    (lambda: S2(4, 4, bias=(True,)), TypeError, r"bias=\(True,\) must be True"),
    (lambda: S2(4, 4, act_layer=nn.ReLU()), TypeError, r"act_layer must be .* got ReLU\(\): use"),
    (lambda: S2(4, 4, act_layer="relu"), TypeError, "act_layer must be something that makes a mod"),
    (
        lambda: S2(4, 4, norm_layer=(None,)),
        ValueError,
        r"norm_layer=\(None,\) must be one",
    ),
    (lambda: S2(4, 4, norm_layer=int), TypeError, "norm_layer must make a torch.nn.Module, got 4"),
    (
        lambda: S2(4, 6, residual=True),
        ValueError,
        "in_channels=4 and out_channels=6 differ: use equal numbers, or residual=False",
    ),
    (
        lambda: S2(4, 4, stride=(1, 2), residual=True),
        ValueError,
        r"stride=\(1, 2\) with padding='",
    ),
    (lambda: S2(4, 4, padding=0, residual=True), ValueError, r"padding=\(0, 0\) changes the size"),
    (lambda: S2(4, 4, (3, 5), padding=1, residual=True), ValueError, "changes the size: use strid"),
    (lambda: S2(4, 4, padding="valid", residual=True), ValueError, "padding='valid' changes"),
    (lambda: SamePad2d(0), ValueError, "kernel_size=0 must be at least 1"),
    (lambda: SamePad2d(3, 0.5), TypeError, "stride must be an integer"),
]


@pytest.mark.parametrize(("make", "error", "message"), ERRORS)
def test_bad_settings_are_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: DepthwiseSeparableConv1d(4, 4, 4, padding="causal", dilation=3, residual=True),
        lambda: DepthwiseSeparableConv1d(4, 4, 2, padding=((0, 1),), residual=True),
        lambda: S2(4, 4, (1, 5), padding=((0, 0), (1, 3)), residual=True),
    ],
)
def test_a_residual_needs_equal_sizes_and_no_more(make):
    layer = make().double()
    x = torch.randn(2, 4, *(6, 9)[: layer.conv_dw.ndim], dtype=torch.float64)
    y = layer(x)
    layer.residual = False
    torch.testing.assert_close(y, layer(x) + x)


def test_every_public_name_is_documented_and_there():
    assert "MobileNetV1Block" in layers.__all__
    for name in layers.__all__:
        assert "Examples" in getattr(layers, name).__doc__, name


@pytest.mark.parametrize(("size", "expected"), [((4, 5), (0, 1, 1, 1)), ((7, 2), (1, 1, 0, 1))])
def test_same_pad_pads_with_a_value(size, expected):
    above, below, before, after = expected
    padded = SamePad2d(3, 2, value=-torch.inf)(torch.zeros(1, 1, *size))[0, 0]
    assert torch.equal(
        padded, F.pad(torch.zeros(size), (before, after, above, below), value=-torch.inf)
    )
