"""Receptive field and cost of any module, found by one forward pass that does not compute.

A copy of the module runs once on tensors that have all but values (PyTorch's fake tensors). A
dispatch mode sees every operation. It carries along, for each tensor and each axis of the input,
which input positions an index along that axis reads, and it books what the operation costs under
the module that runs it. The rules for single operations stand in the modules of this package, the
bookkeeping of positions in `dsconv_lib.receptive_field.reach`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dsconv_lib.cost import Cost
from dsconv_lib.probe import checked_module, checked_shape, checked_sizes, placement
from dsconv_lib.receptive_field import ReceptiveField
from dsconv_lib.receptive_field.field import stack_axes
from dsconv_lib.receptive_field.reach import Reach
from dsconv_lib.trace.register import register_operation
from dsconv_lib.trace.tracer import Tracer

__all__ = ["register_operation", "trace_receptive_field", "trace_cost", "trace_network", "Traced"]


def trace_receptive_field(module: nn.Module, input_shape: Sequence[int]) -> ReceptiveField:
    """Receptive field of a module, per spatial axis.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor and returns one tensor. It runs once in evaluation mode, without computing
        on the input, and is left as it was.
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes, rows first.

    Returns
    -------
    ReceptiveField
        Tuples with one value per spatial axis, also if there is only one axis. The field is that
        of an output far from the border: padding, whatever fills it, counts as positions outside
        the input. It is the union over all channels, and says what *can* be read: weights that
        happen to be zero count as read.

        Operations that are not understood count as reading the whole axis and are listed in
        ``unknown``. Global pooling reads the whole axis too, but is understood. Where the path
        through the module depends on values (``if x.sum() > 0``), all axes count as read whole.

    Raises
    ------
    TypeError
        If ``module`` is not a module, or does not return one tensor.
    ValueError
        If ``input_shape`` is not ``(N, C, *spatial)``.

    Notes
    -----
    For a chain of convolution and pooling layers this is the recurrence of Araujo, Norris & Sim
    (2019, doi:10.23915/distill.00021); where branches meet, each output reads the union of what it
    reads through each of them.

    Examples
    --------
    >>> from torch import nn
    >>> trace_receptive_field(nn.Conv2d(3, 8, (3, 5), dilation=(2, 1)), (1, 3, 16, 20))
    ReceptiveField(size=(5, 5), jump=(1, 1), padding=(0, 0), reached=(3, 5))
    """
    reaches, unknown = trace_reaches(module, input_shape)
    return stack_axes([reach.field() for reach in reaches], unknown=unknown)


def trace_reaches(
    module: nn.Module, input_shape: Sequence[int]
) -> tuple[tuple[Reach, ...], tuple[str, ...]]:
    """What every single output position reads, border included, per spatial axis.

    Parameters and errors are those of `trace_receptive_field`.

    Returns
    -------
    tuple of Reach, one per axis
        Their rows are exact for every output, also near the border, as long as something is read
        along the other axes (an output whose rows lie wholly in the padding reads nothing at all).
    tuple of str
        Operations that were not understood.
    """
    return _reaches(_pass(module, input_shape))


def trace_cost(
    module: nn.Module, input_shape: Sequence[int], *, dtype: torch.dtype | None = None
) -> Cost:
    """Cost of a module: parameters, MACs, bytes moved and saved, per layer and in total.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor. It runs once in evaluation mode, without computing on the input, and is
        left as it was.
    input_shape : sequence of int
        Shape of that tensor, batch included.
    dtype : torch.dtype, optional
        Its dtype; that of the module's weights if not given. Indices of an embedding are
        ``torch.long``.

    Returns
    -------
    Cost
        A row for every module that has parameters of its own or runs operations of its own, in the
        order in which they begin. An operation counts in the innermost module that runs it, be it
        a layer or a function: ``F.conv2d`` with weights that are made on the way counts like any
        other. A module that runs several times has the MACs of all its runs, and its parameters
        once; under several names, it has the first.

        Attention counts as the fused kernel does it, masks or not. Operations whose MACs are not
        known are listed in ``unknown``, those of which it is not known what they keep for the
        backward pass in ``unknown_saved``; both count 0.

    Raises
    ------
    TypeError
        If ``module`` is not a module.
    ValueError
        If ``input_shape`` holds no sizes of at least 1, or if the path through the module depends
        on values.

    Notes
    -----
    The conventions stand in `dsconv_lib.cost`. The bytes are those of the pass that is run: batch
    norm by its running statistics, dropout doing nothing. The saved bytes are those of a training
    step, as if nothing ran under ``torch.no_grad`` or checkpointing: batch norm keeps a mean and a
    deviation per channel, and dropout its mask, also the dropout inside ``nn.MultiheadAttention``.
    What a module leaves out in evaluation by a question of its own (``if self.training``) is not
    seen. Parameters with ``requires_grad=False`` are taken
    as frozen; the input needs no gradient.

    Examples
    --------
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(160, 10))
    >>> print(trace_cost(net, (1, 3, 7, 10)))
    layer  kind     output   runs  parameters   MACs   bytes  saved  FLOP/byte
    0      Conv2d   1×8×4×5     1         224  4,320   2,376    840       3.64
    1      ReLU     1×8×4×5     1           0      0   1,280    640       0.00
    2      Flatten  1×160       1           0      0       0      0       0.00
    3      Linear   1×10        1       1,610  1,600   7,120      0       0.45
    total                               1,834  5,920  10,776  1,480       1.10
    """
    return _cost(_pass(module, input_shape, dtype, follow=False))


class Traced(NamedTuple):
    """What one pass through a module tells; `trace_network` gives it.

    Attributes
    ----------
    receptive_field : ReceptiveField
        As `trace_receptive_field` gives it.
    cost : Cost
        As `trace_cost` gives it.

    Examples
    --------
    >>> from torch import nn
    >>> traced = trace_network(nn.Conv2d(3, 8, 3, dilation=4), (1, 3, 16, 20))
    >>> traced.receptive_field.size, traced.cost.parameters
    ((9, 9), 224)
    """

    receptive_field: ReceptiveField
    cost: Cost


def trace_network(module: nn.Module, input_shape: Sequence[int]) -> Traced:
    """Receptive field and cost from a single pass.

    Parameters and errors are those of `trace_receptive_field` and of `trace_cost`.

    Returns
    -------
    Traced
        Named tuple ``(receptive_field, cost)``.

    Examples
    --------
    >>> from torch import nn
    >>> field, cost = trace_network(nn.Conv2d(3, 8, (3, 5)), (1, 3, 16, 20))
    >>> field.size, cost.macs
    ((3, 5), 80640)
    """
    tracer = _pass(module, input_shape)
    reaches, unknown = _reaches(tracer)
    return Traced(stack_axes([reach.field() for reach in reaches], unknown=unknown), _cost(tracer))


def _pass(
    module: nn.Module,
    input_shape: Sequence[int],
    dtype: torch.dtype | None = None,
    *,
    follow: bool = True,
) -> Tracer:
    """Run the module once; positions are followed along the spatial axes, or not at all."""
    checked_module(module)
    shape = checked_shape(input_shape) if follow else checked_sizes(input_shape)
    axes = len(shape) - 2 if follow else 0
    if not isinstance(dtype, torch.dtype | None):
        raise TypeError(f"dtype={dtype!r} must be a torch.dtype: use for example torch.float32")
    return Tracer(module, shape, dtype or placement(module)[1], axes=axes)


def _reaches(tracer: Tracer) -> tuple[tuple[Reach, ...], tuple[str, ...]]:
    """Reaches and what was not understood, of a pass whose output is one tensor."""
    if not (tracer.stopped or isinstance(tracer.output, Tensor)):
        raise TypeError(
            f"module must return one tensor, got {type(tracer.output).__name__}: wrap it in a "
            "module that returns the tensor to look at"
        )
    return tracer.reaches(), tuple(tracer.unknown)


def _cost(tracer: Tracer) -> Cost:
    """Costs of a pass that came to its end."""
    if tracer.stopped:
        raise ValueError(
            f"module takes a path, or gives a size, that depends on values "
            f"({', '.join(tracer.unknown)}), which are not there in a trace: trace its parts, or "
            "a variant that takes one path"
        )
    return tracer.ledger.cost()
