"""Saved activations: what is said to be kept for the backward pass, and what PyTorch keeps."""

from functools import partial

import published
import pytest
import torch
import torch.nn.functional as F
from networks import NETWORKS, Apply, conv
from torch import nn

from dsconv_lib import models
from dsconv_lib.trace import saving, trace_cost, trace_network

IMAGE = (2, 2, 17, 13)


@pytest.fixture(autouse=True)
def without_onednn():
    """Its recurrent layers keep a workspace instead of the steps."""
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    yield
    torch._C._set_mkldnn_enabled(before)


def really_kept(module, x):
    """Bytes of the distinct memory that autograd keeps, of neither parameters nor buffers."""
    owned = {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers())}
    kept = {}

    def keep(tensor):
        memory = tensor.untyped_storage()
        if tensor.dim() and memory._cdata not in owned:
            kept[memory._cdata] = tensor, memory.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = module.train()(x)
    assert output is not None
    return sum(size for _, size in kept.values())


def agrees(module, shape, dtype=None):
    cost = trace_cost(module, shape, dtype=dtype)
    x = torch.zeros(shape, dtype=dtype) if dtype else torch.rand(shape)
    assert cost.saved_bytes == really_kept(module, x)
    assert cost.unknown_saved == ()
    return cost


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_small_networks(name):
    build, shape = NETWORKS[name]
    agrees(build(), (2, *shape[1:]))


def recurrent(kind, **options):
    return Apply(lambda m, x: m.r(x)[0], r=kind(5, 6, **options))


def small(layer):
    return Apply(lambda m, x: m.layer(x, x, x, need_weights=False)[0], layer=layer)


def dropping(need_weights=False, **options):
    attention = nn.MultiheadAttention(12, 3, dropout=0.2, batch_first=True)
    return Apply(
        lambda m, x: m.a(x, x, x, need_weights=need_weights, **options)[0],
        a=attention,
    )


def attend(*tensors):
    return F.scaled_dot_product_attention(*tensors, dropout_p=0.2)


LARGER = {
    "MobileNetV1": (models.mobilenet_v1, (1, 3, 64, 96)),
    "ResNet-50": (models.resnet50, (1, 3, 64, 32)),
    "VGG-16": (models.vgg16, (1, 3, 32, 64)),
    "AlexNet": (models.alexnet_v2, (1, 3, 96, 128)),
    "classifier with dropout": (lambda: published.dense(5, 7, 11, 3), (4, 5)),
    "attention": (lambda: small(nn.MultiheadAttention(12, 3, batch_first=True)), (2, 7, 12)),
    "attention with weights": (
        lambda: Apply(lambda m, x: m.a(x, x, x)[0], a=nn.MultiheadAttention(12, 3)),
        (7, 2, 12),
    ),
    "transformer": (
        lambda: nn.TransformerEncoderLayer(12, 3, 20, dropout=0.0, batch_first=True),
        (2, 7, 12),
    ),
    "transformer with memory": (
        lambda: Apply(
            lambda m, x: m.d(x, x),
            d=nn.TransformerDecoderLayer(12, 3, 20, dropout=0.0, activation="gelu"),
        ),
        (7, 2, 12),
    ),
    "patches": (
        lambda: Apply(
            lambda m, x: m.head(m.embed(x).flatten(2).transpose(1, 2)),
            embed=nn.Conv2d(3, 6, 4, 4),
            head=nn.Linear(6, 5),
        ),
        (2, 3, 16, 12),
    ),
    "weight norm": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 3, 4)),
        (2, 2, 9),
    ),
    **{
        f"layer of a transformer that drops, batch_first={first}": (
            partial(nn.TransformerEncoderLayer, 12, 3, 20, batch_first=first),
            (2, 7, 12),
        )
        for first in (False, True)
    },
    "both attentions of a decoder that drops": (
        lambda: Apply(lambda m, x: m.d(x, x + 1), d=nn.TransformerDecoderLayer(12, 3, 20)),
        (2, 7, 12),
    ),
    **{
        f"attention that drops, {options}": (
            partial(dropping, **options),
            (2, 7, 12),
        )
        for options in [
            {},
            {"need_weights": True},
            {"attn_mask": torch.zeros(7, 7)},
            {"attn_mask": torch.eye(7) > 0, "need_weights": True},
        ]
    },
    "fused attention that drops": (
        lambda: Apply(lambda m, x: attend(m.l(x), m.l(x), m.l(x)), l=nn.Linear(5, 6)),
        (2, 3, 7, 5),
    ),
    "fused attention that drops, turned, masked": (
        lambda: Apply(
            lambda m, x: (
                attend(*(m.l(x).transpose(1, 2) for _ in range(3)), torch.eye(7) > 0).transpose(
                    1, 2
                )
                @ m.w
            ),
            l=nn.Linear(5, 6),
            w=nn.Parameter(torch.ones(6, 4)),
        ),
        (2, 7, 3, 5),
    ),
    "cells": (lambda: Apply(lambda m, x: m.c(x)[0], c=nn.LSTMCell(5, 6)), (2, 5)),
    **{
        f"{kind.__name__} {options}": (partial(recurrent, kind, **options), (3, 7, 5))
        for kind, options in [
            (nn.RNN, {"num_layers": 2}),
            (nn.RNN, {"nonlinearity": "relu", "batch_first": True}),
            (nn.GRU, {"batch_first": True, "bidirectional": True}),
            (nn.GRU, {"num_layers": 3}),
            (nn.LSTM, {"num_layers": 2, "bidirectional": True}),
            (nn.LSTM, {"proj_size": 4, "batch_first": True}),
        ]
    },
}


