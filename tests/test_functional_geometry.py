"""The integers behind a depthwise convolution, worked by hand."""

import pytest
import torch

from dsconv_lib._depthwise import pure
from dsconv_lib._depthwise.arguments import Call, call
from dsconv_lib._depthwise.geometry import Axis, Geometry, memory_format
from dsconv_lib._depthwise.plain import is_quick_forward

CL = torch.channels_last


def asked(size, taps, stride, padding, dilation):
    x, w = torch.ones(2, 3, *size), torch.ones(3, 1, *taps)
    return call(len(size), x, w, None, stride, padding, dilation, 3)


def test_arguments_are_spelt_out():
    assert asked((9, 12), (4, 3), 1, ((1, 2), (4, 4)), (1, 3)) == Call(
        stride=(1, 1),
        dilation=(1, 3),
        padding=None,
        pads=(4, 4, 1, 2),
        ends=(1, 2, 1, 4, 4, 3),
        dilated=True,
    )
    alike = asked((9, 12), (4, 3), 1, [3, 1], 1)
    assert (alike.padding, alike.pads, alike.ends) == ((3, 1), (1, 1, 3, 3), (3, 3, 1, 1, 1, 1))
    assert not alike.dilated
    assert asked((9, 12), (4, 3), (1, 2), [3, 1], 1).ends is None
    one_axis = asked((7,), (3,), 1, ((4, 0),), 2)
    assert (one_axis.padding, one_axis.pads, one_axis.ends) == (None, (4, 0), (0, 0, 1, 4, 0, 2))
    assert asked((7, 8, 9), (3, 1, 2), 1, 1, 1)[2:5] == ((1, 1, 1), (1,) * 6, None)


def test_outer_taps_that_read_only_padding_are_left_out():
    # 14 positions, taps 18 apart: only the middle one of three.
    assert Axis(18, 18, 18).meeting(14, 3) == (Axis(0, 0, 18), slice(1, 2))
    # Six outputs; the first tap reads -6 to -1, the second -3 to 2, the third 0 to 5.
    assert Axis(6, 4, 3).meeting(2, 3) == (Axis(3, 4, 3), slice(1, 3))
    # The third tap reads 4 and more, of four positions.
    assert Axis(2, 6, 3).meeting(4, 3) == (Axis(2, 3, 3), slice(0, 2))
    # One position further, each of them meets the input.
    assert Axis(5, 5, 3).meeting(2, 3) == (Axis(5, 5, 3), slice(0, 3))
    assert Axis(3, 6, 3).meeting(4, 3) == (Axis(3, 6, 3), slice(0, 3))


def test_where_a_tap_reads_inside_the_input():
    axis = Axis(3, 1, 2)  # 7 outputs of 7 positions and 3 taps
    assert axis.output_size(7, 3) == 7
    assert axis.overlap(7, 7, 0) == (slice(3, 7), slice(0, 4))
    assert axis.overlap(7, 7, 1) == (slice(1, 7), slice(0, 6))
    assert axis.overlap(7, 7, 2) == (slice(0, 6), slice(1, 7))
    outputs, inputs = Axis(9, 9, 1).overlap(2, 19, 0)
    assert (outputs, inputs) == (slice(9, 11), slice(0, 2))
    assert axis.turned(3) == Axis(1, 3, 2)


@pytest.mark.parametrize(
    ("columns", "steps"),
    [
        ((2, 2, 2), 1),  # a kernel of three taps has three columns of gradient, enough for two
        ((3, 3, 4), 1),
        ((4, 4, 4), 2),  # and five at half the distance
        ((4, 4, 6), 2),
        ((4, 4, 9), 3),
        ((4, 4, 5), 1),  # eleven at a fifth are too many
        ((4, 3, 4), 1),
        ((5, 5, 4), 1),
    ],
)
def test_steps_between_the_taps_of_a_weights_gradient(columns, steps, monkeypatch):
    monkeypatch.setattr(pure, "MOST_PADDING", 4)
    assert pure._finer_steps(3, Geometry(Axis(1, 1, 1), Axis(*columns))) == steps


def test_the_format_that_is_taken_over():
    x, w = torch.ones(2, 3, 4, 5), torch.ones(3, 1, 3, 3)
    assert memory_format(x, w) == memory_format(x[..., ::2], w) == torch.contiguous_format
    assert memory_format(x.contiguous(memory_format=CL), w) == CL
    assert memory_format(x, torch.empty_strided(w.shape, (9, 1, 3, 1))) == CL
    both = torch.ones(2, 1, 4, 5)
    assert both.is_contiguous(memory_format=CL)
    assert memory_format(both, w) == torch.contiguous_format
    assert memory_format(x[0], w) == torch.contiguous_format


def test_where_pytorchs_forward_pass_is_taken():
    x, bare = torch.ones(1, 8, 20, 24), Geometry(Axis(0, 0, 1), Axis(0, 0, 1))
    for rows, columns, usual, last in (
        (3, 3, False, True),
        (5, 5, False, True),
        (6, 5, True, True),
    ):
        w = torch.ones(8, 1, rows, columns)
        for form, quick in ((torch.contiguous_format, usual), (CL, last)):
            assert is_quick_forward(x, w, bare, form, x.dtype) == quick
