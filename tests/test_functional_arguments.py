"""What does not go together is refused at once, in words that name the mend."""

import pytest
import torch
import torch.nn.functional as F

from dsconv_lib.functional import depthwise_conv1d, depthwise_conv2d

X, W, B = torch.ones(2, 4, 9, 12), torch.ones(8, 1, 3, 2), torch.ones(8)

REFUSED = [
    (
        "no tensor",
        {"input": [[1.0]]},
        TypeError,
        r"input must be a torch.Tensor, got list: use .*as_tensor",
    ),
    (
        "dtypes",
        {"weight": W.double()},
        TypeError,
        r"weight has dtype torch.float64 .* use weight.to\(input.dtype\)",
    ),
    ("bias dtype", {"bias": B.half()}, TypeError, r"bias has dtype torch.float16"),
    ("devices", {"weight": W.to("meta")}, ValueError, r"weight is on device meta but input on cpu"),
    (
        "rank of x",
        {"input": X[0, 0]},
        ValueError,
        r"input has shape \(9, 12\), .* \(N, C, H, W\).*: give 3 or 4 axes$",
    ),
    (
        "rank of w",
        {"weight": W[:, 0]},
        ValueError,
        r"weight has shape \(8, 3, 2\), but must be \(C \* M, 1",
    ),
    (
        "dense kernel",
        {"weight": torch.ones(8, 4, 3, 3)},
        ValueError,
        r"weight has shape \(8, 4, 3, 3\)",
    ),
    ("no taps", {"weight": torch.ones(8, 1, 0, 2)}, ValueError, r"without empty axes"),
    (
        "kernels",
        {"weight": W[:7], "bias": None},
        ValueError,
        r"weight holds 7 kernels for the 4 channels of input",
    ),
    (
        "bias",
        {"bias": B[:4]},
        ValueError,
        r"bias has shape \(4,\), .* each of the 8 kernels of weight",
    ),
    (
        "no rows",
        {"input": X[:, :, :0]},
        ValueError,
        r"input has shape \(2, 4, 0, 12\), .*: use at least one position per axis$",
    ),
    ("no channels", {"input": X[:, :0]}, ValueError, r"the 0 channels of input"),
    ("stride 0", {"stride": 0}, ValueError, r"stride=0 must be at least 1"),
    ("dilation 0", {"dilation": (1, 0)}, ValueError, r"dilation=0 must be at least 1"),
    ("padding -1", {"padding": -1}, ValueError, r"padding=-1 must be at least 0"),
    ("three axes", {"stride": (1, 1, 1)}, ValueError, r"number of axes"),
    ("fraction", {"dilation": 1.5}, TypeError, r"dilation must be an integer .* got 1.5"),
    ("word", {"padding": "full"}, ValueError, r'padding=\'full\' is unknown: use "same"'),
    (
        "strided same",
        {"padding": "same", "stride": 2},
        ValueError,
        r'"same" keeps the size, which stride=\(2, 2\) does not: use stride=1, .* for padding$',
    ),
    ("too large", {"dilation": 5}, ValueError, r"kernel"),
    ("groups", {"groups": 2}, ValueError, r"groups=2 must be .* here 4, or None: use .*conv2d for"),
    ("groups 0", {"groups": 0}, ValueError, r"groups=0 must be at least 1"),
    ("groups True", {"groups": True}, TypeError, r"groups must be an integer"),
]


@pytest.mark.parametrize(
    ("change", "error", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(change, error, words):
    with pytest.raises(error, match=words):
        depthwise_conv2d(**{"input": X, "weight": W, "bias": B} | change)


def test_one_axis_names_its_own_shapes():
    with pytest.raises(ValueError, match=r"input has shape .* but must be \(N, C, L\) or \(C, L\)"):
        depthwise_conv1d(X, torch.ones(4, 1, 3))
    with pytest.raises(ValueError, match=r"weight has shape .* but must be \(C \* M, 1, k\)"):
        depthwise_conv1d(X[0], torch.ones(9, 3))


@pytest.mark.parametrize("size", [(9, 12), (5, 3), (4, 12), (9, 2)])
@pytest.mark.parametrize("padding", [0, (1, 0)])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_kernel_too_large_is_refused_where_pytorch_refuses(size, padding, dilation):
    x, options = torch.ones(1, 4, *size), {"padding": padding, "dilation": dilation}
    try:
        expected = F.conv2d(x, W, groups=4, **options)
    except RuntimeError:
        with pytest.raises(ValueError, match="kernel"):
            depthwise_conv2d(x, W, **options)
    else:
        assert torch.equal(depthwise_conv2d(x, W, **options), expected)


def test_an_empty_batch_is_let_through():
    w = W.clone().requires_grad_()
    y = depthwise_conv2d(X[:0], w, B, padding=2, dilation=2)
    assert y.shape == F.conv2d(X[:0], W, B, padding=2, dilation=2, groups=4).shape
    y.sum().backward()
    assert not w.grad.any()
