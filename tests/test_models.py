"""The networks have the published layouts: shapes, parameters, receptive fields."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import nn

from dsconv_lib import ConvSpec, models, receptive_field, trace_receptive_field

# Araujo, Norris & Sim (2019): receptive field, effective stride, effective padding, and the rows
# of the table in their repository for end-points on the way and for inputs of 321.
FINAL = {
    models.alexnet_v2: (195, 32, 64),
    models.vgg16: (212, 32, 90),
    models.mobilenet_v1: (315, 32, 126),
    models.resnet50: (483, 32, 239),
}
ON_THE_WAY = [
    (models.alexnet_v2, "conv1", 224, (11, 4, 0)),
    (models.alexnet_v2, "conv2", 224, (51, 8, 16)),
    (models.alexnet_v2, "conv5", 224, (163, 16, 64)),
    (models.vgg16, "pool1", 224, (6, 2, 2)),
    (models.vgg16, "pool3", 224, (44, 8, 18)),
    (models.vgg16, "conv5_2", 224, (164, 16, 74)),
    (models.mobilenet_v1, "conv0", 224, (3, 2, 0)),
    (models.mobilenet_v1, "conv6_pw", 224, (59, 16, 14)),
    (models.mobilenet_v1, "conv12_pw", 224, (251, 32, 94)),
    (models.mobilenet_v1, "conv13_pw", 321, (315, 32, 157)),
    (models.resnet50, "block1", 224, (35, 8, 15)),
    (models.resnet50, "block2", 224, (99, 16, 47)),
    (models.resnet50, "block3", 224, (291, 32, 143)),
    (models.resnet50, "block4", 321, (483, 32, 241)),
]
# Sums of kernel and batch-norm sizes of the papers' tables, worked out layer by layer.
PARAMETERS = {
    models.alexnet_v2: 3_207_104,
    models.vgg16: 14_714_688,
    models.mobilenet_v1: 3_206_976,
    models.resnet50: 23_508_032,
}
SHAPES = {
    models.alexnet_v2: (256, 5, 3),
    models.vgg16: (512, 7, 5),
    models.mobilenet_v1: (1024, 7, 5),
    models.resnet50: (2048, 7, 5),
}


def on_meta(builder):
    with torch.device("meta"):
        return builder()


def up_to(network, name):
    names = [child for child, _ in network.named_children()]
    return network[: names.index(name) + 1]


def numbers(field):
    assert field.size[0] == field.size[1]
    return field.size[0], field.jump[0], field.padding[0]


@pytest.mark.parametrize(("builder", "published"), FINAL.items())
def test_published_receptive_fields(builder, published):
    assert numbers(trace_receptive_field(on_meta(builder), (1, 3, 224, 224))) == published


@pytest.mark.parametrize(("builder", "name", "size", "published"), ON_THE_WAY)
def test_published_receptive_fields_of_layers_on_the_way(builder, name, size, published):
    part = up_to(on_meta(builder), name)
    assert numbers(trace_receptive_field(part, (1, 3, size, size))) == published


@pytest.mark.parametrize(("builder", "expected"), PARAMETERS.items())
def test_parameters(builder, expected):
    assert sum(p.numel() for p in on_meta(builder).parameters()) == expected


@pytest.mark.parametrize(("builder", "expected"), SHAPES.items())
def test_shapes_of_an_oblong_image(builder, expected):
    output = on_meta(builder)(torch.empty(2, 3, 224, 160, device="meta"))
    assert output.shape == (2, *expected)


def test_networks_are_in_evaluation_mode():
    for builder in FINAL:
        assert not any(module.training for module in on_meta(builder).modules())


@pytest.mark.parametrize(
    ("kernel", "stride", "size", "expected"),
    [
        (3, 2, (224, 161), (0, 1, 1, 1)),
        (3, 1, (7, 8), (1, 1, 1, 1)),
        (5, 2, (8, 9), (1, 2, 2, 2)),
        (2, 2, (6, 7), (0, 0, 0, 1)),
        (1, 3, (5, 4), (0, 0, 0, 0)),
    ],
)
def test_same_padding_of_tensorflow(kernel, stride, size, expected):
    # expected: rows before, rows after, columns before, columns after
    ones = torch.ones(1, 1, *size)
    padded = models.SamePad2d(kernel, stride)(ones)[0, 0]
    rows, columns = padded.any(1).nonzero(), padded.any(0).nonzero()
    found = (
        rows.min().item(),
        len(padded) - 1 - rows.max().item(),
        columns.min().item(),
        padded.shape[1] - 1 - columns.max().item(),
    )
    assert found == expected


@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 30), st.integers(1, 30))
def test_same_padding_gives_one_output_per_stride(kernel, stride, height, width):
    network = nn.Sequential(models.SamePad2d(kernel, stride), nn.MaxPool2d(kernel, stride))
    output = network(torch.zeros(1, 1, height, width))
    assert output.shape[2:] == (-(-height // stride), -(-width // stride))


def test_zeros_before_the_pooling_of_resnet_never_win():
    # pool1 pads with 0, TensorFlow with minus infinity: equal because a ReLU comes before.
    network = models.resnet50()
    features = network.conv1(torch.randn(1, 3, 20, 28))
    assert features.min() >= 0
    assert torch.equal(
        network.pool1(features),
        nn.functional.max_pool2d(nn.functional.pad(features, (0, 1, 0, 1), value=-torch.inf), 3, 2),
    )


def test_bottleneck_adds_its_short_cut():
    unit = models.Bottleneck(8, 8, stride=2).eval()
    nn.init.zeros_(unit.expand[-1].weight)
    x = torch.rand(2, 8, 6, 9)
    assert torch.equal(unit(x), x[:, :, ::2, ::2])


def test_bottleneck_changes_channels_on_the_short_cut():
    unit = models.Bottleneck(8, 12).eval()
    nn.init.zeros_(unit.expand[-1].weight)
    x = torch.rand(2, 8, 5, 6)
    assert torch.equal(unit(x), unit.shortcut(x).relu())


def test_parallel_adds_branches():
    x = torch.rand(2, 3, 4, 5)
    assert torch.equal(models.Parallel(nn.Identity(), nn.ReLU(), nn.Identity())(x), 3 * x)
    with pytest.raises(ValueError, match="at least one"):
        models.Parallel()


LAYERS = [
    ConvSpec((3, 2), (2, 1), ((0, 1), (1, 2)), (1, 3)),
    ConvSpec(2),
    ConvSpec((1, 3), padding=(0, 1)),
]


def test_conv_stack_has_the_geometry_of_its_layers():
    network = models.conv_stack(LAYERS, channels=4)
    size = (11, 14)
    for layer in LAYERS:
        size = tuple(axis.output_size(n) for axis, n in zip(layer.axes(2), size, strict=True))
    assert network(torch.zeros(1, 1, 11, 14)).shape == (1, 4, *size)
    traced, expected = trace_receptive_field(network, (1, 1, 11, 14)), receptive_field(LAYERS)
    assert traced.size == expected.size
    assert traced.jump == expected.jump
    assert traced.padding == expected.padding
    assert traced.offsets == expected.offsets


def test_uniform_stack_takes_means():
    network = models.conv_stack([ConvSpec(3), ConvSpec((2, 5))], channels=3)
    torch.testing.assert_close(
        network(torch.full((1, 1, 6, 9), 7.0)), torch.full((1, 3, 3, 3), 7.0)
    )


def test_random_stack_keeps_the_scale_and_follows_the_seed():
    torch.manual_seed(3)
    first = models.conv_stack([ConvSpec(3)] * 2, channels=200, activation=True, weights="random")
    torch.manual_seed(3)
    again = models.conv_stack([ConvSpec(3)] * 2, channels=200, activation=True, weights="random")
    assert torch.equal(first[2].weight, again[2].weight)
    assert first[2].weight.std().item() == pytest.approx((2 / (9 * 200)) ** 0.5, rel=0.02)
    assert [type(module) for module in first] == [nn.Conv2d, nn.ReLU] * 2
    assert all(module.bias is None for module in first if isinstance(module, nn.Conv2d))


def test_conv_stack_refuses_unknown_weights():
    with pytest.raises(ValueError, match="uniform"):
        models.conv_stack([ConvSpec(3)], weights="ones")
