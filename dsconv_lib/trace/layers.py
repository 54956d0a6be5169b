"""Rules for the layers of networks: convolution, pooling, padding, interpolation, averages.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import floor

import torch
from torch import nn

from dsconv_lib.arithmetic import Axis
from dsconv_lib.receptive_field.reach import (
    Law,
    LawRows,
    adaptive_window,
    moving,
    resampled,
    transposed_window,
    window,
)
from dsconv_lib.trace.call import Along, AxisRule, Call, UnclearError
from dsconv_lib.trace.rules import Rules, averaged, merged, then

RULES: Rules[AxisRule] = Rules()


@RULES.entry("convolution conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d")
def _convolution(call: Call, along: Along, dim: int) -> Along:
    kernel = call.args["weight"].shape[2:]
    place = dim - (call.x.dim() - len(kernel))
    if place < -1:
        return along
    dense = call.args["groups"] == 1
    if place == -1:
        if not dense:
            raise UnclearError
        return Along(None, along.reach.summed())
    stride, dilation = _at(call.args["stride"], place), _at(call.args["dilation"], place)
    padding = call.args["padding"]
    if isinstance(padding, str):
        before = dilation * (kernel[place] - 1) // 2 if padding == "same" else 0
    else:
        before = _at(padding, place)
    axis = Axis(kernel[place], stride, before, before, dilation)
    transposed = call.args.get("transposed", "transpose" in call.name)
    layer = transposed_window(axis) if transposed else window(axis)
    settled = dense and along.split == call.x.dim() - len(kernel) - 1
    return replace(then(call, along, dim, layer), split=None if settled else along.split)


@RULES.entry("im2col")
def _windows_apart(call: Call, along: Along, dim: int) -> Along:
    place = dim - (call.x.dim() - 2)
    if place < 0:
        return Along(None, along.reach.summed()) if place == -1 else along
    rows, columns = map(partial(_windows, call, call.x.shape[-2:]), (0, 1))
    (axis, count), step = (rows, columns[1]) if place == 0 else (columns, 1)
    if along.mixed:
        raise UnclearError
    reach = along.reach.then(window(axis), count)
    tiled = merged(along, call.out.dim() - 1, call.out.shape[-1], reach, step, call.name)
    return replace(tiled, split=call.out.dim() - 2 if along.split is None else -1)


@RULES.entry("col2im")
def _windows_put_back(call: Call, along: Along, dim: int) -> Along:
    last = call.x.dim() - 1
    if dim < last - 1:
        return along
    if dim == last - 1 or along.parts is None or along.split is not None:
        raise UnclearError
    axes = [_windows(call, call.args["output_size"], place) for place in (0, 1)]
    reach, step = along.parts
    for place, (axis, count) in enumerate(axes):
        if (count, (axes[1][1], 1)[place]) == (len(reach.rows), step):
            size = call.out.shape[place - 2]
            reach = reach.then(transposed_window(axis), size)
            return Along(call.out.dim() + place - 2, reach)
    raise UnclearError


def _windows(call: Call, sizes: Sequence[int], place: int) -> tuple[Axis, int]:
    """The windows along one of two axes, and their number."""
    names = ("kernel_size", "stride", "padding", "dilation")
    taps, stride, before, dilation = (_at(call.args[name], place) for name in names)
    axis = Axis(taps, stride, before, before, dilation)
    return axis, (sizes[place] + 2 * before - dilation * (taps - 1) - 1) // stride + 1


@RULES.entry(
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices "
    "max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d"
)
def _pooling(call: Call, along: Along, dim: int) -> Along:
    place = _spatial_place(call, dim)
    if place < 0:
        return along
    kernel = call.args["kernel_size"]
    taps, before = _at(kernel, place), _at(call.args["padding"], place)
    stride = _at(call.args["stride"] or kernel, place)
    dilation = _at(call.args.get("dilation", [1]), place)
    layer = window(Axis(taps, stride, before, before, dilation))
    return then(call, along, dim, layer)


@RULES.entry(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
)
def _adaptive_pooling(call: Call, along: Along, dim: int) -> Along:
    if _spatial_place(call, dim) < 0:
        return along
    count = call.out.shape[dim]
    if count == 1:
        return averaged(along, 1)
    return then(call, along, dim, adaptive_window(call.x.shape[dim], count))


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
    "mean sum nansum prod amax amin max min argmax argmin any all var std var_mean std_mean "
    "logsumexp linalg_vector_norm norm"
)
def _reduction(call: Call, along: Along, dim: int) -> Along:
    given = call.args.get("dim")
    chosen = [given] if isinstance(given, int) else list(given or range(call.x.dim()))
    dims = {d % call.x.dim() for d in chosen}
    if dim in dims:
        return Along(None, along.reach.summed())
    split = None if along.split in dims else along.split
    if call.args.get("keepdim"):
        return replace(along, split=split)
    if split not in (None, -1):
        split -= sum(d < split for d in dims)
    return replace(along, dim=dim - sum(d < dim for d in dims), split=split)


@RULES.entry("softmax log_softmax _softmax _log_softmax _safe_softmax")
def _softmax(call: Call, along: Along, dim: int) -> Along:
    over = call.args["dim"] % call.x.dim()
    if dim == over:
        return averaged(along, call.x.shape[dim])
    return replace(along, split=None) if along.split == over else along


@RULES.entry("batch_norm native_batch_norm instance_norm group_norm layer_norm rms_norm")
def _normalisation(call: Call, along: Along, dim: int) -> Along:
    if call.name in ("layer_norm", "rms_norm"):
        measured = dim >= call.x.dim() - len(call.args["normalized_shape"])
    elif call.name == "group_norm":
        measured = dim >= 1
    else:
        measured = dim != 1 and bool(call.args.get("use_input_stats", call.args.get("training")))
    return averaged(along, call.x.shape[dim]) if measured else along


@RULES.entry("linear")
def _linear(call: Call, along: Along, dim: int) -> Along:
    if dim == call.x.dim() - 1:
        return Along(None, along.reach.summed())
    return replace(along, split=None) if along.split == call.x.dim() - 1 else along


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


def _at(values: int | Sequence[int], place: int) -> int:
    """Entry for one axis of an argument that may be a number or hold a single one."""
    if isinstance(values, int):
        return values
    return values[place] if len(values) > 1 else values[0]


def _spatial_place(call: Call, dim: int) -> int:
    """Number of a spatial dimension, from the ``2d`` of an operation's name; negative if none."""
    found = re.search(r"(\d)d", call.name)
    return dim - call.x.dim() + int(found[1]) if found else -1
