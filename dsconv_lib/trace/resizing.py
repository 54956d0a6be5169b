"""Rules for layers that change the size of an image around or between its entries.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from math import floor

import torch
from torch import nn

from dsconv_lib.receptive_field.reach import Law, LawRows, moving, resampled
from dsconv_lib.trace.call import Along, AxisRule, Call
from dsconv_lib.trace.rules import Rules, then

RULES: Rules[AxisRule] = Rules()


@RULES.entry(
    "pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d "
    "replication_pad1d replication_pad2d replication_pad3d"
)
def _padding(call: Call, along: Along, dim: int) -> Along:
    amounts = call.args["pad"] if "pad" in call.args else call.args["padding"]
    entry = 2 * (call.x.dim() - 1 - dim)
    if not any(amounts[entry : entry + 2]):
        return along
    before, count, new_count = amounts[entry], call.x.shape[dim], call.out.shape[dim]
    padded = then(call, along, dim, moving({-before}))
    place = _BORDERS.get(call.args.get("mode", call.name.rpartition("_pad")[0]))
    if place is None:
        return padded
    return _with_rows(padded, along, (place(o - before, count) for o in range(new_count)))


# Which position of ``n`` stands at position ``i``, inside or outside, in the modes of padding.
_BORDERS: dict[str, Callable[[int, int], int]] = {
    "circular": lambda i, n: i % n,
    "reflect": lambda i, n: n - 1 - abs(n - 1 - abs(i)),
    "replicate": lambda i, n: min(max(i, 0), n - 1),
}
_BORDERS |= {"reflection": _BORDERS["reflect"], "replication": _BORDERS["replicate"]}


@RULES.entry(
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
    "_upsample_nearest_exact2d _upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d "
    "upsample_trilinear3d upsample_bicubic2d"
)
def _interpolation(call: Call, along: Along, dim: int) -> Along:
    place = dim - 2
    if place < 0:
        return along
    old, new = call.x.shape[dim], call.out.shape[dim]
    scales = call.args.get("scale_factors")
    ratio = 1 / Fraction(scales[place]).limit_denominator(1000) if scales else Fraction(old, new)
    if "nearest" in call.name:
        start = ratio / 2 if "exact" in call.name else Fraction(0)
        by_law = then(call, along, dim, resampled(ratio, start, (0, 0)))
        mode = "nearest-exact" if "exact" in call.name else "nearest"
        size, scale = (None, scales[place]) if scales else (new, None)
        ramp = torch.arange(old, dtype=torch.float32)[None, None]
        places = nn.functional.interpolate(ramp, size, scale, mode).flatten().tolist()
        return _with_rows(by_law, along, map(int, places))  # rounded as PyTorch rounds
    taps = (-1, 2) if "cubic" in call.name else (0, 1)
    start = (ratio - 1) / 2
    if call.args["align_corners"]:
        ratio, start = Fraction(old - 1, max(new - 1, 1)), Fraction(0)
    return then(call, along, dim, resampled(ratio, start, taps))


@RULES.entry("_upsample_bilinear2d_aa _upsample_bicubic2d_aa _upsample_lanczos2d_aa")
def _smooth_interpolation(call: Call, along: Along, dim: int) -> Along:
    if dim < 2:
        return along
    old, new = call.x.shape[dim], call.out.shape[dim]
    scales = call.args.get("scale_factors") or [
        call.args.get("scales_h"),
        call.args.get("scales_w"),
    ]
    scale = None if call.args["align_corners"] else scales[dim - 2]
    ratio = 1 / Fraction(scale).limit_denominator(1000) if scale else Fraction(old, new)
    if call.args["align_corners"]:
        ratio = Fraction(old - 1, max(new - 1, 1))
    support = {"bil": 1, "bic": 2, "lan": 3}[call.name[10:13]] * max(ratio, Fraction(1))
    half = Fraction(1, 2)
    phases = (
        frozenset(range(floor(place - support), floor(place + support)))
        for place in ((o + half) * ratio + half for o in range(ratio.denominator))
    )
    return then(call, along, dim, Law(tuple(phases), ratio.numerator))


def _with_rows(by_law: Along, along: Along, outputs: Iterable[int]) -> Along:
    """What a law says, but with the rows of ``along`` that are really read, if they are at hand."""
    if isinstance(along.reach.rows, LawRows):
        return by_law
    return replace(by_law, reach=replace(by_law.reach, rows=along.reach.picked(outputs).rows))
