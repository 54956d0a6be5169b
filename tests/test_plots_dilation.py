"""Figures of dilated kernels show what they are given."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drawn import at, patches, texts

from dsconv_lib import plots


def test_the_sums_on_the_image_are_the_outputs():
    image = np.arange(25).reshape(5, 5) ** 2
    figure = plots.taps_on_image(image, [1, 2])
    totals = [at(figure, *cell) for cell in patches(figure, kind="output")]
    x = torch.tensor(image).double()[None, None]
    ones = torch.ones(1, 1, 3, 3, dtype=torch.double)
    expected = [int(F.conv2d(x, ones, padding=d, dilation=d)[0, 0, 2, 2]) for d in (1, 2)]
    assert totals == expected == [1452, 1920]


def test_taps_outside_the_image_are_refused():
    with pytest.raises(ValueError, match="outside an image of 5×7"):
        plots.taps_on_image(np.ones((5, 7)), [3])


def test_inserted_zeros_are_hatched():
    figure = plots.kernel_strips([1, 2, 3], [1, 3])
    holes = patches(figure, kind="hole", hatched=True)
    assert sorted(column for _, column in holes) == [1, 2, 4, 5]
    assert all(at(figure, *cell) == 0 for cell in holes)


def test_the_taps_of_an_output_carry_one_letter():
    figure = plots.interleaved_images((5, 7), 2, [(2, 3)])
    letters = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    taps = patches(figure, kind="kernel")
    assert sorted(taps) == [(row, column) for row in (0, 2, 4) for column in (1, 3, 5)]
    assert {letters[column, row] for row, column in taps} == {"b"}


def test_stripes_are_answered_by_the_kernel():
    signal, middle = [0, 0, 1, 1] * 3, 5
    figure = plots.stripes(signal, middle, [1, 2])
    answers = [at(figure, *cell) for cell in patches(figure, kind="output")]
    x, kernel = torch.tensor([[signal]]), torch.tensor([[[-1, 0, 1]]])
    expected = [int(F.conv1d(x, kernel, padding=d, dilation=d)[0, 0, middle]) for d in (1, 2)]
    assert answers == expected == [1, 0]


def test_taps_inside_are_counted_in_blocks_that_fill_the_map():
    inside = np.outer([2, 3, 3, 2], [2, 3, 2])
    figure = plots.taps_inside({1: inside, 3: np.ones((4, 3), dtype=int)})
    one, three = figure.axes
    assert one.get_title() == f"D = 1:  {100 * inside.sum() / (9 * 12):.0f} %"
    seen = np.zeros_like(inside)
    for patch, text in zip(one.patches, one.texts, strict=True):
        top, left = round(patch.get_y() + 0.5), round(patch.get_x() + 0.5)
        rows, columns = round(patch.get_height()), round(patch.get_width())
        seen[top : top + rows, left : left + columns] += int(text.get_text())
    assert (seen == inside).all()
    assert [patch.get_hatch() for patch in three.patches] == [None, "////"]


@pytest.mark.parametrize(("dilation", "share"), [(1, 91), (6, 51), (12, 18)])
def test_the_share_of_the_taps_on_a_map_stands_above_it(dilation, share):
    same = {"padding": dilation, "dilation": dilation}
    counts = F.conv2d(torch.ones(1, 1, 14, 14), torch.ones(1, 1, 3, 3), **same)[0, 0].int()
    (axes,) = plots.taps_inside({dilation: counts.tolist()}).axes
    assert axes.get_title() == f"D = {dilation}:  {share} %"
    assert axes.texts[4].get_text() == str(int(counts[7, 7]))


def test_each_axis_has_its_dilation():
    figure = plots.dilated_kernels([[3, 1, 4], [1, 5, 9]], [(2, 3)])
    assert len(patches(figure, kind="hole", hatched=True)) == 3 * 7 - 6
    assert "D = (2, 3)" in texts(figure)
