"""Networks with published counts, classifier included, for the tests of costs.

Build them inside ``torch.device("meta")``: only shapes matter.
"""

from itertools import pairwise

from torch import nn


class Shortcut(nn.Module):
    """Layers, and something beside them whose result is added."""

    def __init__(self, layers, beside=None):
        super().__init__()
        self.layers, self.beside = layers, beside or nn.Identity()

    def forward(self, x):
        return self.beside(x) + self.layers(x)


def conv_bn(in_channels, out_channels, kernel_size, stride=1, groups=1, activation=nn.ReLU):
    """Convolution without bias, padded by half its kernel, and batch norm."""
    padding = kernel_size // 2
    conv = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False
    )
    return nn.Sequential(
        conv, nn.BatchNorm2d(out_channels), *([activation()] if activation else [])
    )


def classifier(channels, classes=1000):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def mobilenet_v1(width=1.0, separable=True, shallow=False):
    """Howard et al. (2017), table 1; ``separable=False`` is their 'Conv MobileNet'."""
    widths = [64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    if shallow:
        del widths[6:11], strides[6:11]
    channels = int(32 * width)
    layers = [conv_bn(3, channels, 3, 2)]
    for wide, stride in zip(widths, strides, strict=True):
        out = int(wide * width)
        if separable:
            layers += [conv_bn(channels, channels, 3, stride, channels), conv_bn(channels, out, 1)]
        else:
            layers += [conv_bn(channels, out, 3, stride)]
        channels = out
    return nn.Sequential(*layers, classifier(channels))


def mobilenet_v2():
    """Sandler et al. (2018), table 2."""
    layers, channels = [conv_bn(3, 32, 3, 2, activation=nn.ReLU6)], 32
    blocks = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)]
    for expansion, out, count, first in [*blocks, (6, 160, 3, 2), (6, 320, 1, 1)]:
        for number in range(count):
            stride, wide = first if number == 0 else 1, channels * expansion
            block = nn.Sequential(
                *([conv_bn(channels, wide, 1, activation=nn.ReLU6)] if expansion > 1 else []),
                conv_bn(wide, wide, 3, stride, wide, nn.ReLU6),
                conv_bn(wide, out, 1, activation=None),
            )
            layers.append(Shortcut(block) if stride == 1 and channels == out else block)
            channels = out
    return nn.Sequential(*layers, conv_bn(channels, 1280, 1, activation=nn.ReLU6), classifier(1280))


def resnet50():
    """He et al. (2016), table 1: the first 1×1 convolution of a stage has the stride."""
    layers, channels = [conv_bn(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], 64
    for wide, count, first in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for number in range(count):
            stride = first if number == 0 else 1
            block = nn.Sequential(
                conv_bn(channels, wide, 1, stride),
                conv_bn(wide, wide, 3),
                conv_bn(wide, 4 * wide, 1, activation=None),
            )
            beside = conv_bn(channels, 4 * wide, 1, stride, activation=None)
            layers += [Shortcut(block, beside if number == 0 else None), nn.ReLU()]
            channels = 4 * wide
    return nn.Sequential(*layers, classifier(channels))


def vgg16():
    """Simonyan & Zisserman (2015), table 1, column D."""
    layers, channels = [], 3
    for wide, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU(inplace=True)]
            channels = wide
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(nn.Sequential(*layers), nn.Flatten(), dense(512 * 49, 4096, 4096, 1000))


def alexnet():
    """Krizhevsky et al. (2012): two towers where convolutions have two groups; input 227×227."""
    layers = [nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()]
    layers += [nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()]
    layers += [nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    return nn.Sequential(nn.Sequential(*layers), nn.Flatten(), dense(9216, 4096, 4096, 1000))


def dense(*sizes):
    """Fully connected layers with ReLU and dropout between them."""
    layers = []
    for size, following in pairwise(sizes):
        layers += [nn.Linear(size, following), nn.ReLU(inplace=True), nn.Dropout()]
    return nn.Sequential(*layers[:-2])
