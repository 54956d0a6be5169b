"""The block of Xception: separable convolutions beside a short cut."""

import math
from collections import OrderedDict

from torch import Tensor, nn

from dsconv_lib.checks import PerAxis, integer
from dsconv_lib.layers.options import Act, Norm
from dsconv_lib.layers.padding import SamePad2d
from dsconv_lib.layers.separable import DepthwiseSeparableConv2d


class XceptionBlock(nn.Module):
    """Block of Xception (Chollet 2017, arXiv:1610.02357, figure 5).

    Each repetition is an activation and a separable convolution with batch norm after it, none
    between its two steps. A block with a stride ends with a 3 × 3 maximum of that stride. What is
    added is the input, or where channels or size change, a 1 × 1 convolution of it with batch norm.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    repetitions : int
        Separable convolutions: 2 in the entry and exit flow, 3 in the middle flow.
    stride : int
        Of the maximum.
    dilation : int or one per axis
        Of the depthwise convolutions.
    starts_with_act : bool
        The first block of the network has no activation before its first convolution.
    grows_first : bool
        Whether the first convolution changes the channels; else the last one does, as in the exit
        flow.
    norm_layer, act_layer : callable
        Make the normalisations, from the number of channels, and the activations, which must not
        work in place.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range.

    Notes
    -----
    Input (N, C, H, W), output (N, O, ⌈H/S⌉, ⌈W/S⌉). Padding is TensorFlow's 'SAME'.

    Examples
    --------
    >>> import torch
    >>> XceptionBlock(64, 128, stride=2)(torch.ones(2, 64, 9, 12)).shape
    torch.Size([2, 128, 5, 6])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        repetitions: int = 2,
        stride: int = 1,
        dilation: PerAxis = 1,
        starts_with_act: bool = True,
        grows_first: bool = True,
        norm_layer: Norm = nn.BatchNorm2d,
        act_layer: Act = nn.ReLU,
    ) -> None:
        super().__init__()
        count, stride = integer("repetitions", repetitions, 1), integer("stride", stride, 1)
        middle = out_channels if grows_first else in_channels
        widths = [in_channels, *[middle] * (count - 1), out_channels]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for k in range(count):
            if k or starts_with_act:
                layers[f"act{k + 1}"] = act_layer()
            layers[f"conv{k + 1}"] = DepthwiseSeparableConv2d(
                widths[k],
                widths[k + 1],
                dilation=dilation,
                bias=False,
                norm_layer=(None, norm_layer),
            )
        if stride > 1:
            pad = SamePad2d(3, stride, value=-math.inf)
            layers["pool"] = nn.Sequential(pad, nn.MaxPool2d(3, stride))
        self.body = nn.Sequential(layers)
        self.skip = nn.Sequential()
        if in_channels != out_channels or stride > 1:
            self.skip.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.skip.append(norm_layer(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Add the convolutions and the short cut."""
        return self.body(x) + self.skip(x)
