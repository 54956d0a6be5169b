"""Depthwise separable layers with dilation, and the blocks of known networks made of them.

`DepthwiseSeparableConv1d`, `DepthwiseSeparableConv2d` and `DepthwiseSeparableConv3d` have one
general class; the blocks are MobileNet's, Xception's, ConvNeXt's, DeepLabv3+'s and the TCN's. All
of them compute with the fast operation of `dsconv_lib.functional`. They can be copied, pickled,
compiled and exported like PyTorch's own (`DepthwiseSeparableConv2d` says how).
"""

from dsconv_lib.layers.aspp import SeparableASPP
from dsconv_lib.layers.convnext import ConvNeXtBlock
from dsconv_lib.layers.depthwise import DepthwiseConv1d, DepthwiseConv2d, DepthwiseConv3d
from dsconv_lib.layers.mobilenet import InvertedResidual, MobileNetV1Block
from dsconv_lib.layers.padding import SamePad2d
from dsconv_lib.layers.separable import (
    DepthwiseSeparableConv1d,
    DepthwiseSeparableConv2d,
    DepthwiseSeparableConv3d,
)
from dsconv_lib.layers.tcn import TCNBlock
from dsconv_lib.layers.xception import XceptionBlock

__all__ = [
    "DepthwiseConv1d",
    "DepthwiseConv2d",
    "DepthwiseConv3d",
    "DepthwiseSeparableConv1d",
    "DepthwiseSeparableConv2d",
    "DepthwiseSeparableConv3d",
    "MobileNetV1Block",
    "InvertedResidual",
    "XceptionBlock",
    "ConvNeXtBlock",
    "SeparableASPP",
    "TCNBlock",
    "SamePad2d",
]
