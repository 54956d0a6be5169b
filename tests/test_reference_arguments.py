"""What does not go together is refused at once, in words that name the mend."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dsconv_lib import reference

X, W, B = np.ones((2, 4, 9, 12)), np.ones((6, 2, 3, 2)), np.ones(6)
LAYER = {"x": X, "w": W, "b": B, "groups": 2}
HALF = np.float16


def table(rows):
    return pytest.mark.parametrize(
        ("change", "error", "words"), [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


# What is refused alike by convolution and by its transpose.
EITHER = [
    ("groups 0", {"groups": 0}, ValueError, r"groups=0 must be at least 1"),
    ("groups True", {"groups": True}, TypeError, r"groups must be an integer"),
    (
        "groups of x",
        {"groups": 3},
        ValueError,
        r"groups=3 does not divide the 4 channels of x: use",
    ),
    (
        "channels missing",
        {"x": X[:, :0]},
        ValueError,
        r"shape \(2, 0, 9, 12\), .* at least one channel",
    ),
    ("no rows", {"x": X[:, :, :0]}, ValueError, r"x has shape \(2, 4, 0, 12\), .* not be empty"),
    (
        "rank of x",
        {"x": X[0, 0]},
        ValueError,
        r"x has shape \(9, 12\), .* \(C, H, W\): give 3 or 4",
    ),
    ("five axes", {"x": X[None]}, ValueError, r"x has shape \(1, 2, 4, 9, 12\)"),
    ("bias", {"b": B[:5]}, ValueError, r"b has shape \(5,\), .* of the 6 output .* shape \(6,\)"),
    ("bias matrix", {"b": B[None]}, ValueError, r"b has shape \(1, 6\)"),
    ("stride 0", {"stride": 0}, ValueError, r"stride=0 must be at least 1"),
    ("dilation 0", {"dilation": (1, 0)}, ValueError, r"dilation=0 must be at least 1"),
    ("padding -1", {"padding": -1}, ValueError, r"padding=-1 must be at least 0"),
    ("three axes", {"stride": (1, 1, 1)}, ValueError, r"agree on the number of axes"),
    ("fraction", {"dilation": 1.5}, TypeError, r"dilation must be an integer .* got 1.5"),
    (
        "half",
        {"x": X.astype(HALF)},
        TypeError,
        r"x has dtype float16, .* use float32, float64 or int",
    ),
    ("complex", {"w": W * 1j}, TypeError, r"w has dtype complex128, .* as in w.astype"),
    ("unsigned", {"b": B.astype(np.uint64)}, TypeError, r"b has dtype uint64, .* up to int64"),
    ("words", {"b": list("abcdef")}, TypeError, r"b has dtype <U1"),
]
FORWARD = [
    *EITHER,
    (
        "rank of w",
        {"w": W[0]},
        ValueError,
        r"\(2, 3, 2\), .* \(O, C / groups, kh, kw\) .* give 4 axes",
    ),
    (
        "no taps",
        {"w": W[..., :0]},
        ValueError,
        r"w has shape \(6, 2, 3, 0\), .* without empty axes",
    ),
    (
        "channels",
        {"groups": 1},
        ValueError,
        r"C=4 and groups=1 must have C / groups .* 4 on axis 1",
    ),
    (
        "groups of w",
        {"groups": 4},
        ValueError,
        r"groups=4 does not divide the 6 kernels .* 4 and 6",
    ),
    (
        "too large",
        {"dilation": 5},
        ValueError,
        r"kernel_size=3 .* spans 11 .* has only 9: use a larger",
    ),
]
# The same weight as (C, O / groups, kh, kw)
UP = LAYER | {"w": np.ones((4, 3, 3, 2))}
TRANSPOSED = [
    *EITHER,
    ("rank of w", {"w": W[0]}, ValueError, r"must be \(C, O / groups, kh, kw\)"),
    ("channels", {"w": W}, ValueError, r"must have one kernel per channel of x: use 4 on axis 0"),
    ("output padding", {"output_padding": 1}, ValueError, r"output_padding=1 must be smaller"),
    ("nothing left", {"padding": 6}, ValueError, r"padding=6\+6 leaves -1 output positions"),
]


@table(FORWARD)
def test_convolution(change, error, words):
    arguments = LAYER | change
    x, w, b = (arguments.pop(name) for name in "xwb")
    with pytest.raises(error, match=words):
        reference.conv2d(x, w, b, **arguments)


@table(TRANSPOSED)
def test_transposed_convolution(change, error, words):
    arguments = UP | change
    x, w, b = (arguments.pop(name) for name in "xwb")
    with pytest.raises(error, match=words):
        reference.conv_transpose2d(x, w, b, **arguments)


@table([row for row in FORWARD if "b" not in row[1]])
def test_backward(change, error, words):
    arguments = LAYER | change
    x, w, _ = (arguments.pop(name) for name in "xwb")
    with pytest.raises(error, match=words):
        reference.conv2d_backward(np.ones((2, 6, 7, 11)), x, w, **arguments)


@pytest.mark.parametrize("shape", [(2, 6, 7, 12), (6, 7, 11), (1, 6, 7, 11), (2, 1, 1, 1)])
def test_gradients_of_another_shape(shape):
    words = r"grad has shape .*, but must be that of the output: use shape \(2, 6, 7, 11\)"
    with pytest.raises(ValueError, match=words):
        reference.conv2d_backward(np.ones(shape), X, W, groups=2)
    words = r"grad has shape .* use shape \(2, 4, 4, 4\)"
    for backward in (reference.max_pool2d_backward, reference.avg_pool2d_backward):
        with pytest.raises(ValueError, match=words):
            backward(np.ones(shape), X, (2, 3))


POOLING = [
    ("rank of x", {"x": X[0, 0]}, ValueError, r"x has shape \(9, 12\), but must be \(N, C, H, W\)"),
    ("no columns", {"x": X[..., :0]}, ValueError, r"x has shape \(2, 4, 9, 0\), .* not be empty"),
    ("half", {"x": X.astype(HALF)}, TypeError, r"x has dtype float16"),
    ("kernel 0", {"kernel_size": (2, 0)}, ValueError, r"kernel_size=0 must be at least 1"),
    ("three axes", {"kernel_size": (2, 2, 2)}, ValueError, r"3 axes, but 2 are wanted"),
    ("stride 0", {"stride": (0, 1)}, ValueError, r"stride=0 must be at least 1"),
    (
        "padding",
        {"padding": (1, 2)},
        ValueError,
        r"padding=2\+2 is more than half of kernel_size=3",
    ),
    (
        "padding after",
        {"padding": ((0, 2), 0)},
        ValueError,
        r"padding=0\+2 .* use at most 1 at each",
    ),
    (
        "too large",
        {"kernel_size": (3, 13)},
        ValueError,
        r"kernel_size=13 .* has only 12: use a larger",
    ),
]


@table(POOLING)
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
def test_pooling(name, change, error, words):
    arguments = {"x": X, "kernel_size": 3} | change
    x, kernel_size = arguments.pop("x"), arguments.pop("kernel_size")
    with pytest.raises(error, match=words):
        getattr(reference, name)(x, kernel_size, **arguments)
    with pytest.raises(error, match=words):
        getattr(reference, f"{name}_backward")(X, x, kernel_size, **arguments)


def test_one_axis_names_its_own_shapes():
    with pytest.raises(
        ValueError, match=r"x has shape .* but must be \(N, C, L\) or \(C, L\): give 2"
    ):
        reference.conv1d(X, np.ones((4, 1, 3)))
    with pytest.raises(ValueError, match=r"w has shape .* but must be \(O, C / groups, k\)"):
        reference.conv1d(X[0], np.ones((9, 3)))
    with pytest.raises(ValueError, match=r"must be \(N, C, L\)"):
        reference.max_pool1d(X, 2)
    with pytest.raises(ValueError, match=r"agree on the number of axes"):
        reference.conv1d(X[0], np.ones((2, 9, 3)), stride=(1, 1))
    with pytest.raises(ValueError, match=r"grad has shape \(2, 3\), .* use shape \(2, 10\)"):
        reference.conv1d_backward(np.ones((2, 3)), X[0, 0], np.ones((2, 9, 3)))


def test_columns():
    with pytest.raises(ValueError, match=r"x has shape \(9, 12\)"):
        reference.im2col(X[0, 0], 3)
    with pytest.raises(ValueError, match=r"x has shape \(9, 12\)"):
        reference.im2col_bytes((9, 12), 3)
    for call in (reference.im2col, lambda x, *rest: reference.im2col_bytes(x.shape, *rest)):
        with pytest.raises(ValueError, match=r"kernel_size=13 .* has only 12"):
            call(X, (2, 13))
        with pytest.raises(ValueError, match=r"3 axes, but 2 are wanted"):
            call(X, (1, 2, 3))


@pytest.mark.parametrize("size", [(9, 12), (5, 3), (4, 12), (9, 2), (1, 1)])
@pytest.mark.parametrize("padding", [0, (1, 0)])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_kernels_too_large_are_refused_where_pytorch_refuses(size, padding, dilation, ceil_mode):
    x, w = np.ones((1, 2, *size)), np.ones((1, 2, 3, 2))
    options = {"padding": padding, "dilation": dilation}
    pooling = options | {"ceil_mode": ceil_mode, "stride": (4, 5)}
    for ours, theirs, rest, named in (
        (reference.conv2d, F.conv2d, (w,), options),
        (reference.max_pool2d, F.max_pool2d, ((3, 2),), pooling),
    ):
        tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in (x, *rest)]
        try:
            expected = theirs(*tensors, **named)
        except RuntimeError:
            with pytest.raises(ValueError, match="kernel_size"):
                ours(x, *rest, **named)
        else:
            np.testing.assert_array_equal(ours(x, *rest, **named), expected)


DTYPES = [np.float32, np.float64, np.uint8, np.int32, np.int64]


@pytest.mark.parametrize("x", DTYPES)
@pytest.mark.parametrize("w", DTYPES)
@pytest.mark.parametrize("b", [*DTYPES, None])
def test_dtypes_are_mixed_where_pytorch_mixes_them(x, w, b):
    """That is nowhere, in a convolution and in a transposed one; and integers PyTorch has."""
    image, kernel = np.ones((1, 3, 4), x), np.ones((2, 1, 2, 2), w)
    bias = None if b is None else np.ones(2, b)
    backward = np.ones((1, 3, 4), x), np.ones((1, 1, 2, 2), w)
    try:
        F.conv2d(
            *(None if part is None else torch.from_numpy(part) for part in (image, kernel, bias))
        )
        accepted = True
    except RuntimeError as error:
        accepted = "not implemented" in str(error)
    assert accepted == (len({x, w, b} - {None}) == 1)
    if accepted:
        reference.conv2d(image, kernel, bias)
        reference.conv_transpose2d(*backward, None if b is None else np.ones(1, b))
        return
    with pytest.raises(TypeError, match=r"(w|b) has dtype .* but x has .*: bring them to one, as"):
        reference.conv2d(image, kernel, bias)
    with pytest.raises(TypeError, match="as in PyTorch both must be the same"):
        reference.conv_transpose2d(*backward, None if b is None else np.ones(1, b))


def test_upstream_gradients_have_the_dtype_of_the_output():
    x, w = np.ones((1, 3, 4), np.float32), np.ones((2, 1, 2, 2), np.float32)
    grad = np.ones((2, 2, 3))
    with pytest.raises(TypeError, match="grad has dtype float64 but the output float32"):
        reference.conv2d_backward(grad, x, w)
    with pytest.raises(TypeError, match="grad has dtype float64 but the output int64"):
        reference.conv2d_backward(grad, x.astype(int), w.astype(int))
    with pytest.raises(TypeError, match="w has dtype float64 but x has float32"):
        reference.conv2d_backward(grad.astype(np.float32), x, w.astype(float))
    with pytest.raises(TypeError, match="grad has dtype float32 but the output float64"):
        reference.avg_pool2d_backward(np.ones((1, 1, 2), np.float32), np.ones((1, 3, 4), int), 2)
    with pytest.raises(TypeError, match="x has dtype float64 but grad has int64"):
        reference.max_pool2d_backward(np.ones((1, 1, 2), int), [[[0.5] * 4] * 3], 2)


def test_lists_have_no_dtype_of_their_own():
    pixels = np.full((1, 1, 2), 7, np.uint8)
    assert reference.conv2d(pixels, [[[[1, -1]]]]).tolist() == [[[0]]]
    halves = [[[[0.5, 1.5]]]]
    assert reference.conv2d(pixels.astype(np.float32), halves, [1]).dtype == np.float32
    assert reference.conv2d([[[7, 7]]], halves).tolist() == [[[14.0]]]
    with pytest.raises(TypeError, match="w has dtype float64 but x has uint8"):
        reference.conv2d(pixels, halves)


@pytest.mark.parametrize("kernel", [(3, 4), (1, 2)])
@pytest.mark.parametrize("dilation", [1, (2, 3)])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_padding_in_words_is_pytorchs(kernel, dilation):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 2, 11, 13)), rng.standard_normal((3, 2, *kernel))
    for padding, stride in (("same", 1), ("valid", 1), ("valid", (2, 3))):
        how = {"padding": padding, "stride": stride, "dilation": dilation}
        inputs = [torch.from_numpy(part).requires_grad_() for part in (x, w)]
        expected = F.conv2d(*inputs, **how)
        y = reference.conv2d(x, w, **how)
        np.testing.assert_allclose(y, expected.detach(), atol=1e-12)
        theirs = torch.autograd.grad(expected, inputs, torch.from_numpy(y))
        for ours, grad in zip(reference.conv2d_backward(y, x, w, **how), theirs, strict=False):
            np.testing.assert_allclose(ours, grad, atol=1e-10)
    row, taps = x[:, :, 0], w[:, :, 0]
    for padding in ("same", "valid"):
        expected = F.conv1d(*map(torch.from_numpy, (row, taps)), padding=padding, dilation=2)
        y = reference.conv1d(row, taps, padding=padding, dilation=2)
        np.testing.assert_allclose(y, expected, atol=1e-12)


@pytest.mark.parametrize("padding", ["same", "causal", "SAME", ""])
def test_words_that_pytorch_refuses_are_refused(padding):
    x, w, stride = np.ones((1, 9, 12)), np.ones((1, 1, 3, 3)), 2 if padding == "same" else 1
    with pytest.raises((RuntimeError, ValueError)):
        F.conv2d(*map(torch.from_numpy, (x, w)), padding=padding, stride=stride)
    words = "which stride=.* does not" if padding == "same" else f"padding='{padding}' is unknown"
    for function, *given in (
        (reference.conv2d, x, w),
        (reference.conv1d, x[:, 0], w[:, :, 0]),
        (reference.conv2d_loops, x, w),
        (reference.conv2d_im2col, x, w),
        (reference.conv2d_fft, x, w),
    ):
        with pytest.raises(ValueError, match=words):
            function(*given, padding=padding, stride=stride)
    with pytest.raises(TypeError, match="is not for a transposed convolution, as in PyTorch"):
        reference.conv_transpose2d(x, w, padding=padding)
    with pytest.raises(TypeError, match="conv_transpose2d"):
        F.conv_transpose2d(*map(torch.from_numpy, (x, w)), padding=padding)
