"""The recurrences: the receptive field of a stack of layers, worked out from their numbers."""

from collections.abc import Iterable, Sequence

from dsconv_lib.arithmetic import Axis, ConvSpec
from dsconv_lib.receptive_field.field import ReceptiveField, stack_axes


def receptive_field(layers: Iterable[ConvSpec]) -> ReceptiveField:
    """Receptive field of a stack of convolution and pooling layers.

    Parameters
    ----------
    layers : iterable of ConvSpec
        From the input on. Layers with one value per axis must agree on the number of axes;
        layers of plain numbers then count for every axis. No layer at all is the identity.

    Returns
    -------
    ReceptiveField
        Plain values if all layers are plain numbers, tuples otherwise.

    Raises
    ------
    TypeError
        If ``layers`` is not an iterable of `ConvSpec`.
    ValueError
        If the layers disagree on the number of axes.

    Examples
    --------
    >>> from dsconv_lib import ConvSpec, receptive_field
    >>> receptive_field([ConvSpec(3, dilation=2)] * 3)
    ReceptiveField(size=13, jump=1, padding=0, reached=7)
    """
    layers = _checked_layers(layers)
    counts = {spec.ndim for spec in layers if spec.ndim is not None}
    if len(counts) > 1:
        raise ValueError(
            f"layers must agree on the number of axes, got layers for {sorted(counts)}: "
            "give every layer the same number, or plain numbers"
        )
    ndim = next(iter(counts), None)
    stacks = zip(*(spec.axes(ndim) for spec in layers), strict=True)
    fields = [_field_of_axis(stack) for stack in stacks] or [_field_of_axis(())]
    if ndim is None:
        return fields[0]
    return stack_axes(fields)


def _field_of_axis(stack: Sequence[Axis]) -> ReceptiveField:
    """The recurrences, along one axis."""
    size = jump = 1
    padding = 0
    offsets = frozenset({0})
    for axis in stack:
        size += (axis.effective_kernel_size - 1) * jump
        padding += axis.before * jump
        steps = [tap * axis.dilation * jump for tap in range(axis.kernel_size)]
        offsets = frozenset(offset + step for offset in offsets for step in steps)
        jump *= axis.stride
    return ReceptiveField(size, jump, padding, offsets)


def _checked_layers(layers: object) -> list[ConvSpec]:
    """Check that ``layers`` is an iterable of `ConvSpec`."""
    specs = []
    for spec in layers if isinstance(layers, Iterable) else [layers]:
        if not isinstance(spec, ConvSpec) or spec is layers:
            raise TypeError(
                f"layers must be a list of ConvSpec, got {spec!r}: "
                "use for example [ConvSpec(3), ConvSpec(3, dilation=2)]"
            )
        specs.append(spec)
    return specs
