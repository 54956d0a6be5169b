"""The cost of a convolution, worked out from its numbers."""

from math import prod

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.checks import PerAxis, checked, integer, per_axis
from dsconv_lib.cost.table import Cost, LayerCost


def conv_cost(
    spec: ConvSpec,
    size: PerAxis,
    in_channels: int,
    out_channels: int,
    *,
    groups: int = 1,
    bias: bool = True,
    batch: int = 1,
    value_bytes: int = 4,
    name: str = "conv",
) -> LayerCost:
    """Cost of one convolution.

    Parameters
    ----------
    spec : ConvSpec
        Kernel size, stride, padding, dilation.
    size : int or sequence of int
        Input positions: one number for one axis, or one number per axis, rows first.
    in_channels, out_channels, groups : int
        As in ``torch.nn.Conv2d``; a depthwise convolution has ``groups=in_channels``.
    bias : bool
        Whether every output channel has one.
    batch : int
        Images, N.
    value_bytes : int
        Bytes of one value: 4 for float32.
    name : str
        Name of the row.

    Returns
    -------
    LayerCost
        ``parameters = O (C / groups) K²``, and O more with biases;
        ``macs = N O (C / groups) K² H_out W_out``. Input, parameters and output are moved once,
        and the input is saved.

    Raises
    ------
    ValueError
        If ``groups`` does not divide both numbers of channels, a number is below 1, or the kernel
        does not fit into the input.
    TypeError
        If a number is not an integer.

    Examples
    --------
    >>> row = conv_cost(ConvSpec(3, padding=1), (56, 56), 64, 128)
    >>> row.parameters, row.macs, row.output_shape
    (73856, 231211008, (1, 128, 56, 56))
    """
    given = {"in_channels": in_channels, "out_channels": out_channels, "groups": groups}
    for argument, value in (given | {"batch": batch, "value_bytes": value_bytes}).items():
        integer(argument, value, least=1)
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups={groups} must divide in_channels={in_channels} and "
            f"out_channels={out_channels}: use a common divisor, such as groups=1"
        )
    found = spec.output_size(size)
    outputs = (found,) if isinstance(found, int) else found
    inputs = per_axis(checked("size", size, least=1), len(outputs))
    taps = prod(axis.kernel_size for axis in spec.axes(len(outputs)))
    weights = out_channels * (in_channels // groups) * taps
    parameters = weights + (out_channels if bias else 0)
    read, written = batch * in_channels * prod(inputs), batch * out_channels * prod(outputs)
    return LayerCost(
        name=name,
        kind=f"Conv{len(outputs)}d",
        output_shape=(batch, out_channels, *outputs),
        parameters=parameters,
        macs=batch * weights * prod(outputs),
        bytes=value_bytes * (read + parameters + written),
        saved_bytes=value_bytes * read,
    )


def separable_cost(
    spec: ConvSpec,
    size: PerAxis,
    in_channels: int,
    out_channels: int,
    *,
    channel_multiplier: int = 1,
    bias: bool = True,
    batch: int = 1,
    value_bytes: int = 4,
) -> Cost:
    """Cost of a depthwise convolution and the pointwise (1×1) convolution after it.

    Parameters and errors are those of `conv_cost`. The depthwise layer has ``channel_multiplier``
    kernels for each input channel; ``bias`` holds for both layers.

    Returns
    -------
    Cost
        Rows ``conv_dw`` and ``conv_pw``.

    Examples
    --------
    >>> print(separable_cost(ConvSpec(3, padding=1), (8, 6), 16, 32, bias=False))
    layer    kind    output    runs  parameters    MACs   bytes  saved  FLOP/byte
    conv_dw  Conv2d  1×16×8×6     1         144   6,912   6,720  3,072       2.06
    conv_pw  Conv2d  1×32×8×6     1         512  24,576  11,264  3,072       4.36
    total                                   656  31,488  17,984  6,144       3.50
    """
    between = in_channels * integer("channel_multiplier", channel_multiplier, least=1)
    depthwise = conv_cost(
        spec,
        size,
        in_channels,
        between,
        groups=in_channels,
        bias=bias,
        batch=batch,
        value_bytes=value_bytes,
        name="conv_dw",
    )
    pointwise = conv_cost(
        ConvSpec(1),
        spec.output_size(size),
        between,
        out_channels,
        bias=bias,
        batch=batch,
        value_bytes=value_bytes,
        name="conv_pw",
    )
    return Cost((depthwise, pointwise))


def separable_ratio(
    kernel_size: PerAxis, out_channels: int, *, channel_multiplier: int = 1
) -> float:
    """MACs of a separable convolution over those of the standard one: ``M/O + M/K²``.

    Per output position the standard convolution has ``K² C O`` MACs, the depthwise one ``K² C M``
    and the pointwise one ``C M O`` (Howard et al. 2017, arXiv:1704.04861, section 3.1, where M is
    1). The ratio of the weights, biases apart, is the same.

    Parameters
    ----------
    kernel_size : int or sequence of int
        A number K stands for K × K taps; a sequence has one number per axis.
    out_channels, channel_multiplier : int
        O and M.

    Raises
    ------
    ValueError
        If a number is below 1.
    TypeError
        If a number is not an integer.

    Examples
    --------
    >>> round(1 / separable_ratio(3, 256), 2)
    8.69
    """
    taps = prod(per_axis(checked("kernel_size", kernel_size, least=1), 2))
    outputs = integer("out_channels", out_channels, least=1)
    multiplier = integer("channel_multiplier", channel_multiplier, least=1)
    return multiplier / outputs + multiplier / taps
