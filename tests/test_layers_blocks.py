"""The blocks are those of the papers: parameters, shapes, reach, and every value."""

import copy
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from devices import assert_one_device
from networks import Apply, Branches, residual
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from dsconv_lib import functional, layers, trace_receptive_field
from dsconv_lib.layers import (
    ConvNeXtBlock,
    DepthwiseConv2d,
    DepthwiseSeparableConv2d,
    InvertedResidual,
    MobileNetV1Block,
    SeparableASPP,
    TCNBlock,
    XceptionBlock,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def count(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


# Parameters: weights + biases + two numbers per channel for each normalisation.
PARAMETERS = [
    # 32·9 + 32·64 + 2·(32 + 64)
    (lambda: MobileNetV1Block(32, 64), 288 + 2048 + 192),
    # 24·144 + 144·9 + 144·24, the 8,208 weights of the book; 2·(144 + 144 + 24)
    (lambda: InvertedResidual(24, 24), 3456 + 1296 + 3456 + 624),
    # 32·9 + 32·16 + 2·(32 + 16): no expansion
    (lambda: InvertedResidual(32, 16, expand_ratio=1), 288 + 512 + 96),
    # 16·96 + 96·25 + 96·24 + 2·(96 + 96 + 24)
    (lambda: InvertedResidual(16, 24, kernel_size=5, stride=2), 1536 + 2400 + 2304 + 432),
    # 64·9 + 64·128, 128·9 + 128·128, skip 64·128; 3 norms of 2·128
    (lambda: XceptionBlock(64, 128, stride=2), 8768 + 17536 + 8192 + 768),
    # 3·(728·9 + 728·728 + 2·728)
    (lambda: XceptionBlock(728, 728, repetitions=3), 3 * (536_536 + 1456)),
    # Exit flow, 728·9 + 728·728 and 728·9 + 728·1024, skip 728·1024; 2·728 + 2·2·1024
    (
        lambda: XceptionBlock(728, 1024, stride=2, grows_first=False),
        536_536 + 752_024 + 745_472 + 5552,
    ),
    # 96·49 + 96, norm 2·96, 96·384 + 384, 384·96 + 96, scale 96
    (lambda: ConvNeXtBlock(96), 4800 + 192 + 37_248 + 36_960 + 96),
    (lambda: ConvNeXtBlock(96, layer_scale=None), 79_200),
    # Branches 3·(64·9 + 64·64), the 14,016 of the book; 1×1 twice 64·64; project 5·64·64;
    # norms 2·64 for each of 1×1, mean and projection, 4·64 for each branch
    (lambda: SeparableASPP(64, 64), 14_016 + 8192 + 20_480 + 384 + 768),
    # 4·3 + 4 + 4·6 + 6, 6·3 + 6 + 6·6 + 6, short cut 4·6 + 6
    (lambda: TCNBlock(4, 6), 46 + 66 + 30),
    (lambda: TCNBlock(6, 6, norm_layer=nn.BatchNorm1d), 2 * (24 + 36 + 12)),
]


@pytest.mark.parametrize(("make", "expected"), PARAMETERS)
def test_parameters_worked_out_by_hand(make, expected):
    assert count(make()) == expected


def mobilenet_v1():
    widths = [64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    pairs = zip([32, *widths[:-1]], widths, strict=True)
    stem = [nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32)]
    return [*stem, *(MobileNetV1Block(*pair) for pair in pairs), nn.Linear(1024, 1000)]


def mobilenet_v2():
    table = [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)]
    parts, width = [nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32)], 32
    for ratio, channels, repeats in table:
        for _ in range(repeats):
            parts.append(InvertedResidual(width, channels, expand_ratio=ratio))
            width = channels
    last = [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.Linear(1280, 1000)]
    return parts + last


