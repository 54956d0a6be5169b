"""Measured receptive fields: gradients and NaN agree with the trace; the effective field."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import IMAGE, NETWORKS, Apply, Branches, conv, residual
from torch import nn

from dsconv_lib import (
    ConvSpec,
    effective_receptive_field,
    measure_receptive_field,
    receptive_field,
    trace_receptive_field,
)
from dsconv_lib.trace import trace_reaches


def bits(row):
    return frozenset(p for p in range(row.bit_length()) if row >> p & 1)


def read_by_output(module, shape, output):
    """Per axis, what the trace says that an output reads, border included."""
    reaches, _ = trace_reaches(module, shape)
    return tuple(
        bits(reach.rows[o] if len(reach.rows) > 1 else reach.rows[0])
        for reach, o in zip(reaches, output or (0,) * len(reaches), strict=True)
    )


@pytest.mark.parametrize("name", [name for name in NETWORKS if "softmax" not in name])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_gradients_reach_what_the_trace_says(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(0)
    module = build()
    index = (8, 6) if name == "transposed" else None  # the middle one reads nothing at all
    measured = measure_receptive_field(module, shape, index)
    assert measured.positions == read_by_output(module, shape, measured.output)


@pytest.mark.parametrize("index", [(16, 12), (15, 11), (7, 8)])
def test_interpolation_that_hits_a_position_reads_it_alone(index):
    net = nn.Upsample((33, 25), mode="bilinear", align_corners=True)  # every second one hits
    measured = measure_receptive_field(net, IMAGE, index)
    assert measured.reached == tuple(1 + o % 2 for o in index)
    assert measured.positions == read_by_output(net, IMAGE, index)


SMALL = ("residual", "inception", "ceil mode", "bilinear", "transposed, grouped", "picked", "U-Net")


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("index", [(0, 0), (1, 2), (-1, -2)])
def test_nan_reaches_what_gradients_reach(name, index):
    build, shape = NETWORKS[name]
    shape = (1, 2, 10, 12)
    torch.manual_seed(0)
    module = build()
    by_gradient = measure_receptive_field(module, shape, index)
    by_nan = measure_receptive_field(module, shape, index, method="nan")
    assert by_gradient.output == by_nan.output
    assert np.array_equal(by_gradient.mask, by_nan.mask)
    assert by_nan.positions == read_by_output(module, shape, by_nan.output)


def test_holes_are_seen_and_counted():
    net = nn.Sequential(*[conv(1, 1, 3, padding=(2, 1), dilation=(2, 1)) for _ in range(3)])
    measured = measure_receptive_field(net, (1, 1, 21, 17))
    assert measured.output == (10, 8)
    assert (measured.size, measured.reached) == ((13, 7), (7, 7))
    assert int(measured.mask.sum()) == 49
    assert measured.positions[0] == set(range(4, 17, 2))
    assert (
        repr(measured)
        == "MeasuredField(size=(13, 7), reached=(7, 7), output=(10, 8), positions=49)"
    )


def test_branches_need_not_fill_their_box():
    cross = Branches(sum, conv(1, 1, (1, 5), padding=(0, 2)), conv(1, 1, (3, 1), padding=(1, 0)))
    measured = measure_receptive_field(cross, (1, 1, 9, 11))
    assert int(measured.mask.sum()) == 7
    assert measured.size == trace_receptive_field(cross, (1, 1, 9, 11)).size == (3, 5)


def dead(module):
    """Weights with which nothing passes: the architecture is the same."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


@pytest.mark.parametrize(
    "pool",
    [nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((2, 3), 1, dilation=(3, 1)), nn.AdaptiveMaxPool2d((4, 5))],
)
def test_weights_and_maxima_hide_nothing(pool):
    first, last = dead(conv(1, 1, 3)), dead(conv(1, 1, 1))
    net = nn.Sequential(first, nn.ReLU6(), nn.Sigmoid(), pool, type(pool)(2), last)
    measured = measure_receptive_field(net, (1, 1, 20, 23))
    assert measured.positions == read_by_output(net, (1, 1, 20, 23), measured.output)


def test_pooling_that_gives_indices_can_be_measured():
    net = Apply(lambda _, x: F.max_pool2d(x, 2, return_indices=True)[0] + F.max_pool2d(x[0], 2))
    assert measure_receptive_field(net, (1, 3, 8, 10)).size == (2, 2)


def test_a_classifier_is_looked_at_as_a_whole():
    net = nn.Sequential(conv(2, 3, 3, 4), nn.Flatten(), nn.Linear(36, 5))
    measured = measure_receptive_field(net, IMAGE)
    assert measured.output == ()
    assert measured.size == trace_receptive_field(net, IMAGE).size == (15, 11)


def test_what_does_not_depend_on_the_input_reaches_nothing():
    measured = measure_receptive_field(Apply(lambda _, x: torch.ones(1, 1, 3, 3)), IMAGE)
    assert (measured.size, measured.reached) == ((0, 0), (0, 0))


