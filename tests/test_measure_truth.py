"""Measured fields are never silently small: what picks, cuts or compares reads what it looks at.

The judge changes one input position after the other, with values of all kinds, and watches whether
the output moves. What it finds is read; a measurement may find more, never less.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from networks import Apply

from dsconv_lib import measure_receptive_field

SHAPE = (1, 3, 7, 9)


def neighbours(x, dim=2):
    """Each position with the two before and behind it, along a new last dimension."""
    return torch.stack([x.roll(shift, dim) for shift in (-1, 0, 1)], -1)


def pooled(x):
    return F.max_pool2d(x, 2, return_indices=True)


def written(x, index, value=0.0):
    x = x + 0
    x[index] = value
    return x


def nearest(x):
    """Vectors of channels, rounded to a code book."""
    codes = torch.arange(12.0).view(4, 3).to(x)
    places = torch.cdist(x.permute(0, 2, 3, 1).reshape(-1, 3), codes).argmin(1)
    return F.embedding(places, codes).view(1, *x.shape[2:], 3).permute(0, 3, 1, 2)


def bins(x):
    return torch.tensor([-1.0, 0.0, 1.0]).to(x)


def here(before, at, behind):
    """Positions of a column of three, as rows relative to the output."""
    return {(row, 0) for row, read in zip((-1, 0, 1), (before, at, behind), strict=True) if read}


COLUMN = here(1, 1, 1)
POINT = {(0, 0)}
ABOVE = here(1, 0, 0)
BOTH = here(1, 1, 0)
COLUMN_OF_ALL = {(row, 0) for row in range(-3, 4)}

EXACT = {
    "amax": (lambda x: neighbours(x).amax(-1), COLUMN),
    "max over a dimension": (lambda x: neighbours(x).max(-1)[0], COLUMN),
    "min of named values": (lambda x: neighbours(x).min(dim=-1).values, COLUMN),
    "aminmax": (lambda x: neighbours(x).aminmax(dim=-1).max, COLUMN),
    "median": (lambda x: neighbours(x).median(-1)[0], COLUMN),
    "kthvalue": (lambda x: neighbours(x).kthvalue(2)[0], COLUMN),
    "quantile": (lambda x: neighbours(x).quantile(0.5, -1), COLUMN),
    "largest norm": (lambda x: torch.linalg.vector_norm(neighbours(x), math.inf, -1), COLUMN),
    "normalize by the largest": (lambda x: F.normalize(x, math.inf, 2), COLUMN_OF_ALL),
    "sort": (lambda x: x.sort(2)[0], COLUMN_OF_ALL),
    "sort over channels": (lambda x: x.sort(1)[0], POINT),
    "topk over channels": (lambda x: x.topk(2, 1)[0], POINT),
    "cummax": (lambda x: x.cummax(2)[0], {(row, 0) for row in range(-3, 1)}),
    "gather": (lambda x: x.gather(2, x.argsort(2)), COLUMN_OF_ALL),
    "maximum": (lambda x: torch.maximum(x, x.roll(1, 2)), BOTH),
    "round": (lambda x: x.roll(1, 2).round(), ABOVE),
    "fmod": (lambda x: torch.fmod(x, x.roll(1, 2) + 5), BOTH),
    "copysign": (lambda x: x.copysign(x.roll(1, 2)), BOTH),
    "detach": (lambda x: 2 * x + (x.roll(1, 2).round() - x).detach(), BOTH),
    "integers": (lambda x: (4 * x).long().roll(1, 2).to(x.dtype), ABOVE),
    "integers and conv": (
        lambda x: F.conv2d((4 * x).round(), x.new_ones(1, 3, 3, 1), padding=(1, 0)),
        COLUMN,
    ),
    "sums of integers": (lambda x: ((9 * x).int() + (9 * x).int().roll(1, 2)) / 2, BOTH),
    "compared": (lambda x: (neighbours(x) > 0.9).any(-1).to(x.dtype), COLUMN),
    "logical and": (lambda x: ((x > 0.9) & (x.roll(1, 2) > 0.9)).to(x.dtype), BOTH),
    "where": (lambda x: torch.where(x.roll(1, 2) > 0, x, -x), BOTH),
    "masked_fill": (lambda x: x.masked_fill(x.roll(1, 2) < 0, 0.0), BOTH),
    "written by a condition": (lambda x: written(x, x.roll(1, 2) > 0.9), BOTH),
    "written into a slice": (lambda x: written(x, (..., slice(1, None), 0), 1.0) + 0, POINT),
    "one_hot": (lambda x: F.one_hot(x.argmax(1), 3).permute(0, 3, 1, 2).to(x.dtype), POINT),
    "scatter": (lambda x: torch.zeros_like(x).scatter_(1, x.argmax(1, True), 1.0), POINT),
    "bucketize": (lambda x: torch.bucketize(x, bins(x)).to(x.dtype), POINT),
    "searchsorted": (lambda x: torch.searchsorted(bins(x), x).to(x.dtype), POINT),
    "looked up": (lambda x: torch.arange(9.0).to(x)[(2 * x).long().clamp(0, 8)], POINT),
    "code book": (nearest, POINT),
    "numpy": (lambda x: torch.from_numpy(2 * x.roll(1, 2).numpy()), ABOVE),
    "max_pool2d": (lambda x: F.max_pool2d(x, (3, 1), 1, (1, 0)), COLUMN),
    "max_unpool2d": (
        lambda x: F.max_unpool2d(*pooled(x), 2, output_size=SHAPE[2:]),
        {(row, column) for row in (-1, 0) for column in (0, 1)},
    ),
}


def run(function, x, output):
    return function(x.clone())[(..., *output)]


def moved(function, output, generator):
    """Positions whose change moves the output."""
    found = set()
    for _ in range(4):
        x = 2 * torch.randn(SHAPE, generator=generator, dtype=torch.float64)
        before = run(function, x, output)
        for place in np.ndindex(*SHAPE[2:]):
            for value in (-20.0, 0.0, 20.0):
                changed = x.clone()
                changed[(..., *place)] = value + torch.randn(1, generator=generator).double()
                if not torch.equal(run(function, changed, output), before):
                    found.add(tuple(p - o for p, o in zip(place, output, strict=True)))
    return found


def without_derivative(function):
    """Whether this PyTorch knows no derivative of it; older versions lack that of `aminmax`."""
    try:
        function(torch.ones(SHAPE, dtype=torch.float64, requires_grad=True)).sum().backward()
    except RuntimeError as error:
        return "derivative" in str(error) and "not implemented" in str(error)
    return False


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("method", ["gradient", "nan"])
def test_what_picks_or_cuts_reads_all_that_it_looks_at(name, method):
    function, truth = EXACT[name]
    module = Apply(lambda _, x: function(x))
    if method == "gradient" and without_derivative(function):
        with pytest.raises(RuntimeError, match="derivative"):
            measure_receptive_field(module, SHAPE, method=method)
        return
    measured = measure_receptive_field(module, SHAPE, method=method)
    read = map(tuple, (np.argwhere(measured.mask) - measured.output).tolist())
    assert set(read) == truth
    assert measured.unknown == ()
    assert moved(function, measured.output, torch.Generator().manual_seed(1)) <= truth


LISTED = {
    "unique": lambda x: x * x.round().unique().numel(),
    "nonzero": lambda x: written(torch.zeros_like(x), (x > 0).nonzero(as_tuple=True), 1.0),
    "getitem": lambda x: x * x[x.roll(1, 2) > 0].numel(),
    "index_select": lambda x: x.index_select(2, x[0, 0, :, 0].argsort()),
    "take": lambda x: x.take(x.argmax(2)).unsqueeze(0),
    "index_copy": lambda x: torch.zeros_like(x).index_copy_(2, x[0, 0, :, 0].argsort(), x),
    "setitem": lambda x: written(torch.zeros_like(x), (..., x[0, 0, 0].argsort()), x),
    "bincount": lambda x: x * (4 * x).long().clamp(0, 9).flatten().bincount()[0],
    "__bool__": lambda x: x if (x > 0).all() else x.roll(1, 2),
    "__float__": lambda x: x * float(x.sum() > 0),
    "grid_sample": lambda x: F.grid_sample(x, x[:, :2].movedim(1, 3), align_corners=False),
}


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("method", ["gradient", "nan"])
def test_what_cannot_be_followed_is_listed(name, method):
    function = LISTED[name]
    measured = measure_receptive_field(Apply(lambda _, x: function(x)), SHAPE, method=method)
    assert name in measured.unknown
    assert "unknown=(" in repr(measured)


def test_constants_that_are_compared_are_nothing_unknown():
    def function(x):
        mask = torch.ones(7) > 0
        return x * torch.where(mask, 1.0, 0.0)[:, None] if mask.all() else x

    assert measure_receptive_field(Apply(lambda _, x: function(x)), SHAPE).unknown == ()


def test_a_module_that_cannot_run_on_nan_says_so():
    net = Apply(lambda _, x: x * int(x.sum()))
    with pytest.raises(ValueError, match=r"module cannot run on NaN .*: use method='gradient'"):
        measure_receptive_field(net, SHAPE, method="nan")
    assert measure_receptive_field(net, SHAPE).unknown == ("__int__",)