def xception():
    stem = [nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32)]
    stem += [nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64)]
    entry = [XceptionBlock(*pair, stride=2) for pair in ((64, 128), (128, 256), (256, 728))]
    middle = [XceptionBlock(728, 728, repetitions=3) for _ in range(8)]
    out = XceptionBlock(728, 1024, stride=2, grows_first=False)
    layer = partial(DepthwiseSeparableConv2d, bias=False, norm_layer=(None, nn.BatchNorm2d))
    last = [layer(1024, 1536), layer(1536, 2048), nn.Linear(2048, 1000)]
    return [*stem, *entry, *middle, out, *last]


def convnext_tiny():
    parts, width = [nn.Conv2d(3, 96, 4), nn.LayerNorm(96)], 96
    for channels, depth in ((96, 3), (192, 3), (384, 9), (768, 3)):
        if channels != width:
            parts += [nn.LayerNorm(width), nn.Conv2d(width, channels, 2)]
        parts += [ConvNeXtBlock(channels) for _ in range(depth)]
        width = channels
    return [*parts, nn.LayerNorm(768), nn.Linear(768, 1000)]


@pytest.mark.parametrize(
    ("network", "published"),
    [
        # Howard et al. 2017, table 8: 4.2 million.
        (mobilenet_v1, 4_231_976),
        # Sandler et al. 2018, table 4: 3.4 million; torchvision's model has 3,504,872.
        (mobilenet_v2, 3_504_872),
        # Chollet 2017, table 3.
        (xception, 22_855_952),
        # Liu et al. 2022, table 9: 28.6 million; torchvision's model has 28,589,128.
        (convnext_tiny, 28_589_128),
    ],
)
def test_whole_networks_have_the_published_number_of_parameters(network, published):
    with torch.device("meta"):
        assert count(*network()) == published


# Shapes and reach: block, input, output, and rows and columns read (None: all).
GEOMETRY = {
    "V1": (lambda: MobileNetV1Block(4, 6), (4, 9, 12), (6, 9, 12), (3, 3)),
    "V1 wide": (
        lambda: MobileNetV1Block(4, 6, kernel_size=(3, 5), dilation=(4, 2)),
        (4, 21, 25),
        (6, 21, 25),
        (9, 9),
    ),
    "V1 stride": (lambda: MobileNetV1Block(4, 6, stride=2), (4, 9, 12), (6, 5, 6), (3, 3)),
    "V1 padding": (
        lambda: MobileNetV1Block(4, 6, padding=0, dilation=2),
        (4, 9, 12),
        (6, 5, 8),
        (5, 5),
    ),
    "V2": (lambda: InvertedResidual(4, 4, dilation=3), (4, 9, 12), (4, 9, 12), (7, 7)),
    "V2 stride": (
        lambda: InvertedResidual(4, 6, kernel_size=5, stride=(2, 1)),
        (4, 9, 12),
        (6, 5, 12),
        (5, 5),
    ),
    "V2 valid": (
        lambda: InvertedResidual(4, 6, padding="valid", dilation=(1, 2)),
        (4, 9, 12),
        (6, 7, 8),
        (3, 5),
    ),
    # Two 3 × 3 and the maximum: 1 + 2 + 2 + 2.
    "X stride": (lambda: XceptionBlock(4, 6, stride=2), (4, 9, 12), (6, 5, 6), (7, 7)),
    "X middle": (lambda: XceptionBlock(4, 4, repetitions=3), (4, 9, 12), (4, 9, 12), (7, 7)),
    "X dilated": (lambda: XceptionBlock(4, 6, dilation=(2, 3)), (4, 17, 19), (6, 17, 19), (9, 13)),
    "ConvNeXt": (lambda: ConvNeXtBlock(8), (8, 9, 12), (8, 9, 12), (7, 7)),
    "ConvNeXt dilated": (
        lambda: ConvNeXtBlock(8, kernel_size=(3, 5), dilation=2),
        (8, 11, 12),
        (8, 11, 12),
        (5, 9),
    ),
    "ASPP": (lambda: SeparableASPP(4, 6), (4, 9, 12), (6, 9, 12), None),
    "TCN": (lambda: TCNBlock(4, 6, dilation=4), (4, 29), (6, 29), (17,)),
    "TCN, K = 2": (lambda: TCNBlock(4, 4, kernel_size=2, dilation=8), (4, 40), (4, 40), (17,)),
    "TCN stack": (
        lambda: nn.Sequential(*(TCNBlock(4, 4, dilation=2**k) for k in range(4))),
        (4, 80),
        (4, 80),
        (1 + 2 * 2 * 15,),
    ),
}


