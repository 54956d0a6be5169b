"""Rules of single operations: what the trace says, row by row, against the spread of NaN."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import Apply, conv_then

from dsconv_lib import trace_receptive_field
from dsconv_lib.trace import trace_reaches

SHAPE = (2, 2, 12, 18)


def spread(module, shape, axis):
    """For each index of the output the indices of the input from which NaN arrive."""
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0)) + 0.5
    found = []
    with torch.no_grad():
        for place in range(shape[2 + axis]):
            spoilt = x.clone()
            spoilt.select(2 + axis, place).fill_(torch.nan)
            arrived = module.eval()(spoilt).isnan()
            others = [d for d in range(arrived.dim()) if d != 2 + axis]
            found.append(arrived.any(others[0]) if len(others) == 1 else _any(arrived, others))
    return np.stack([row.numpy() for row in found], 1)


def _any(arrived, dims):
    for dim in sorted(dims, reverse=True):
        arrived = arrived.any(dim)
    return arrived


def said(module, shape):
    """Per axis, for each index of the output the indices that it is said to read."""
    reaches, unknown = trace_reaches(module, shape)
    tables = []
    for reach in reaches:
        table = np.array([[row >> p & 1 for p in range(reach.size)] for row in reach.rows])
        tables.append(table.astype(bool))
    return tables, unknown


def tokens(y):
    """Rows and columns merged, channels last."""
    return y.flatten(2).transpose(1, 2)


def image_of(t, y):
    return t.transpose(1, 2).reshape(y.shape[0], -1, *y.shape[2:])


def attention(y):
    t = tokens(y)
    return image_of((t @ t.mT / 2).softmax(-1) @ t, y)


def fused_attention(y):
    t = tokens(y)[:, None]
    return image_of(F.scaled_dot_product_attention(t, t, t)[:, 0], y)


def with_a_class_token(y):
    t = torch.cat([y.new_ones(y.shape[0], 1, y.shape[1]), tokens(y)], 1)
    return image_of(((t @ t.mT).softmax(-1) @ t)[:, 1:], y)


def causal(y):
    t = y.mean(3).transpose(1, 2)
    return F.scaled_dot_product_attention(t, t, t, is_causal=True).transpose(1, 2)[..., None]


def reduced_keys(y):
    """As in the pyramid vision transformer."""
    t, k = tokens(y), tokens(F.avg_pool2d(y, (2, 3)))
    return image_of((t @ k.mT).softmax(-1) @ k, y)


def windows(y, mix, rows=4, columns=6, shift=(0, 0)):
    """As in the Swin transformer: windows apart, something in each, and back."""
    n, c, h, w = y.shape
    x = y.permute(0, 2, 3, 1).roll((-shift[0], -shift[1]), (1, 2))
    x = x.view(n, h // rows, rows, w // columns, columns, c).permute(0, 1, 3, 2, 4, 5)
    x = mix(x.reshape(-1, rows * columns, c))
    x = x.view(n, h // rows, w // columns, rows, columns, -1).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(n, h, w, -1).roll(shift, (1, 2)).permute(0, 3, 1, 2)


def attend(t):
    return (t @ t.mT).softmax(-1) @ t


def masked(t):
    scores = (t @ t.mT).view(2, 9, 24, 24) + torch.zeros(9, 24, 24)
    return scores.view(18, 24, 24).softmax(-1) @ t


def tokens_and_back(y):
    return F.avg_pool2d(image_of(F.layer_norm(tokens(y) * 2, (y.shape[1],)), y), 3, 1)


def unfolded(y):
    """As in the vision outlooker: windows apart, mixed, put back."""
    patches = F.unfold(y, (3, 2), (1, 2), (1, 0), (2, 3))
    mixed = F.linear(patches.transpose(1, 2), torch.ones(12, patches.shape[1])).transpose(1, 2)
    return F.fold(mixed, y.shape[2:], (3, 2), (1, 2), (1, 0), (2, 3))


def smooth(mode, *size):
    return lambda y: F.interpolate(y, size, mode=mode, antialias=True)


def bilinear(y):
    x = y.permute(0, 2, 3, 1)
    return F.bilinear(x, x.roll(1, 1), torch.ones(3, 4, 4)).permute(0, 3, 1, 2)


def places(*index):
    return torch.tensor(index)


def scattered(y):
    return torch.zeros_like(y).scatter(1, y.argmax(1, keepdim=True), y)


EXACT = {
    "attention": attention,
    "fused attention": fused_attention,
    "a class token": with_a_class_token,
    "causal attention": causal,
    "reduced keys": reduced_keys,
    "attention in windows": lambda y: windows(y, attend),
    "attention in shifted windows": lambda y: windows(y, attend, shift=(2, 3)),
    "masked attention in windows": lambda y: windows(y, masked),
    "a convolution after windows": lambda y: F.max_pool2d(windows(y, attend), (3, 1), (1, 2)),
    "tokens and back": tokens_and_back,
    "sort over channels": lambda y: y.sort(1)[0],
    "topk over channels": lambda y: y.topk(2, 1)[0],
    "median over channels": lambda y: y.median(1, keepdim=True)[0],
    "median over a channel, cut": lambda y: y.kthvalue(2, 1)[0][:, None],
    "cumsum over rows": lambda y: y.cumsum(2),
    "cumsum over channels": lambda y: y.cumsum(1),
    "cumprod over columns": lambda y: y.cumprod(3),
    "gather over channels": lambda y: y.gather(1, torch.ones_like(y, dtype=torch.long)),
    "gather of some columns": lambda y: y.gather(1, torch.zeros(2, 1, 5, 7, dtype=torch.long)),
    "scatter over channels": lambda y: y.scatter(1, torch.zeros(2, 1, 10, 16).long(), 2 * y),
    "im2col and col2im": unfolded,
    "antialias, smaller": smooth("bilinear", 5, 7),
    "antialias, larger": smooth("bilinear", 23, 31),
    "antialias, cubic": smooth("bicubic", 4, 9),
    "bilinear": bilinear,
    "einsum of two": lambda y: torch.einsum("nchw,nchv->nchw", y, y[..., :5]),
    "rows by places": lambda y: y[:, :, places(3, 0, 7)],
    "rows and columns by places": lambda y: y[:, :, places(3, 0, 7)[:, None], places(1, 5)],
    "channels by places": lambda y: y[:, places(1, 0)],
    "channels by a table": lambda y: y[:, places([1, 0], [2, 2])].flatten(1, 2),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_rule_says_what_nan_show(name):
    function = EXACT[name]
    net = conv_then(function, (3, 1), padding=(1, 0))
    tables, unknown = said(net, SHAPE)
    assert unknown == ()
    for axis, table in enumerate(tables):
        truth = spread(net, SHAPE, axis)
        assert np.array_equal(np.broadcast_to(table, truth.shape), truth)


# More is said than NaN show, or it is listed: never less.
WIDER = {
    "sort over rows": lambda y: y.sort(2)[0],
    "renorm over channels": lambda y: y.renorm(2, 1, 1.0),
    "windows that do not mix": lambda y: windows(y, lambda t: t),
    "unfolded and folded": lambda y: F.fold(F.unfold(y, 3, padding=1), y.shape[2:], 3, padding=1),
    "places that depend": lambda y: y.gather(2, y.argsort(2)),
    "sorted places written": scattered,
    "sliced tokens": lambda y: y.flatten(2)[:, :, 3:-3].unflatten(2, (-1, 7)),
    "a diagonal": lambda y: torch.einsum("nchh->nch", y[..., :5, :5])[..., None],
    "a table of rows": lambda y: y[:, :, places([3, 0], [7, 1])].flatten(3, 4),
}


@pytest.mark.parametrize("name", WIDER)
def test_what_a_rule_cannot_say_exactly_is_said_wider(name):
    net = conv_then(WIDER[name], (3, 1), padding=(1, 0))
    tables, _ = said(net, SHAPE)
    for axis, table in enumerate(tables):
        truth = spread(net, SHAPE, axis)
        assert (np.broadcast_to(table, truth.shape) | ~truth).all()


def test_a_shifted_field_in_the_words_of_a_field():
    field = trace_receptive_field(Apply(lambda _, x: windows(x, attend)), (1, 3, 24, 36))
    assert field.size == (4, 6)
