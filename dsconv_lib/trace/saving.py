"""What autograd keeps of an operation for the backward pass.

The rules say what PyTorch keeps on CPU, found by `torch.autograd.graph.saved_tensors_hooks`. Each
gets the call and a function that tells whether a tensor needs a gradient, and gives the tensors
whose memory is kept, and the bytes of memory that exists for the backward pass alone; or `None`,
where that is not known.
"""

from collections.abc import Callable, Iterable, Iterator
from math import prod

import torch
from torch import Tensor

from dsconv_lib.trace import moves, recurrent
from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.rules import Rules

Needs = Callable[[Tensor], bool]
Kept = Iterable[Tensor | int] | None
RULES: Rules[Callable[[Call, Needs], Kept]] = Rules()
# Outside training these pass their input on; in training their result is a tensor of its own.
DROPOUT = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}
# Done in place, these find their gradient from the result; others keep a copy of their input.
_BY_RESULT_IN_PLACE = {"leaky_relu", "elu", "celu"}


@RULES.entry("add sub rsub neg sum nansum mean cumsum ceil floor round trunc frac sign positive")
@RULES.entry("cat stack copy clone _to_copy tril triu")
@RULES.entry("unsafe_split unsafe_split_with_sizes constant_pad_nd im2col col2im")
@RULES.entry("upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d")
@RULES.entry("_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d")
@RULES.entry("upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d")
@RULES.entry(" ".join({*moves.RULES} - {"glu", "index", "index_select"}))
def _nothing(call: Call, needs: Needs) -> Kept:
    return []


@RULES.entry(
    "hardtanh leaky_relu elu celu gelu silu hardswish hardsigmoid softplus mish hardshrink "
    "softshrink threshold glu abs sin cos sinh cosh asin acos atan erf erfinv "
    "log log2 log10 log1p lgamma sinc logit square clamp clamp_min clamp_max var var_mean "
    "avg_pool1d avg_pool2d avg_pool3d reflection_pad1d reflection_pad2d reflection_pad3d "
    "replication_pad1d replication_pad2d replication_pad3d"
)
def _input(call: Call, needs: Needs) -> Kept:
    if call.writes and call.rule not in _BY_RESULT_IN_PLACE:
        return [_size(call.x)]
    return [call.x]


@RULES.entry(
    "relu sigmoid tanh tan exp exp2 expm1 sqrt rsqrt reciprocal _softmax log_softmax _log_softmax"
)
def _result(call: Call, needs: Needs) -> Kept:
    return [call.out]


@RULES.entry("softmax")
def _softmax(call: Call, needs: Needs) -> Kept:
    # In training, attention may drop some of its weights: then their mask and the rest are kept.
    return [call.out, *([2 * _size(call.out)] if call.dropout else [])]


@RULES.entry("amax amin logsumexp norm linalg_vector_norm std std_mean prod")
def _input_and_result(call: Call, needs: Needs) -> Kept:
    return [call.x, call.out]


@RULES.entry("convolution _convolution conv_transpose1d conv_transpose2d conv_transpose3d")
@RULES.entry("dsconv_lib::depthwise grid_sampler_2d grid_sampler_3d")
@RULES.entry("maximum minimum atan2 _prelu_kernel")
def _first_two(call: Call, needs: Needs) -> Kept:
    return [call.args[name] for name in call.names[:2]]


