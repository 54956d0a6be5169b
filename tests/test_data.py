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


@pytest.mark.parametrize("name", data.PHOTOGRAPHS)
def test_a_photograph_is_grey_and_keeps_its_mean_when_averaged_down(name):
    whole = data.photograph(name)
    assert whole.shape == (427, 640)
    assert whole.dtype == np.float32
    assert 0 <= whole.min() < 0.1 < 0.8 < whole.max() <= 1
    small = data.photograph(name, (61, 91))
    assert small.shape == (61, 91)
    rows = whole[:, 1:-1]  # nearly the part that has the shape of the small one
    assert abs(small.mean() - rows.mean()) < 0.002


def test_a_photograph_is_the_mean_of_its_colours_averaged_over_boxes():
    from sklearn.datasets import load_sample_image

    small = data.photograph("flower", (61, 91))
    grey = load_sample_image("flower.jpg").mean(axis=-1) / 255
    box = grey[7 * 30 : 7 * 31, 7 * 40 + 1 : 7 * 41 + 2]
    assert abs(small[30, 40] - box.mean()) < 0.01


@pytest.mark.parametrize("size", [(0, 5), (428, 5), (5, 641)])
def test_a_photograph_is_not_made_larger(size):
    with pytest.raises(ValueError, match=r"size=.* must lie within .* 427 rows and 640 columns"):
        data.photograph("temple", size)


def test_an_unknown_photograph_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=r'name=.cat. is no photograph.*"temple" or "flower"'):
        data.photograph("cat")