def test_measuring_leaves_the_module_and_the_settings_alone():
    net = nn.Sequential(conv(2, 3, 3), nn.BatchNorm2d(3), nn.Dropout(), conv(3, 1, 3))
    state = {name: value.clone() for name, value in net.state_dict().items()}
    generator = torch.get_rng_state()
    measure_receptive_field(net, IMAGE)
    effective_receptive_field(net, IMAGE, samples=2)
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert all(part.training for part in net.modules())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert torch.get_default_dtype() == torch.float32
    assert torch.equal(torch.get_rng_state(), generator)


def stack(layers, fill):
    net = nn.Sequential(*[conv(1, 1, 3, padding=1, bias=False) for _ in range(layers)])
    for layer in net:
        fill(layer.weight)
    return net


@pytest.mark.parametrize("layers", [1, 4, 10])
def test_equal_weights_spread_by_the_root_of_two_thirds_of_the_layers(layers):
    field = effective_receptive_field(stack(layers, nn.init.ones_), (1, 1, 23, 27), samples=1)
    assert field.output == (11, 13)
    assert field.sigma == pytest.approx((math.sqrt(2 * layers / 3),) * 2, abs=1e-5)
    assert field.centre == pytest.approx((11, 13), abs=1e-4)
    assert field.weight.shape == (23, 27)
    assert field.weight.sum() == pytest.approx(1)


def test_random_weights_spread_alike_in_the_square():
    torch.manual_seed(0)
    net = nn.Sequential(
        conv(1, 32, 3, padding=1),
        *[conv(32, 32, 3, padding=1) for _ in range(4)],
        conv(32, 32, 3, padding=1),
    )
    field = effective_receptive_field(net, (4, 1, 17, 19), samples=32, power=2)
    assert field.sigma == pytest.approx((2.0, 2.0), rel=0.1)


def test_the_effective_field_is_of_one_output_and_one_seed():
    net = stack(2, nn.init.ones_)
    field = effective_receptive_field(net, (1, 1, 15, 17), 3, output_index=(4, -5))
    assert field.output == (4, 12)
    assert field.centre == pytest.approx((4, 12), abs=1e-5)
    net = residual(conv(2, 2, 3, padding=1), nn.Tanh(), conv(2, 2, 3, padding=2, dilation=2))
    fields = [effective_receptive_field(net, IMAGE, 3, seed).weight for seed in (1, 1, 2)]
    assert np.array_equal(fields[0], fields[1])
    assert not np.allclose(fields[0], fields[2])
    inside = fields[0] > 0
    reached = measure_receptive_field(net, IMAGE).mask
    assert np.array_equal(inside & reached, inside)


def test_the_effective_field_has_a_stable_representation():
    field = effective_receptive_field(stack(3, nn.init.ones_), (1, 1, 15, 17), 2)
    assert repr(field) == "EffectiveField(sigma=(1.41, 1.41), output=(7, 8))"


def test_one_axis_and_three():
    line = nn.Sequential(nn.Conv1d(1, 1, 2, dilation=4), nn.Conv1d(1, 1, 2, dilation=3))
    measured = measure_receptive_field(line, (1, 1, 20), (3,))
    field = receptive_field([ConvSpec((2,), dilation=(4,)), ConvSpec(2, dilation=3)])
    assert measured.positions == field.positions((3,)) == ({3, 6, 7, 10},)
    block = nn.Conv3d(1, 1, (1, 2, 3))
    assert measure_receptive_field(block, (2, 1, 4, 5, 6)).size == (1, 2, 3)
    assert effective_receptive_field(block, (2, 1, 4, 5, 6), 2).weight.shape == (4, 5, 6)


@pytest.mark.parametrize("measure", [measure_receptive_field, effective_receptive_field])
def test_errors_name_value_rule_and_mend(measure):
    net = conv(2, 2, 3)
    for index in [(1,), (15, 0), (0, -12), (1, 1, 1)]:
        with pytest.raises(ValueError, match=r"output_index=.*output of \(15, 11\).*use"):
            measure(net, IMAGE, output_index=index)
    with pytest.raises(ValueError, match=r"input_shape=\(1, 2\).*use"):
        measure(net, (1, 2))
    with pytest.raises(TypeError, match=r"one tensor, got list: wrap"):
        measure(Apply(lambda _, x: [x]), IMAGE)


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"method='nn' is not known: use"):
        measure_receptive_field(conv(2, 2, 3), IMAGE, method="nn")
    with pytest.raises(ValueError, match=r"samples=0 .*use"):
        effective_receptive_field(conv(2, 2, 3), IMAGE, 0)
    with pytest.raises(ValueError, match=r"power=3 .*use"):
        effective_receptive_field(conv(2, 2, 3), IMAGE, power=3)
    with pytest.raises(ValueError, match=r"no finite gradient from output \(7, 5\)"):
        effective_receptive_field(dead(conv(2, 2, 3)), IMAGE)
