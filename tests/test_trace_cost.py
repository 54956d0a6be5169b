"""Costs of networks: by hand, as published, and beside what PyTorch's own counter says."""

import threading

import published
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import NETWORKS, Apply, conv
from torch import nn
from torch.nn.modules import module as global_hooks
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from dsconv_lib import ConvSpec, functional, trace_receptive_field
from dsconv_lib.cost import conv_cost
from dsconv_lib.trace import follow, macs, products, saving, trace_cost, trace_network

IMAGE = (2, 2, 9, 7)


def counts(row):
    return row.parameters, row.macs, row.bytes, row.saved_bytes


def named(cost):
    return {row.name: row for row in cost.layers}


def ones(*shape):
    return torch.ones(shape)


# --- worked by hand ---


def test_a_small_network_by_hand():
    net = nn.Sequential(
        nn.Conv2d(2, 4, (3, 2), (2, 1), groups=2),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 5),
    )
    cost = trace_cost(net, IMAGE)
    image, features, pooled = 2 * 2 * 9 * 7, 2 * 4 * 4 * 6, 2 * 4 * 2 * 3
    assert {name: counts(row) for name, row in named(cost).items()} == {
        "0": (28, features * 6, 4 * (image + 28 + features), 4 * image),
        "1": (8, 0, 4 * (2 * features + 16), 4 * (features + 2 * 4)),
        "2": (0, 0, 4 * 2 * features, 4 * features),
        "3": (0, 0, 4 * (features + pooled), 8 * pooled),
        "4": (0, 0, 0, 0),
        "5": (125, 2 * 24 * 5, 4 * (pooled + 125 + 10), 4 * pooled),
    }
    shapes = [(2, 4, 4, 6)] * 3 + [(2, 4, 2, 3), (2, 24), (2, 5)]
    assert [row.output_shape for row in cost.layers] == shapes
    assert [row.kind for row in cost.layers] == [type(part).__name__ for part in net]
    assert [row.runs for row in cost.layers] == [1] * 6
    assert (cost.unknown, cost.unknown_saved) == ((), ())


geometry = st.tuples(*[st.integers(1, 3)] * 2)
specs = st.builds(ConvSpec, geometry, geometry, st.tuples(*[st.integers(0, 2)] * 2), geometry)


@given(spec=specs, groups=st.sampled_from([1, 2]), bias=st.booleans(), batch=st.integers(1, 3))
@settings(max_examples=30)
def test_a_convolution_costs_what_the_formula_says(spec, groups, bias, batch):
    setting = (spec.kernel_size, spec.stride, spec.padding, spec.dilation, groups, bias)
    layer = nn.Conv2d(4, 6, *setting).double()
    options = {"groups": groups, "bias": bias, "batch": batch, "value_bytes": 8}
    row = conv_cost(spec, (9, 7), 4, 6, name="0", **options)
    assert trace_cost(nn.Sequential(layer), (batch, 4, 9, 7)).layers == (row,)