@pytest.mark.parametrize("name", LARGER)
def test_larger_networks(name):
    build, shape = LARGER[name]
    module = build()
    cost = agrees(module, shape)
    assert cost.saved_bytes == sum(row.saved_bytes for row in cost.layers) > 0
    if len(shape) > 2:
        assert trace_network(module, shape).cost == cost


def test_what_a_recurrent_layer_keeps_elsewhere_is_not_known():
    torch._C._set_mkldnn_enabled(True)
    assert trace_cost(recurrent(nn.LSTM), (3, 7, 5)).unknown_saved == ("lstm",)
    torch._C._set_mkldnn_enabled(False)
    dropped = recurrent(nn.GRU, num_layers=2, dropout=0.1)
    assert trace_cost(dropped, (3, 7, 5)).unknown_saved == ("gru",)


def test_an_embedding_keeps_its_indices():
    assert agrees(nn.Embedding(10, 3), (2, 7), torch.long).saved_bytes == 8 * 14


# --- single operations: each on y, which needs a gradient ---

UNARY = (
    *("relu", "sigmoid", "tanh", "tan", "exp", "exp2", "expm1", "sqrt", "rsqrt", "reciprocal"),
    *("abs", "sin", "cos", "sinh", "cosh", "asin", "acos", "atan", "erf", "erfinv", "log", "log2"),
    *("log10", "log1p", "lgamma", "sinc", "logit", "square", "neg", "ceil", "floor", "round"),
    *("trunc", "frac", "sign", "clone", "positive", "tril", "triu"),
    *("sum", "nansum", "mean", "var", "std", "norm", "prod", "amax", "amin", "max", "min"),
)
ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "hardswish"),
    *("hardsigmoid", "softplus", "mish", "logsigmoid", "hardtanh", "softsign", "tanhshrink"),
    *("hardshrink", "softshrink"),
)
IN_PLACE = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "hardswish", "hardsigmoid"),
    *("mish", "hardtanh"),
)
OVER_CHANNELS = ("amax", "amin", "logsumexp", "norm", "std", "var", "prod", "sum", "mean", "cumsum")