@pytest.mark.parametrize(("make", "size", "out", "field"), GEOMETRY.values(), ids=GEOMETRY)
def test_shapes_and_receptive_fields(make, size, out, field):
    block = make()
    assert assert_one_device(block, (3, *size)).shape == (3, *out)
    traced = trace_receptive_field(block, (1, *size))
    assert not traced.unknown
    if field is None:
        assert traced.whole_axis == (True, True)
    else:
        assert traced.size == field


def test_the_pyramid_of_the_paper():
    pyramid = SeparableASPP(8)
    assert [branch.conv_dw.dilation for branch in pyramid.branches] == [(6, 6), (12, 12), (18, 18)]
    assert pyramid(torch.ones(2, 8, 5, 6)).shape == (2, 256, 5, 6)


def test_the_branches_of_the_pyramid_read_as_far_as_their_rates():
    branches = SeparableASPP(4, 6, rates=(2, 5, 9)).branches
    fields = [trace_receptive_field(branch, (1, 4, 24, 31)).size for branch in branches]
    assert fields == [(5, 5), (11, 11), (19, 19)]


# Values: each block against PyTorch's own layers, put together once more.


def bn(channels):
    return nn.BatchNorm2d(channels)


def dw(channels, kernel=3, multiplier=1, bias=False, **options):
    return nn.Conv2d(channels, channels * multiplier, kernel, groups=channels, bias=bias, **options)


def pw(inputs, outputs, **options):
    return nn.Conv2d(inputs, outputs, 1, bias=False, **options)


def plain_v1():
    # TensorFlow's 'SAME' of K3 S2 on (9, 12): rows (1, 1), columns (0, 1).
    pad = nn.ZeroPad2d((0, 1, 1, 1))
    return nn.Sequential(pad, dw(4, stride=2), bn(4), nn.ReLU(), pw(4, 6), bn(6), nn.ReLU())


def plain_v2():
    return residual(
        *(pw(4, 24), bn(24), nn.ReLU6()),
        *(dw(24, padding=2, dilation=2), bn(24), nn.ReLU6()),
        *(pw(24, 4), bn(4)),
    )


def plain_v2_no_skip():
    pad = nn.ZeroPad2d((0, 1, 1, 1))
    return nn.Sequential(pad, dw(4, stride=2), bn(4), nn.ReLU6(), pw(4, 4), bn(4))


def plain_xception():
    body = nn.Sequential(
        *(nn.ReLU(), dw(4, padding=1), pw(4, 6), bn(6)),
        *(nn.ReLU(), dw(6, padding=1), pw(6, 6), bn(6)),
        nn.ConstantPad2d((0, 1, 1, 1), -torch.inf),
        nn.MaxPool2d(3, 2),
    )
    return Branches(sum, body, nn.Sequential(pw(4, 6, stride=2), bn(6)))


def plain_xception_exit():
    body = nn.Sequential(
        *(dw(4, padding=1), pw(4, 4), bn(4)),
        *(nn.ReLU(), dw(4, padding=1), pw(4, 6), bn(6)),
    )
    return Branches(sum, body, nn.Sequential(pw(4, 6), bn(6)))


def plain_xception_middle():
    layers = [(nn.ReLU(), dw(4, padding=2, dilation=2), pw(4, 4), bn(4)) for _ in range(3)]
    return Branches(sum, nn.Sequential(*sum(layers, ())), nn.Identity())


