"""Figures of sizes and transposed convolution show what they are given."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drawn import at, patches, texts, words
from hypothesis import given, settings
from hypothesis import strategies as st

from dsconv_lib import output_size, plots
from dsconv_lib.arithmetic import read_counts


@settings(max_examples=40)
@given(
    size=st.integers(1, 12),
    kernel_size=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 3),
    beyond=st.booleans(),
)
def test_positions_show_outputs_taps_and_unread_pixels(
    size, kernel_size, stride, padding, dilation, beyond
):
    layer = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        count = output_size(size, kernel_size, **layer)
    except ValueError:
        with pytest.raises(ValueError, match="spans"):
            plots.positions(size, kernel_size, **layer)
        return
    figure = plots.positions(size, kernel_size, **layer, beyond=beyond)
    assert len(patches(figure, kind="output")) == count
    taps = [cell for cell in patches(figure, kind="kernel") if cell[0] < count]
    expected = {
        (row, row * stride - padding + tap * dilation)
        for row in range(count)
        for tap in range(kernel_size)
    }
    assert set(taps) == expected
    assert len(taps) == len(expected)
    faults = patches(figure, kind="hole", hatched=True)
    bottom = max(row for row, _ in patches(figure, kind="input") + faults)
    unread = {
        pixel for pixel, reads in enumerate(read_counts(size, kernel_size, **layer)) if not reads
    }
    assert {column for row, column in faults if row == bottom} == unread
    beyond_the_row = [column for row, column in faults if row == count]
    assert bool(beyond_the_row) == beyond
    assert all(column >= size + padding for column in beyond_the_row)
    assert f"m = {count}" in texts(figure)


def test_only_odd_kernels_have_a_chosen_middle():
    figure = plots.centring([3, 2, 5])
    outlines = [p for p in figure.axes[0].patches if not p.get_fill()]
    assert [at(figure, p.get_y() + 0.5, p.get_x() + 0.5) for p in outlines] == [1, 2]
    middles = [t.get_text() for t in words(figure) if t.get_fontweight() == "bold"]
    assert middles == ["1", "0.5", "2"]


def test_shared_sizes_groups_the_widths_with_the_same_output():
    figure = plots.shared_sizes(range(5, 12), 4, stride=3)
    assert [at(figure, *cell) for cell in patches(figure, kind="output")] == [1, 2, 3]
    assert [column for _, column in patches(figure, kind="output")] == [0.5, 3, 5.5]


@pytest.mark.parametrize(
    ("stride", "padding", "extra"), [(2, 0, 0), (2, 0, 1), (2, 1, 1), (3, 1, 2), (3, 2, 0)]
)
def test_stamps_add_up_to_the_transposed_convolution(stride, padding, extra):
    values, kernel = [2, -1, 3], [1, 2, 3, 5]
    figure = plots.stamps(values, kernel, stride=stride, padding=padding, extra=extra)
    expected = F.conv_transpose1d(
        torch.tensor([[values]]).double(),
        torch.tensor([[kernel]]).double(),
        stride=stride,
        padding=padding,
        output_padding=extra,
    )
    kept = sorted(column for row, column in patches(figure, kind="output") if row == 0)
    assert [at(figure, 0, column) for column in kept] == expected.flatten().int().tolist()
    assert kept[0] == padding
    outlined = [p.get_x() + 0.5 for p in figure.axes[0].patches if not p.get_fill()]
    assert outlined == kept[len(kept) - extra :]
    assert f"n = {expected.shape[-1]}" in texts(figure)


def test_deeper_fill_means_a_higher_count():
    counts = np.outer([1, 1, 2], [1, 2, 1, 3])
    figure = plots.overlap_2d(counts)
    fills = {
        (int(p.get_y() + 0.5), int(p.get_x() + 0.5)): p.get_facecolor()[3]
        for p in figure.axes[0].patches
    }
    for a in np.ndindex(counts.shape):
        assert at(figure, *a) == counts[a]
        for b in np.ndindex(counts.shape):
            if counts[a] > counts[b]:
                assert fills[a] > fills[b]
