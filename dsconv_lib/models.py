"""The networks of the book as plain ``nn.Module`` s, with fresh random weights.

The four feature extractors follow TF-Slim's layouts, for which Araujo, Norris & Sim (2019,
"Computing Receptive Fields of Convolutional Neural Networks", Distill) published receptive
fields. They end at the last feature map: no global pooling, no classifier. Build them inside
``torch.device("meta")`` where only shapes matter; that takes no memory for weights.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.layers import SamePad2d

__all__ = [
    "Bottleneck",
    "Parallel",
    "SamePad2d",
    "alexnet_v2",
    "conv_stack",
    "mobilenet_v1",
    "resnet50",
    "vgg16",
]


class Parallel(nn.Module):
    """Send the input through several branches and add what comes out.

    Parameters
    ----------
    *branches : nn.Module
        At least one; ``nn.Identity()`` is a short cut. All outputs must have one shape.

    Raises
    ------
    ValueError
        If there is no branch.

    Examples
    --------
    >>> block = Parallel(nn.Identity(), nn.Conv2d(4, 4, 3, padding=2, dilation=2))
    >>> block(torch.ones(1, 4, 5, 7)).shape
    torch.Size([1, 4, 5, 7])
    """

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        if not branches:
            raise ValueError("branches=() has nothing to add; give at least one module.")
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Add the branches' outputs."""
        first, *others = self.branches
        total = first(x)
        for branch in others:
            total = total + branch(x)
        return total


