"""Rules for recurrent layers as a whole: ``nn.RNN``, ``nn.GRU`` and ``nn.LSTM`` on padded batches.

Step by step, a signal of some thousand positions would take seconds. Packed sequences are taken
apart as other operations are.
"""

from dataclasses import replace
from itertools import accumulate
from operator import or_

import torch
from torch import Tensor

from dsconv_lib.receptive_field.reach import make_reach
from dsconv_lib.trace.call import Along, AxisRule, Call, UnclearError
from dsconv_lib.trace.rules import Rules

AXIS_RULES: Rules[AxisRule] = Rules()
NAMES = "rnn_tanh rnn_relu gru lstm"


def time_dim(call: Call) -> int:
    """Dimension of the input along which the steps run."""
    return 1 if call.args["batch_first"] else 0


@AXIS_RULES.entry(NAMES)
def _recurrence(call: Call, along: Along, dim: int) -> Along:
    """Every step reads those before it, or all of them if the layer runs both ways."""
    if along.mixed:
        raise UnclearError
    if dim == 2:
        return Along(None, along.reach.summed())
    split = None if along.split in (None, 2) else -1
    if dim != time_dim(call):
        return replace(along, dim=dim if call.output == 0 else 1, split=split)
    if call.output > 0:
        return Along(None, along.reach.summed())
    count, reach = call.x.shape[dim], along.reach
    if call.args["bidirectional"]:
        return Along(dim, reach.summed().broadcast(count))
    rows = accumulate((reach.rows[step] for step in range(count)), or_)
    return Along(dim, make_reach(rows, count, None, reach.size))


def macs(call: Call) -> int:
    """Every matrix of weights is multiplied once for each step of each sequence."""
    weights = sum(tensor.numel() for tensor in call.args["params"] if tensor.dim() == 2)
    return weights * call.x.shape[0] * call.x.shape[1]


def saved(call: Call) -> list[Tensor | int] | None:
    """What is kept of all steps; `None` where it depends on more than the sizes.

    A step of a plain layer keeps its result. A step of a GRU keeps its gates, three times the state
    in one memory, the new state before it is mixed, two factors that are overwritten, and the state
    that it begins with. A step of an LSTM keeps four gates, the squashed memory, its result before
    it is projected, and memory and state that it begins with; in oneDNN it is one operation with a
    workspace of its own.
    """
    dropped = call.args["dropout"] and call.args["num_layers"] > 1
    if dropped or (call.rule == "lstm" and _in_onednn(call)):
        return None
    hx, unit, dim = call.args["hx"], call.x.element_size(), time_dim(call)
    steps, batch = call.x.shape[dim], call.x.shape[1 - dim]
    state = batch * hx[0].shape[-1] * unit
    if call.rule == "lstm":
        memory = batch * hx[1].shape[-1] * unit
        of_a_way = steps * (5 + (state != memory)) * memory + (steps - 1) * (memory + state)
    else:
        of_a_way = (7 * steps - 1 if call.rule == "gru" else steps) * state
    layers, ways = call.args["num_layers"], 1 + call.args["bidirectional"]
    between = (layers - 1) * steps * ways * state
    if call.args["batch_first"] and 1 not in call.x.shape[:2]:  # turned round, for each way
        first: Tensor | int = ways * call.x.numel() * call.x.element_size()
    else:
        first = call.x
    begun = [hx] if isinstance(hx, Tensor) else hx
    return [first, *begun, layers * ways * of_a_way + between]


def _in_onednn(call: Call) -> bool:
    """Whether PyTorch leaves an LSTM to oneDNN."""
    projected = call.args["hx"][0].shape[2] != call.args["hx"][1].shape[2]
    usable = torch._C._get_mkldnn_enabled() and torch.backends.mkldnn.is_available()
    return usable and not projected and call.x.dtype != torch.float64
