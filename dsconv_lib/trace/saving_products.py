"""What autograd keeps of products for the backward pass: convolutions, matrices, attention.

The rules are those of `dsconv_lib.trace.saving`, which says what they get and give.
"""

from collections.abc import Callable, Iterable, Iterator
from math import prod

from torch import Tensor

from dsconv_lib.trace.call import Call, tensors_in
from dsconv_lib.trace.rules import Rules

Needs = Callable[[Tensor], bool]
Kept = Iterable[Tensor | int] | None
Saving = Callable[[Call, Needs], Kept]
RULES: Rules[Saving] = Rules()


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
    return [size_of(call.x) if call.writes and factor is call.x else factor for factor in kept]


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
        yield factor if _memory(flat) == _memory(factor) else size_of(flat)


@RULES.entry("addmm addbmm baddbmm addmv addcmul")
def _added_factors(call: Call, needs: Needs) -> Kept:
    return _of_the_others([call.args[name] for name in call.names[1:3]], needs)


@RULES.entry("div")
def _quotient(call: Call, needs: Needs) -> Kept:
    other = call.args["other"]
    if not isinstance(other, Tensor):
        return []
    return [other, *([size_of(call.x) if call.writes else call.x] if needs(other) else [])]


@RULES.entry("pow")
def _power(call: Call, needs: Needs) -> Kept:
    if isinstance(call.args["exponent"], Tensor):
        return [*tensors_in(call.args.values()), call.out]
    return [size_of(call.x) if call.writes else call.x]


@RULES.entry("scaled_dot_product_attention")
def _attention(call: Call, needs: Needs) -> Kept:
    # The fused kernel keeps one number per query instead of the attention weights.
    query, mask = call.args["query"], call.args["attn_mask"]
    if drops(call):
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
    values = value if _memory(flat) == _memory(value) else size_of(value)
    return [size_of(query), size_of(key), values, 3 * weights]


def drops(call: Call) -> bool:
    """Whether attention drops weights in training."""
    return bool(call.dropout or call.args["dropout_p"])


def _of_the_others(factors: list[Tensor], needs: Needs) -> list[Tensor]:
    """Each factor is kept where another one needs a gradient."""
    tensors = [factor for factor in factors if isinstance(factor, Tensor)]
    needy = [number for number, tensor in enumerate(tensors) if needs(tensor)]
    return [tensor for number, tensor in enumerate(tensors) if {*needy} - {number}]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def size_of(tensor: Tensor) -> int:
    """Bytes of a copy."""
    return tensor.numel() * tensor.element_size()
