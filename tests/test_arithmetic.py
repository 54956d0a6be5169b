"""Output sizes: worked by hand, and against PyTorch wherever it runs or refuses."""

import itertools
import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from dsconv_lib import ConvSpec, output_size, same_padding, transposed_output_size
from dsconv_lib.arithmetic import Axis, read_counts

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
LAYER = ("kernel_size", "stride", "padding", "dilation")


def or_refused(function, *args):
    """The result, or None where the library refuses."""
    try:
        return function(*args)
    except ValueError:
        return None


def torch_size(function, *args):
    """Last size of PyTorch's result, or None where PyTorch refuses."""
    try:
        return function(*args).shape[-1]
    except RuntimeError:
        return None


@pytest.mark.parametrize("case", CASES["output_size"], ids=lambda case: case["source"])
def test_output_size_by_hand(case):
    args = [case[name] for name in ("size", *LAYER)]
    assert or_refused(output_size, *args) == case["output_size"]
    if case["effective_kernel"] is not None:
        spec = ConvSpec(case["kernel_size"], dilation=case["dilation"])
        assert spec.effective_kernel_size == case["effective_kernel"]
    if case["output_size"] is not None:
        assert read_counts(*args).count(0) == case["unread"]


@pytest.mark.parametrize("case", CASES["transposed_output_size"], ids=lambda case: case["source"])
def test_transposed_output_size_by_hand(case):
    args = [case[name] for name in ("size", *LAYER, "output_padding")]
    assert or_refused(transposed_output_size, *args) == case["output_size"]


@pytest.mark.parametrize("case", CASES["same_padding"], ids=lambda case: case["source"])
def test_same_padding_by_hand(case):
    assert or_refused(same_padding, case["kernel_size"], case["dilation"]) == case["padding"]


def test_output_size_is_pytorchs_on_thousands_of_settings():
    grid = itertools.product(range(9), range(5), range(-1, 4), range(-1, 4), range(-1, 4))
    refused = 0
    for size, kernel, stride, padding, dilation in grid:
        x, w = torch.ones(1, 1, size), torch.ones(1, 1, kernel)
        expected = torch_size(F.conv1d, x, w, None, stride, padding, dilation)
        setting = (size, kernel, stride, padding, dilation)
        assert or_refused(output_size, *setting) == expected, setting
        refused += expected is None
    assert 0 < refused < 9 * 5 * 5 * 5 * 5


def test_transposed_output_size_is_pytorchs_on_thousands_of_settings():
    grid = itertools.product(range(5), range(4), range(4), range(-1, 4), range(4), range(-1, 4))
    for size, kernel, stride, padding, dilation, extra in grid:
        x, w = torch.ones(1, 1, size), torch.ones(1, 1, kernel)
        expected = torch_size(F.conv_transpose1d, x, w, None, stride, padding, extra, 1, dilation)
        setting = (size, kernel, stride, padding, dilation, extra)
        assert or_refused(transposed_output_size, *setting) == expected, setting


def test_pooling_has_the_same_sizes():
    for size, kernel, stride, dilation in itertools.product(
        range(1, 9), range(1, 4), range(1, 4), range(1, 3)
    ):
        for padding in range(kernel // 2 + 1):
            expected = torch_size(
                F.max_pool1d, torch.ones(1, 1, size), kernel, stride, padding, dilation
            )
            setting = (size, kernel, stride, padding, dilation)
            assert or_refused(output_size, *setting) == expected, setting


per_axis = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    kernel=per_axis,
    stride=per_axis,
    dilation=per_axis,
    padding=st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
)
def test_each_axis_and_each_end_on_its_own(size, kernel, stride, dilation, padding):
    (top, bottom), (left, right) = padding
    padded = F.pad(torch.ones(1, 1, *size), (left, right, top, bottom))
    try:
        expected = F.conv2d(padded, torch.ones(1, 1, *kernel), None, stride, 0, dilation).shape[2:]
    except RuntimeError:
        expected = None
    assert or_refused(output_size, size, kernel, stride, padding, dilation) == expected
    spec = ConvSpec(kernel, stride, padding, dilation)
    assert or_refused(spec.output_size, size) == expected


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 4),
)
def test_the_transpose_finds_the_way_back(size, kernel, stride, padding, dilation):
    setting = (kernel, stride, padding, dilation)
    out = or_refused(output_size, size, *setting)
    if out is not None:
        lost = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride
        assert transposed_output_size(out, *setting, lost) == size


@given(
    size=st.integers(1, 20),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 4),
)
def test_read_counts_are_the_gradient_of_a_sum(size, kernel, stride, padding, dilation):
    setting = (size, kernel, stride, padding, dilation)
    if or_refused(output_size, *setting) is None:
        with pytest.raises(ValueError, match="kernel_size"):
            read_counts(*setting)
        return
    x = torch.zeros(1, 1, size, requires_grad=True)
    F.conv1d(x, torch.ones(1, 1, kernel), None, stride, padding, dilation).sum().backward()
    assert read_counts(*setting) == tuple(x.grad.flatten().int().tolist())


def test_read_counts_by_hand():
    assert read_counts(5, 3) == (1, 2, 3, 2, 1)
    # Padded by 1, three outputs read -1 and 2, 1 and 4, 3 and 6.
    assert read_counts(7, 2, 2, 1, 3) == (0, 1, 1, 1, 1, 0, 1)


