"""The block of ConvNeXt: a wide depthwise convolution and a perceptron over the channels."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from dsconv_lib.checks import PerAxis, integer
from dsconv_lib.layers.depthwise import DepthwiseConv2d
from dsconv_lib.layers.options import Act


class ConvNeXtBlock(nn.Module):
    """Block of ConvNeXt (Liu et al. 2022, arXiv:2201.03545, figure 4).

    A 7 × 7 depthwise convolution; layer normalisation over the channels of each position; a
    pointwise step to 4 times as many channels, GELU, a pointwise step back; a learnt scale for each
    channel; the input is added. There is no stochastic depth. Children and parameters are named as
    in timm: ``conv_dw``, ``norm``, ``mlp.fc1``, ``mlp.act``, ``mlp.fc2``, ``gamma``.

    Parameters
    ----------
    channels : int
        C.
    kernel_size, dilation : int or one per axis
        Of the depthwise convolution.
    mlp_ratio : int
        How many times wider the middle of the perceptron is.
    layer_scale : float or None
        First value of the scale; `None` for no scale.
    act_layer : callable
        Makes the activation.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range.

    Notes
    -----
    Input and output (N, C, H, W). With the paper's settings it has 8·C² + 58·C parameters and
    takes H·W·(8·C² + 49·C) MACs, without normalisation and scale.

    Examples
    --------
    >>> block = ConvNeXtBlock(96)
    >>> block(torch.ones(1, 96, 6, 8)).shape, sum(p.numel() for p in block.parameters())
    (torch.Size([1, 96, 6, 8]), 79296)
    """

    gamma: nn.Parameter | None

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: PerAxis = 7,
        dilation: PerAxis = 1,
        mlp_ratio: int = 4,
        layer_scale: float | None = 1e-6,
        act_layer: Act = nn.GELU,
    ) -> None:
        super().__init__()
        width = integer("channels", channels, 1) * integer("mlp_ratio", mlp_ratio, 1)
        self.conv_dw = DepthwiseConv2d(channels, kernel_size, dilation=dilation)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(channels, width), act=act_layer(), fc2=nn.Linear(width, channels)
            )
        )
        scale = None if layer_scale is None else nn.Parameter(torch.full((channels,), layer_scale))
        self.register_parameter("gamma", scale)

    def forward(self, x: Tensor) -> Tensor:
        """Add the perceptron's output to ``x``."""
        # Channels last, as LayerNorm and Linear have them.
        y = self.mlp(self.norm(self.conv_dw(x).permute(0, 2, 3, 1)))
        scale = self.gamma
        if scale is not None:
            y = y * scale
        return x + y.permute(0, 3, 1, 2)
