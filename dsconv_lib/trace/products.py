"""Rules for products of tensors, attention among them: sums over dimensions that both share.

Every rule gets the call and the number of an axis of the input. The dimensions of each factor and
of the product carry labels, as in ``torch.einsum``: a dimension that is summed over is read whole,
and each entry of the product reads what the entries of the factors do.
"""

from collections.abc import Sequence

from torch import Tensor

from dsconv_lib.trace.call import Along, Call, JoinRule, UnclearError
from dsconv_lib.trace.joins import met
from dsconv_lib.trace.rules import Rules

RULES: Rules[JoinRule] = Rules()

Labels = Sequence[str]


@RULES.entry("matmul mm bmm mv dot")
def _matmul(call: Call, axis: int) -> Along:
    left, right = (call.args[name] for name in call.names[:2])
    batch = [f"batch {n}" for n in range(max(left.dim(), right.dim()) - 2)]
    rows = ["i"] if left.dim() > 1 else []
    columns = ["j"] if right.dim() > 1 else []
    factors = [
        (left, [*batch[len(batch) - max(left.dim() - 2, 0) :], *rows, "k"]),
        (right, [*batch[len(batch) - max(right.dim() - 2, 0) :], "k", *columns]),
    ]
    return contracted(call, axis, factors, [*batch, *rows, *columns])


@RULES.entry("baddbmm addmm")
def _added_product(call: Call, axis: int) -> Along:
    added, left, right = (call.args[name] for name in call.names[:3])
    labels = ["batch", "i", "k", "j"][3 - left.dim() :]
    whole = [label for label in labels if label != "k"]
    factors = [
        (left, [label for label in labels if label != "j"]),
        (right, [label for label in labels if label != "i"]),
        (added, whole[len(whole) - added.dim() :]),
    ]
    return contracted(call, axis, factors, whole)


@RULES.entry("einsum")
def _einsum(call: Call, axis: int) -> Along:
    left, arrow, result = call.args["equation"].replace(" ", "").partition("->")
    if not arrow or "." in left:
        raise UnclearError
    factors = zip(call.args["tensors"], left.split(","), strict=True)
    if any(len(set(labels)) < len(labels) for labels in left.split(",")):
        raise UnclearError  # a diagonal
    return contracted(call, axis, list(factors), result)


@RULES.entry("bilinear")
def _bilinear(call: Call, axis: int) -> Along:
    before = [f"batch {n}" for n in range(call.out.dim() - 1)]
    factors = [(call.args[name], [*before, name]) for name in ("input1", "input2")]
    return contracted(call, axis, factors, [*before, "out"])


@RULES.entry("scaled_dot_product_attention")
def _attention(call: Call, axis: int) -> Along:
    # A mask hides what is read all the same: a weight of zero counts as read.
    query, key, value, mask = (call.args[n] for n in ("query", "key", "value", "attn_mask"))
    batch = [f"batch {n}" for n in range(query.dim() - 2)]
    if key.shape[:-2] != query.shape[:-2]:
        raise UnclearError  # grouped queries
    factors = [(query, [*batch, "i", "e"]), (value, [*batch, "k", "v"]), (key, [*batch, "k", "e"])]
    if mask is not None:
        factors.append((mask, [*batch, "i", "k"][-mask.dim() :]))
    return contracted(call, axis, factors, [*batch, "i", "v"])


def contracted(
    call: Call,
    axis: int,
    factors: Sequence[tuple[Tensor, Labels]],
    result: Labels,
) -> Along:
    """A sum of products over the labels that are not in the result."""
    alongs = []
    for tensor, labels in factors:
        if not call.tracks.get(id(tensor)):
            continue
        along = call.along(tensor, axis)
        label = None if along.dim is None else labels[along.dim]
        split = along.split
        if split not in (None, -1):
            split = result.index(labels[split]) if labels[split] in result else None
        if label is None or label in result:
            dim = None if label is None else result.index(label)
            alongs.append(Along(dim, along.reach, along.mixed, split, along.parts))
        else:
            alongs.append(Along(None, along.reach.summed(), split=split))
    return met(alongs, call.out.shape, call.sizes[axis], across=True)