def test_a_transposed_convolution_of_ones_shows_the_counts():
    size = transposed_output_size(7, 3, 2)
    ones = F.conv_transpose1d(torch.ones(1, 1, 7), torch.ones(1, 1, 3), stride=2)
    assert size == 15
    assert read_counts(size, 3, 2) == tuple(ones.flatten().int().tolist())
    assert read_counts(size, 3, 2)[:6] == (1, 1, 2, 1, 2, 1)


@given(size=st.integers(1, 30), kernel=st.integers(1, 7), dilation=st.integers(1, 7))
def test_same_padding_keeps_the_size(size, kernel, dilation):
    padding = or_refused(same_padding, kernel, dilation)
    if padding is None:
        assert dilation * (kernel - 1) % 2 == 1
    else:
        assert output_size(size, kernel, 1, padding, dilation) == size


def test_numbers_give_numbers_and_tuples_give_tuples():
    assert output_size(9, 3) == 7
    assert output_size((9,), 3) == (7,)
    assert output_size(9, (3, 5)) == (7, 5)
    assert output_size((9, 4), 3) == (7, 2)
    assert output_size(9, 3, padding=((0, 1),)) == (8,)
    assert transposed_output_size((3, 4), 3, 2, output_padding=(0, 1)) == (7, 10)
    assert transposed_output_size(3, 3, 2, output_padding=(0, 1)) == (7, 8)
    assert transposed_output_size(3, (3, 5), 2) == (7, 9)
    assert transposed_output_size((3, 4), 3) == (5, 6)
    assert same_padding((3, 5), (2, 1)) == (2, 2)
    assert ConvSpec((3, 5), dilation=(2, 1)).effective_kernel_size == (5, 5)
    assert ConvSpec(3, dilation=2).effective_kernel_size == 5


def test_a_spec_is_a_frozen_value():
    spec = ConvSpec([3, 5], stride=np.int64(2), padding=[[0, 1], 2])
    assert spec == ConvSpec((3, 5), 2, ((0, 1), 2))
    assert hash(spec) == hash(ConvSpec((3, 5), 2, ((0, 1), 2)))
    assert type(spec.stride) is int
    assert (spec.ndim, ConvSpec(3).ndim) == (2, None)
    assert spec.axes() == (Axis(3, 2, 0, 1, 1), Axis(5, 2, 2, 2, 1))
    assert ConvSpec(3, padding=1).axes() == (Axis(3, 1, 1, 1, 1),)
    assert ConvSpec(3, padding=1).axes(2) == (Axis(3, 1, 1, 1, 1),) * 2
    with pytest.raises(FrozenInstanceError):
        spec.stride = 1


@pytest.mark.parametrize("value", [True, 3.0, "3", None, (3, 2.5), (True, 3), np.array([3, 3])])
@pytest.mark.parametrize("name", LAYER)
def test_what_is_no_integer_is_a_type_error(name, value):
    with pytest.raises(TypeError, match=f"{name} must be an integer"):
        ConvSpec(**({"kernel_size": 3} | {name: value}))


@pytest.mark.parametrize("name", ["size", "output_padding"])
def test_sizes_are_integers_too(name):
    with pytest.raises(TypeError, match=f"{name} must be an integer.*got 2.5"):
        transposed_output_size(**({"size": 3, "kernel_size": 3} | {name: 2.5}))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: output_size(4, 3, dilation=2),
            "kernel_size=3 .*dilation=2 spans 5.*only 4: use a larger input, .*smaller dilation$",
        ),
        (lambda: output_size((9, 4), (3, 5)), "kernel_size=5 .*size=4"),
        (lambda: output_size(0, 1), "size=0 must be at least 1: use"),
        (lambda: ConvSpec(3, stride=0), "stride=0 must be at least 1: use"),
        (lambda: ConvSpec(3, padding=-1), "padding=-1 must be at least 0: use"),
        (lambda: ConvSpec(3, padding=((1, -2),)), "padding=-2 must be at least 0"),
        (lambda: ConvSpec(3, padding=((1, 2, 3),)), r"\(1, 2, 3\).* \(before, .*padding=\(.*\)\)$"),
        (lambda: ConvSpec(()), "kernel_size=.*at least one"),
        (lambda: ConvSpec(3, padding=()), "padding=.*at least one"),
        (
            lambda: ConvSpec((3, 3), stride=(1, 1, 1)),
            "kernel_size for 2, stride for 3: give every tuple the same length, .* for all axes$",
        ),
        (lambda: ConvSpec((3, 3), padding=(1, 1, 1)), "kernel_size for 2, padding for 3: give"),
        (lambda: ConvSpec((3, 3), dilation=(1, 1, 1)), "kernel_size for 2, dilation for 3: give"),
        (lambda: output_size((9, 9, 9), (3, 3)), "size for 3, layer for 2: give"),
        (lambda: ConvSpec((3, 3)).axes(3), "2 axes, but 3 are wanted: use"),
        (lambda: transposed_output_size(3, 3, 2, output_padding=2), "output_padding=2.*at most 1"),
        (
            lambda: transposed_output_size(1, 3, padding=((4, 1),)),
            r"padding=4\+1 leaves -2 output positions of 3, .*use less",
        ),
        (lambda: transposed_output_size((9, 9, 9), (3, 3)), "size for 3, layer for 2: give"),
        (
            lambda: transposed_output_size(9, (3, 3), output_padding=(0, 0, 0)),
            "layer for 2, output_padding for 3: give",
        ),
        (
            lambda: same_padding(6),
            r"kernel_size=6.*needs 5 positions.*use an odd kernel_size, .*padding=\(\(2, 3\),\)$",
        ),
    ],
)
def test_errors_name_value_rule_and_mend(call, words):
    with pytest.raises(ValueError, match=words):
        call()
