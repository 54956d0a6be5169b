"""Tracing: every network against what NaN really reaches, and against published numbers."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import IMAGE, NETWORKS, Apply, conv, conv_then
from torch import nn

from dsconv_lib import ConvSpec, receptive_field, trace_receptive_field
from dsconv_lib.trace import trace_reaches


def reached_by_nan(module, shape, axis):
    """For each output index along an axis, the input positions whose NaN arrives there."""
    size, dim = shape[axis + 2], axis + 2
    spoilt = torch.rand(shape).repeat(size, *[1] * (len(shape) - 1))
    for position in range(size):
        spoilt[position].select(dim - 1, position).fill_(torch.nan)
    with torch.no_grad():
        spread = torch.cat([module.eval()(x) for x in spoilt.split(1)]).isnan()
    if spread.dim() < len(shape):
        spread = spread.flatten(1).any(1, keepdim=True)
    else:
        spread = spread.movedim(dim, 1).flatten(2).any(2)
    return [frozenset(torch.nonzero(column).flatten().tolist()) for column in spread.T]


def bits(row):
    return frozenset(p for p in range(row.bit_length()) if row >> p & 1)


# Here the positions inside the input are read by the padding too, or PyTorch rounds in its own way.
OTHERWISE_AT_THE_BORDER = ("circular", "paddings", "nearest, rounded")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_every_output_reads_what_nan_reaches(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(0)
    module = build()
    reaches, unknown = trace_reaches(module, shape)
    field = trace_receptive_field(module, shape)
    assert unknown == field.unknown == ()
    for axis, reach in enumerate(reaches):
        real = reached_by_nan(module, shape, axis)
        assert [bits(row) for row in reach.broadcast(len(real)).rows] == real
        law = reach.law
        inside = range(shape[axis + 2])
        for output, positions in enumerate(real if law else ()):
            if set(law.at(output)) <= set(inside) and name not in OTHERWISE_AT_THE_BORDER:
                assert law.at(output) == positions


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_attributes_agree_with_positions(name):
    build, shape = NETWORKS[name]
    module = build()
    field = trace_receptive_field(module, shape)
    for axis, reach in enumerate(trace_reaches(module, shape)[0]):
        plain = reach.field()
        outputs = range(2 * len(reach.law.phases) if reach.law else len(reach.rows))
        fields = [plain.positions(output) for output in outputs]
        if reach.law:
            assert fields == [reach.law.at(output) for output in outputs]
        else:
            assert fields == [bits(row) for row in reach.rows]
        spans = [max(f) - min(f) + 1 if f else 0 for f in fields]
        assert field.size[axis] == max(spans)
        counts = [len(f) for f in fields]
        widest = max(outputs, key=lambda o: (spans[o], counts[o], -o))
        assert field.reached[axis] == counts[widest]
        if reach.law:
            start = widest * field.jump[axis] - field.padding[axis]
            assert {start + offset for offset in field.offsets[axis]} == plain.positions(widest)
        else:
            assert (field.jump[axis], field.padding[axis], field.centre[axis]) == (None,) * 3


specs = st.builds(
    ConvSpec,
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
)


@given(stack=st.lists(specs, min_size=1, max_size=5), groups=st.sampled_from([1, 2]))
@settings(max_examples=50)
def test_a_chain_of_convolutions_gives_the_recurrence(stack, groups):
    layers = [
        nn.Conv2d(2, 2, s.kernel_size, s.stride, s.padding, s.dilation, groups) for s in stack
    ]
    assert trace_receptive_field(nn.Sequential(*layers), (1, 2, 300, 320)) == receptive_field(stack)


def vgg16():
    layers, channels = [], 3
    for width, count in ((4, 2), (5, 2), (6, 3), (7, 3), (8, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def numbers(field):
    return field.size, field.jump, field.padding


def test_vgg16_to_pool5():
    field = trace_receptive_field(vgg16(), (1, 3, 224, 320))
    assert numbers(field) == ((212, 212), (32, 32), (90, 90))
    assert field.density == (1.0, 1.0)


def test_vgg16_with_its_fully_connected_layers_as_convolutions():
    field = trace_receptive_field(nn.Sequential(vgg16(), nn.Conv2d(8, 8, 7)), (1, 3, 224, 320))
    assert numbers(field) == ((404, 404), (32, 32), (90, 90))


def test_wavenet():
    layers = [
        layer
        for d in range(10)
        for layer in (nn.ConstantPad1d((2**d, 0), 0.0), nn.Conv1d(1, 1, 2, dilation=2**d))
    ]
    field = trace_receptive_field(nn.Sequential(*layers), (1, 1, 2000))
    assert numbers(field) == ((1024,), (1,), (1023,))
    assert field.reached == (1024,)


@pytest.mark.parametrize(
    ("dilations", "reached"), [((2, 2, 2), 7), ((1, 2, 5), 17), ((1, 2, 9), 21)]
)
def test_gridding(dilations, reached):
    net = nn.Sequential(*[conv(1, 1, 3, padding=(d, 1), dilation=(d, 1)) for d in dilations])
    assert trace_receptive_field(net, (1, 1, 40, 30)).reached == (reached, 7)


def test_a_very_long_axis_is_followed_by_its_law():
    layers = [nn.Conv1d(1, 1, 2, dilation=2**d) for d in range(10)]
    net = nn.Sequential(nn.CircularPad1d((1023, 0)), *layers, *layers[:1], nn.AvgPool1d(4))
    field = trace_receptive_field(net, (1, 1, 100_000))
    assert numbers(field) == ((1028,), (4,), (1023,))
    mean = trace_receptive_field(Apply(lambda m, x: m.net(x).mean(2), net=net), (1, 1, 9000))
    assert mean.offsets == (frozenset(range(8997)),)


def test_upsampling_halves_the_jump():
    field = trace_receptive_field(nn.ConvTranspose1d(1, 1, 3, 2, 1), (1, 1, 9))
    assert repr(field) == ("ReceptiveField(size=(2,), jump=(1/2,), padding=(1/2,), reached=(2,))")
    assert [field.positions((o,)) for o in range(3)] == [({0},), ({0, 1},), ({1},)]
    assert field.centre == (0.0,)


def test_global_pooling_is_the_whole_axis_and_known():
    field = trace_receptive_field(conv_then(lambda y: y.mean(2, keepdim=True), 3), IMAGE)
    assert repr(field) == (
        "ReceptiveField(size=(17, 3), jump=(0, 1), padding=(0, 0), reached=(17, 3), "
        "whole_axis=(True, False))"
    )


def test_global_pooling_after_a_stride_is_not_the_whole_axis():
    net = nn.Sequential(conv(2, 2, 1, 4), nn.AdaptiveAvgPool2d(1))
    field = trace_receptive_field(net, IMAGE)
    assert field.whole_axis == (False, False)
    assert field.offsets == ({0, 4, 8, 12, 16}, {0, 4, 8, 12})


def test_what_does_not_depend_on_the_input_reads_nothing():
    for function in (torch.zeros_like, lambda x: (x + 1).zero_(), lambda x: x.new_ones(1, 2, 3, 4)):
        field = trace_receptive_field(Apply(lambda m, x: m.give(x), give=function), IMAGE)
        assert (field.size, field.reached, field.density) == ((0, 0), (0, 0), (0.0, 0.0))


def overwrite(x):
    x[:, :, 1] = x[:, :, 3]
    return x


def by_value(x):
    return x + 1 if x.sum() > 0 else x


def phases_apart_and_back(y):
    n, c, rows, columns = y.shape
    return (
        (2 * y.view(n, c, rows // 3, 3, columns).transpose(2, 3)).transpose(2, 3).reshape(y.shape)
    )


def filled(y):
    return torch.zeros_like(y).fill_(y[0, 0, 3, 2])


NOT_UNDERSTOOD = {
    "filled with a value of the image": (filled, "fill_"),
    "random by the image": (lambda y: torch.bernoulli(y.sigmoid()), "bernoulli"),
    "fft": (lambda y: torch.fft.fft2(y).abs(), "_fft_c2c"),
    "grid_sample": (
        lambda y: F.grid_sample(y, torch.zeros(1, 5, 6, 2), align_corners=False),
        "grid_sampler",
    ),
    "flatten": (lambda y: y.flatten(2), "flatten"),
    "transposed and added": (lambda y: y[..., :5, :5] + y[..., :5, :5].mT, "add"),
    "written into a view": (overwrite, "copy_"),
    "mask": (lambda y: y[y > 0], "index"),
    "value": (by_value, "_local_scalar_dense"),
    "list": (lambda y: F.pad(y, [len(y.flatten().tolist()), 0]), "_local_scalar_dense"),
    "array": (lambda y: y + torch.from_numpy(y.numpy()), "values of a tensor"),
    "unshuffled and shuffled": (
        lambda y: F.pixel_shuffle(F.pixel_unshuffle(y[:, :, :14, :10], 2), 2),
        "pixel_shuffle",
    ),
    "unshuffled and shuffled, channel by channel": (
        lambda y: F.pixel_shuffle(
            F.conv2d(F.pixel_unshuffle(y[:, :, :14, :10], 2), torch.ones(16, 1, 1, 1), groups=16), 2
        ),
        "pixel_shuffle",
    ),
    "cut and put back": (phases_apart_and_back, "reshape"),
    "dynamic filter": (lambda y: F.conv2d(y, y[:1, :, :3, :3]), "conv2d"),
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_the_whole_axis_and_listed(name):
    function, operation = NOT_UNDERSTOOD[name]
    field = trace_receptive_field(conv_then(function, 3), IMAGE)
    assert any(operation in unknown for unknown in field.unknown), field.unknown
    rows = trace_receptive_field(conv_then(lambda y: y, 3), IMAGE)
    for axis in range(2):
        whole = field.whole_axis[axis] and field.reached[axis] == IMAGE[axis + 2]
        untouched = field.offsets[axis] == rows.offsets[axis] and field.jump[axis] == 1
        assert whole or (untouched and name == "cut and put back" and axis == 1)


def test_a_flattened_image_is_known_again_once_it_is_summed():
    field = trace_receptive_field(conv_then(lambda y: y.flatten(2), 1, 4), IMAGE)
    assert (field.whole_axis, field.unknown) == ((True, True), ("flatten",))
    field = trace_receptive_field(conv_then(lambda y: y.flatten(2).mean(2), 1, 4), IMAGE)
    assert (field.reached, field.unknown) == ((5, 4), ())


@pytest.mark.parametrize("pool", [nn.MaxPool1d, nn.AvgPool1d])
def test_shapes_of_pooling_are_pytorchs(pool):
    for size, kernel, stride in itertools.product(range(3, 10), (1, 2, 3), (1, 2, 3)):
        for padding, ceil_mode in itertools.product(range(kernel // 2 + 1), (False, True)):
            layer = pool(kernel, stride, padding, ceil_mode=ceil_mode)
            (reach,), _ = trace_reaches(layer, (1, 1, size))
            assert len(reach.rows) == layer(torch.rand(1, 1, size)).shape[2], (size, layer)


class Restless(nn.Module):
    """Counts, remembers and draws random numbers while it runs."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop = nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.Dropout()
        self.register_buffer("count", torch.zeros(1))
        self.register_buffer("image", torch.zeros(1, 2, 17, 13))
        self.last = None

    def forward(self, x):
        self.count += 1
        self.image.copy_(x)
        self.last = x
        self.fresh = torch.rand(3)
        self.count = self.count + 1
        return self.drop(self.norm(self.conv(self.image)))

    def train(self, mode=True):
        raise AssertionError("nobody asked for this")


