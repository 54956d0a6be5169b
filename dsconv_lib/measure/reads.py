"""What single operations read beyond what their gradients show: those that pick, cut or compare."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# Elementwise, and flat somewhere or everywhere, or picking one of their arguments.
_FLAT = {
    *("relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "threshold", "hardshrink"),
    *("softshrink", "rrelu", "clamp", "clip", "clamp_min", "clamp_max", "sign", "sgn"),
    *("heaviside", "round", "floor", "ceil", "trunc", "fix", "nan_to_num", "floordiv"),
    *("floor_divide", "div", "divide", "maximum", "minimum", "fmax", "fmin", "where"),
    *("fmod", "remainder", "copysign", "nextafter", "ldexp", "masked_fill", "detach"),
}
# These pick from a dimension: the place of the argument that names it, and its default.
_OVER = (
    dict.fromkeys(("amax", "amin", "max", "min", "argmax", "argmin", "all", "any"), (1, None))
    | {"median": (1, None), "nanmedian": (1, None), "mode": (1, -1), "kthvalue": (2, -1)}
    | {"quantile": (2, None), "nanquantile": (2, None), "sort": (1, -1), "argsort": (1, -1)}
    | {"aminmax": (9, None), "msort": (9, 0), "topk": (2, -1)}
    | {"gather": (1, None), "take_along_dim": (2, None)}
)
_RUNNING = {"cummax", "cummin"}
# These write at places that another argument names.
WRITING = {
    *("scatter", "scatter_add", "scatter_reduce", "index_add", "index_copy", "index_fill"),
    *("index_put", "masked_scatter", "put"),
}
# Of the largest entry, if told so.
NORMS = {"norm", "vector_norm", "linalg_norm", "linalg_vector_norm", "normalize", "cdist"}


def read_besides(
    name: str,
    values: list[Tensor],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    made: Sequence[Tensor | str],
) -> Tensor | None:
    """What an operation reads beyond what its gradient shows, in the shape of its result."""
    if not values and name in ("all", "any"):
        values = [read for read in made if isinstance(read, Tensor)]
    if name in ("embedding", "one_hot"):
        read = next((read for read in made if isinstance(read, Tensor)), None)
        return None if read is None else read.unsqueeze(-1)
    if name in ("bucketize", "searchsorted"):
        return args[name == "searchsorted"] if len(args) > 1 else None
    if not values:
        return None
    x = values[0]
    two = name in ("max", "min") and len(values) > 1
    if name in _FLAT or two:
        if name in ("div", "divide") and not kwargs.get("rounding_mode"):
            return None
        return sum(values[1:], x + 0)
    if name in _RUNNING:
        return x.cumsum(kwargs.get("dim", args[-1]))
    if name in WRITING and made:
        return x + 0
    if name not in _OVER or (name in ("gather", "take_along_dim") and not made):
        return None
    place, dim = _OVER[name]
    dim = kwargs.get("dim", args[place] if place < len(args) else dim)
    if dim is None or dim == ():
        return x.sum()
    keepdim = kwargs.get("keepdim", any(argument is True for argument in args[place + 1 :]))
    kept = name in ("sort", "argsort", "topk", "msort", "gather", "take_along_dim") or keepdim
    return x.sum(dim, keepdim=bool(kept))


def as_squares(given: Any) -> Any:
    """Arguments of a norm that does not pick: no largest, no smallest entry, no count."""
    picking = ("inf", "-inf", math.inf, -math.inf)
    swap = {"p": 2, "ord": 2}
    if isinstance(given, dict):
        return {key: swap.get(key, value) for key, value in given.items()}
    return tuple(2 if isinstance(v, float | str) and v in picking else v for v in given)


def depends(tensor: Any) -> bool:
    """Whether a tensor reads the input, as far as gradients and NaN say so."""
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
        return False
    return tensor.requires_grad or bool(tensor.isnan().any())


def fits(read: Tensor, result: Tensor) -> bool:
    """Whether what is read can be added to a result, entry by entry."""
    try:
        return torch.broadcast_shapes(read.shape, result.shape) == result.shape
    except RuntimeError:
        return False