def plain_convnext():
    def run(self, x):
        y = self.conv(x).movedim(1, -1)
        y = F.layer_norm(y, (8,), self.norm.weight, self.norm.bias, 1e-6)
        y = F.linear(F.gelu(self.wide(y)), self.back.weight, self.back.bias)
        return x + torch.einsum("nhwc,c->nchw", y, self.gamma)

    return Apply(
        run,
        gamma=nn.Parameter(torch.empty(8)),
        conv=dw(8, 7, bias=True, padding=3),
        norm=nn.LayerNorm(8),
        wide=nn.Linear(8, 32),
        back=nn.Linear(32, 8),
    )


def plain_aspp():
    def branch(rate):
        depthwise = [dw(4, padding=rate, dilation=rate), bn(4), nn.ReLU()]
        return nn.Sequential(*depthwise, pw(4, 6), bn(6), nn.ReLU())

    mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), pw(4, 6), bn(6), nn.ReLU())
    resize = nn.Upsample((9, 12), mode="bilinear")
    branches = [nn.Sequential(pw(4, 6), bn(6), nn.ReLU()), branch(2), branch(7)]
    join = partial(torch.cat, dim=1)
    return nn.Sequential(
        Branches(join, *branches, nn.Sequential(mean, resize)), pw(24, 6), bn(6), nn.ReLU()
    )


def plain_tcn():
    def separable(channels):
        depthwise = nn.Conv1d(channels, channels, 3, dilation=4, groups=channels)
        return [nn.ConstantPad1d((8, 0), 0.0), depthwise, nn.Conv1d(channels, 6, 1), nn.ReLU()]

    body = nn.Sequential(*separable(4), *separable(6))
    return nn.Sequential(Branches(sum, body, nn.Conv1d(4, 6, 1)), nn.ReLU())


PARITY = {
    "V1": (lambda: MobileNetV1Block(4, 6, stride=2), plain_v1),
    "V2": (lambda: InvertedResidual(4, 4, dilation=2), plain_v2),
    "V2, no skip": (
        lambda: InvertedResidual(4, 4, expand_ratio=1, stride=2),
        plain_v2_no_skip,
    ),
    "Xception": (lambda: XceptionBlock(4, 6, stride=2), plain_xception),
    "Xception middle": (
        lambda: XceptionBlock(4, 4, repetitions=3, dilation=2),
        plain_xception_middle,
    ),
    "Xception exit": (
        lambda: XceptionBlock(4, 6, grows_first=False, starts_with_act=False),
        plain_xception_exit,
    ),
    "ConvNeXt": (lambda: ConvNeXtBlock(8, layer_scale=0.3), plain_convnext),
    "ASPP": (lambda: SeparableASPP(4, 6, rates=(2, 7)), plain_aspp),
    "TCN": (lambda: TCNBlock(4, 6, dilation=4, dropout=0.0), plain_tcn),
}


def shared(ours, theirs):
    """Fill both with the same random numbers, parameter by parameter in order."""
    torch.manual_seed(3)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert a.shape == b.shape
        with torch.no_grad():
            b.copy_(a.normal_() / max(1, a[0].numel()) ** 0.5)
            a.copy_(b)
    return ours, theirs


@pytest.mark.parametrize("mode", ["train", "train, last", "eval, batch of one"])
@pytest.mark.parametrize(("make", "plain"), PARITY.values(), ids=PARITY)
def test_values_and_gradients_are_those_of_plain_layers(make, plain, mode):
    ours, theirs = shared(make().double(), plain().double())
    channels = 8 if "ConvNeXt" in type(ours).__name__ else 4
    size = (29,) if isinstance(ours, TCNBlock) else (9, 12)
    x = torch.randn(1 if "one" in mode else 3, channels, *size, dtype=torch.float64)
    if "last" in mode and len(size) == 2:
        x = x.contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    results = []
    for module in (ours, theirs):
        y = module.train("train" in mode)(x)
        torch.manual_seed(4)
        g = torch.randn(y.shape, dtype=y.dtype)
        results.append((y, *torch.autograd.grad(y, (x, *module.parameters()), g)))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