# fmt: off
OPERATIONS = {
    **{name: getattr(torch, name) for name in UNARY},
    **{f"{name}_": getattr(torch.Tensor, f"{name}_") for name in UNARY
       if hasattr(torch.Tensor, f"{name}_") and name[:3] != "tri"},
    **{f"F.{name}": getattr(F, name) for name in ACTIVATIONS},
    **{f"F.{name}_": partial(getattr(F, name), inplace=True) for name in IN_PLACE},
    **{f"{name} of channels": partial(getattr(torch, name), dim=1) for name in OVER_CHANNELS},
    "F.glu": lambda y: F.glu(y, 1),
    "F.threshold": lambda y: F.threshold(y, 0.1, 0.2),
    "F.threshold_": lambda y: F.threshold(y, 0.1, 0.2, inplace=True),
    "F.prelu": lambda y: F.prelu(y, torch.rand(4)),
    "softmax": lambda y: y.softmax(1),
    "log_softmax": lambda y: y.log_softmax(1),
    "clamp": lambda y: y.clamp(0, 1),
    "clamp_min": lambda y: y.clamp_min(0),
    "clamp_max": lambda y: y.clamp_max(0),
    "power": lambda y: y**3,
    "power in place": lambda y: y.pow_(3),
    "power by constants": lambda y: y ** torch.rand(15, 11),
    "power of a number": lambda y: 2**y,
    "power of itself": lambda y: y**y,
    "times a number": lambda y: 3 * y,
    "times constants": lambda y: y * torch.rand(15, 11),
    "times another": lambda y: y * y.relu(),
    "times itself": lambda y: y * y,
    "times another in place": lambda y: y.mul_(y.relu()),
    "times constants in place": lambda y: y.mul_(torch.rand(11)),
    "over a number": lambda y: y / 2,
    "over constants": lambda y: y / torch.rand(15, 11),
    "over constants in place": lambda y: y.div_(torch.rand(15, 11)),
    "a number over": lambda y: 2 / y,
    "constants over": lambda y: torch.rand(15, 11) / y,
    "over another": lambda y: y / y.relu(),
    "over another in place": lambda y: y.div_(y.relu()),
    "plus and minus": lambda y: 1 - (y + y.relu() - 2),
    "plus a product": lambda y: torch.addcmul(y, y.relu(), y.sigmoid()),
    "the larger": lambda y: torch.maximum(y, y.relu()),
    "the smaller": lambda y: torch.min(y, y.relu()),
    "angle": lambda y: torch.atan2(y, y.relu()),
    "largest of channels": lambda y: y.max(1)[0],
    "smallest of channels": lambda y: y.min(1)[0],
    "moments": lambda y: sum(torch.var_mean(y, 1)),
    "deviation and mean": lambda y: sum(torch.std_mean(y, 1)),
    "normalised": lambda y: F.normalize(y),
    "length": lambda y: torch.linalg.vector_norm(y, dim=1),
    "sort": lambda y: y.sort(1)[0],
    "topk": lambda y: y.topk(2, 1)[0],
    "where": lambda y: torch.where(y > 0, y, 0.0),
    "masked_fill": lambda y: y.masked_fill(y > 1, 0.0),
    "gather": lambda y: y.gather(1, torch.zeros(2, 1, 15, 11, dtype=torch.long)),
    "index": lambda y: y[:, [0, 2]],
    "index_select": lambda y: y.index_select(1, torch.tensor([0, 2])),
    "flip": lambda y: y.flip(1),
    "roll": lambda y: y.roll(1, 1),
    "repeat": lambda y: y.repeat(1, 2, 1, 1),
    "repeat_interleave": lambda y: y.repeat_interleave(2, 1),
    "cat and stack": lambda y: torch.cat([torch.stack([y, y]), torch.stack([y, y])]),
    "views": lambda y: y.flatten(1).unflatten(1, (4, 15, 11)).mT.permute(0, 1, 3, 2)[:, 1:].relu(),
    "split": lambda y: sum(p.tanh() for p in (*y.split(2, 1), *y.split([3, 1], 1)[1:])),
    "parts": lambda y: sum(p.tanh() for p in y.unbind(1)),
    "windows": lambda y: y.unfold(2, 3, 2).sigmoid(),
    "unfold and fold": lambda y: F.fold(F.unfold(y, 3), (15, 11), 3),
    "double": lambda y: y.double().relu(),
    "half": lambda y: y.half().relu(),
    "max_pool": lambda y: F.max_pool2d(y, 2),
    "max_pool of one axis": lambda y: F.max_pool1d(y.flatten(2), 2),
    "max_pool of three axes": lambda y: F.max_pool3d(y, 2),
    "max_pool with places": lambda y: F.max_pool2d(y, 2, return_indices=True)[0],
    "max_pool with places, one axis":
        lambda y: F.max_pool1d(y.flatten(2), 2, return_indices=True)[0],
    "max_pool with places, three axes": lambda y: F.max_pool3d(y, 2, return_indices=True)[0],
    "avg_pool": lambda y: F.avg_pool2d(y, 2),
    "avg_pool of one axis": lambda y: F.avg_pool1d(y.flatten(2), 2),
    "avg_pool of three axes": lambda y: F.avg_pool3d(y, 2),
    "adaptive average": lambda y: F.adaptive_avg_pool2d(y, 3),
    "adaptive average of all": lambda y: F.adaptive_avg_pool2d(y, 1),
    "adaptive average, one axis": lambda y: F.adaptive_avg_pool1d(y.flatten(2), 3),
    "adaptive average of all, one axis": lambda y: F.adaptive_avg_pool1d(y.flatten(2), 1),
    "adaptive average, three axes": lambda y: F.adaptive_avg_pool3d(y, 2),
    "adaptive average of all, three axes": lambda y: F.adaptive_avg_pool3d(y, 1),
    "adaptive maximum": lambda y: F.adaptive_max_pool2d(y, 3),
    "adaptive maximum, one axis": lambda y: F.adaptive_max_pool1d(y.flatten(2), 3),
    "adaptive maximum, three axes": lambda y: F.adaptive_max_pool3d(y, 2),
    "unpooling": lambda y: F.max_unpool2d(
        *F.max_pool2d(y, 2, return_indices=True), 2, output_size=(15, 11)),
    "unpooling of three axes": lambda y: F.max_unpool3d(
        *F.max_pool3d(y, 2, return_indices=True), 2, output_size=(4, 15, 11)),
    "power pooling": lambda y: F.lp_pool2d(y, 2.0, 2),
    "local response": lambda y: F.local_response_norm(y, 3),
    "batch norm": lambda y: F.batch_norm(y, None, None, training=True),
    "instance norm": F.instance_norm,
    "layer norm": lambda y: F.layer_norm(y, (15, 11)),
    "group norm": lambda y: F.group_norm(y, 2),
    "rms norm": lambda y: F.rms_norm(y, (11,)),
    "dropout": lambda y: F.dropout(y.relu(), 0.3).relu(),
    "dropout in place": lambda y: F.dropout(y, 0.3, inplace=True),
    "dropout of nothing": lambda y: F.dropout(y.relu(), 0.0).relu(),
    "dropout of everything": lambda y: F.dropout(y.relu(), 1.0),
    "dropout of channels": lambda y: F.dropout2d(y, 0.3),
    "dropout for selu": lambda y: F.alpha_dropout(y, 0.3, True),
    "dropout of channels for selu": lambda y: F.feature_alpha_dropout(y, 0.3, True),
    "padding": lambda y: F.pad(y, (1, 2)),
    "padding by reflection": lambda y: F.pad(y, (1, 1, 2, 1), "reflect"),
    "padding by replication": lambda y: F.pad(y, (1, 1, 2, 1), "replicate"),
    "circular padding": lambda y: F.pad(y, (1, 1, 2, 1), "circular"),
    "pixel_shuffle": lambda y: F.pixel_unshuffle(F.pixel_shuffle(y, 2), 2),
    "channel_shuffle": lambda y: F.channel_shuffle(y, 2),
    "grid_sample": lambda y: F.grid_sample(y, torch.zeros(2, 4, 5, 2), align_corners=False),
    "grid_sample of three axes":
        lambda y: F.grid_sample(y[:, None], torch.zeros(2, 4, 5, 6, 3), align_corners=False),
    **{f"interpolation, {mode}": lambda y, m=mode: F.interpolate(y, scale_factor=2, mode=m)
       for mode in ("nearest", "nearest-exact", "bilinear", "bicubic")},
    **{f"interpolation of one axis, {mode}":
       lambda y, m=mode: F.interpolate(y.flatten(2), scale_factor=2, mode=m)
       for mode in ("nearest", "nearest-exact", "linear")},
    **{f"interpolation of three axes, {mode}":
       lambda y, m=mode: F.interpolate(y[:, None], scale_factor=2, mode=m)
       for mode in ("nearest", "nearest-exact", "trilinear")},
    "matmul": lambda y: y @ y.mT,
    "matmul, stretched": lambda y: y @ torch.rand(3, 1, 1, 11, 2),
    "matmul by a matrix": lambda y: y @ torch.rand(11, 3),
    "matmul, transposed": lambda y: y.transpose(1, 2) @ y.transpose(1, 2).mT,
    "vector by matrices": lambda y: y[0, 0, :, 0] @ y.mT.transpose(2, 3).relu(),
    "vector by turned matrices": lambda y: y[0, 0, 0] @ y.mT.relu(),
    "matrix by matrices": lambda y: y[0, 0] @ y.mT.relu(),
    "turned matrices by a matrix": lambda y: y.mT.relu() @ y[0, 0],
    "matrices in another order": lambda y: y[0, 0] @ y.mT.transpose(0, 1).relu().transpose(0, 1),
    "turned and made contiguous": lambda y: y.mT.contiguous().relu() @ y[0, 0],
    "matmul of nothing": lambda y: (y[:, :, :0] @ torch.rand(4, 11, 2)).sum() + y,
    "linear, transposed": lambda y: F.linear(y.mT, torch.rand(3, 15, requires_grad=True)),
    "mm": lambda y: torch.mm(y[0, 0], y[1, 1].T),
    "bmm": lambda y: torch.bmm(y[:, 0], y[:, 1].mT),
    "mv": lambda y: torch.mv(y[0, 0], y[0, 0, 0]),
    "dot": lambda y: torch.dot(y[0, 0, 0], y[0, 0, 1]) + torch.vdot(y[0, 0, 0], y[0, 0, 1]),
    "addmm": lambda y: torch.addmm(y[0, 0, 0], y[0, 0], torch.rand(11, 11)),
    "addmv": lambda y: torch.addmv(torch.rand(15), y[0, 0], torch.rand(11)),
    "baddbmm": lambda y: torch.baddbmm(y[:, 0], y[:, 1], torch.rand(2, 11, 11)),
    "addbmm": lambda y: torch.addbmm(y[0, 0], y[:, 1], torch.rand(2, 11, 11)),
    "einsum": lambda y: torch.einsum("nchw, ndhw -> ncd", y, y.relu()),
    "attention": lambda y: F.scaled_dot_product_attention(y.relu(), y.sigmoid(), y.tanh()),
    "causal attention":
        lambda y: F.scaled_dot_product_attention(y.relu(), y.sigmoid(), y.tanh(), is_causal=True),
    "masked attention": lambda y: F.scaled_dot_product_attention(
        y.relu(), y.sigmoid(), y.tanh(), torch.ones(15, 15, dtype=torch.bool)),
    "biased attention": lambda y: F.scaled_dot_product_attention(
        y.relu(), y.sigmoid(), y.tanh(), torch.zeros(15, 15)),
    "weights from the input": lambda y: F.conv2d(y, y[:1, :, :3, :3].clone()),
    "transposed, weights from the input":
        lambda y: F.conv_transpose2d(y, y[:1, :, :3, :3].reshape(4, 1, 3, 3).clone()),
    "convolution of one axis": lambda y: F.conv1d(y.flatten(2), torch.rand(3, 4, 2)),
    "convolution of three axes": lambda y: F.conv3d(y[:, None], torch.rand(3, 1, 2, 2, 2)),
    "general convolution": lambda y: torch.convolution(
        y, torch.rand(3, 4, 2, 2), None, [1], [0], [1], False, [0], 1),
    "transposed, one axis": lambda y: F.conv_transpose1d(y.flatten(2), torch.rand(4, 3, 2)),
    "transposed, three axes": lambda y: F.conv_transpose3d(y[:, None], torch.rand(1, 3, 2, 2, 2)),
    "same padding, uneven":
        lambda y: F.conv2d(y, torch.rand(3, 4, 2, 3), padding="same", dilation=(3, 1)),
    "our operation": lambda y: torch.ops.dsconv_lib.depthwise(
        y, torch.rand(4, 1, 2, 3), None, [0, 0, 2, 0, 0, 2], "pure"),
    # Forms that some functions of PyTorch, or some versions of it, give to the tracer.
    "reflection_pad1d": lambda y: torch.ops.aten.reflection_pad1d(y[0], [1, 2]),
    "reflection_pad2d": lambda y: torch.ops.aten.reflection_pad2d(y, [1, 2, 3, 4]),
    "reflection_pad3d": lambda y: torch.ops.aten.reflection_pad3d(y, [1, 2, 3, 4, 0, 1]),
    "replication_pad1d": lambda y: torch.ops.aten.replication_pad1d(y[0], [1, 2]),
    "replication_pad2d": lambda y: torch.ops.aten.replication_pad2d(y, [1, 2, 3, 4]),
    "replication_pad3d": lambda y: torch.ops.aten.replication_pad3d(y, [1, 2, 3, 4, 5, 6]),
    "constant_pad_nd": lambda y: torch.constant_pad_nd(y, (1, 2)).relu(),
    "native_batch_norm":
        lambda y: torch.native_batch_norm(y, None, None, None, None, True, 0.1, 1e-5)[0],
    "_softmax": lambda y: torch._softmax(y, 1, False),
    "_log_softmax": lambda y: torch._log_softmax(y, 1, False),
    "norm by the operation": lambda y: torch.ops.aten.norm(y, 2, [1]),
    "_to_copy": lambda y: torch.ops.aten._to_copy(y, dtype=torch.float64).relu(),
    "_unsafe_view": lambda y: torch.ops.aten._unsafe_view(y, [2, -1]).relu(),
    "unsafe_split": lambda y: sum(part.relu() for part in torch.unsafe_split(y, 2, 1)),
    "unsafe_split_with_sizes": lambda y: torch.unsafe_split_with_sizes(y, [3, 1], 1)[0].relu(),
    "t": lambda y: y[0, 0].t().relu(),
    "_convolution": lambda y: torch._convolution(
        y, torch.rand(3, 4, 2, 2), None, [1], [0], [1], False, [0], 1, False, False, False, False),
    "detached": lambda y: y.detach().relu() * y,
    "compared": lambda y: (y > 0) * y,
    "constants like it": lambda y: torch.zeros_like(y).relu() * 2 + y,
    "constants with it written in": lambda y: written(y).relu(),
    "written in place": lambda y: torch.rand(2, 4, 15, 11).mul_(y),
}
# fmt: on


