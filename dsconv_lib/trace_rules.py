"""Rules for operations on one tensor: what they do to the positions that are read.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

import torch

from dsconv_lib.arithmetic import Axis
from dsconv_lib.reach import (
    Law,
    adaptive_window,
    moving,
    repeated,
    resampled,
    transposed_window,
    window,
)
from dsconv_lib.trace_call import Along, AxisRule, Call, UnclearError


def _names(text: str) -> frozenset[str]:
    """Names of operations, written with spaces between them."""
    return frozenset(text.split())


AXIS_RULES: dict[str, AxisRule] = {}

# Their results take the shape of a tensor, but none of its values.
CONSTANT = _names(
    "zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros "
    "new_ones new_full new_empty new_empty_strided fill zero bernoulli uniform normal"
)


def axis_rule(names: str) -> Callable[[AxisRule], AxisRule]:
    """Enter a rule ``(call, along, dim) -> Along`` under each of the names."""

    def enter(rule: AxisRule) -> AxisRule:
        AXIS_RULES.update(dict.fromkeys(_names(names), rule))
        return rule

    return enter


@axis_rule("convolution conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d")
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
    return replace(_then(call, along, dim, layer), split=along.split and not dense)


@axis_rule(
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
    return _then(call, along, dim, layer)


@axis_rule(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
)
def _adaptive_pooling(call: Call, along: Along, dim: int) -> Along:
    if _spatial_place(call, dim) < 0:
        return along
    count = call.out.shape[dim]
    if count == 1:
        return replace(along, reach=along.reach.summed(), mixed="")
    return _then(call, along, dim, adaptive_window(call.x.shape[dim], count))


@axis_rule(
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
    start, taps = Fraction(0), (0, 0)
    if "nearest_exact" in call.name:
        start = ratio / 2
    elif "nearest" not in call.name:
        taps = (-1, 2) if "cubic" in call.name else (0, 1)
        if call.args["align_corners"]:
            ratio = Fraction(old - 1, max(new - 1, 1))
        else:
            start = (ratio - 1) / 2
    return _then(call, along, dim, resampled(ratio, start, taps))


@axis_rule(
    "pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d "
    "replication_pad1d replication_pad2d replication_pad3d"
)
def _padding(call: Call, along: Along, dim: int) -> Along:
    amounts = call.args["pad"] if "pad" in call.args else call.args["padding"]
    entry = 2 * (call.x.dim() - 1 - dim)
    if not any(amounts[entry : entry + 2]):
        return along
    before, count, new_count = amounts[entry], call.x.shape[dim], call.out.shape[dim]
    padded = _then(call, along, dim, moving({-before}))
    place = _BORDERS.get(call.args.get("mode", call.name.rpartition("_pad")[0]))
    if place is None:
        return padded
    rows = along.reach.picked(place(o - before, count) for o in range(new_count)).rows
    return replace(padded, reach=replace(padded.reach, rows=rows))


# Which position of ``n`` stands at position ``i``, inside or outside, in the modes of padding.
_BORDERS: dict[str, Callable[[int, int], int]] = {
    "circular": lambda i, n: i % n,
    "reflect": lambda i, n: n - 1 - abs(n - 1 - abs(i)),
    "replicate": lambda i, n: min(max(i, 0), n - 1),
}
_BORDERS |= {"reflection": _BORDERS["reflect"], "replication": _BORDERS["replicate"]}


@axis_rule("slice")
def _slice(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return along
    chosen = slice(call.args["start"], call.args["end"], call.args["step"])
    start, stop, step = chosen.indices(call.x.shape[dim])
    if (start, stop, step) == (0, call.x.shape[dim], 1):
        return along
    return _then(call, along, dim, moving({start}, step))


@axis_rule("split split_with_sizes")
def _split(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return along
    start = sum(part.shape[dim] for part in call.outputs[: call.output])
    return _then(call, along, dim, moving({start}))


@axis_rule("select unbind")
def _select(call: Call, along: Along, dim: int) -> Along:
    chosen = call.args["dim"] % call.x.dim()
    if dim != chosen:
        return replace(along, dim=dim - (dim > chosen))
    index = call.args.get("index", call.output) % call.x.shape[dim]
    if along.mixed:
        raise UnclearError
    return Along(None, along.reach.picked([index]), split=along.split)


@axis_rule("flip")
def _flip(call: Call, along: Along, dim: int) -> Along:
    if dim not in {d % call.x.dim() for d in call.args["dims"]}:
        return along
    return _then(call, along, dim, moving({call.x.shape[dim] - 1}, -1))


@axis_rule("roll")
def _roll(call: Call, along: Along, dim: int) -> Along:
    dims = [d % call.x.dim() for d in call.args["dims"]]
    if not dims:
        raise UnclearError
    shift = sum(s for s, d in zip(call.args["shifts"], dims, strict=True) if d == dim)
    count = call.x.shape[dim]
    if shift % count == 0:
        return along
    return _picked(call, along, ((o - shift) % count for o in range(count)), dim)


@axis_rule("index index_select")
def _index(call: Call, along: Along, dim: int) -> Along:
    given = call.args.get("indices")
    if given is None:
        given = [None] * (call.args["dim"] % call.x.dim()) + [call.args["index"]]
    chosen = [(d, index) for d, index in enumerate(given) if index is not None]
    if len(chosen) != 1 or chosen[0][1].dim() != 1 or chosen[0][1].is_floating_point():
        raise UnclearError
    index_dim, index = chosen[0]
    if index_dim != dim:
        return along
    if index.is_meta or index.dtype == torch.bool:
        raise UnclearError
    return _picked(call, along, (int(place) % call.x.shape[dim] for place in index.tolist()), dim)


@axis_rule("repeat")
def _repeat(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.args["repeats"][new_dim] == 1:
        return replace(along, dim=new_dim)
    outputs = range(call.out.shape[new_dim])
    return _picked(call, along, (o % call.x.shape[dim] for o in outputs), new_dim)


@axis_rule("unfold")
def _unfold(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dimension"] % call.x.dim():
        return along
    layer = moving(range(call.args["size"]), call.args["step"])
    return replace(_then(call, along, dim, layer), split=True)


@axis_rule("pixel_shuffle pixel_unshuffle")
def _pixel_shuffle(call: Call, along: Along, dim: int) -> Along:
    place = dim - (call.x.dim() - 2)
    if place < -1:
        return along
    if place == -1:
        raise UnclearError
    if call.name == "pixel_unshuffle":
        factor = call.args["downscale_factor"]
        return replace(_then(call, along, dim, moving(range(factor), factor)), split=factor > 1)
    return _merged(call, along, call.args["upscale_factor"], dim)


@axis_rule("permute transpose t")
def _permute(call: Call, along: Along, dim: int) -> Along:
    count = call.x.dim()
    order = list(range(count))
    if call.name == "permute":
        order = [d % count for d in call.args["dims"]]
    elif count > 1:
        one, two = call.args.get("dim0", 0) % count, call.args.get("dim1", 1) % count
        order[one], order[two] = two, one
    return replace(along, dim=order.index(dim))


@axis_rule("view _unsafe_view reshape unflatten flatten squeeze unsqueeze")
def _reshape(call: Call, along: Along, dim: int) -> Along:
    old, new = tuple(call.x.shape), tuple(call.out.shape)
    if old[dim] == 1:
        return replace(along, dim=None)
    outer, inner = prod(old[:dim]), prod(old[dim + 1 :])
    others = [along.dim for along in call.tracks[id(call.x)] or () if along.dim is not None]
    for new_dim, count in enumerate(new):
        new_outer, new_inner = prod(new[:new_dim]), prod(new[new_dim + 1 :])
        if count == 1:
            continue
        if (new_outer, new_inner) == (outer, inner):
            return replace(along, dim=new_dim)
        if new_outer == outer and new_inner % inner == 0:
            if along.mixed:
                raise UnclearError
            part = new_inner // inner
            layer = moving(range(part), part)
            return replace(_then(call, along, dim, layer, new_dim), split=True)
        alone = all(d <= dim or prod(old[d:]) <= new_inner for d in others)
        if new_outer == outer and count % old[dim] == 0 and alone:
            return _merged(call, along, count // old[dim], new_dim)
        if outer % new_outer == 0 and inner % new_inner == 0:
            reach = along.reach.summed().broadcast(count)
            return replace(along, dim=new_dim, reach=reach, mixed=along.mixed or call.name)
    raise UnclearError


@axis_rule("expand")
def _expand(call: Call, along: Along, dim: int) -> Along:
    new_dim = dim + call.out.dim() - call.x.dim()
    if call.x.shape[dim] == call.out.shape[new_dim]:
        return replace(along, dim=new_dim)
    return replace(along, dim=None, reach=along.reach.picked([0]))


@axis_rule(
    "mean sum nansum prod amax amin max min argmax argmin any all var std var_mean std_mean "
    "logsumexp linalg_vector_norm norm"
)
def _reduction(call: Call, along: Along, dim: int) -> Along:
    given = call.args.get("dim")
    chosen = [given] if isinstance(given, int) else list(given or range(call.x.dim()))
    dims = {d % call.x.dim() for d in chosen}
    if dim in dims:
        return Along(None, along.reach.summed())
    gone = 0 if call.args.get("keepdim") else sum(d < dim for d in dims)
    return replace(along, dim=dim - gone)


@axis_rule("softmax log_softmax _softmax _log_softmax")
def _softmax(call: Call, along: Along, dim: int) -> Along:
    if dim != call.args["dim"] % call.x.dim():
        return along
    return _averaged(along, call.x.shape[dim])


@axis_rule("batch_norm native_batch_norm instance_norm group_norm layer_norm rms_norm")
def _normalisation(call: Call, along: Along, dim: int) -> Along:
    if call.name in ("layer_norm", "rms_norm"):
        averaged = dim >= call.x.dim() - len(call.args["normalized_shape"])
    elif call.name == "group_norm":
        averaged = dim >= 1
    else:
        averaged = dim != 1 and bool(call.args.get("use_input_stats", call.args.get("training")))
    return _averaged(along, call.x.shape[dim]) if averaged else along


@axis_rule("linear")
def _linear(call: Call, along: Along, dim: int) -> Along:
    if dim == call.x.dim() - 1:
        return Along(None, along.reach.summed())
    return replace(along, split=False)


@axis_rule("glu channel_shuffle")
def _channels_only(call: Call, along: Along, dim: int) -> Along:
    if dim == call.args.get("dim", 1) % call.x.dim():
        raise UnclearError
    return along


def _then(call: Call, along: Along, dim: int, layer: Law, new_dim: int | None = None) -> Along:
    """Let a layer read along ``dim``, which becomes ``new_dim`` of the result (or stays)."""
    if along.mixed:
        raise UnclearError
    new_dim = dim if new_dim is None else new_dim
    return replace(along, dim=new_dim, reach=along.reach.then(layer, call.out.shape[new_dim]))


def _picked(call: Call, along: Along, outputs: Iterable[int], dim: int | None) -> Along:
    """Pick single indices along a dimension, which becomes ``dim``."""
    if along.mixed:
        raise UnclearError
    return replace(along, dim=dim, reach=along.reach.picked(outputs))


def _averaged(along: Along, count: int) -> Along:
    """Let every index read what all do; that settles what was mixed."""
    return replace(along, reach=along.reach.summed().broadcast(count), mixed="")


def _merged(call: Call, along: Along, factor: int, dim: int) -> Along:
    """Merge ``factor`` channels into the axis: index ``o`` now reads what ``o // factor`` did."""
    if along.mixed or along.split:
        raise UnclearError
    return _then(call, along, dim, repeated(factor), dim)


def _at(values: int | Sequence[int], place: int) -> int:
    """Entry for one axis of an argument that may be a number or hold a single one."""
    if isinstance(values, int):
        return values
    return values[place] if len(values) > 1 else values[0]


def _spatial_place(call: Call, dim: int) -> int:
    """Number of a spatial dimension, from the ``2d`` of an operation's name; negative if none."""
    found = re.search(r"(\d)d", call.name)
    return dim - call.x.dim() + int(found[1]) if found else -1
