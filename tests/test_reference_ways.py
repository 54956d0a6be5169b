"""The ways to compute a convolution: all give what PyTorch gives, and say what they cost."""

import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dsconv_lib import reference

ANY = [reference.conv2d_loops, reference.conv2d_im2col, reference.conv2d_fft]
WINOGRAD = {1: reference.conv1d_winograd, 2: reference.conv2d_winograd}
WAYS = [*ANY, reference.conv2d_winograd]
FLOATING = [reference.conv2d_fft, reference.conv2d_winograd]


def layer(draw, size, kernel, groups):
    """Random arrays for one layer, with a bias or without."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    C, outputs = (groups * draw(st.integers(1, 2)) for _ in range(2))
    x = rng.standard_normal((draw(st.integers(1, 2)), C, *size))
    w = rng.standard_normal((outputs, C // groups, *kernel))
    return x, w, rng.standard_normal(outputs) if draw(st.booleans()) else None


def pytorchs(x, w, b, padding, **options):
    x, w = torch.from_numpy(x), torch.from_numpy(w)
    x = F.pad(x, [end for pair in reversed(padding) for end in pair])
    function = F.conv1d if w.dim() == 3 else F.conv2d
    return function(x, w, None if b is None else torch.from_numpy(b), **options).numpy()


def assert_near(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10, strict=True)


ENDS = st.tuples(st.integers(0, 3), st.integers(0, 3))


@pytest.mark.parametrize("way", ANY, ids=lambda way: way.__name__)
@settings(max_examples=60)
@given(data=st.data())
def test_any_layer(way, data):
    draw = data.draw
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    options = {
        "stride": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "dilation": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "groups": draw(st.integers(1, 3)),
    }
    padding = (draw(ENDS), draw(ENDS))
    size = [
        draw(st.integers(1, 4)) + max(0, d * (k - 1) - sum(ends))
        for k, d, ends in zip(kernel, options["dilation"], padding, strict=True)
    ]
    x, w, b = layer(draw, size, kernel, options["groups"])
    ours = way(x, w, b, padding=padding, **options)
    assert_near(ours, pytorchs(x, w, b, padding, **options))


@pytest.mark.parametrize("ndim", [1, 2])
@settings(max_examples=100)
@given(data=st.data())
def test_winograd(ndim, data):
    draw = data.draw
    padding = tuple(draw(ENDS) for _ in range(ndim))
    size = [max(draw(st.integers(1, 9)), 3 - sum(ends)) for ends in padding]
    groups = draw(st.integers(1, 3))
    x, w, b = layer(draw, size, (3,) * ndim, groups)
    ours = WINOGRAD[ndim](x, w, b, padding=padding, groups=groups)
    assert_near(ours, pytorchs(x, w, b, padding, groups=groups))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_by_hand(way):
    image = [[[1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 1]]]
    kernel = [[[[0, 1, 0], [0, 0, 2], [-1, 0, 0]]]]
    # 2 + 2 * 6 - 7 and 3 + 0 - 8
    y = way(image, kernel)
    np.testing.assert_allclose(y, [[[7, -5]]], atol=1e-12)
    assert y.dtype == (np.float64 if way in FLOATING else np.int64)
    np.testing.assert_allclose(way(image, kernel, [100]), [[[107, 95]]], atol=1e-12)


def test_winograds_own_example():
    y = reference.conv1d_winograd([[1, 2, 3, 4]], [[[1, 0, -1]]])
    np.testing.assert_array_equal(y, [[-2, -2]])
    # The halves in its transformed kernels are exact, and whole numbers come out whole.
    y = reference.conv1d_winograd([[3, 1, 4, 1, 5]], [[[2, 7, 1]]], padding=1)
    np.testing.assert_array_equal(y, [[22, 17, 31, 20, 37]])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_dtypes_and_shapes(way):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 4, 6, 9)).astype(np.float32)
    w = rng.standard_normal((6, 2, 3, 3)).astype(np.float32)
    y = way(x, w, groups=2)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, reference.conv2d(x, w, groups=2), atol=2e-5)
    assert way(*(part.astype(np.float64) for part in (x, w)), groups=2).dtype == np.float64
    with pytest.raises(TypeError, match="w has dtype float32 but x has float64"):
        way(x.astype(np.float64), w, groups=2)
    np.testing.assert_allclose(way(x[0], w, groups=2), y[0], atol=2e-5)
    assert way(x[:0], w, groups=2, padding=1).shape == (0, 6, 6, 9)
    assert reference.conv1d_winograd(x[:0, :, 0], w[:, :, 0], groups=2).shape == (0, 6, 7)


@settings(max_examples=60)
@given(data=st.data())
def test_columns_are_those_of_unfold(data):
    draw = data.draw
    pairs = {
        "kernel_size": (draw(st.integers(1, 3)), draw(st.integers(1, 4))),
        "stride": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "padding": (draw(st.integers(0, 3)), draw(st.integers(0, 3))),
        "dilation": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
    }
    size = [
        draw(st.integers(1, 4)) + max(0, d * (k - 1) - 2 * p)
        for k, d, p in zip(*(pairs[n] for n in ("kernel_size", "dilation", "padding")), strict=True)
    ]
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    columns = reference.im2col(x, **pairs)
    np.testing.assert_array_equal(columns, F.unfold(torch.from_numpy(x), **pairs), strict=True)
    assert columns.nbytes == reference.im2col_bytes(shape, **pairs, itemsize=dtype().nbytes)
    assert columns.nbytes == shape[0] * reference.im2col_bytes(
        shape[1:], **pairs, itemsize=dtype().nbytes
    )
    np.testing.assert_array_equal(reference.im2col(x[0], **pairs), columns[0])


def test_columns_take_nine_times_the_memory():
    shape = (64, 56, 56)
    taken, given = reference.im2col_bytes(shape, 3, padding=1), 4 * np.prod(shape)
    assert (taken, given) == (7_225_344, 802_816)
    assert (round(taken / 2**20, 2), round(given / 2**20, 2)) == (6.89, 0.77)
    assert taken == 9 * given
    # 2 * 3 channels, 3 * 2 taps, 2 * 3 outputs, 8 bytes
    layer = {"stride": 2, "padding": ((1, 0), 1), "dilation": (1, 2)}
    assert reference.im2col_bytes((2, 3, 4, 5), (3, 2), **layer, itemsize=8) == 6 * 6 * 6 * 8


@pytest.mark.parametrize(
    ("ndim", "kernel", "options", "words"),
    [
        (2, (3, 5), {}, r"kernel_size=5 with stride=1 and dilation=1 is not for conv2d_winograd"),
        (2, (1, 3), {}, r"kernel_size=1 .* kernels of 3 taps .*: use conv2d$"),
        (2, (3, 3), {"stride": (1, 2)}, r"kernel_size=3 with stride=2 and dilation=1 is not"),
        (2, (3, 3), {"dilation": (2, 1)}, r"kernel_size=3 with stride=1 and dilation=2 is not"),
        (1, (4,), {}, r"kernel_size=4 .* is not for conv1d_winograd.*: use conv1d$"),
        (1, (3,), {"stride": 2}, r"stride=2 .* is not for conv1d_winograd"),
        (1, (3,), {"dilation": 2}, r"dilation=2 is not for conv1d_winograd"),
    ],
)
def test_winograd_refuses_what_it_cannot_compute(ndim, kernel, options, words):
    x, w = np.ones((2, 9, 8)[: ndim + 1]), np.ones((1, 2, *kernel))
    with pytest.raises(ValueError, match=words):
        WINOGRAD[ndim](x, w, **options)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_way_takes_and_refuses_what_conv2d_does(way):
    assert inspect.signature(way) == inspect.signature(reference.conv2d)
    x, w = np.ones((2, 7, 8)), np.ones((4, 2, 3, 3))
    with pytest.raises(ValueError, match=r"w has shape .* with C=2 and groups=2 must have"):
        way(x, w, groups=2)
    with pytest.raises(ValueError, match=r"kernel_size=3 .* spans 3 .* has only 2: use a larger"):
        way(x[:, :2], w)
    with pytest.raises(TypeError, match=r"x has dtype float16"):
        way(x.astype(np.float16), w.astype(np.float16))