def written(y):
    fresh = torch.zeros_like(y)
    fresh[:, :2].copy_(y[:, :2])
    return fresh


def on_features(function):
    """The function at work on an activation, which is kept anyway."""
    return Apply(lambda m, x: function(m.c(x).sigmoid()), c=conv(2, 4, 3))


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_single_operations(name):
    module = on_features(OPERATIONS[name])
    cost = agrees(module, IMAGE)
    assert trace_network(module, IMAGE).cost == cost


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_every_rule_was_tried(monkeypatch):
    used = set()

    class Used(dict):
        def get(self, name, default=None):
            used.add(name)
            return super().get(name, default)

    monkeypatch.setattr(saving, "RULES", Used(saving.RULES))
    for function in OPERATIONS.values():
        trace_cost(on_features(function), IMAGE)
    for build, shape in LARGER.values():
        trace_cost(build(), shape)
    trace_cost(nn.Embedding(10, 3), (2, 7), dtype=torch.long)
    assert set(saving.RULES) <= used


# --- frozen parameters ---


def frozen(module):
    return module.requires_grad_(False)


FROZEN = {
    "a whole network": lambda: frozen(nn.Sequential(conv(2, 3, 3), nn.ReLU(), conv(3, 3, 3))),
    "a backbone": lambda: nn.Sequential(
        frozen(nn.Sequential(conv(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU())), conv(3, 2, 3), nn.ReLU()
    ),
    # PyTorch keeps the input of a frozen convolution, though its gradient does not need it.
    "the end": lambda: nn.Sequential(conv(2, 3, 3), frozen(conv(3, 3, 3)), frozen(conv(3, 2, 1))),
    "a linear layer at the end": lambda: nn.Sequential(nn.Linear(13, 5), frozen(nn.Linear(5, 3))),
    "a bias alone": lambda: nn.Sequential(
        frozen(nn.Conv2d(2, 3, 3, bias=False)), Shift(), nn.ReLU()
    ),
    "norms": lambda: nn.Sequential(
        frozen(conv(2, 4, 3)), nn.GroupNorm(2, 4), nn.LayerNorm(11), nn.RMSNorm(11)
    ),
    "scales of norms": lambda: nn.Sequential(
        conv(2, 4, 3), nn.RMSNorm(11), frozen(nn.RMSNorm(11)), frozen(nn.LayerNorm(11))
    ),
    "after a product": lambda: Apply(
        lambda m, x: m.frozen(x) * m.free(x), frozen=frozen(conv(2, 3, 3)), free=conv(2, 3, 3)
    ),
}


class Shift(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, x):
        return x + self.shift


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_parameters_need_less(name):
    cost = agrees(FROZEN[name](), IMAGE)
    assert (cost.saved_bytes > 0) == (name != "a whole network")


# --- whose it is ---


def test_memory_counts_in_the_first_layer_that_keeps_it():
    net = nn.Sequential(conv(2, 4, 3), nn.ReLU(), conv(4, 4, 1), conv(4, 4, 1))
    image, features = 4 * 2 * 2 * 17 * 13, 4 * 2 * 4 * 15 * 11
    assert [row.saved_bytes for row in agrees(net, IMAGE).layers] == [image, features, 0, features]


def test_buffers_and_parameters_are_not_counted():
    net = nn.Module()
    net.register_buffer("kernel", torch.rand(3, 2, 3, 3))
    net.conv = conv(2, 2, 3)
    net.forward = lambda x: F.conv2d(net.conv(x), net.kernel) * 3
    agrees(net, IMAGE)
