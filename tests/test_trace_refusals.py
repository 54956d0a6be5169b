"""A trace accepts and refuses what PyTorch does, and says which layer, shapes and mend."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Apply
from torch import nn

from dsconv_lib import (
    effective_receptive_field,
    measure_receptive_field,
    trace_cost,
    trace_receptive_field,
)

few, any_dim = st.integers(1, 4), st.integers(-5, 4)


def shapes(low=1, high=5, sizes=few):
    return st.lists(sizes, min_size=low, max_size=high).map(tuple)


def weights(*shape):
    return torch.ones(shape)


# Functions of a tensor and of a maker of weights, whose dtype may be another one.
MIXED = [
    lambda x, w: F.linear(x, w(2, x.shape[-1])),
    lambda x, w: F.linear(x, w(2, x.shape[-1]), torch.ones(2)),
    lambda x, w: x @ w(x.shape[-1], 3),
    lambda x, w: torch.mm(x, w(x.shape[-1], 3)),
    lambda x, w: torch.bmm(x, w(x.shape[0], x.shape[-1], 3)),
    lambda x, w: torch.addmm(w(3), x, torch.ones(x.shape[-1], 3)),
    lambda x, w: F.conv1d(x, w(2, x.shape[1], 1)),
    lambda x, w: F.conv2d(x, w(2, x.shape[1], 1, 1)),
    lambda x, w: F.conv2d(x, torch.ones(2, x.shape[1], 1, 1), w(2)),
    lambda x, w: F.conv_transpose2d(x, w(x.shape[1], 2, 1, 1)),
    lambda x, w: F.batch_norm(x, w(x.shape[1]), w(x.shape[1])),
    lambda x, w: F.batch_norm(x, torch.ones(x.shape[1]), torch.ones(x.shape[1]), w(x.shape[1])),
    lambda x, w: F.layer_norm(x, x.shape[-1:], w(x.shape[-1])),
    lambda x, w: F.group_norm(x, 1, w(x.shape[1])),
    lambda x, w: F.prelu(x, w(1)),
    lambda x, w: torch.einsum("bcl,cm->bml", x, w(x.shape[1], 2)),
    lambda x, w: F.scaled_dot_product_attention(x, w(*x.shape), w(*x.shape)),
    lambda x, w: torch.cat([x, w(*x.shape)]),
    lambda x, w: x + w(*x.shape),
    lambda x, w: x.lerp(w(*x.shape), 0.5),
    lambda x, w: torch.where(x > 0, x, w(*x.shape)),
]


def longer(*shape):
    return weights(shape[0] + 1, *shape[1:])


# Right most of the time: what is added to a size, and how a bias is made.
off = st.sampled_from([0, 0, 0, 0, 0, 0, 1])
paddings = st.integers(-1, 2) | st.sampled_from(["same", "valid", "full"])
biases = st.sampled_from([weights, weights, weights, lambda *shape: None, longer])

# Arguments drawn at random, right and wrong, for a function of the input and of them.
OPERATIONS = {
    "conv2d": (
        lambda x, o, i, b, s, p, d, g: F.conv2d(
            x, weights(o * g, x.shape[1] // g + i, 2, 3), b(o * g), s, p, d, g
        ),
        (
            few,
            off,
            biases,
            st.integers(0, 2) | st.just((1, 2)),
            paddings,
            few,
            st.integers(1, 2),
        ),
    ),
    "conv1d": (
        lambda x, o, i, b, g: F.conv1d(x, weights(o, x.shape[1] // g + i, 2), b(o), groups=g),
        (few, off, biases, st.integers(1, 3)),
    ),
    "conv_transpose2d": (
        lambda x, o, i, b, s, p, more, g, d: F.conv_transpose2d(
            x, weights(x.shape[1] + i, o, 2, 3), b(o * g), s, p, more, g, d
        ),
        (few, off, biases, few, st.integers(0, 1), st.integers(0, 2), st.integers(1, 2), few),
    ),
    "linear": (
        lambda x, o, i, b: F.linear(x, weights(o, x.shape[-1] + i), b(o)),
        (few, off, biases),
    ),
    "batch_norm": (
        lambda x, n, b: F.batch_norm(
            x, weights(x.shape[1] + n), weights(x.shape[1]), b(x.shape[1]), b(x.shape[1])
        ),
        (off, biases),
    ),
    "group_norm": (lambda x, g, b: F.group_norm(x, g, b(x.shape[1])), (few, biases)),
    "layer_norm": (
        lambda x, k, n, b: F.layer_norm(x, (*x.shape[k:-1], x.shape[-1] + n), b(*x.shape[k:])),
        (st.integers(-3, -1), off, biases),
    ),
    "instance_norm": (lambda x, b: F.instance_norm(x, weight=b(x.shape[1])), (biases,)),
    "max_pool2d": (
        lambda x, k, s, p, d, c: F.max_pool2d(x, k, s, p, d, c),
        (few, few, st.integers(-1, 2), few, st.booleans()),
    ),
    "avg_pool2d": (
        lambda x, k, s, p, c: F.avg_pool2d(x, k, s, p, c),
        (few, few, st.integers(-1, 2), st.booleans()),
    ),
    "adaptive_avg_pool2d": (lambda x, n: F.adaptive_avg_pool2d(x, n), (st.integers(-1, 4),)),
    "cat": (
        lambda x, n, m, dim: torch.cat([x, weights(*x.shape[:-1], x.shape[-1] + n)[m:]], dim),
        (off, off, any_dim),
    ),
    "stack": (
        lambda x, n, dim: torch.stack([x, weights(*x.shape[:-1], x.shape[-1] + n)], dim),
        (off, any_dim),
    ),
    "add": (lambda x, shape: x + weights(*shape), (shapes(),)),
    "matmul": (lambda x, shape, n: x @ weights(*shape, x.shape[-1] + n, 2), (shapes(0, 3), off)),
    "pixel_shuffle": (lambda x, r: F.pixel_shuffle(x, r), (st.integers(0, 2),)),
    "pixel_unshuffle": (lambda x, r: F.pixel_unshuffle(x, r), (st.integers(0, 2),)),
    "channel_shuffle": (lambda x, g: F.channel_shuffle(x, g), (few,)),
    "view": (lambda x, shape: x.view(shape), (shapes(sizes=st.integers(-1, 6)),)),
    "permute": (
        lambda x, k, n: x.permute([(d + k) % x.dim() for d in range(x.dim() + n)]),
        (few, off),
    ),
    "addmm": (
        lambda x, n, m: torch.addmm(weights(n), x, weights(x.shape[-1] + m, n)),
        (few, off),
    ),
    "added": (lambda x, k, n: torch.addmm(weights(k), x, weights(x.shape[-1], n)), (few, few)),
    "transpose": (lambda x, a, b: x.transpose(a, b), (any_dim, any_dim)),
    "softmax": (lambda x, dim: x.softmax(dim), (any_dim,)),
    "mean": (lambda x, dim: x.mean(dim), (any_dim,)),
    "select": (lambda x, dim, n: x.select(dim, n), (any_dim, any_dim)),
    "narrow": (lambda x, d, a, n: x.narrow(d, a, n), (any_dim, any_dim, st.integers(0, 4))),
    "split": (lambda x, n, dim: x.split(n, dim)[0], (st.integers(0, 3), any_dim)),
    "chunk": (lambda x, n, dim: x.chunk(n, dim)[0], (st.integers(0, 3), any_dim)),
    "unfold": (lambda x, d, n, s: x.unfold(d, n, s), (any_dim, few, few)),
    "flatten": (lambda x, a, b: x.flatten(a, b), (any_dim, any_dim)),
    "squeeze": (lambda x, dim: x.squeeze(dim), (any_dim,)),
    "expand": (lambda x, shape: x.expand(shape), (shapes(sizes=st.integers(-1, 4)),)),
    "repeat": (lambda x, times: x.repeat(times), (shapes(sizes=st.integers(0, 2)),)),
    "flip": (lambda x, dims: x.flip(dims), (st.lists(any_dim, max_size=3),)),
    "roll": (lambda x, n, dim: x.roll(n, dim), (any_dim, any_dim)),
    "glu": (lambda x, dim: F.glu(x, dim), (any_dim,)),
    "pad": (
        lambda x, amounts, mode: F.pad(x, amounts, mode),
        (
            st.lists(st.integers(-1, 3), max_size=6),
            st.sampled_from(["constant", "reflect", "replicate", "circular"]),
        ),
    ),
    "interpolate": (
        lambda x, n, mode: F.interpolate(x, n, mode=mode),
        (shapes(1, 3), st.sampled_from(["nearest", "bilinear", "linear", "bicubic", "trilinear"])),
    ),
    "index_select": (
        lambda x, dim, at: x.index_select(dim, torch.tensor(at)),
        (any_dim, st.lists(st.integers(-1, 4), min_size=1, max_size=3)),
    ),
    "prelu": (lambda x, n: F.prelu(x, weights(n)), (few,)),
    "attention": (
        lambda x, n, m, k: F.scaled_dot_product_attention(
            x, weights(*x.shape[:-2], k, x.shape[-1] + n), weights(*x.shape[:-2], k + m, 3)
        ),
        (off, off, few),
    ),
    "einsum": (lambda x, n: torch.einsum("bc...,cm->bm...", x, weights(x.shape[1] + n, 3)), (off,)),
    "dtypes": (
        lambda x, function, dtype: function(x, lambda *shape: torch.ones(shape, dtype=dtype)),
        (st.sampled_from(MIXED), st.sampled_from([torch.float32, torch.float64, torch.float16])),
    ),
    "embedding": (
        lambda x, n, at: F.embedding(torch.tensor(at), x[:n].flatten(1)),
        (few, st.lists(st.integers(-1, 4), min_size=1, max_size=3)),
    ),
    **{
        kind.__name__: (
            lambda x, i, h, s, n, _kind=kind: _kind(x.shape[-1] + i, 2, n, batch_first=s > 2)(
                x, None if h is None else weights(n, x.shape[s > 2] + h, 2)
            )[0],
            (off, st.none() | off, few, st.integers(1, 2)),
        )
        for kind in (nn.RNN, nn.GRU)
    },
}


pictures = st.tuples(few, few, st.integers(1, 7), st.integers(1, 7)) | shapes(2)
SHAPES = dict.fromkeys(
    ["conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "pad", "interpolate"], pictures
)


@st.composite
def calls(draw):
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    function, drawn = OPERATIONS[name]
    return function, draw(SHAPES.get(name, shapes(2))), tuple(map(draw, drawn))


@given(calls())
@settings(max_examples=400)
@pytest.mark.filterwarnings("ignore")
def test_right_and_wrong_arguments_are_taken_as_pytorch_takes_them(case):
    function, shape, arguments = case
    try:
        with torch.no_grad():
            result = function(torch.ones(shape), *arguments)
    except Exception:
        result = None
    try:
        rows = trace_cost(Apply(lambda m, x: function(x, *arguments)), shape).layers
    except Exception:
        assert result is None
    else:
        assert result is not None
        assert rows[0].output_shape == tuple(result.shape)


def test_pytorch_prints_nothing_of_what_it_refuses(caplog, capfd):
    with pytest.raises(ValueError, match="module refuses"):
        trace_cost(Apply(lambda m, x: x.unfold(2, 9, 1)), (1, 2, 3, 4))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


class Net(nn.Module):
    """A layer with a name, after one that fits."""

    def __init__(self, layer):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), layer)

    def forward(self, x):
        return self.body(x)


class Skip(nn.Module):
    """Halves and doubles the sizes, and joins with what came before, as U-Nets do."""

    def forward(self, x):
        return torch.cat([x, F.interpolate(F.max_pool2d(x, 2), scale_factor=2.0)], 1)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.BatchNorm2d(4), r"layer 'body\.1' \(BatchNorm2d\).*\(1, 5, 17, 24\).*\(4,\)"),
        (nn.GroupNorm(2, 6), r"layer 'body\.1' \(GroupNorm\).*\(1, 5, 17, 24\)"),
        (nn.LayerNorm(23), r"layer 'body\.1' \(LayerNorm\).*\(1, 5, 17, 24\).*23"),
        (nn.ConvTranspose2d(4, 2, 2), r"layer 'body\.1' \(ConvTranspose2d\).*\(4, 2, 2, 2\)"),
        (nn.Conv2d(4, 2, 2), r"layer 'body\.1' \(Conv2d\).*\(2, 4, 2, 2\)"),
        (nn.ChannelShuffle(2), r"layer 'body\.1' \(ChannelShuffle\).*\(1, 5, 17, 24\)"),
        (nn.MaxPool1d(2), r"layer 'body\.1' \(MaxPool1d\).*\(1, 5, 17, 24\)"),
        (nn.Softmax(4), r"layer 'body\.1' \(Softmax\).*\(1, 5, 17, 24\).*dim=4"),
        (nn.Linear(24, 2).double(), r"layer 'body\.1' \(Linear\).*float32 and float64"),
        (Skip(), r"layer 'body\.1' \(Skip\), cat of .*\(1, 5, 17, 24\), \(1, 5, 16, 24\)"),
    ],
)
@pytest.mark.parametrize("look", [trace_cost, trace_receptive_field])
def test_a_refusal_names_the_layer_the_shapes_and_the_mend(look, layer, said):
    with pytest.raises(ValueError, match=said) as caught:
        look(Net(layer), (1, 3, 17, 24))
    text = str(caught.value)
    assert text.startswith("module refuses input_shape=(1, 3, 17, 24): layer 'body.1'")
    assert text.endswith("; use sizes that fit this layer, or mend the layer")


# --- what cannot be looked at ---

IMAGE = (1, 2, 9, 7)
LOOKS = [trace_cost, trace_receptive_field, measure_receptive_field, effective_receptive_field]


class Two(nn.Module):
    def forward(self, a, b, c=1, *, d):
        return a + b


def scripted():
    return nn.Sequential(nn.ReLU(), torch.jit.script(nn.Conv2d(2, 3, 3)))


def quantised():
    return nn.Sequential(torch.ao.nn.quantized.Conv2d(2, 3, 3))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("build", "shape", "error", "said"),
    [
        (Two, IMAGE, TypeError, "forward.. of Two needs 'b', 'd' as well: wrap"),
        (scripted, IMAGE, TypeError, r"module\.1 is a TorchScript module, .*: use the module that"),
        (quantised, IMAGE, TypeError, r"module\.0 is a quantised layer, got Conv2d.*: use the mod"),
        (nn.ModuleList, IMAGE, TypeError, r"ModuleList has none: use a module that runs the parts"),
        (nn.ReLU, {"x": IMAGE}, TypeError, r"input_shape={'x': .*whole number.*: use for example"),
        (nn.ReLU, torch.ones(IMAGE), TypeError, r"a tensor of shape \(1, 2, 9, 7\): use tuple"),
        (nn.ReLU, [IMAGE, IMAGE], TypeError, r"input_shape=\[\(1, 2, .*whole number.*: use for"),
        (nn.ReLU, (1, 2, 9.0, 7), TypeError, r"input_shape=\(1, 2, 9\.0, 7\).*: use for example"),
        (nn.ReLU, (True, 2, 9, 7), TypeError, r"input_shape=\(True, .*: use for example"),
        (nn.ReLU, "1234", TypeError, r"input_shape='1234' .*: use for example"),
        (nn.ReLU, 9, TypeError, r"input_shape=9 .*: use for example"),
        (nn.ReLU, (1, 2, 0, 7), ValueError, r"input_shape=\(1, 2, 0, 7\) .*: use for example"),
    ],
)
@pytest.mark.filterwarnings(
    "ignore:.*torch.jit:DeprecationWarning", "ignore:.*quantize:UserWarning"
)
def test_what_cannot_be_looked_at(look, build, shape, error, said):
    module = build()
    with pytest.raises(error, match=said):
        look(module, shape)


def test_what_needs_its_arguments_by_default_or_from_a_hook():
    module = Two()
    module.register_forward_pre_hook(lambda m, args, kw: ((*args, 1), {"d": 2}), with_kwargs=True)
    assert trace_receptive_field(module, IMAGE).size == (1, 1)


@pytest.mark.parametrize("measure", LOOKS[2:])
def test_measuring_needs_values(measure):
    with pytest.raises(ValueError, match=r"module\.0\.weight lies on the meta device.*: use modul"):
        measure(nn.Sequential(nn.Conv2d(2, 3, 3, device="meta")), IMAGE)


def branches(m, x):
    return torch.cond(torch.tensor(True), lambda x: x + 1, lambda x: x - 1, (x,))


@pytest.mark.parametrize("look", LOOKS[:2])
def test_operations_that_cannot_be_traced(look):
    with torch.library._scoped_library("for_a_test", "FRAGMENT") as library:
        library.define("doubled(Tensor x) -> Tensor")
        library.impl("doubled", lambda x: 2 * x, "CPU")
        module = nn.Sequential(Apply(lambda m, x: torch.ops.for_a_test.doubled(x)))
        said = r"layer '0' \(Apply\), for_a_test::doubled of x .*torch\.library\.register_fake"
        with pytest.raises(ValueError, match=said):
            look(module, IMAGE)
    with pytest.raises(ValueError, match=r"module Apply .* uses cond, .*; use an ordinary op"):
        look(Apply(branches), IMAGE)


@pytest.mark.parametrize("layer", [nn.Embedding(9, 3), nn.EmbeddingBag(9, 3)])
def test_token_ids_where_floats_were_made(layer):
    with pytest.raises(ValueError, match=r"float32.*; trace what .*dtype=torch\.long"):
        trace_cost(nn.Sequential(layer), (2, 5))
    assert trace_cost(layer, (2, 5), dtype=torch.long).parameters == 27
    with pytest.raises(TypeError, match=r"dtype='int64' must be a torch\.dtype: use"):
        trace_cost(layer, (2, 5), dtype="int64")


def test_a_mask_that_is_constant_is_no_path_that_depends_on_values():
    kept, picture = torch.arange(7) > 2, torch.ones(9, 7) > 0

    def blacken(m, x):
        y = m.c(x)
        y[..., kept] = 0
        return y

    module = Apply(lambda m, x: m.c(x[..., kept]), c=nn.Conv2d(2, 3, 3))
    assert trace_cost(module, IMAGE).macs == 7 * 2 * 3 * 2 * 9
    assert trace_receptive_field(module, IMAGE).size == (3, 3)
    flat = trace_cost(Apply(lambda m, x: x[:, :, picture]), IMAGE)
    assert flat.layers[0].output_shape == (1, 2, 63)
    chosen = trace_cost(Apply(lambda m, x: torch.masked_select(x, picture)), IMAGE)
    assert chosen.layers[0].output_shape == (126,)
    same = Apply(blacken, c=nn.Conv2d(2, 3, 3, padding=1))
    assert trace_cost(same, IMAGE).macs == 63 * 2 * 3 * 9