class Bottleneck(nn.Module):
    """Residual unit of ResNet-50: 1×1, 3×3, 1×1 beside a short cut (He et al. 2016).

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output; the 3×3 has a quarter of ``out_channels``.
    stride : int
        Of the 3×3 and of the short cut.

    Notes
    -----
    Input (N, in_channels, H, W), output (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉). The short cut
    is a 1×1 convolution where the channels change, else it keeps every stride-th pixel.

    Examples
    --------
    >>> Bottleneck(64, 256, stride=2)(torch.ones(2, 64, 9, 12)).shape
    torch.Size([2, 256, 5, 6])
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        width = out_channels // 4
        self.reduce = _conv(in_channels, width, 1)
        self.spatial = _conv(width, width, 3, stride=stride, padding=1)
        self.expand = _conv(width, out_channels, 1, activation=None)
        self.shortcut: nn.Module = nn.MaxPool2d(1, stride) if stride > 1 else nn.Identity()
        if in_channels != out_channels:
            self.shortcut = _conv(in_channels, out_channels, 1, stride=stride, activation=None)

    def forward(self, x: Tensor) -> Tensor:
        """Add the two branches."""
        return F.relu(self.shortcut(x) + self.expand(self.spatial(self.reduce(x))))


def alexnet_v2() -> nn.Sequential:
    """AlexNet (version 2, one tower, no response normalisation) up to ``pool5``.

    Returns
    -------
    nn.Sequential
        Input (N, 3, 224, 224), output (N, 256, 5, 5). Receptive field 195, jump 32, padding 64.

    Examples
    --------
    >>> from dsconv_lib import trace_receptive_field
    >>> with torch.device("meta"):
    ...     network = alexnet_v2()
    >>> trace_receptive_field(network, (1, 3, 224, 224)).size
    (195, 195)
    """
    return _named(
        conv1=_conv(3, 64, 11, stride=4, norm=False),
        pool1=nn.MaxPool2d(3, 2),
        conv2=_conv(64, 192, 5, padding=2, norm=False),
        pool2=nn.MaxPool2d(3, 2),
        conv3=_conv(192, 384, 3, padding=1, norm=False),
        conv4=_conv(384, 384, 3, padding=1, norm=False),
        conv5=_conv(384, 256, 3, padding=1, norm=False),
        pool5=nn.MaxPool2d(3, 2),
    )


def vgg16() -> nn.Sequential:
    """VGG-16 up to ``pool5``.

    Returns
    -------
    nn.Sequential
        Input (N, 3, 224, 224), output (N, 512, 7, 7). Receptive field 212, jump 32, padding 90.

    Examples
    --------
    >>> from dsconv_lib import trace_receptive_field
    >>> with torch.device("meta"):
    ...     network = vgg16()
    >>> trace_receptive_field(network, (1, 3, 224, 224)).size
    (212, 212)
    """
    layers: dict[str, nn.Module] = {}
    channels = 3
    for block, (depth, width) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for layer in range(1, depth + 1):
            layers[f"conv{block}_{layer}"] = _conv(channels, width, 3, padding=1, norm=False)
            channels = width
        layers[f"pool{block}"] = nn.MaxPool2d(2, 2)
    return _named(**layers)


def mobilenet_v1() -> nn.Sequential:
    """MobileNetV1 (width 1) up to its last pointwise convolution (Howard et al. 2017).

    Returns
    -------
    nn.Sequential
        Input (N, 3, 224, 224), output (N, 1024, 7, 7). Receptive field 315, jump 32; padding 126
        where every strided layer meets an even size, as from 224 ('SAME' padding).

    Examples
    --------
    >>> from dsconv_lib import trace_cost
    >>> with torch.device("meta"):
    ...     network = mobilenet_v1()
    >>> trace_cost(network, (1, 3, 224, 224)).macs
    567716352
    """
    widths = [64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    layers: dict[str, nn.Module] = {
        "conv0": _conv(3, 32, 3, stride=2, padding="same", activation=nn.ReLU6)
    }
    channels = 32
    for block, (width, stride) in enumerate(zip(widths, strides, strict=True), 1):
        layers[f"conv{block}_dw"] = _conv(
            channels,
            channels,
            3,
            stride=stride,
            padding="same",
            groups=channels,
            activation=nn.ReLU6,
        )
        layers[f"conv{block}_pw"] = _conv(channels, width, 1, activation=nn.ReLU6)
        channels = width
    return _named(**layers)


def resnet50() -> nn.Sequential:
    """ResNet-50 (version 1, TF-Slim's) up to ``block4``.

    Slim puts the stride into the last unit of a block and has none in block 4.

    Returns
    -------
    nn.Sequential
        Input (N, 3, 224, 224), output (N, 2048, 7, 7). Receptive field 483, jump 32; padding 239
        where ``pool1`` meets an even size, as from 224 ('SAME' padding).

    Examples
    --------
    >>> from dsconv_lib import trace_receptive_field
    >>> with torch.device("meta"):
    ...     network = resnet50()
    >>> trace_receptive_field(network, (1, 3, 224, 224)).size
    (483, 483)
    """
    layers: dict[str, nn.Module] = {
        "conv1": _conv(3, 64, 7, stride=2, padding=3),
        # The zeros do no harm to the maximum: pool1 reads outputs of a ReLU.
        "pool1": nn.Sequential(SamePad2d(3, 2), nn.MaxPool2d(3, 2)),
    }
    channels = 64
    blocks = [(256, 3, 2), (512, 4, 2), (1024, 6, 2), (2048, 3, 1)]
    for block, (width, units, stride) in enumerate(blocks, 1):
        inputs = [channels] + [width] * (units - 1)
        steps = [1] * (units - 1) + [stride]
        layers[f"block{block}"] = nn.Sequential(
            *(Bottleneck(c, width, s) for c, s in zip(inputs, steps, strict=True))
        )
        channels = width
    return _named(**layers)


def conv_stack(
    layers: Iterable[ConvSpec],
    *,
    channels: int = 1,
    activation: bool = False,
    weights: Literal["uniform", "random"] = "uniform",
) -> nn.Sequential:
    """Build the plain stack of convolutions that a list of layers describes.

    Parameters
    ----------
    layers : iterable of ConvSpec
        From the input upwards; one value for both axes or a (rows, columns) pair each.
    channels : int
        Output channels of every layer; the input has one.
    activation : bool
        Put a ReLU after every layer.
    weights : {"uniform", "random"}
        "uniform": every weight of a layer is 1/(taps · input channels), so each layer takes a
        mean. "random": normal with variance 2/(taps · input channels) (He et al. 2015), drawn
        from torch's global generator.

    Returns
    -------
    nn.Sequential
        Input (N, 1, H, W), output (N, channels, H', W'). No biases.

    Raises
    ------
    ValueError
        If ``weights`` is neither of the two.

    Examples
    --------
    >>> network = conv_stack([ConvSpec(3, dilation=2)] * 2, channels=4)
    >>> network(torch.ones(1, 1, 9, 12)).shape
    torch.Size([1, 4, 1, 4])
    """
    if weights not in ("uniform", "random"):
        raise ValueError(f'weights={weights!r} is unknown; use "uniform" or "random".')
    modules: list[nn.Module] = []
    in_channels = 1
    for spec in layers:
        rows, columns = spec.axes(2)
        pads = (columns.before, columns.after, rows.before, rows.after)
        if any(pads):
            modules.append(nn.ZeroPad2d(pads))
        conv = nn.Conv2d(
            in_channels,
            channels,
            (rows.kernel_size, columns.kernel_size),
            stride=(rows.stride, columns.stride),
            dilation=(rows.dilation, columns.dilation),
            bias=False,
        )
        fan_in = conv.weight[0].numel()
        with torch.no_grad():
            if weights == "uniform":
                conv.weight.fill_(1 / fan_in)
            else:
                conv.weight.normal_(0.0, (2 / fan_in) ** 0.5)
        modules.append(conv)
        if activation:
            modules.append(nn.ReLU())
        in_channels = channels
    return nn.Sequential(*modules)


def _conv(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int | Literal["same"] = 0,
    groups: int = 1,
    norm: bool = True,
    activation: type[nn.Module] | None = nn.ReLU,
) -> nn.Sequential:
    """Convolution, batch norm, activation; ``padding="same"`` pads as TensorFlow does."""
    parts: list[nn.Module] = [SamePad2d(kernel_size, stride)] if padding == "same" else []
    amount = 0 if padding == "same" else padding
    parts.append(
        nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, amount, groups=groups, bias=not norm
        )
    )
    if norm:
        parts.append(nn.BatchNorm2d(out_channels))
    if activation is not None:
        parts.append(activation())
    return nn.Sequential(*parts)


def _named(**layers: nn.Module) -> nn.Sequential:
    """Sequential with named layers, in evaluation mode.

    In training mode batch norm averages over all positions, so every output would depend on the
    whole image.
    """
    return nn.Sequential(OrderedDict(layers)).eval()