def test_the_module_is_left_as_it_was():
    module = Restless()
    state = {name: value.clone() for name, value in module.state_dict().items()}
    attributes = set(vars(module))
    module.norm.training = False
    generator = torch.get_rng_state()
    field = trace_receptive_field(module, IMAGE)
    assert numbers(field) == ((3, 3), (1, 1), (0, 0))
    assert set(vars(module)) == attributes
    assert module.last is None
    assert (module.training, module.norm.training, module.drop.training) == (True, False, True)
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)


def test_the_module_is_left_as_it_was_after_an_error():
    module = nn.Sequential(nn.Conv2d(2, 2, 30), nn.Dropout())
    with pytest.raises(ValueError, match=r"layer '0' \(Conv2d\), conv2d of input .*Kernel size"):
        trace_receptive_field(module, IMAGE)
    assert module.training


def test_large_networks_are_not_computed():
    net = nn.Sequential(*[nn.Conv2d(4096, 4096, 3, padding=1, device="meta") for _ in range(8)])
    assert trace_receptive_field(net, (64, 4096, 512, 512)).size == (17, 17)


def test_values_of_constants_can_be_used():
    def function(y):
        margins = torch.arange(1, 5, device=y.device) * torch.tensor(2)
        return F.pad(y, margins.tolist()) * torch.ones(3).sum().item()

    assert trace_receptive_field(conv_then(function, 3), IMAGE).padding == (6, 2)


@pytest.mark.parametrize("shape", [(2, 17), (1, 2), (1, 2, 3, 4, 5, 6), (1, 2, 0, 4)])
def test_the_shape_has_spatial_axes(shape):
    with pytest.raises(ValueError, match=r"input_shape=.*use for example"):
        trace_receptive_field(nn.Identity(), shape)


def test_the_module_is_a_module_with_one_output():
    with pytest.raises(TypeError, match=r"module must be a torch\.nn\.Module, got"):
        trace_receptive_field(torch.relu, IMAGE)
    with pytest.raises(TypeError, match="one tensor, got tuple: wrap"):
        trace_receptive_field(Apply(lambda _, x: (x, x)), IMAGE)
    with pytest.raises(ValueError, match=r"lazy parameters.*run it once"):
        trace_receptive_field(nn.LazyConv2d(3, 3), IMAGE)