# What the papers say of each


def test_names_are_timms():
    v2 = ["conv_pw", "bn1", "act1", "conv_dw", "bn2", "act2", "conv_pwl", "bn3"]
    assert [name for name, _ in InvertedResidual(4, 6).named_children()] == v2
    assert [name for name, _ in InvertedResidual(4, 6, expand_ratio=1).named_children()] == v2[3:]
    v1 = ["conv_dw", "bn1", "act1", "conv_pw", "bn2", "act2"]
    assert [name for name, _ in MobileNetV1Block(4, 6).named_children()] == v1
    assert list(ConvNeXtBlock(4).state_dict()) == [
        "gamma",
        *("conv_dw.weight", "conv_dw.bias", "norm.weight", "norm.bias"),
        *("mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias"),
    ]


@pytest.mark.parametrize(
    ("options", "added"),
    [({}, True), ({"stride": 2}, False), ({"stride": (1, 2)}, False), ({"dilation": 3}, True)],
)
def test_the_inverted_residual_adds_where_shapes_allow(options, added):
    block = InvertedResidual(4, 4, **options).eval()
    nn.init.zeros_(block.bn3.weight)
    x = torch.randn(2, 4, 5, 8)
    expected = x if added else torch.zeros_like(block(x))
    assert torch.equal(block(x), expected)
    assert not InvertedResidual(4, 6).residual


def test_an_added_input_needs_the_outputs_size():
    with pytest.raises(ValueError, match=r"padding=0 changes the size.*: use padding=\"same\""):
        InvertedResidual(4, 4, padding=0)
    assert InvertedResidual(4, 4, padding=1).residual
    assert InvertedResidual(4, 4, padding=0, stride=2)(torch.ones(1, 4, 9, 12)).shape[2:] == (4, 5)


def test_the_bottleneck_is_linear():
    y = InvertedResidual(4, 6)(torch.randn(8, 4, 5, 7))
    assert y.min() < -1
    assert MobileNetV1Block(4, 6)(torch.randn(8, 4, 5, 7)).min() == 0
    relu6 = MobileNetV1Block(4, 6, act_layer=nn.ReLU6)
    nn.init.constant_(relu6.bn2.bias, 9.0)
    assert relu6(torch.randn(8, 4, 5, 7)).max() == 6


def test_a_new_convnext_block_hardly_changes_its_input():
    x = torch.randn(2, 8, 9, 7)
    difference = ConvNeXtBlock(8)(x) - x
    assert 0 < difference.abs().max() < 1e-4
    bare = ConvNeXtBlock(8, layer_scale=None)
    assert "gamma" not in bare.state_dict()
    assert (bare(x) - x).abs().max() > 1e-3


def test_a_tcn_reads_nothing_that_comes_later():
    # Tanh, since after ReLU some changes could not be seen.
    block = TCNBlock(3, 5, dilation=4, act_layer=nn.Tanh).eval()
    x = torch.randn(1, 3, 40)
    y = block(x)
    x[..., 20] += 1
    changed = (block(x) != y).any(1)[0].nonzero().flatten().tolist()
    assert changed == [20, 24, 28, 32, 36]


def test_a_tcn_drops_values_in_training_only():
    block = TCNBlock(4, 4, dropout=1.0)
    x = torch.rand(2, 4, 11)
    assert torch.equal(block(x), x)
    assert not torch.equal(block.eval()(x), x)


def test_weight_normalisation_of_the_paper_can_be_added():
    block = TCNBlock(4, 6, dilation=2).eval()
    x = torch.randn(2, 4, 15)
    expected = block(x)
    for conv in (block.conv1.conv_dw, block.conv1.conv_pw):
        weight_norm(conv)
    torch.testing.assert_close(block(x), expected)
    block(x).sum().backward()
    assert block.conv1.conv_dw.parametrizations.weight.original0.grad.abs().sum() > 0


