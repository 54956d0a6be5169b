"""Rules for the layers of networks: convolution, pooling, averages, norms.

Every rule gets the call, how its first argument meets one axis of the input, and the dimension in
which it does.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from dsconv_lib.arithmetic import Axis
from dsconv_lib.receptive_field.reach import (
    adaptive_window,
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


def _at(values: int | Sequence[int], place: int) -> int:
    """Entry for one axis of an argument that may be a number or hold a single one."""
    if isinstance(values, int):
        return values
    return values[place] if len(values) > 1 else values[0]


def _spatial_place(call: Call, dim: int) -> int:
    """Number of a spatial dimension, from the ``2d`` of an operation's name; negative if none."""
    found = re.search(r"(\d)d", call.name)
    return dim - call.x.dim() + int(found[1]) if found else -1
