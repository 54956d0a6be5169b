"""Small modules whose cost is worked out by hand, for all tools.

The truths are integers that stand here with their derivation. None comes from `dsconv_lib`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Shape = tuple[int, ...]


class CostCase(NamedTuple):
    """A module, the shape of its input, and what one forward pass of it costs."""

    build: Callable[[], nn.Module]
    shape: Shape
    macs: int
    parameters: int


class Apply(nn.Module):
    """A module from a function of itself and its input; keyword arguments become attributes."""

    def __init__(
        self, function: Callable[..., Tensor], **attributes: nn.Module | nn.Parameter
    ) -> None:
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x: Tensor) -> Tensor:
        """Call the function."""
        return self.function(self, x)


def weight(*shape: int) -> nn.Parameter:
    """Weight that a function uses."""
    return nn.Parameter(torch.ones(shape))


def separable(channels: int, out: int, stride: int) -> list[nn.Module]:
    """The block of MobileNetV1."""
    return [
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        *(nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, out, 1, bias=False)),
        *(nn.BatchNorm2d(out), nn.ReLU()),
    ]


# Howard et al. (2017), table 1: output channels and strides of the 13 separable blocks.
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
BLOCKS += [(1024, 2), (1024, 1)]


def mobilenet_v1() -> nn.Module:
    """MobileNetV1 with its classifier, for 224 rows and columns."""
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    channels = 32
    for out, stride in BLOCKS:
        layers += separable(channels, out, stride)
        channels = out
    return nn.Sequential(*layers, nn.AvgPool2d(7), nn.Flatten(), nn.Linear(channels, 1000))


def mobilenet_v1_counts() -> tuple[int, int]:
    """MACs and parameters of MobileNetV1 from its table: kernels, channels and feature maps."""
    side, channels = 112, 32
    macs, weights = 3 * 9 * 32 * side**2, 3 * 9 * 32
    norms = 2 * 32
    for out, stride in BLOCKS:
        side //= stride
        macs += (9 * channels + channels * out) * side**2
        weights += 9 * channels + channels * out
        norms += 2 * channels + 2 * out
        channels = out
    return macs + channels * 1000, weights + norms + channels * 1000 + 1000


def tied() -> nn.Module:
    """Two layers with one weight."""
    first, second = nn.Linear(12, 12, bias=False), nn.Linear(12, 12, bias=False)
    second.weight = first.weight
    return nn.Sequential(first, second)


def depends_on_values(shallow: nn.Module, deep: nn.Module) -> nn.Module:
    """Chooses its path by values; squares sum up to no less than 0, so it goes the deep one."""
    return Apply(
        lambda m, x: m.deep(x) if (x * x).sum() >= 0 else m.shallow(x), shallow=shallow, deep=deep
    )


IMAGE, SMALL = (1, 4, 17, 22), (1, 3, 9, 8)
MOBILENET_MACS, MOBILENET_PARAMETERS = mobilenet_v1_counts()

# Output sizes: (input + 2 padding - dilation (kernel - 1) - 1) // stride + 1 for rows and columns.
COSTS = {
    "convolution": CostCase(  # 6 outputs × 4 inputs × 15 taps on 9 × 10 positions
        lambda: nn.Conv2d(4, 6, (3, 5), 2, 1, bias=False), IMAGE, 32_400, 360
    ),
    "one axis, dilated": CostCase(  # 5 × 4 × 3 taps on 50 - 2 · 8 = 34 positions
        lambda: nn.Conv1d(4, 5, 3, dilation=8, bias=False), (1, 4, 50), 2_040, 60
    ),
    "three axes": CostCase(  # 4 × 3 × (2 · 3 · 2) taps on 4 × 5 × 7 positions
        lambda: nn.Conv3d(3, 4, (2, 3, 2), bias=False), (1, 3, 5, 7, 8), 20_160, 144
    ),
    "depthwise, dilated": CostCase(  # 16 × 1 × 9 taps on 17 × 22 positions
        lambda: nn.Conv2d(8, 16, 3, 1, 4, 4, groups=8, bias=False), (1, 8, 17, 22), 53_856, 144
    ),
    "transposed, stride 2": CostCase(  # every tap of 6 × 4 × 9 meets each of 9 × 7 inputs
        lambda: nn.ConvTranspose2d(6, 4, 3, 2, bias=False), (1, 6, 9, 7), 13_608, 216
    ),
    "with bias, norm, ReLU, pooling": CostCase(  # only the convolution: 6 × 4 × 9 on 17 × 22
        # parameters: 216 weights, 6 biases, 6 scales and 6 shifts of the norm
        lambda: nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.AvgPool2d(2)
        ),
        *(IMAGE, 80_784, 234),
    ),
    "`F.conv2d`, weight made on the way": CostCase(
        # the product 6×2 by 2×36 has 432; the convolution 6 × 4 × 9 on 15 × 20; weights 12 + 72
        lambda: Apply(
            lambda m, x: F.conv2d(x, (m.up @ m.down).view(6, 4, 3, 3)),
            up=weight(6, 2),
            down=weight(2, 36),
        ),
        *(IMAGE, 65_232, 84),
    ),
    "a layer without its hooks": CostCase(  # 6 × 4 × 9 taps on 15 × 20 positions
        lambda: Apply(
            lambda m, x: m.conv._conv_forward(x, m.conv.weight, None),
            conv=nn.Conv2d(4, 6, 3, bias=False),
        ),
        *(IMAGE, 64_800, 216),
    ),
    "one layer, run twice": CostCase(  # 2 × 4 × 4 × 9 taps on 17 × 22 positions; weights once
        lambda: Apply(
            lambda m, x: m.conv(m.conv(x)), conv=nn.Conv2d(4, 4, 3, padding=1, bias=False)
        ),
        *(IMAGE, 107_712, 144),
    ),
    "two layers, one weight": CostCase(  # 2 × 7 tokens × 12 × 12; weights once
        tied, (1, 7, 12), 2_016, 144
    ),
    "linear, three dimensions": CostCase(  # 7 tokens × 12 × 20
        lambda: nn.Linear(12, 20, bias=False), (1, 7, 12), 1_680, 240
    ),
    "`x @ x.mT`": CostCase(  # 3 × 9 × 9 results of 8 products
        lambda: Apply(lambda m, x: x @ x.mT), SMALL, 1_944, 0
    ),
    "`einsum`": CostCase(  # 9 × 9 results, each of 3 × 8 products
        lambda: Apply(lambda m, x: torch.einsum("nchw, nciw -> nhi", x, x)), SMALL, 1_944, 0
    ),
    "`F.scaled_dot_product_attention`": CostCase(
        # 3 heads × 9 queries × 9 keys, 8 products for each score and 8 for each sum of values
        lambda: Apply(lambda m, x: F.scaled_dot_product_attention(x, x, x)),
        *(SMALL, 3_888, 0),
    ),
    "`nn.MultiheadAttention`": CostCase(
        # 7 × 12 × 36 for queries, keys, values; 3 heads × 7 × 7 × (4 + 4); 7 × 12 × 12 for the end
        # parameters: 36 × 12 and 12 × 12 weights, 36 + 12 biases
        lambda: Apply(
            lambda m, x: m.attend(x, x, x)[0], attend=nn.MultiheadAttention(12, 3, batch_first=True)
        ),
        *((1, 7, 12), 5_208, 624),
    ),
    "`nn.LSTM`": CostCase(  # 7 steps × 4 gates × 6 × (5 + 6); two biases for each gate
        lambda: Apply(lambda m, x: m.lstm(x)[0], lstm=nn.LSTM(5, 6, batch_first=True)),
        *((1, 7, 5), 1_848, 312),
    ),
    "`nn.Bilinear`": CostCase(  # 9 rows × 5 outputs × (8 × 8 for W x, 8 for x · W x); no bias
        lambda: Apply(lambda m, x: m.form(x, x), form=nn.Bilinear(8, 8, 5, bias=False)),
        *((1, 9, 8), 3_240, 320),
    ),
    "a path chosen by values": CostCase(  # 6 × 4 × 9 taps on 15 × 20; and 6 × 4 weights not used
        lambda: depends_on_values(nn.Conv2d(4, 6, 1, bias=False), nn.Conv2d(4, 6, 3, bias=False)),
        *(IMAGE, 64_800, 240),
    ),
    "MobileNetV1": CostCase(  # published: 569 million MACs, 4.2 million parameters
        mobilenet_v1, (1, 3, 224, 224), MOBILENET_MACS, MOBILENET_PARAMETERS
    ),
}
