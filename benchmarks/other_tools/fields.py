"""Small modules whose receptive field is worked out by hand, for all tools.

The truths are integers that stand here with their derivation. None comes from `dsconv_lib`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .costs import Apply, Shape, depends_on_values, weight


class FieldCase(NamedTuple):
    """A module, the shape of its input, and its receptive field per axis, rows first."""

    build: Callable[[], nn.Module]
    shape: Shape
    size: Shape


def chain(*layers: nn.Module) -> Callable[[], nn.Module]:
    """What builds a stack; the layers hold no state that matters."""
    return lambda: nn.Sequential(*layers)


def conv(kernel_size: int | Shape, **options: int | Shape) -> nn.Module:
    """A convolution of two channels."""
    return nn.Conv2d(2, 2, kernel_size, **options)  # type: ignore[arg-type]


def vgg16() -> nn.Module:
    """VGG-16 up to pool5, with few channels."""
    layers: list[nn.Module] = []
    channels = 2
    for width, count in ((4, 2), (4, 2), (6, 3), (8, 3), (8, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def residual() -> nn.Module:
    """Two convolutions beside a short cut."""
    deep = nn.Sequential(conv(3, padding=1), nn.ReLU(), conv(3, padding=1))
    return Apply(lambda m, x: x + m.deep(x), deep=deep)


def gate() -> nn.Module:
    """Squeeze and excite behind a convolution."""
    return Apply(
        lambda m, x: m.conv(x) * torch.sigmoid(m.mix(m.conv(x).mean((2, 3), keepdim=True))),
        conv=conv(3, padding=1),
        mix=conv(1),
    )


def functional(m: Any, x: Tensor) -> Tensor:
    """Convolution, pooling and convolution without layers."""
    return F.conv2d(F.max_pool2d(F.conv2d(x, m.first), 2), m.second)


def by_columns(m: Any, x: Tensor) -> Tensor:
    """A 3×3 convolution as im2col and a matrix product."""
    columns = F.unfold(x, 3)
    return (m.matrix @ columns).view(1, 2, x.shape[2] - 2, x.shape[3] - 2)


def median(_: nn.Module, x: Tensor) -> Tensor:
    """A median filter of 3×3."""
    return x.unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2).median(-1)[0]


FIELD = (1, 2, 48, 40)

# A layer adds (kernel - 1) × dilation × (product of the strides before it) to a field of 1.
FIELDS = {
    "three 3×3": FieldCase(chain(conv(3), conv(3), conv(3)), FIELD, (7, 7)),  # 1 + 2 + 2 + 2
    "dilation 1, 2, 4": FieldCase(  # 1 + 2 + 4 + 8
        chain(conv(3), conv(3, dilation=2), conv(3, dilation=4)), FIELD, (15, 15)
    ),
    "stride 2, then dilation 2": FieldCase(  # 1 + 2 + 4 · 2
        chain(conv(3, stride=2), conv(3, dilation=2)), FIELD, (11, 11)
    ),
    "one layer, dilation 6": FieldCase(chain(conv(3, dilation=6)), FIELD, (13, 13)),  # 1 + 12
    "3×5, then 1×7": FieldCase(  # rows 1 + 2 + 0, columns 1 + 4 + 6
        chain(conv((3, 5)), conv((1, 7))), FIELD, (3, 11)
    ),
    "stride 2×1, then 3×3": FieldCase(  # rows 1 + 2 + 2 · 2, columns 1 + 2 + 2
        chain(conv(3, stride=(2, 1)), conv(3)), FIELD, (7, 5)
    ),
    "kernel of 11": FieldCase(chain(conv(11)), FIELD, (11, 11)),
    "average pooling by strides": FieldCase(  # 1 + 2 + 2 · 2 + 1 · 2
        chain(nn.AvgPool2d(3, 2), conv(3), nn.AvgPool2d(2)), FIELD, (9, 9)
    ),
    "max-pooling by strides": FieldCase(  # as before
        chain(nn.MaxPool2d(3, 2), conv(3), nn.MaxPool2d(2)), FIELD, (9, 9)
    ),
    "convolution, norm, ReLU, twice": FieldCase(  # 1 + 2 + 2
        chain(*(conv(3), nn.BatchNorm2d(2), nn.ReLU()), *(conv(3), nn.BatchNorm2d(2), nn.ReLU())),
        *(FIELD, (5, 5)),
    ),
    "residual branch": FieldCase(residual, FIELD, (5, 5)),  # 1 + 2 + 2; the short cut lies inside
    "functional calls": FieldCase(  # 1 + 2 + 1 + 2 · 2
        lambda: Apply(functional, first=weight(2, 2, 3, 3), second=weight(2, 2, 3, 3)),
        *(FIELD, (8, 8)),
    ),
    "transposed, stride 2": FieldCase(
        # 4 taps at stride 2: an output reads 2 neighbours, whose fields of 3 begin 2 apart
        chain(conv(3, stride=2), nn.ConvTranspose2d(2, 2, 4, 2, 1)),
        *(FIELD, (5, 5)),
    ),
    "nearest, ×2": FieldCase(  # 3 neighbours after doubling stem from 2
        chain(nn.Upsample(scale_factor=2), conv(3)), FIELD, (2, 2)
    ),
    "squeeze and excite": FieldCase(gate, FIELD, (48, 40)),  # the mean reads all
    "global pooling": FieldCase(  # all
        chain(conv(3, padding=1), nn.AdaptiveAvgPool2d(1)), FIELD, (48, 40)
    ),
    "VGG-16 to pool5": FieldCase(  # published: 212
        vgg16, (1, 2, 288, 256), (212, 212)
    ),
    "one axis, causal, dilation 1 to 8": FieldCase(  # 1 + 1 + 2 + 4 + 8
        chain(*(nn.Conv1d(2, 2, 2, dilation=d) for d in (1, 2, 4, 8))), (1, 2, 50), (16,)
    ),
    "`F.unfold` and a matrix": FieldCase(  # windows of 3×3
        lambda: Apply(by_columns, matrix=weight(2, 18)), FIELD, (3, 3)
    ),
    "median filter": FieldCase(lambda: Apply(median), FIELD, (3, 3)),  # windows of 3×3
    "a path chosen by values": FieldCase(  # 1 + 2
        lambda: depends_on_values(conv(1), conv(3)), FIELD, (3, 3)
    ),
}
