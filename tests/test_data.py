"""The drawn data sets are what their descriptions say."""

import numpy as np
import pytest

from dsconv_lib import data


def test_blobs_lie_where_they_should_and_have_their_sign():
    images, bright = data.near_and_far(50, size=15, near=1, far=5, noise=0.0, seed=4)
    assert images.shape == (50, 1, 15, 15)
    assert bright.shape == (50, 2)
    for image, signs in zip(images[:, 0], bright, strict=True):
        rows, columns = np.indices(image.shape) - 7
        distance = np.hypot(rows, columns)
        for blob, (least, most) in zip(signs, ((0, 3), (3, 7.5)), strict=True):
            inside = (distance >= least) & (distance < most) & (image != 0)
            assert inside.sum() == 9
            assert set(image[inside]) == {2.0 * blob - 1}
            middle = np.hypot(rows[inside].mean(), columns[inside].mean())
            assert abs(middle - (1, 5)[least == 3]) < 0.75


def test_signs_are_even_and_independent_and_directions_all_occur():
    images, bright = data.near_and_far(4000, noise=0.0, seed=1)
    assert np.abs(bright.mean(0) - 0.5).max() < 0.03
    assert abs(np.corrcoef(bright.T)[0, 1]) < 0.05
    touched = (images[:, 0] != 0).mean(0)
    assert touched[0, 6] > 0.05
    assert touched[6, 12] > 0.05
    assert touched[12, 6] > 0.05
    assert touched[6, 0] > 0.05


def test_seed_decides_everything():
    first, again, other = (data.near_and_far(3, seed=seed) for seed in (2, 2, 3))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_noise_has_the_given_scale():
    images, _ = data.near_and_far(400, size=21, near=0, far=0, noise=0.4)
    assert images[:, 0, :8].std() == pytest.approx(0.4, rel=0.02)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"size": 12}, "size=12 is even"),
        ({"far": 6}, "far=6 puts blobs outside"),
        ({"near": -1}, "near=-1"),
    ],
)
def test_impossible_settings_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        data.near_and_far(2, **wrong)
