"""Convolution and pooling in NumPy: hand-worked integers, PyTorch's values, PyTorch's gradients."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from dsconv_lib import reference

FORWARD = {1: (reference.conv1d, F.conv1d), 2: (reference.conv2d, F.conv2d)}
BACKWARD = {1: reference.conv1d_backward, 2: reference.conv2d_backward}
TRANSPOSED = {
    1: (reference.conv_transpose1d, F.conv_transpose1d),
    2: (reference.conv_transpose2d, F.conv_transpose2d),
}
MAX = {
    1: (reference.max_pool1d, reference.max_pool1d_backward, F.max_pool1d),
    2: (reference.max_pool2d, reference.max_pool2d_backward, F.max_pool2d),
}
AVG = {
    1: (reference.avg_pool1d, reference.avg_pool1d_backward, F.avg_pool1d),
    2: (reference.avg_pool2d, reference.avg_pool2d_backward, F.avg_pool2d),
}
# Chapter 12: x[c, i, j] = 1 + 16 c + 4 i + j, and one kernel each for red, green and blue.
RGB = 1 + np.arange(48).reshape(3, 4, 4)
COLUMNS = np.array([[1, 0, -1], [0, 1, 0], [0, 0, 1]])
KERNELS = np.broadcast_to(COLUMNS[:, None], (3, 3, 3))


def torch_of(*arrays):
    return [torch.from_numpy(np.array(a, np.float64)).requires_grad_() for a in arrays]


def pad_ends(x, padding, value=0.0):
    return F.pad(x, [end for pair in reversed(padding) for end in pair], value=value)


def assert_near(ours, theirs):
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype == np.float64
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10, strict=True)


def conv(draw, ndim, *, transposed=False):
    """A random layer and arrays that fit it, all axes independent of each other."""
    axes = range(ndim)
    kernel = [draw(st.integers(1, 4)) for _ in axes]
    stride = tuple(draw(st.integers(1, 3)) for _ in axes)
    dilation = tuple(draw(st.integers(1, 3)) for _ in axes)
    size = [draw(st.integers(1, 9)) for _ in axes]
    padding = []
    for axis in axes:
        ends = [draw(st.integers(0, 3)) for _ in range(2)]
        span = dilation[axis] * (kernel[axis] - 1) + 1
        if transposed:
            size[axis] += 7 // stride[axis]  # enough that padding leaves something
        else:
            size[axis] += max(0, span - size[axis] - sum(ends))
        padding.append(tuple(ends))
    groups = draw(st.integers(1, 3))
    C, outputs = (groups * draw(st.integers(1, 3)) for _ in range(2))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    x = rng.standard_normal((draw(st.integers(1, 3)), C, *size))
    first, second = (C, outputs // groups) if transposed else (outputs, C // groups)
    w = rng.standard_normal((first, second, *kernel))
    b = rng.standard_normal(outputs) if draw(st.booleans()) else None
    options = {"stride": stride, "dilation": dilation, "groups": groups}
    return x, w, b, tuple(padding), options, rng


@pytest.mark.parametrize("ndim", [1, 2])
@settings(max_examples=150)
@given(data=st.data())
def test_convolution_and_its_gradients_are_pytorchs(ndim, data):
    x, w, b, padding, options, rng = conv(data.draw, ndim)
    ours, theirs = FORWARD[ndim]
    tx, tw = torch_of(x, w)
    [tb] = torch_of(np.zeros(len(w)) if b is None else b)
    expected = theirs(pad_ends(tx, padding), tw, tb, **options)
    assert_near(ours(x, w, b, padding=padding, **options), expected)

    grad = rng.standard_normal(expected.shape)
    gradients = torch.autograd.grad(expected, (tx, tw, tb), torch.from_numpy(grad))
    mine = BACKWARD[ndim](grad, x, w, padding=padding, **options)
    for part, other in zip(mine, gradients, strict=True):
        assert_near(part, other)


@pytest.mark.parametrize("ndim", [1, 2])
@settings(max_examples=100)
@given(data=st.data())
def test_transposed_convolution_is_pytorchs(ndim, data):
    x, w, b, padding, options, _ = conv(data.draw, ndim, transposed=True)
    # PyTorch takes off both ends alike.
    padding = tuple(before for before, _ in padding)
    pairs = zip(options["stride"], options["dilation"], strict=True)
    extra = tuple(data.draw(st.integers(0, max(pair) - 1)) for pair in pairs)
    ours, theirs = TRANSPOSED[ndim]
    tx, tw = torch_of(x, w)
    tb = None if b is None else torch.from_numpy(b)
    expected = theirs(tx, tw, tb, padding=padding, output_padding=extra, **options)
    assert_near(ours(x, w, b, padding=padding, output_padding=extra, **options), expected)


@settings(max_examples=60)
@given(data=st.data())
def test_transposed_convolution_is_the_adjoint(data):
    x, w, _, padding, options, rng = conv(data.draw, 2, transposed=True)
    up = reference.conv_transpose2d(x, w, padding=padding, **options)
    g = rng.standard_normal(up.shape)
    down = reference.conv2d(g, w, padding=padding, **options)
    assert down.shape == x.shape
    assert np.vdot(up, g) == pytest.approx(np.vdot(x, down), abs=1e-9)


def pooling(draw, ndim, most_dilation):
    """A random pooling layer and an input with many equal values."""
    axes = range(ndim)
    kernel = tuple(draw(st.integers(1, 4)) for _ in axes)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = tuple(draw(st.integers(1, most_dilation)) for _ in axes)
    # PyTorch writes beyond its memory where a window meets only padding, which needs n < D.
    size = [
        max(d, draw(st.integers(1, 8)) + max(0, d * (k - 1) - 2 * p))
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    stride = draw(st.none() | st.tuples(*(st.integers(1, 3) for _ in axes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    x = rng.integers(-2, 2, (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size)) / 2
    options = {"stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}
    return x, kernel, options, dilation, rng


def assert_pools_alike(functions, x, kernel, options, rng):
    ours, backward, theirs = functions
    [tx] = torch_of(x)
    expected = theirs(tx, kernel, **options)
    assert_near(ours(x, kernel, **options), expected)
    grad = rng.standard_normal(expected.shape)
    [dx] = torch.autograd.grad(expected, [tx], torch.from_numpy(grad))
    assert_near(backward(grad, x, kernel, **options), dx)


@pytest.mark.parametrize("ndim", [1, 2])
@settings(max_examples=150)
@given(data=st.data())
def test_max_pooling_and_its_gradient_are_pytorchs(ndim, data):
    x, kernel, options, dilation, rng = pooling(data.draw, ndim, most_dilation=3)
    # Of equal values the first is taken, of NaNs the last, and -inf comes before padding.
    for value in (np.nan, -np.inf):
        x[rng.random(x.shape) < data.draw(st.sampled_from([0, 0.2, 0.7]))] = value
    assert_pools_alike(MAX[ndim], x, kernel, options | {"dilation": dilation}, rng)


@pytest.mark.parametrize("ndim", [1, 2])
@settings(max_examples=150)
@given(data=st.data())
def test_average_pooling_and_its_gradient_are_pytorchs(ndim, data):
    x, kernel, options, _, rng = pooling(data.draw, ndim, most_dilation=1)
    options["count_include_pad"] = data.draw(st.booleans())
    assert_pools_alike(AVG[ndim], x, kernel, options, rng)


def test_one_kernel():
    image, kernel = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[[1, 2], [3, 4]]]]
    np.testing.assert_array_equal(reference.conv2d(image, kernel), [[[37, 47], [67, 77]]])
    other, anti_diagonal = [[[1, 0, 2], [0, 3, 0], [4, 0, 5]]], [[[[0, 1], [1, 0]]]]
    np.testing.assert_array_equal(reference.conv2d(other, anti_diagonal), [[[0, 5], [7, 0]]])


def test_three_kernels_as_one_standard_filter():
    y = reference.conv2d(RGB, KERNELS[None])
    np.testing.assert_array_equal(y, [[[177, 183], [201, 207]]])
    same = reference.conv2d(RGB, KERNELS[None], padding=1)
    rows = [[102, 110, 114, 54], [159, 177, 183, 93], [171, 201, 207, 117], [118, 142, 146, 86]]
    np.testing.assert_array_equal(same[0], rows)
    dilated = reference.conv2d(RGB, KERNELS[None], padding=2, dilation=2)
    first, second = [106, 108, 56, 60], [114, 116, 72, 76]
    np.testing.assert_array_equal(dilated[0], [first, second, first, second])


def test_three_kernels_as_a_depthwise_layer_and_a_pointwise_one():
    y = reference.conv2d(RGB, KERNELS[:, None], groups=3)
    maps = [[[-6, -6], [-6, -6]], [[66, 69], [78, 81]], [[117, 120], [129, 132]]]
    np.testing.assert_array_equal(y, maps)
    pointwise = np.array([[1, 1, 1], [1, -1, 0]])[:, :, None, None]
    expected = [[[177, 183], [201, 207]], [[-72, -75], [-84, -87]]]
    np.testing.assert_array_equal(reference.conv2d(y, pointwise), expected)
    biased = reference.conv2d(y, pointwise, [1000, -1])
    np.testing.assert_array_equal(biased, np.add(expected, [[[1000]], [[-1]]]))


@pytest.mark.parametrize(
    ("grad", "dw", "dx"),
    [
        ([[1, 1], [1, 1]], [[12, 16], [24, 28]], [[1, 1, 0], [1, 2, 1], [0, 1, 1]]),
        ([[1, 2], [3, 4]], [[37, 47], [67, 77]], [[1, 2, 0], [3, 5, 2], [0, 3, 4]]),
    ],
)
def test_gradients_by_hand(grad, dw, dx):
    image = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    found = reference.conv2d_backward([grad], image, [[[[1, 0], [0, 1]]]])
    np.testing.assert_array_equal(found[0], [dx])
    np.testing.assert_array_equal(found[1], [[dw]])
    np.testing.assert_array_equal(found[2], [np.sum(grad)])


def test_pooling_by_hand():
    x = np.array([[0, 0, 1, 1, 0, 0, 1, 1]])
    np.testing.assert_array_equal(reference.max_pool1d(x, 2), [[0, 1, 0, 1]])
    shifted = np.roll(x, 1)
    np.testing.assert_array_equal(reference.max_pool1d(shifted, 2), [[1, 1, 1, 1]])
    np.testing.assert_array_equal(reference.avg_pool1d(shifted, 2), [[0.5] * 4])
    image = np.array([[[1, 2, 3], [9, 5, 4]]])
    np.testing.assert_array_equal(reference.max_pool2d(image, (1, 2), stride=1), [[[2, 3], [9, 5]]])
    np.testing.assert_array_equal(reference.avg_pool2d(image, (2, 3)), [[[4]]])
    sent = reference.max_pool2d_backward([[[7, 11]]], image, 2, stride=1)
    np.testing.assert_array_equal(sent, [[[0, 0, 0], [7, 11, 0]]])


def test_padding_of_one_end_only():
    causal = reference.conv1d([[1, 2, 3, 4]], [[[1, 1, 1]]], padding=((4, 0),), dilation=2)
    np.testing.assert_array_equal(causal, [[1, 2, 4, 6]])
    taken = reference.conv_transpose1d([[1, 10]], [[[1, 2, 3]]], stride=2, padding=((2, 1),))
    np.testing.assert_array_equal(taken, [[13, 20]])
    largest = reference.max_pool2d([[[1, 2], [3, 4]]], 2, stride=1, padding=((1, 0), (0, 1)))
    np.testing.assert_array_equal(largest, [[[2, 2], [4, 4]]])
    mean = reference.avg_pool1d([[1, 3]], 2, stride=1, padding=((0, 1),))
    np.testing.assert_array_equal(mean, [[2, 1.5]])


def test_windows_of_padding_only():
    options = {"stride": 1, "padding": (1, 0), "dilation": (2, 1)}
    x = torch.tensor([[[1.0, 2.0, 3.0]]])
    floats = reference.max_pool2d(x.numpy(), 2, **options)
    np.testing.assert_array_equal(floats, F.max_pool2d(x, 2, **options))
    assert np.isneginf(floats).all()
    sent = reference.max_pool2d_backward(floats, x.numpy(), 2, **options)
    np.testing.assert_array_equal(sent, np.zeros((1, 1, 3)))
    integers = reference.max_pool2d(x.numpy().astype(int), 2, **options)
    np.testing.assert_array_equal(integers, F.max_pool2d(x.long(), 2, **options))


def test_integers_are_exact_where_floats_are_not():
    large = 2**60 + 1
    y = reference.conv2d(np.full((1, 2, 3), large), np.ones((1, 1, 1, 2), int))
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, np.full((1, 2, 2), 2 * large))
    pixels = np.full((1, 2, 3), 255, np.uint8)
    weights = np.full((1, 1, 2, 2), 200, np.uint8)
    np.testing.assert_array_equal(reference.conv2d(pixels, weights), [[[4 * 255 * 200] * 2]])
    np.testing.assert_array_equal(
        reference.max_pool2d(np.full((1, 1, 2), large), 1), [[[large] * 2]]
    )
    np.testing.assert_array_equal(reference.conv1d([[True, True]], [[[1, 1]]]), [[2]])
    mean = reference.avg_pool2d(np.array([[[2, 3]]]), (1, 2))
    assert mean.dtype == np.float64
    assert mean == 2.5


@pytest.mark.parametrize(
    ("dtype", "result"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.uint8, np.int64),
        (np.int32, np.int64),
    ],
)
def test_dtypes(dtype, result):
    image, kernel = np.ones((1, 2, 4, 5), dtype), np.ones((3, 2, 3, 2), dtype)
    y = reference.conv2d(image, kernel, np.ones(3, dtype), padding=1)
    assert y.dtype == result
    assert {part.dtype for part in reference.conv2d_backward(y, image, kernel, padding=1)} == {
        np.dtype(result)
    }
    # Lists take on the dtype of arrays.
    assert reference.conv2d(image, kernel.tolist(), [1, 1, 1], padding=1).dtype == result
    assert reference.conv_transpose2d(image, kernel.tolist()[:2]).dtype == result
    listed = reference.conv2d_backward(y, image.tolist(), kernel.tolist(), padding=1)
    assert {part.dtype for part in listed} == {np.dtype(result)}
    pooled = reference.max_pool2d(y, 2)
    assert pooled.dtype == reference.max_pool2d_backward(pooled, y, 2).dtype == result
    mean = np.float64 if result is np.int64 else result
    assert reference.avg_pool2d(y, 2).dtype == mean
    assert reference.avg_pool2d_backward(pooled, y, 2).dtype == mean


def test_float32_is_rounded_little():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 16, 13, 17)), rng.standard_normal((24, 16, 3, 5))
    exact = reference.conv2d(x, w, padding=(1, 2))
    single = reference.conv2d(x.astype(np.float32), w.astype(np.float32), padding=(1, 2))
    assert np.abs(single - exact).max() < 1e-6 * np.abs(exact).max()


def test_more_rows_than_are_computed_at_a_time():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 8, 67, 71)), rng.standard_normal((6, 4, 3, 5))
    options = {"stride": (1, 2), "dilation": (2, 1), "groups": 2}
    tx, tw = torch_of(x, w)
    expected = F.conv2d(tx, tw, padding=(2, 1), **options)
    assert_near(reference.conv2d(x, w, padding=(2, 1), **options), expected)


@pytest.mark.parametrize("ndim", [1, 2])
def test_an_image_without_a_batch(ndim):
    rng = np.random.default_rng(ndim)
    x, w = rng.standard_normal((2, 6, 7)[: ndim + 1]), rng.standard_normal((4, 2, 3, 2)[: ndim + 2])
    y = FORWARD[ndim][0](x, w)
    assert y.ndim == ndim + 1
    np.testing.assert_array_equal(FORWARD[ndim][0](x[None], w), y[None])
    alone, batched = BACKWARD[ndim](y, x, w), BACKWARD[ndim](y[None], x[None], w)
    assert alone[0].shape == x.shape
    for one, other in zip((alone[0][None], *alone[1:]), batched, strict=True):
        np.testing.assert_array_equal(one, other)
    up = TRANSPOSED[ndim][0]
    np.testing.assert_array_equal(up(y[None], w), up(y, w)[None])
    for forward, backward, _ in (MAX[ndim], AVG[ndim]):
        pooled = forward(x, 2)
        np.testing.assert_array_equal(forward(x[None], 2), pooled[None])
        np.testing.assert_array_equal(
            backward(pooled[None], x[None], 2), backward(pooled, x, 2)[None]
        )


@pytest.mark.parametrize("ndim", [1, 2])
def test_an_empty_batch(ndim):
    x, w = np.ones((0, 2, 6, 7)[: ndim + 2]), np.ones((4, 2, 3, 2)[: ndim + 2])
    y = FORWARD[ndim][0](x, w)
    assert y.shape == FORWARD[ndim][1](*torch_of(x, w)).shape
    dx, dw, db = BACKWARD[ndim](y, x, w)
    assert dx.shape == x.shape
    assert not dw.any()
    assert not db.any()
    assert TRANSPOSED[ndim][0](y, w).shape == x.shape
    for forward, backward, theirs in (MAX[ndim], AVG[ndim]):
        pooled = forward(x, 2)
        assert pooled.shape == theirs(torch.from_numpy(x), 2).shape
        assert backward(pooled, x, 2).shape == x.shape


def test_arrays_in_any_order_of_memory_are_read_and_left_alone():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, 2, 12, 6)).transpose(0, 3, 1, 2)[1:3, :, ::-1, ::2]
    w = np.asfortranarray(rng.standard_normal((4, 3, 2, 3)))
    x.setflags(write=False)
    w.setflags(write=False)
    y = reference.conv2d(x, w, padding=1, groups=2)
    np.testing.assert_array_equal(
        y, reference.conv2d(x.copy("C"), w.copy("C"), padding=1, groups=2)
    )
    np.testing.assert_allclose(
        y, F.conv2d(*(t.detach() for t in torch_of(x, w)), padding=1, groups=2)
    )
    reference.conv2d_backward(y, x, w, padding=1, groups=2)
    pooled = reference.max_pool2d(x, 1)
    np.testing.assert_array_equal(pooled, x)
    assert not np.shares_memory(pooled, x)


def test_nan_reaches_only_what_reads_it():
    x = np.ones((1, 1, 5, 6))
    x[0, 0, 1, 4] = np.nan
    y = reference.conv2d(x, np.ones((1, 1, 2, 3)))
    assert set(zip(*np.nonzero(np.isnan(y[0, 0])), strict=True)) == {
        (i, j) for i in (0, 1) for j in (2, 3)
    }
    gradient = reference.max_pool1d_backward([[np.nan, 2.0]], [[1.0, 5.0, 3.0, 4.0]], 2)
    np.testing.assert_array_equal(gradient, [[0, np.nan, 0, 2]])