@RULES.entry("conv1d conv2d conv3d")
def _convolution(call: Call, needs: Needs) -> Kept:
    weight = call.args["weight"]
    if call.args["padding"] != "same":
        return [call.x, weight]
    taps, lead = weight.shape[2:], call.x.dim() - weight.dim() + 2
    dilation = [*call.args["dilation"]] * (len(taps) // len(call.args["dilation"]))
    odd = [d * (k - 1) % 2 for d, k in zip(dilation, taps, strict=True)]
    if not any(odd):
        return [call.x, weight]
    # The two ends differ, so PyTorch pads a copy.
    sizes = (n + more for n, more in zip(call.x.shape[lead:], odd, strict=True))
    return [prod(call.x.shape[:lead]) * prod(sizes) * call.x.element_size(), weight]


@RULES.entry("mul mm bmm mv dot vdot einsum")
def _factors(call: Call, needs: Needs) -> Kept:
    factors = call.args.get("tensors", [call.args[name] for name in call.names[:2]])
    kept = _of_the_others(factors, needs)
    return [_size(call.x) if call.writes and factor is call.x else factor for factor in kept]


@RULES.entry("linear matmul")
def _batched_factors(call: Call, needs: Needs) -> Iterator[Tensor | int]:
    # PyTorch makes one matrix, or one batch of matrices, of each; of some it must copy the values.
    factors = [call.args[name] for name in call.names[:2]]
    batch = call.out.shape[: -1 if call.x.dim() == 1 else -2]
    turned = call.rule == "matmul" and call.x.dim() <= 2 and needs(call.x)
    single = turned or call.rule == "linear" or factors[1].dim() <= 2
    for factor in _of_the_others(factors, needs):
        if factor.dim() <= 2 or factor.numel() == 0:
            yield factor
            continue
        whole = factor.mT if turned else factor
        whole = whole if single else whole.expand(*batch, *whole.shape[-2:])
        flat = whole.reshape(-1, *whole.shape[-1 if single else -2 :])
        yield factor if _memory(flat) == _memory(factor) else _size(flat)


@RULES.entry("addmm addbmm baddbmm addmv addcmul")
def _added_factors(call: Call, needs: Needs) -> Kept:
    return _of_the_others([call.args[name] for name in call.names[1:3]], needs)


@RULES.entry("div")
def _quotient(call: Call, needs: Needs) -> Kept:
    other = call.args["other"]
    if not isinstance(other, Tensor):
        return []
    return [other, *([_size(call.x) if call.writes else call.x] if needs(other) else [])]


@RULES.entry("pow")
def _power(call: Call, needs: Needs) -> Kept:
    if isinstance(call.args["exponent"], Tensor):
        return [*tensors_in(call.args.values()), call.out]
    return _input(call, needs)


@RULES.entry("scaled_dot_product_attention")
def _attention(call: Call, needs: Needs) -> Kept:
    # The fused kernel keeps one number per query instead of the attention weights.
    query, mask = call.args["query"], call.args["attn_mask"]
    if _drops(call):
        return _dropped_attention(call)
    kept = [query, call.args["key"], call.args["value"], call.out]
    numbers = prod(query.shape[:-1]) * max(4, query.element_size())
    if mask is None:
        return [*kept, numbers]
    floating = mask.is_floating_point()
    return [*kept, numbers, mask if floating else mask.numel() * query.element_size()]


def _dropped_attention(call: Call) -> Kept:
    """Kept step by step: scaled queries and keys, values, and weights, their mask, what is left."""
    query, key, value = (call.args[name] for name in ("query", "key", "value"))
    if call.args["enable_gqa"] or min(query.dim(), key.dim(), value.dim()) < 3:
        return None
    weights = prod(query.shape[:-1]) * key.shape[-2] * query.element_size()
    flat = value.reshape(-1, *value.shape[-2:])
    values = value if _memory(flat) == _memory(value) else _size(value)
    return [_size(query), _size(key), values, 3 * weights]


def _drops(call: Call) -> bool:
    """Whether attention drops weights in training."""
    return bool(call.dropout or call.args["dropout_p"])


@RULES.entry("batch_norm native_batch_norm")
def _batch_norm(call: Call, needs: Needs) -> Kept:
    return [call.x, call.args["weight"], _statistics(call, call.x.shape[1])]


@RULES.entry("instance_norm")
def _instance_norm(call: Call, needs: Needs) -> Kept:
    # PyTorch repeats the weight and the running statistics for every image.
    copies = (call.args["weight"] is not None) + 2 * (call.args["running_mean"] is not None)
    planes = prod(call.x.shape[:2])
    return [call.x, _statistics(call, planes), copies * planes * call.x.element_size()]


@RULES.entry("layer_norm")
def _layer_norm(call: Call, needs: Needs) -> Kept:
    rows = call.x.numel() // max(1, prod(call.args["normalized_shape"]))
    return [call.x, call.args["weight"], _statistics(call, rows)]


@RULES.entry("rms_norm")
def _rms_norm(call: Call, needs: Needs) -> Kept:
    # A product of three: the input, the inverse of its size, and the weight.
    weight, size = call.args["weight"], _size(call.x)
    rows = size // max(1, prod(call.args["normalized_shape"]))
    scaled = [size] if weight is not None and needs(weight) else []
    return [call.x, weight, rows, *scaled] if needs(call.x) else scaled


@RULES.entry("group_norm")
def _group_norm(call: Call, needs: Needs) -> Kept:
    groups = call.x.shape[0] * call.args["num_groups"]
    return [call.x, call.args["weight"], _statistics(call, groups)]


@RULES.entry("max_pool1d max_pool2d max_pool3d")
def _max_pool(call: Call, needs: Needs) -> Kept:
    return [call.x, 8 * call.out.numel()]  # the places of the maxima, in int64


@RULES.entry(
    "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d log_sigmoid_forward"
)
def _input_and_second_result(call: Call, needs: Needs) -> Kept:
    return [call.x, call.outputs[1]]


@RULES.entry("_weight_norm_interface")
def _weight_norm(call: Call, needs: Needs) -> Kept:
    return [*(call.args[name] for name in call.names[:2]), call.outputs[1]]


@RULES.entry("max min sort topk")
def _indices(call: Call, needs: Needs) -> Kept:
    return [call.outputs[1]] if len(call.outputs) > 1 else [call.x]


@RULES.entry("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d")
def _adaptive_avg_pool(call: Call, needs: Needs) -> Kept:
    # To size 1 it is a mean.
    return [] if set(call.args["output_size"]) == {1} else [call.x]


@RULES.entry("pad")
def _pad(call: Call, needs: Needs) -> Kept:
    return [call.x] if call.args["mode"] in ("reflect", "replicate") else []


@RULES.entry("index index_select embedding where masked_fill gather")
def _places(call: Call, needs: Needs) -> Kept:
    places = [t for t in tensors_in(call.args.values()) if not t.is_floating_point()]
    return [*places, call.x] if call.rule == "gather" else places


@RULES.entry(" ".join(DROPOUT))
def _dropout(call: Call, needs: Needs) -> Kept:
    if not 0 < call.args["p"] < 1:
        return []
    count = prod(call.x.shape[:2]) if "feature" in call.rule else call.x.numel()
    return [count * call.x.element_size()]


@RULES.entry(recurrent.NAMES)
def _recurrent(call: Call, needs: Needs) -> Kept:
    return recurrent.saved(call) if all(map(needs, call.args["params"])) else None


def as_in_training(call: Call, result: Tensor) -> Tensor:
    """The result of an operation, in memory where the same operation in training leaves it.

    Dropout gives a tensor of its own; fused attention lays its result out like the queries.
    """
    if call.rule in DROPOUT and not call.writes:
        return torch.empty_like(result) if call.args["p"] > 0 else call.x
    if call.rule == "scaled_dot_product_attention":
        if _drops(call):
            return torch.empty_like(result, memory_format=torch.contiguous_format)
        if result.shape == call.args["query"].shape:
            return torch.empty_like(call.args["query"])
    return result


def _of_the_others(factors: list[Tensor], needs: Needs) -> list[Tensor]:
    """Each factor is kept where another one needs a gradient."""
    tensors = [factor for factor in factors if isinstance(factor, Tensor)]
    needy = [number for number, tensor in enumerate(tensors) if needs(tensor)]
    return [tensor for number, tensor in enumerate(tensors) if {*needy} - {number}]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _size(tensor: Tensor) -> int:
    """Bytes of a copy."""
    return tensor.numel() * tensor.element_size()


def _statistics(call: Call, count: int) -> int:
    """Bytes of a mean and a deviation for each of ``count`` sets of values."""
    return 2 * count * max(4, call.x.element_size())