# Functions of an input of 2 images, 2 channels, 9 rows, 7 columns, and their MACs.
PRODUCTS = {
    # Every tap for every output, those in the padding too.
    "convolution": (lambda x: F.conv2d(x, ones(3, 2, 2, 4)), 2 * 3 * (8 * 4) * 2 * 8),
    "padded": (lambda x: F.conv2d(x, ones(1, 2, 1, 1), padding=5), 2 * 1 * (19 * 17) * 2),
    "same": (lambda x: F.conv2d(x, ones(3, 2, 2, 3), padding="same"), 2 * 3 * 63 * 2 * 6),
    "dilated": (lambda x: F.conv2d(x, ones(3, 2, 2, 3), dilation=3), 2 * 3 * (6 * 1) * 2 * 6),
    "grouped": (lambda x: F.conv2d(x, ones(6, 1, 2, 3), groups=2), 2 * 6 * (8 * 5) * 6),
    "one image": (lambda x: F.conv2d(x[0], ones(3, 2, 2, 3)), 3 * (8 * 5) * 2 * 6),
    "one axis": (lambda x: F.conv1d(x[..., 0], ones(3, 2, 4)), 2 * 3 * 6 * 2 * 4),
    "three axes": (lambda x: F.conv3d(x[:, None], ones(3, 1, 1, 2, 3)), 2 * 3 * (2 * 8 * 5) * 6),
    # Every tap for every input.
    "transposed": (
        lambda x: F.conv_transpose2d(x, ones(2, 3, 2, 4), stride=3, groups=2, padding=1),
        2 * 2 * 63 * 3 * 8,
    ),
    "transposed, one axis": (
        lambda x: F.conv_transpose1d(x[..., 0], ones(2, 3, 4)),
        2 * 2 * 9 * 3 * 4,
    ),
    "transposed, three axes": (
        lambda x: F.conv_transpose3d(x[:, None], ones(1, 5, 1, 2, 3)),
        2 * (2 * 63) * 5 * 6,
    ),
    "general convolution": (
        lambda x: torch.convolution(x, ones(2, 3, 2, 4), None, [1], [0], [1], True, [0], 1),
        2 * 2 * 63 * 3 * 8,
    ),
    "steps first": (
        lambda x: torch.conv_tbc(x[0].permute(1, 2, 0), ones(3, 2, 5), ones(5)),
        5 * 7 * 7 * 2 * 3,
    ),
    "our operation": (
        lambda x: torch.ops.dsconv_lib.depthwise(
            x, ones(6, 1, 2, 3), None, [0, 0, 2, 0, 0, 2], "pure"
        ),
        2 * 6 * (7 * 3) * 6,
    ),
    "linear": (lambda x: F.linear(x, ones(5, 7)), 36 * 5 * 7),
    "matmul": (lambda x: x @ x.mT, 4 * 9 * 9 * 7),
    "matmul, stretched": (lambda x: x @ ones(3, 1, 1, 7, 4), 3 * 4 * 9 * 4 * 7),
    "matrix by vector": (lambda x: x @ ones(7), 36 * 7),
    "vector by matrix": (lambda x: ones(9) @ x, 4 * 7 * 9),
    "mm": (lambda x: torch.mm(x[0, 0], ones(7, 4)), 9 * 4 * 7),
    "mv": (lambda x: torch.mv(x[0, 0], ones(7)), 9 * 7),
    "dot": (lambda x: torch.dot(x[0, 0, 0], x[0, 0, 1]), 7),
    "vdot": (lambda x: torch.vdot(x[0, 0, 0], x[0, 0, 1]), 7),
    "inner": (lambda x: torch.inner(x[0, 0], ones(4, 7)), 9 * 4 * 7),
    "tensordot": (lambda x: torch.tensordot(x, ones(9, 7, 4), 2), 4 * 4 * 63),
    "bmm": (lambda x: torch.bmm(x[0], ones(2, 7, 4)), 2 * 9 * 4 * 7),
    "baddbmm": (lambda x: torch.baddbmm(ones(4), x[0], ones(2, 7, 4)), 2 * 9 * 4 * 7),
    "addbmm": (lambda x: torch.addbmm(ones(4), x[0], ones(2, 7, 4)), 2 * 9 * 4 * 7),
    "addmm": (lambda x: torch.addmm(x[0, 0], x[0, 0], ones(7, 7)), 9 * 7 * 7),
    "addmm in place": (lambda x: (2 * x[0, 0]).addmm_(x[0, 0], ones(7, 7)), 9 * 7 * 7),
    "addmv": (lambda x: torch.addmv(ones(9), x[0, 0], ones(7)), 9 * 7),
    "empty": (lambda x: x[..., :0] @ ones(2, 0, 4), 0),
    "einsum": (lambda x: torch.einsum("nchw, ndhw -> ncd", x, x), 2 * 2 * 2 * 63),
    "einsum of three": (
        lambda x: torch.einsum("nchw, wk, kl -> nchl", x, ones(7, 4), ones(4, 3)),
        36 * 4 * 7 + 36 * 3 * 4,
    ),
    "einsum without a sum": (lambda x: torch.einsum("nchw, w -> nchw", x, ones(7)), 0),
    "a product of constants": (lambda x: x + ones(9, 3) @ ones(3, 7), 9 * 7 * 3),
    # 9 queries meet 5 keys of 7 numbers, and sum up 5 values of 4; masks do not change it.
    "attention": (
        lambda x: F.scaled_dot_product_attention(x, ones(2, 2, 5, 7), ones(2, 2, 5, 4)),
        4 * 9 * 5 * (7 + 4),
    ),
    "causal attention": (
        lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
        4 * 9 * 9 * (7 + 7),
    ),
    "bilinear": (lambda x: F.bilinear(x, x[..., :4], ones(5, 7, 4)), 4 * 9 * 5 * (7 * 4 + 4)),
    "attention in groups": (
        lambda x: F.scaled_dot_product_attention(x, x[:, :1], x[:, :1], enable_gqa=True),
        4 * 9 * 9 * (7 + 7),
    ),
    # By convention.
    "elementwise": (lambda x: torch.addcmul(x, x, x).softmax(1).mul(3).pow(2).cumsum(2), 0),
    "norm": (lambda x: F.batch_norm(F.group_norm(F.layer_norm(x, (7,)), 2), ones(2), ones(2)), 0),
    "pooling": (lambda x: F.avg_pool2d(F.adaptive_avg_pool2d(F.max_pool2d(x, 2), 3), 2), 0),
    "interpolation": (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), 0),
    "sampling": (lambda x: F.grid_sample(x, torch.zeros(2, 3, 4, 2), align_corners=False), 0),
    "smooth interpolation": (
        lambda x: F.interpolate(x, (5, 4), mode="bilinear", antialias=True),
        0,
    ),
    "unpooling": (
        lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
        0,
    ),
    "random pooling": (lambda x: F.fractional_max_pool2d(x, 2, (4, 3)), 0),
    "losses": (lambda x: F.huber_loss(x, x) + F.smooth_l1_loss(x, x), 0),
    "outer and cross products": (
        lambda x: torch.addr(x[0, 0], x[0, 0, :, 0], x[0, 0, 0]).sum()
        + torch.linalg.cross(x[..., :3], x[..., 1:4]).sum(),
        0,
    ),
    "order": (lambda x: x.sort()[0] + x.median(), 0),
    "the larger": (lambda x: torch.max(x, x + 1) + torch.min(x, 2 * x), 0),
    "nothing": (lambda x: torch.zeros_like(x).normal_(), 0),
    "values of constants": (lambda x: x * torch.arange(3).sum().item(), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_macs_of_single_operations(name):
    function, expected = PRODUCTS[name]
    module = Apply(lambda _, x: function(x))
    for cost in (trace_cost(module, IMAGE), trace_network(module, IMAGE).cost):
        assert (cost.macs, cost.unknown) == (expected, ())


def test_what_multiplies_has_a_rule_for_its_macs():
    assert products.RULES.keys() <= macs.RULES.keys()
    # What PyTorch's own counter counts must not pass for an operation without products here.
    names = (getattr(one, "_qualified_op_name", one.__name__) for one in flop_registry)
    multiplying = {name.removeprefix("aten::") for name in names}
    assert "mm" in multiplying
    without = {*macs.WITHOUT, *saving.RULES, *follow.AXIS_RULES, *follow.JOIN_RULES}
    assert not multiplying & without - macs.RULES.keys()


def test_deformable_convolution():
    with torch.library._scoped_library("torchvision", "FRAGMENT") as library:
        numbers = ", ".join(f"int n{i}" for i in range(8))
        library.define(
            "deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, "
            f"{numbers}, bool use_mask) -> Tensor"
        )
        fake = lambda x, w, *rest: x.new_empty(x.shape[0], w.shape[0], 7, 5)  # noqa: E731
        torch.library.register_fake("torchvision::deform_conv2d", fake, lib=library)
        more = (ones(2, 18, 7, 5), ones(2, 9, 7, 5), ones(4), 1, 1, 0, 0, 1, 1, 1, 1, True)
        module = Apply(lambda _, x: torch.ops.torchvision.deform_conv2d(x, ones(4, 2, 3, 3), *more))
        cost = trace_cost(module, IMAGE)
        assert (cost.macs, cost.unknown) == (2 * 4 * 35 * 2 * 9, ())
        assert trace_network(module, IMAGE).receptive_field.unknown == (
            "torchvision::deform_conv2d",
        )


def test_our_function_is_pytorchs_convolution_where_nothing_is_computed():
    net = Apply(
        lambda m, x: functional.depthwise_conv2d(x, m.w, dilation=2, padding=((2, 0), (0, 0))),
        w=nn.Parameter(torch.ones(6, 1, 2, 3, device="meta")),
    )
    cost = trace_cost(net, IMAGE)
    assert (cost.macs, cost.unknown) == (2 * 6 * (9 * 3) * 6, ())
    assert cost.saved_bytes == 4 * 2 * 2 * (9 + 2) * 7  # the padded copy


def test_weights_that_are_made_on_the_way():
    net = Apply(
        lambda m, x: F.conv2d(x, (m.up @ m.down).view(3, 2, 2, 3)),
        up=nn.Parameter(ones(3, 4)),
        down=nn.Parameter(ones(4, 12)),
    )
    cost = trace_cost(net, IMAGE)
    assert (cost.parameters, cost.macs) == (60, 3 * 12 * 4 + 2 * 3 * (8 * 5) * 12)
    # Both factors are parameters; the weight that they make is kept only for a gradient of x.
    assert cost.saved_bytes == 4 * 252 + 4 * 36


def recurrent(kind, **options):
    return Apply(lambda m, x: m.r(x)[0], r=kind(5, 6, batch_first=True, **options))


@pytest.mark.parametrize(
    ("module", "macs"),
    [
        (recurrent(nn.RNN), 3 * 7 * (5 * 6 + 6 * 6)),
        (recurrent(nn.GRU), 3 * 7 * 3 * (5 * 6 + 6 * 6)),
        (recurrent(nn.LSTM), 3 * 7 * 4 * (5 * 6 + 6 * 6)),
        (
            recurrent(nn.LSTM, num_layers=2, bidirectional=True),
            3 * 7 * 2 * 4 * (5 * 6 + 6 * 6 + 12 * 6 + 6 * 6),
        ),
        # The output of 6 is projected to 4, which is what comes back.
        (recurrent(nn.LSTM, proj_size=4), 3 * 7 * (4 * (5 * 6 + 4 * 6) + 6 * 4)),
    ],
)
def test_recurrent_layers_count_every_step(module, macs):
    cost = trace_cost(module, (3, 7, 5))
    assert (cost.macs, cost.unknown) == (macs, ())
    assert cost.parameters == sum(p.numel() for p in module.parameters())


def test_multihead_attention():
    attention = nn.MultiheadAttention(12, 3, batch_first=True)
    macs = 14 * 12 * 36 + 2 * 3 * 7 * 7 * (4 + 4) + 14 * 12 * 12
    for weights in (True, False):
        net = Apply(lambda m, x: m.a(x, x, x, need_weights=weights)[0], a=attention)  # noqa: B023
        assert trace_cost(net, (2, 7, 12)).macs == macs


# --- bytes: of 4 for each number; x has 252 numbers ---

MOVED = {
    "one to one": (lambda x: x.relu(), 2 * 252),
    "with a second": (lambda x: x + x.relu(), 2 * 252 + 3 * 252),
    "with itself": (lambda x: x * x, 2 * 252),
    "stretched": (lambda x: x + ones(7), 252 + 7 + 252 + 7),
    "really stretched": (lambda x: x + ones(7).expand(9, 7), 7 + 252 + 7 + 252),
    "in place": (lambda x: x.relu_(), 2 * 252),
    "views": (lambda x: x.flatten(1).view(2, 2, 63).transpose(1, 2)[:, 3:].chunk(2, 1)[0], 0),
    "reshaped": (lambda x: x.reshape(-1, 7), 0),
    "reshaped after a transposition": (lambda x: x.mT.reshape(-1), 2 * 252),
    "contiguous": (lambda x: x.contiguous() + x.mT.contiguous().sum(), 2 * 252 + 253 + 2 * 252 + 1),
    "to double": (lambda x: x.double(), 252 + 2 * 252),
    "to float": (lambda x: x.float(), 0),
    "filled": (lambda x: torch.zeros_like(x), 252),
    "filled in place": (lambda x: x.zero_(), 252),
    "empty": (lambda x: torch.empty_like(x), 0),
    "constant": (lambda x: torch.full((3, 5), 1.0), 15),
    "written into": (lambda x: x[:, :, 1].copy_(x[:, :, 3]), 2 * 28),
    "rows picked": (lambda x: x[:, :, torch.tensor([1, 3, 3])], 2 * 84 + 2 * 3),
    "dropout": (lambda x: F.dropout(x, 0.5, training=False), 0),
    "a part": (lambda x: x[:, :1].relu(), 2 * 126),
    "statistics": (lambda x: x.mean(), 252 + 1),
    "in parts": (lambda x: torch.cat([x, x[:, :1]], 1), 252 + 126 + 378),
    "attention": (lambda x: F.scaled_dot_product_attention(x, x + 1, x + 2), 2 * 504 + 4 * 252),
    "padded": (lambda x: F.pad(x, (1, 0, 2, 0)), 252 + 2 * 2 * 11 * 8),
    "pooled, with indices": (
        lambda x: F.max_pool2d(x, 3, return_indices=True)[0],
        252 + 24 + 2 * 24,
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_bytes_of_single_operations(name):
    function, numbers = MOVED[name]
    module = Apply(lambda _, x: function(x))
    for cost in (trace_cost(module, IMAGE), trace_network(module, IMAGE).cost):
        assert cost.bytes == 4 * numbers


def test_an_embedding_reads_only_the_rows_that_it_picks():
    cost = trace_cost(nn.Embedding(1000, 5), (2, 3), dtype=torch.long)
    assert (cost.parameters, cost.macs) == (5000, 0)
    assert cost.bytes == 8 * 6 + 4 * 30 + 4 * 30


def test_bytes_follow_the_dtype():
    net = nn.Conv1d(3, 4, 2)
    single, double = trace_cost(net, (2, 3, 9)), trace_cost(net.double(), (2, 3, 9))
    assert double.bytes == 2 * single.bytes
    assert double.saved_bytes == 2 * single.saved_bytes
    assert trace_cost(nn.ReLU(), (2, 3), dtype=torch.bfloat16).bytes == 2 * 2 * 6


# --- whose cost it is ---


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(conv(2, 2, 3, padding=1), nn.ReLU())
        self.scale = nn.Parameter(ones(2, 1, 1))
        self.unused = nn.Linear(3, 5)

    def forward(self, x):
        return x + self.scale * self.inner(x)


def test_every_operation_counts_in_the_innermost_module():
    cost = trace_cost(nn.Sequential(Block(), nn.Identity(), nn.Sequential(nn.Tanh())), IMAGE)
    assert list(named(cost)) == ["0.inner.0", "0.inner.1", "0", "2.0", "0.unused"]
    row = named(cost)
    assert counts(row["0.inner.0"])[:2] == (38, 2 * 2 * 63 * 18)
    assert counts(row["0"]) == (2, 0, 4 * (252 + 2 + 252 + 3 * 252), 0)
    assert (row["0.unused"].output_shape, row["0.unused"].runs) == (None, 0)
    assert counts(row["0.unused"]) == (20, 0, 0, 0)
    assert cost.parameters == 38 + 2 + 20
    assert cost.within("0").parameters == cost.parameters


def test_a_shared_module_has_its_parameters_once_and_its_macs_every_time():
    shared = conv(2, 2, 3, padding=1)
    net = nn.Sequential(shared, nn.ReLU(), shared, nn.MaxPool2d(2), shared)
    row = named(trace_cost(net, IMAGE))["0"]
    assert (row.parameters, row.runs, row.output_shape) == (38, 3, IMAGE)
    assert row.macs == 2 * 2 * (63 + 63 + 4 * 3) * 18
    assert set(named(trace_cost(net, IMAGE))) == {"0", "1", "3"}


def test_shared_parameters_count_in_the_first_module():
    first, second = nn.Linear(5, 5), nn.Linear(5, 5)
    second.weight = first.weight
    cost = trace_cost(nn.Sequential(first, second), (2, 5))
    assert [row.parameters for row in cost.layers] == [30, 5]
    assert [row.macs for row in cost.layers] == [50, 50]


def test_a_parameter_under_two_names_counts_once():
    module = nn.Linear(5, 5, bias=False)
    module.also = module.weight
    assert trace_cost(module, (2, 5)).parameters == 25


def test_a_module_made_on_the_way_counts_where_it_is_made():
    inner = Apply(lambda m, x: nn.Conv2d(2, 3, 2, device=x.device)(x))
    cost = trace_cost(nn.Sequential(nn.ReLU(), inner), IMAGE)
    assert [(row.name, row.macs, row.output_shape) for row in cost.layers] == [
        ("0", 0, IMAGE),
        ("1", 2 * 3 * (8 * 6) * 8, (2, 3, 8, 6)),
    ]


def test_calls_past_the_hooks_count_in_the_module_around():
    net = nn.Sequential(Apply(lambda m, x: m.c.forward(x), c=conv(2, 2, 3)))
    row = named(trace_cost(net, IMAGE))
    assert (row["0"].macs, row["0.c"].macs) == (2 * 2 * (7 * 5) * 18, 0)
    assert (row["0"].parameters, row["0.c"].parameters) == (0, 38)


class Fails(nn.Module):
    def forward(self, x):
        raise KeyError("this way")


def test_a_module_that_fails_and_is_caught():
    def forward(module, x):
        try:
            x = module.fails(x)
        except KeyError:
            x = x.relu()
        return module.tanh(x).sigmoid()

    net = nn.Sequential(Apply(forward, fails=nn.Sequential(Fails()), tanh=nn.Tanh()))
    row = named(trace_cost(net, IMAGE))
    assert {name: r.bytes for name, r in row.items()} == {"0": 16 * 252, "0.tanh": 8 * 252}


def test_outputs_that_are_no_tensor():
    class Two(nn.Module):
        def forward(self, x):
            return {"a": 1}, [x.relu(), x[0]]

    assert trace_cost(Two(), IMAGE).layers[0].output_shape == IMAGE
    nothing = trace_cost(Apply(lambda m, x: x.relu().dim()), IMAGE)
    assert [row.output_shape for row in nothing.layers] == [None]


def test_hooks_of_others_may_run_operations_and_stop_a_module():
    def stop(module, args):
        if isinstance(module, nn.Tanh):
            args[0].relu()
            raise KeyError("stopped")

    def forward(module, x):
        try:
            return module.tanh(x)
        except KeyError:
            return x.sigmoid()

    handle = global_hooks.register_module_forward_pre_hook(stop)
    try:
        cost = trace_cost(nn.Sequential(Apply(forward, tanh=nn.Tanh())), IMAGE)
    finally:
        handle.remove()
    assert {row.name: row.bytes for row in cost.layers} == {"0": 16 * 252}


def test_modules_in_other_threads_are_not_ours():
    other = nn.Sequential(nn.Linear(3, 3))

    def forward(module, x):
        thread = threading.Thread(target=lambda: other(ones(1, 3)))
        thread.start()
        thread.join()
        return x.relu()

    cost = trace_cost(nn.Sequential(Apply(forward)), IMAGE)
    assert [row.name for row in cost.layers] == ["0"]
    assert cost.bytes == 8 * 252


def test_other_modules_that_run_on_the_way_are_counted_where_they_run():
    other = nn.Linear(7, 7)  # in a list, so that it is no part of the module
    cost = trace_cost(nn.Sequential(Apply(lambda m, x: m.hidden[0](x), hidden=[other])), IMAGE)
    assert [(row.name, row.parameters, row.macs) for row in cost.layers] == [("0", 0, 36 * 49)]


# --- what is not known ---


def listed(function):
    net = Apply(lambda m, x: function(m.c(x)), c=conv(2, 2, 1))
    cost = trace_cost(net, IMAGE)
    assert cost == trace_network(net, IMAGE).cost
    assert cost.macs == 2 * 2 * 63 * 2
    return cost.unknown, cost.unknown_saved


def test_operations_that_give_nothing_back_are_seen():
    net = Apply(lambda m, x: torch._foreach_mul_([m.c(x), x], 2.0), c=conv(2, 2, 1))
    cost = trace_cost(net, IMAGE)
    assert cost.unknown == cost.unknown_saved == ("_foreach_mul_",)


@pytest.mark.parametrize(
    ("function", "unknown", "unknown_saved"),
    [
        (lambda y: torch.fft.rfft(y).abs(), "_fft_r2c", "_fft_r2c"),
        (lambda y: torch.cdist(y, y), "_cdist_forward", "_cdist_forward"),
        (
            lambda y: torch.linalg.matrix_exp(y[..., :7, :]),
            "linalg_matrix_exp",
            "linalg_matrix_exp",
        ),
        (lambda y: torch.cdist(y.detach(), y.detach()), "_cdist_forward", ""),
        (lambda y: torch.special.erfcx(y), "", "special_erfcx"),
        (lambda y: torch.special.erfcx(y.detach()), "", ""),
        (lambda y: y.median(1)[0], "", "median"),
        (lambda y: (y > 1).logical_not(), "", ""),
        (lambda y: y.argmax(1), "", ""),
    ],
)
def test_what_is_not_known_is_listed(function, unknown, unknown_saved):
    names = lambda name: (name,) if name else ()  # noqa: E731
    assert listed(function) == (names(unknown), names(unknown_saved))


def test_an_operation_of_another_library_is_not_guessed_at():
    with torch.library._scoped_library("dsconv_test", "FRAGMENT") as library:
        library.define("secret(Tensor x) -> Tensor")
        library.impl("secret", lambda x: x.clone(), "CompositeExplicitAutograd")
        names = ("dsconv_test::secret",)
        assert listed(torch.ops.dsconv_test.secret) == (names, names)


# --- published counts ---

V1 = published.mobilenet_v1
PUBLISHED = {
    # Howard et al. (2017, arXiv:1704.04861), tables 4 to 9: million mult-adds, million parameters.
    "MobileNetV1": (V1, {}, 224, (568_740_352, 569), (4_231_976, 4.2)),
    "width 0.75": (V1, {"width": 0.75}, 224, (325_400_448, 325), (2_585_560, 2.6)),
    "width 0.5": (V1, {"width": 0.5}, 224, (149_497_088, 149), (1_331_592, 1.3)),
    "width 0.25": (V1, {"width": 0.25}, 224, (41_030_272, 41), (470_072, 0.5)),
    "size 192": (V1, {}, 192, (418_121_728, 418), (4_231_976, 4.2)),
    "size 160": (V1, {}, 160, (290_675_200, 290), (4_231_976, 4.2)),
    "size 128": (V1, {}, 128, (186_400_768, 186), (4_231_976, 4.2)),
    "width 0.5, size 160": (V1, {"width": 0.5}, 160, (76_524_800, 76), (1_331_592, 1.32)),
    "shallow": (V1, {"shallow": True}, 224, (307_323_392, 307), (2_887_976, 2.9)),
    # Sandler et al. (2018, arXiv:1801.04381), table 4: 300 M multiply-adds; 3.4 M parameters there.
    "MobileNetV2": (published.mobilenet_v2, {}, 224, (300_774_272, 300), (3_504_872, 3.5)),
    # He et al. (2016, arXiv:1512.03385), table 1: 3.8e9 FLOPs, which there are multiply-adds.
    "ResNet-50": (published.resnet50, {}, 224, (3_857_973_248, 3_858), (25_557_032, 25.6)),
    # Simonyan & Zisserman (2015, arXiv:1409.1556), table 2: 138 M parameters.
    "VGG-16": (published.vgg16, {}, 224, (15_470_264_320, 15_470), (138_357_544, 138)),
    # Krizhevsky et al. (2012): 60 M parameters; with two towers, at 227.
    "AlexNet": (published.alexnet, {}, 227, (724_406_816, 724), (60_965_224, 61)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_counts(name):
    build, options, size, (macs, millions), (parameters, parameter_millions) = PUBLISHED[name]
    with torch.device("meta"):
        cost = trace_cost(build(**options), (1, 3, size, size))
    assert (cost.macs, cost.parameters) == (macs, parameters)
    assert abs(macs / 1e6 - millions) < 1  # papers round, or cut
    assert abs(parameters / 1e6 - parameter_millions) < (0.5 if parameter_millions > 100 else 0.05)
    assert (cost.unknown, cost.unknown_saved) == ((), ())


def test_published_counts_of_convolutions_alone():
    with torch.device("meta"):
        # Howard et al. (2017), table 4: 4866 M, which leaves the classifier out, and 29.3 M.
        dense = trace_cost(V1(separable=False), (1, 3, 224, 224))
        # Chen et al. (2016, doi:10.1109/ISSCC.2016.7418007): 666 M and 15.3 G MACs, 2.3 M and
        # 14.7 M weights. He et al. (2016) have 15.3e9 too.
        alexnet = trace_cost(published.alexnet(), (1, 3, 227, 227)).within("0")
        vgg = trace_cost(published.vgg16(), (1, 3, 224, 224)).within("0")
    assert dense.macs - 1024 * 1000 == 4_866_269_184
    assert dense.parameters == 29_294_088
    assert (alexnet.macs, alexnet.parameters) == (665_784_864, 2_334_080)
    assert (vgg.macs, vgg.parameters) == (15_346_630_656, 14_714_688)


# --- beside PyTorch's counter ---


def counted(module, shape):
    """MACs by PyTorch's counter, which has 2 FLOPs for each."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(torch.zeros(shape))
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return flops // 2


@st.composite
def networks(draw):
    """Convolutions of 1 to 3 axes, some transposed, and a classifier with attention."""
    ndim = draw(st.integers(1, 3))
    shape = (draw(st.integers(1, 2)), 4, *(6 + axis for axis in range(ndim)))
    layers = []
    for _ in range(draw(st.integers(1, 3))):
        kernel = tuple(draw(st.integers(1, 2)) for _ in range(ndim))
        stride = tuple(draw(st.integers(1, 2)) for _ in range(ndim))
        dilation, groups = draw(st.integers(1, 2)), draw(st.sampled_from([1, 2, 4]))
        options = {"dilation": dilation, "groups": groups}
        if draw(st.booleans()):
            layer = getattr(nn, f"Conv{ndim}d")(4, 4, kernel, stride, dilation, **options)
        else:
            layer = getattr(nn, f"ConvTranspose{ndim}d")(4, 4, kernel, stride, **options)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(2), Apply(head)), shape


def head(module, x):
    scores = torch.bmm(x, x.mT).softmax(-1)
    return torch.einsum("nij, njl -> nil", scores, x) @ x.mT


@given(networks())
@settings(max_examples=40)
def test_macs_are_those_of_pytorchs_counter(drawn):
    module, shape = drawn
    assert trace_cost(module, shape).macs == counted(module, shape)


# It does not count products by a vector, recurrent layers that oneDNN runs as one, or the fused
# attention of CPUs.
DIFFERENT = {"recurrent"}


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - DIFFERENT))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_macs_of_small_networks_are_those_of_pytorchs_counter(name):
    build, shape = NETWORKS[name]
    cost = trace_cost(build(), shape)
    assert (cost.macs, cost.unknown, cost.unknown_saved) == (counted(build(), shape), (), ())


@pytest.mark.parametrize(
    ("function", "macs"),
    [
        (lambda x: x @ x[0, 0, 0], 36 * 7),
        (lambda x: torch.dot(x[0, 0, 0], x[0, 0, 1]), 7),
        (lambda x: F.scaled_dot_product_attention(x, x, x), 4 * 9 * 9 * 14),
    ],
)
def test_what_pytorchs_counter_leaves_out_on_cpu(function, macs):
    module = Apply(lambda _, x: function(x))
    assert (trace_cost(module, IMAGE).macs, counted(module, IMAGE)) == (macs, 0)


# --- one pass ---


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_receptive_field_and_cost_come_from_one_pass(name):
    build, shape = NETWORKS[name]
    module, passes = build(), []
    handle = global_hooks.register_module_forward_hook(
        lambda part, *_: passes.append(type(part)) if isinstance(part, type(module)) else None
    )
    both = trace_network(module, shape)
    handle.remove()
    running = sum(isinstance(part, type(module)) for part in module.modules())
    assert len(passes) == running
    assert both.receptive_field == trace_receptive_field(module, shape)
    assert both.cost == trace_cost(module, shape)


# --- the module is left alone ---


def no_global_hooks():
    kinds = ("_global_forward_hooks", "_global_forward_pre_hooks")
    return not any(getattr(global_hooks, kind) for kind in kinds)


def test_the_module_is_left_as_it_was():
    net = nn.Sequential(conv(2, 2, 3), nn.BatchNorm2d(2), nn.Dropout()).train()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    before = [dict(vars(part)) for part in net.modules()]
    generator = torch.get_rng_state()
    trace_cost(net, IMAGE)
    assert [dict(vars(part)) for part in net.modules()] == before
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)
    assert no_global_hooks()


def test_no_hook_is_left_behind_after_an_error():
    with pytest.raises(KeyError, match="this way"):
        trace_cost(nn.Sequential(nn.ReLU(), Fails()), IMAGE)
    assert no_global_hooks()


def test_large_networks_are_not_computed():
    net = nn.Sequential(*[nn.Conv2d(4096, 4096, 3, padding=1, device="meta") for _ in range(8)])
    assert trace_cost(net, (64, 4096, 512, 512)).macs == 8 * 64 * 4096**2 * 9 * 512**2


# --- arguments ---


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 5, 3), (2, 1, 1, 1, 1, 3)])
def test_any_number_of_dimensions(shape):
    assert trace_cost(nn.Linear(3, 4), shape).macs == 12 * torch.Size(shape[:-1]).numel()


@pytest.mark.parametrize(
    ("module", "shape", "error", "message"),
    [
        (torch.relu, IMAGE, TypeError, r"module must be a torch\.nn\.Module, got"),
        (nn.LazyLinear(3), IMAGE, ValueError, r"lazy parameters.*run it once"),
        (nn.ReLU(), (2, 0, 3), ValueError, r"input_shape=\(2, 0, 3\) .* at least 1"),
        (nn.ReLU(), (), ValueError, r"input_shape=\(\) must hold one size per dimension"),
        (nn.ReLU(), (2, 3.0), TypeError, r"input_shape=\(2, 3\.0\) .*whole number"),
        (nn.ReLU(), 5, TypeError, r"input_shape=5 must hold one .* per dimension.*\(1, 3, 224"),
        (
            Apply(lambda m, x: x + 1 if x.sum() > 0 else x),
            IMAGE,
            ValueError,
            r"depends on values \(_local_scalar_dense\).*trace its parts",
        ),
        (
            Apply(lambda m, x: F.pad(x, x.flatten().tolist()[:2])),
            IMAGE,
            ValueError,
            r"depends on values \(_local_scalar_dense\)",
        ),
    ],
)
def test_bad_arguments_say_what_to_use(module, shape, error, message):
    with pytest.raises(error, match=message):
        trace_cost(module, shape)
