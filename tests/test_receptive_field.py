"""Receptive fields of stacks of layers: published numbers, hand-worked ones, invariants."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsconv_lib import ConvSpec, ReceptiveField, receptive_field
from dsconv_lib.receptive_field.field import stack_axes

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["receptive_field"], ids=lambda case: case["name"])
def test_published_and_hand_worked_fields(case):
    field = receptive_field([ConvSpec(**layer) for layer in case["layers"]])
    assert (field.size, field.jump, field.padding) == (case["size"], case["jump"], case["padding"])
    assert field.reached == case["reached"]
    assert field.density == pytest.approx(case["density"], abs=1e-12)
    assert field.holes == case["size"] - case["reached"]
    assert field.centre == (case["size"] - 1) / 2 - case["padding"]


def test_gridding_offset_by_offset():
    assert receptive_field([ConvSpec(3, dilation=2)] * 3).offsets == {0, 2, 4, 6, 8, 10, 12}
    one_two_nine = receptive_field([ConvSpec(3, dilation=d) for d in (1, 2, 9)])
    assert set(range(25)) - one_two_nine.offsets == {7, 8, 16, 17}


def test_no_layer_is_the_identity():
    assert receptive_field([]) == ReceptiveField(1, 1, 0, frozenset({0}))


def test_padding_before_counts_and_padding_after_does_not():
    before, after = (receptive_field([ConvSpec(3, 2, (pair,))] * 2) for pair in ((1, 0), (0, 1)))
    assert (before.padding, after.padding) == ((3,), (0,))
    assert before.centre == (0.0,)
    assert after.centre == (3.0,)


def test_axes_do_not_mix():
    field = receptive_field(
        [ConvSpec((3, 5), (2, 1), ((1, 0), 2), (1, 3)), ConvSpec(2), ConvSpec((1, 4), 1, 0, (7, 2))]
    )
    rows = receptive_field([ConvSpec(3, 2, 1), ConvSpec(2), ConvSpec(1, dilation=7)])
    columns = receptive_field([ConvSpec(5, 1, 2, 3), ConvSpec(2), ConvSpec(4, dilation=2)])
    for name in ("size", "jump", "padding", "offsets", "centre", "reached", "density", "holes"):
        assert getattr(field, name) == (getattr(rows, name), getattr(columns, name)), name
    assert (field.ndim, rows.ndim) == (2, None)
    assert field.positions((3, -2)) == (rows.positions(3), columns.positions(-2))
    assert field.positions(4) == (rows.positions(4), columns.positions(4))
    assert field.whole_axis == (False, False)


layers = st.lists(
    st.builds(ConvSpec, st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 4)),
    max_size=4,
)


def read_by(stack, outputs):
    """Positions that outputs read, by going back layer by layer: independent of the recurrence."""
    for spec in reversed(stack):
        outputs = {
            output * spec.stride - spec.padding + tap * spec.dilation
            for output in outputs
            for tap in range(spec.kernel_size)
        }
    return outputs


@given(stack=layers, output=st.integers(-3, 5))
def test_positions_are_what_the_layers_read(stack, output):
    field = receptive_field(stack)
    positions = field.positions(output)
    assert positions == read_by(stack, {output})
    assert positions == {output * field.jump - field.padding + o for o in field.offsets}
    assert max(positions) - min(positions) + 1 == field.size
    assert min(field.offsets) == 0
    assert field.reached == len(positions) == field.size - field.holes
    middle = (min(positions) + max(positions)) / 2
    assert middle == field.centre + output * field.jump


@given(first=layers, second=layers)
def test_stacks_compose(first, second):
    a, b, both = (receptive_field(stack) for stack in (first, second, first + second))
    assert both.jump == a.jump * b.jump
    assert both.size == a.size + (b.size - 1) * a.jump
    assert both.padding == a.padding + b.padding * a.jump
    assert both.offsets == {i + j * a.jump for i in a.offsets for j in b.offsets}


@given(stack=layers, order=st.randoms(use_true_random=False))
def test_without_stride_the_order_does_not_matter(stack, order):
    stack = [ConvSpec(s.kernel_size, 1, s.padding, s.dilation) for s in stack]
    shuffled = order.sample(stack, len(stack))
    assert receptive_field(stack) == receptive_field(shuffled)


# Every position doubled, then two taps at stride 3: outputs read 0 and 0, 1 and 2, 3 and 3, ...
TURNS = ReceptiveField(2, Fraction(3, 2), Fraction(1, 2), {0, 1}, phases=((0, {0}), (1, {0, 1})))
# Branches of different jumps: every output has its own entry.
NO_JUMP = ReceptiveField(4, None, None, {0, 3}, phases=((0, {0}), (2, {0, 1}), (5, {0, 3})))


def test_outputs_take_turns_after_upsampling():
    assert [set(TURNS.positions(o)) for o in range(4)] == [{0}, {1, 2}, {3}, {4, 5}]
    assert TURNS.positions(-1) == {-2, -1}
    assert TURNS.centre == 0.0


def test_without_a_common_jump_only_the_outputs_that_exist_are_told():
    assert [set(NO_JUMP.positions(o)) for o in range(3)] == [{0}, {2, 3}, {5, 8}]
    assert NO_JUMP.centre is None
    for output in (-1, 3):
        with pytest.raises(ValueError, match=f"output={output} .* the 3 outputs, .*: use 0 to 2$"):
            NO_JUMP.positions(output)


def test_axes_of_different_kinds_are_joined():
    plain = receptive_field([ConvSpec(3, 2, 1)])
    field = stack_axes([plain, TURNS, NO_JUMP], unknown=("roll",))
    assert field.positions((1, 3, 2)) == ({1, 2, 3}, {4, 5}, {5, 8})
    assert field.phases == ((), TURNS.phases, NO_JUMP.phases)
    assert field.unknown == ("roll",)
    both = stack_axes([plain, receptive_field([ConvSpec(5)])])
    assert both == receptive_field([ConvSpec((3, 5), (2, 1), (1, 0))])
    assert (both.phases, both.unknown) == ((), ())


def test_representations_are_one_stable_line():
    assert repr(receptive_field([ConvSpec(3, dilation=2)] * 3)) == (
        "ReceptiveField(size=13, jump=1, padding=0, reached=7)"
    )
    assert repr(receptive_field([ConvSpec((3, 5), 2)])) == (
        "ReceptiveField(size=(3, 5), jump=(2, 2), padding=(0, 0), reached=(3, 5))"
    )
    field = ReceptiveField((5,), (Fraction(1, 2),), (0,), (frozenset({0, 4}),), ("roll",), (True,))
    assert repr(field) == (
        "ReceptiveField(size=(5,), jump=(1/2,), padding=(0,), reached=(2,), "
        "whole_axis=(True,), unknown=('roll',))"
    )


def test_iterables_are_welcome():
    assert receptive_field(ConvSpec(3) for _ in range(10)).size == 21


@pytest.mark.parametrize("layers", [ConvSpec(3), [ConvSpec(3), 3], 5, [(3, 1)], "ab"])
def test_layers_must_be_specs(layers):
    with pytest.raises(TypeError, match=r"list of ConvSpec, got .*: use .* \[ConvSpec.*\]$"):
        receptive_field(layers)


def test_layers_must_agree_on_the_axes():
    with pytest.raises(ValueError, match=r"layers for \[2, 3\]: give"):
        receptive_field([ConvSpec((3, 3)), ConvSpec(3), ConvSpec((3, 3, 3))])


def test_one_output_index_per_axis():
    with pytest.raises(ValueError, match="3 indices, but the field has 2 axes: give"):
        receptive_field([ConvSpec((3, 3))]).positions((1, 2, 3))
