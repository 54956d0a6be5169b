"""What autograd keeps of an operation for the backward pass.

The rules say what PyTorch keeps on CPU, found by `torch.autograd.graph.saved_tensors_hooks`. Each
gets the call and a function that tells whether a tensor needs a gradient, and gives the tensors
whose memory is kept, and the bytes of memory that exists for the backward pass alone; or `None`,
where that is not known.
"""

from math import prod

import torch
from torch import Tensor

from dsconv_lib.trace import moves, recurrent, saving_products, shapes
from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.rules import Rules
from dsconv_lib.trace.saving_products import Kept, Needs, Saving, drops, size_of

RULES: Rules[Saving] = Rules(saving_products.RULES)
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
@RULES.entry(" ".join({*moves.RULES, *shapes.RULES} - {"glu", "index", "index_select"}))
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
        return [size_of(call.x)]
    return [call.x]


@RULES.entry(
    "relu sigmoid tanh tan exp exp2 expm1 sqrt rsqrt reciprocal _softmax log_softmax _log_softmax"
)
def _result(call: Call, needs: Needs) -> Kept:
    return [call.out]


@RULES.entry("softmax")
def _softmax(call: Call, needs: Needs) -> Kept:
    # In training, attention may drop some of its weights: then their mask and the rest are kept.
    return [call.out, *([2 * size_of(call.out)] if call.dropout else [])]


@RULES.entry("amax amin logsumexp norm linalg_vector_norm std std_mean prod")
def _input_and_result(call: Call, needs: Needs) -> Kept:
    return [call.x, call.out]


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
    weight, size = call.args["weight"], size_of(call.x)
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


@RULES.entry("index index_select embedding where masked_fill gather max_unpool2d max_unpool3d")
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
        if drops(call):
            return torch.empty_like(result, memory_format=torch.contiguous_format)
        if result.shape == call.args["query"].shape:
            return torch.empty_like(call.args["query"])
    return result


def _statistics(call: Call, count: int) -> int:
    """Bytes of a mean and a deviation for each of ``count`` sets of values."""
    return 2 * count * max(4, call.x.element_size())
