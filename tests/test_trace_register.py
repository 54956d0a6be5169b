"""Rules that users register for operations, and what is said where they do not fit."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import Apply, conv_then
from test_trace_rules import said, spread

from dsconv_lib import ConvSpec, register_operation, trace_cost, trace_receptive_field

SHAPE = (1, 2, 12, 18)
DEFINED = {
    "thin(Tensor x, int step, *, int more=0) -> Tensor": lambda x, step, more=0: (
        x[..., ::step] + more
    ),
    "centred(Tensor x) -> Tensor": lambda x: x - x.mean(3, keepdim=True),
    "averaged(Tensor x) -> Tensor": lambda x: x.mean(3),
    "turned(Tensor x) -> Tensor": lambda x: x.flip(2) + x.roll(1, 2),
    "plus(Tensor x, Tensor y) -> Tensor": lambda x, y: x + y,
    "halves(Tensor x) -> (Tensor, Tensor)": lambda x: (x[..., :9].clone(), x[..., 9:].clone()),
    "rows(Tensor x) -> Tensor[]": lambda x: [row.clone() for row in x.unbind(2)],
}


@pytest.fixture(autouse=True)
def operations():
    with torch.library._scoped_library("taught", "FRAGMENT") as library:
        for schema, function in DEFINED.items():
            library.define(schema)
            library.impl(schema.partition("(")[0], function, "CPU")
        yield


def op(name):
    return getattr(torch.ops.taught, name)


def thinner(x, step, more):
    return (*x.shape[:-1], -(-x.shape[-1] // step))


def same(*tensors):
    return tensors[0].shape


def cost(function, shape=SHAPE):
    return trace_cost(Apply(lambda _, x: function(x)), shape)


def test_macs_get_the_result_and_all_arguments():
    got = []

    def macs(*args, **kwargs):
        got.append((*args[2:], kwargs))
        return args[0].numel() * args[1].shape[1]

    with register_operation("taught::thin", macs=macs, shape=thinner_by_name):
        counted = cost(lambda x: op("thin")(x, 4))
        assert (counted.macs, counted.unknown) == (2 * 12 * 5 * 2, ())
        assert counted.layers[0].bytes == 4 * 2 * 12 * (18 + 5)
        assert cost(lambda x: op("thin")(x, step=3, more=2)).macs == 2 * 12 * 6 * 2
    assert got == [(4, {"more": 0}), (3, {"more": 2})]


def thinner_by_name(x, step, *, more):
    return thinner(x, step, more)


def test_the_last_rule_holds_until_it_is_removed():
    def macs():
        return cost(lambda x: F.linear(x, torch.ones(5, 18))).macs

    first = register_operation(torch.ops.aten.linear, macs=lambda *given: 1)
    last = register_operation(torch.ops.aten.linear.default, macs=lambda *given: 2)
    register_operation("aten::linear", reads="elementwise").remove()
    assert macs() == 2
    last.remove()
    assert macs() == 1
    first.remove()
    assert macs() == 2 * 12 * 18 * 5


def test_in_place_forms_are_meant_too():
    with register_operation("aten::mul", macs=lambda result, *given: result.numel()):
        assert cost(lambda x: (x + 1).mul_(2)).macs == 2 * 12 * 18


READS = {
    "a window": ("thin", (2,), {3: ConvSpec(1, 2)}, thinner_by_name),
    "a dimension from behind": ("thin", (3,), {-1: ConvSpec((1,), (3,))}, thinner_by_name),
    "places": ("thin", (4,), {3: [[0], [4], [8], [12], [16]]}, thinner_by_name),
    "the whole": ("centred", (), {3: "whole"}, same),
    "a dimension that goes": ("averaged", (), {3: "whole", 2: "whole"}, lambda x: x.shape[:3]),
    "two places each": (
        "turned",
        (),
        lambda result, x: {2: [{9 - o, (o - 1) % 10} for o in range(x.shape[2])]},
        same,
    ),
}


@pytest.mark.parametrize("name", READS)
def test_what_is_read_is_followed(name):
    operation, more, reads, shape = READS[name]
    net = conv_then(lambda y: op(operation)(y, *more), (3, 1))
    with register_operation(f"taught::{operation}", reads=reads, shape=shape):
        tables, unknown = said(net, SHAPE)
        assert trace_cost(net, SHAPE).unknown == (f"taught::{operation}",)  # of its MACs
    assert unknown == ()
    for axis, table in enumerate(tables[:1] if operation == "averaged" else tables):
        truth = spread(net, SHAPE, axis)
        if operation == "averaged":
            assert (table | ~truth).all()
        else:
            assert np.array_equal(np.broadcast_to(table, truth.shape), truth)


def test_elementwise_with_several_inputs():
    net = conv_then(lambda y: op("plus")(y, y.roll(1, 3)), 3)
    with register_operation("taught::plus", reads="elementwise", shape=same):
        assert np.array_equal(said(net, SHAPE)[0][1], spread(net, SHAPE, 1))
    with register_operation("taught::plus", reads={}, shape=same):
        assert trace_receptive_field(net, SHAPE).unknown == ("taught::plus",)


def test_several_results():
    net = Apply(lambda _, x: op("halves")(x)[1])
    with register_operation(
        "taught::halves",
        macs=lambda result, x: sum(part.numel() for part in result),
        reads={3: [[9 + o] for o in range(9)]},
        shape=lambda x: 2 * [(*x.shape[:3], 9)],
    ):
        assert trace_cost(net, SHAPE).macs == 2 * 12 * 18
        assert np.array_equal(said(net, SHAPE)[0][1], spread(net, SHAPE, 1))
    with register_operation(op("rows"), shape=lambda x: 12 * [(1, 2, 18)]):
        assert cost(lambda x: torch.stack(op("rows")(x))).layers[0].output_shape == (12, 1, 2, 18)


@pytest.mark.parametrize(
    ("operation", "rules", "error", "said"),
    [
        ("taught::thin", {}, TypeError, "no rule for 'taught::thin' is given: use macs="),
        ("taught::thin", {"macs": 3}, TypeError, "macs=3 must be a function: use macs=lambda"),
        ("taught::thin", {"shape": {}}, TypeError, "shape={} must be a function: use"),
        ("taught::thin", {"reads": 3}, TypeError, "reads=3 must be a function: use reads=lambda"),
        ("taught::thinn", {"reads": {}}, ValueError, "'taught::thinn' is not known.*: import the"),
        ("thin", {"reads": {}}, TypeError, "operation='thin' must be an operation.*: use for ex"),
        (torch.relu, {"reads": {}}, TypeError, "operation=<built-in.*: use for example"),
    ],
)
def test_what_cannot_be_registered(operation, rules, error, said):
    with pytest.raises(error, match=said):
        register_operation(operation, **rules)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"macs": lambda *given, more: 1.5}, r"macs= for 'taught::thin' gives 1\.5, .* at least 0"),
        ({"macs": lambda *given, more: -1}, r"macs= .* gives -1, .*: mend it"),
        ({"macs": lambda *given, more: True}, r"macs= .* gives True"),
        ({"macs": lambda x: 1}, r"macs= .* fails: TypeError.*gets the result, then x, step, more"),
        ({"shape": lambda *given, more: 5}, r"shape= .* gives 5, which must be sizes"),
        ({"shape": lambda *given, more: (1, -2)}, r"shape= .* gives \(1, -2\), .* sizes"),
        ({"shape": lambda x: x.shape}, r"shape= .* fails: TypeError.*; it gets x, step, more"),
        ({"reads": "all"}, r"reads= .* gives 'all', .* 'elementwise'"),
        ({"reads": {}}, r"gives {}, .* how dimension 3 goes from 18 to 9"),
        ({"reads": {3: ConvSpec(2, 2), 4: "whole"}}, r"dimensions of a tensor of 4, each once"),
        ({"reads": {3: "whole", -1: "whole"}}, r"dimensions of a tensor of 4, each once"),
        ({"reads": {3: ConvSpec(1, 3)}}, r"how dimension 3 goes from 18 to 9"),
        ({"reads": {3: ConvSpec((1, 1), 2)}}, r"how dimension 3 goes from 18 to 9"),
        ({"reads": {3: "everything"}}, r"how dimension 3 goes from 18 to 9"),
        ({"reads": {3: [[0]] * 8}}, r"how dimension 3 goes from 18 to 9"),
        ({"reads": {3: [[18]] * 9}}, r"how dimension 3 goes from 18 to 9"),
        ({"reads": {3: [[-1]] * 9}}, r"reads= .* how dimension 3 goes from 18 to 9"),
    ],
)
def test_rules_that_do_not_fit(rules, said):
    rules = {"shape": thinner_by_name} | rules
    module = Apply(lambda _, x: op("thin")(x, 2))
    with (
        register_operation("taught::thin", **rules),
        pytest.raises(ValueError, match=said),
    ):
        (trace_receptive_field if "reads" in rules else trace_cost)(module, SHAPE)
    with (
        register_operation("taught::averaged", reads={}, shape=lambda x: x.shape[:3]),
        pytest.raises(ValueError, match="'whole' for"),
    ):
        trace_receptive_field(Apply(lambda _, x: op("averaged")(x)), SHAPE)
