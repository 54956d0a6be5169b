"""The blocks of MobileNet: separable in the first version, inverted residuals in the second."""

from collections import OrderedDict

from torch import Tensor, nn

from dsconv_lib.checks import Padding, PerAxis, integer
from dsconv_lib.layers.options import Act, Norm
from dsconv_lib.layers.separable import DepthwiseSeparableConv2d


class MobileNetV1Block(nn.Sequential):
    """Block of MobileNet (Howard et al. 2017, arXiv:1704.04861, figure 3).

    Depthwise convolution, batch norm, ReLU; pointwise convolution, batch norm, ReLU. Children are
    those of `DepthwiseSeparableConv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    kernel_size, stride, padding, dilation
        Of the depthwise convolution, as in `DepthwiseSeparableConv2d`.
    norm_layer, act_layer : callable
        Make the normalisations, from the number of channels, and the activations.

    Raises
    ------
    ValueError, TypeError
        As in `DepthwiseSeparableConv2d`.

    Notes
    -----
    Input (N, C, H, W), output (N, O, ⌈H/S⌉, ⌈W/S⌉) with "same" padding. It has C·K² + C·O weights
    and 2 (C + O) parameters of batch norm.

    Examples
    --------
    >>> import torch
    >>> MobileNetV1Block(32, 64, stride=2)(torch.ones(2, 32, 14, 9)).shape
    torch.Size([2, 64, 7, 5])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: PerAxis = 3,
        stride: PerAxis = 1,
        padding: Padding | str = "same",
        dilation: PerAxis = 1,
        norm_layer: Norm = nn.BatchNorm2d,
        act_layer: Act = nn.ReLU,
    ) -> None:
        layer = DepthwiseSeparableConv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            norm_layer=norm_layer,
            act_layer=act_layer,
        )
        super().__init__(OrderedDict(layer.named_children()))


class InvertedResidual(nn.Sequential):
    """Block of MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, table 1).

    A pointwise convolution to t times as many channels with batch norm and ReLU6; a depthwise one
    with both; a pointwise one with batch norm alone, the linear bottleneck. The input is added
    where stride is 1 and the channels are equal. Children are named as in timm: ``conv_pw``,
    ``bn1``, ``act1``, ``conv_dw``, ``bn2``, ``act2``, ``conv_pwl``, ``bn3``; the first three are
    missing for t = 1.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    expand_ratio : int
        t.
    kernel_size, stride, padding, dilation
        Of the depthwise convolution, as in `DepthwiseSeparableConv2d`.
    norm_layer, act_layer : callable
        Make the normalisations, from the number of channels, and the activations.

    Raises
    ------
    ValueError, TypeError
        As in `DepthwiseSeparableConv2d`; also where the input would be added to an output of
        another size.

    Notes
    -----
    Input (N, C, H, W), output (N, O, ⌈H/S⌉, ⌈W/S⌉) with "same" padding. It has C·t·(C + K² + O)
    weights and 2 (2·t·C + O) parameters of batch norm, for t > 1.

    Examples
    --------
    >>> import torch
    >>> block = InvertedResidual(24, 24)
    >>> block(torch.ones(2, 24, 8, 11)).shape
    torch.Size([2, 24, 8, 11])
    >>> sum(weight.numel() for weight in block.parameters() if weight.dim() == 4)
    8208
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        expand_ratio: int = 6,
        kernel_size: PerAxis = 3,
        stride: PerAxis = 1,
        padding: Padding | str = "same",
        dilation: PerAxis = 1,
        norm_layer: Norm = nn.BatchNorm2d,
        act_layer: Act = nn.ReLU6,
    ) -> None:
        hidden = integer("in_channels", in_channels, 1) * integer("expand_ratio", expand_ratio, 1)
        layer = DepthwiseSeparableConv2d(
            hidden,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            norm_layer=norm_layer,
            act_layer=(act_layer, None),
        )
        children: OrderedDict[str, nn.Module] = OrderedDict()
        if expand_ratio > 1:
            children["conv_pw"] = nn.Conv2d(in_channels, hidden, 1, bias=False)
            children["bn1"] = norm_layer(hidden)
            children["act1"] = act_layer()
        names = ("conv_dw", "bn2", "act2", "conv_pwl", "bn3")
        children.update(zip(names, layer.children(), strict=True))
        super().__init__(children)
        self.residual = in_channels == out_channels and max(layer.conv_dw.stride) == 1
        if self.residual and not layer.conv_dw.settled().keeps_size:
            raise ValueError(
                f"padding={padding!r} changes the size, but with stride=1 and as many output as "
                'input channels the input is added to the output: use padding="same"'
            )

    def forward(self, input: Tensor) -> Tensor:
        """Pass ``input`` through the children and add it, if shapes allow."""
        y = input
        for module in self:
            y = module(y)
        return input + y if self.residual else y