def test_the_mean_of_one_image_cannot_be_normalised_in_training():
    pyramid = SeparableASPP(4, 6)
    x = torch.randn(1, 4, 9, 12)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        pyramid(x)
    assert pyramid.eval()(x).shape == (1, 6, 9, 12)


@pytest.mark.parametrize("name", PARITY)
def test_blocks_compute_with_the_fast_operation(name, monkeypatch):
    block = PARITY[name][0]()
    depthwise = [m for m in block.modules() if hasattr(m, "groups") and m.groups > 1]
    calls = []
    for ndim in (1, 2):
        convolve = getattr(functional, f"depthwise_conv{ndim}d")

        def spy(x, w, *rest, convolve=convolve):
            calls.append(w)
            return convolve(x, w, *rest)

        layer = getattr(layers, f"DepthwiseConv{ndim}d")
        monkeypatch.setattr(layer, "_function", staticmethod(spy))
    size = (29,) if isinstance(block, TCNBlock) else (9, 12)
    block(torch.randn(2, 8 if "ConvNeXt" in name else 4, *size))
    assert len(calls) == len(depthwise) > 0
    assert all(isinstance(m, DepthwiseConv2d) or m.weight.dim() == 3 for m in depthwise)


def test_other_normalisations_and_none():
    x = torch.randn(1, 4, 9, 12)
    for norm in (nn.Identity, partial(nn.GroupNorm, 2)):
        for block in (MobileNetV1Block, InvertedResidual, XceptionBlock, SeparableASPP):
            assert block(4, 6, norm_layer=norm)(x).shape == (1, 6, 9, 12)
    block = TCNBlock(4, 6, norm_layer=partial(nn.GroupNorm, 2))
    assert block(x[:, :, 0]).shape == (1, 6, 12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MobileNetV1Block(0, 4), ValueError, "in_channels=0 must be at least 1"),
        (lambda: MobileNetV1Block(4, 4, padding="causal"), ValueError, "is for one axis"),
        (lambda: InvertedResidual(4, 4, expand_ratio=0), ValueError, "expand_ratio=0 must be at"),
        (lambda: InvertedResidual(4, 4, expand_ratio=1.5), TypeError, "expand_ratio must be an in"),
        (lambda: XceptionBlock(4, 4, repetitions=0), ValueError, "repetitions=0 must be at least"),
        (lambda: XceptionBlock(4, 4, stride=0), ValueError, "stride=0 must be at least 1"),
        (lambda: ConvNeXtBlock(-1), ValueError, "channels=-1 must be at least 1"),
        (lambda: ConvNeXtBlock(4, mlp_ratio=0), ValueError, "mlp_ratio=0 must be at least 1"),
        (lambda: SeparableASPP(4, rates=()), ValueError, r"rates=\(\) must hold one number"),
        (lambda: SeparableASPP(4, rates=(6, 0)), ValueError, "rates=0 must be at least 1"),
        (lambda: TCNBlock(4, 4, kernel_size=(3, 3)), TypeError, "kernel_size must be an integer"),
        (lambda: TCNBlock(4, 4, dilation=0), ValueError, "dilation=0 must be at least 1"),
        (
            lambda: TCNBlock(4, 4, norm_layer=nn.ReLU()),
            TypeError,
            "norm_layer must be .* got ReLU",
        ),
        (lambda: TCNBlock(4, 4, dropout=1.5), ValueError, "dropout"),
    ],
)
def test_bad_settings_are_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", PARITY)
def test_blocks_can_be_copied(name):
    block = PARITY[name][0]().eval()
    size = (29,) if isinstance(block, TCNBlock) else (9, 12)
    x = torch.randn(2, 8 if "ConvNeXt" in name else 4, *size)
    other = copy.deepcopy(block)
    assert torch.equal(other(x), block(x))
    fresh = PARITY[name][0]().eval()
    fresh.load_state_dict(block.state_dict())
    assert torch.equal(fresh(x), block(x))
