"""The networks of which the benchmark times training steps, made of `dsconv_lib.layers`."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import nn

from dsconv_lib.layers import (
    InvertedResidual,
    MobileNetV1Block,
    SeparableASPP,
    TCNBlock,
    XceptionBlock,
)

from .depthwise_settings import NCHW, NHWC


class Network(NamedTuple):
    """A network, the shape of its input, and that of a small one for comparing in float64."""

    name: str
    build: Callable[[], nn.Module]
    size: tuple[int, ...]
    small: tuple[int, ...]

    @property
    def formats(self) -> dict[str, torch.memory_format]:
        """The memory formats that its tensors have, by what is added to a name."""
        return {"": NCHW} if len(self.size) == 3 else {"": NCHW, ", channels last": NHWC}

    def __str__(self) -> str:
        return f"{self.name}: {' × '.join(map(str, self.size))}"


def temporal(channels: int, kernel_size: int) -> nn.Module:
    """A temporal convolutional network with dilations from 1 to 128, without dropout."""
    blocks = (
        TCNBlock(channels, channels, kernel_size=kernel_size, dilation=2**level, dropout=0.0)
        for level in range(8)
    )
    return nn.Sequential(*blocks)


def stem(channels: int) -> list[nn.Module]:
    """From an image to half its size."""
    conv = nn.Conv2d(3, channels, 3, stride=2, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(channels), nn.ReLU()]


def mobilenet_v1() -> nn.Module:
    """Blocks of MobileNet that stay at a quarter of the size, with dilations 2 and 4."""
    return nn.Sequential(
        *stem(32),
        MobileNetV1Block(32, 64, stride=2),
        *(MobileNetV1Block(64, 64, dilation=2) for _ in range(3)),
        MobileNetV1Block(64, 128, dilation=2),
        *(MobileNetV1Block(128, 128, dilation=4) for _ in range(3)),
    )


def mobilenet_v2() -> nn.Module:
    """Blocks of MobileNetV2 that stay at an eighth of the size, with dilations 2 and 4."""
    return nn.Sequential(
        *stem(16),
        InvertedResidual(16, 24, stride=2),
        InvertedResidual(24, 24),
        InvertedResidual(24, 32, stride=2),
        *(InvertedResidual(32, 32, dilation=2) for _ in range(4)),
        InvertedResidual(32, 64, dilation=2),
        *(InvertedResidual(64, 64, dilation=4) for _ in range(4)),
    )


def xception() -> nn.Module:
    """Blocks of Xception that stay at a quarter of the size, with dilations 2 and 4."""
    return nn.Sequential(
        *stem(32),
        XceptionBlock(32, 64, stride=2),
        XceptionBlock(64, 128, repetitions=3, dilation=2),
        *(XceptionBlock(128, 128, repetitions=3, dilation=4) for _ in range(2)),
    )


NETWORKS = [
    Network(
        "ASPP head to 256", partial(SeparableASPP, 128, 256), (2, 128, 33, 45), (2, 128, 9, 11)
    ),
    Network("ASPP head to 64", partial(SeparableASPP, 128, 64), (2, 128, 33, 45), (2, 128, 9, 11)),
    Network("TCN, K 3", partial(temporal, 64, 3), (8, 64, 784), (2, 64, 50)),
    Network("TCN, K 7", partial(temporal, 25, 7), (16, 25, 784), (2, 25, 50)),
    Network("MobileNetV1, atrous", mobilenet_v1, (2, 3, 128, 160), (2, 3, 28, 36)),
    Network("MobileNetV2, atrous", mobilenet_v2, (2, 3, 128, 160), (2, 3, 40, 56)),
    Network("Xception, atrous", xception, (2, 3, 128, 160), (2, 3, 28, 36)),
]
