"""Depthwise separable convolution: space first, channel by channel; then the channels."""

from torch import nn

from dsconv_lib.layers.depthwise import DepthwiseConv1d, DepthwiseConv2d, DepthwiseConv3d
from dsconv_lib.layers.general import DepthwiseSeparableConv


class DepthwiseSeparableConv1d(DepthwiseSeparableConv):
    """Depthwise separable convolution along one axis; see `DepthwiseSeparableConv2d`.

    ``padding="causal"`` puts all D (K - 1) zeros before the input, so that no output reads a later
    position. Input (N, C, L), output (N, O, L_out).

    Examples
    --------
    >>> import torch
    >>> layer = DepthwiseSeparableConv1d(4, 6, padding="causal", dilation=8)
    >>> layer(torch.ones(1, 4, 50)).shape
    torch.Size([1, 6, 50])
    """

    _depthwise, _pointwise = DepthwiseConv1d, nn.Conv1d


class DepthwiseSeparableConv2d(DepthwiseSeparableConv):
    """Depthwise separable convolution: a depthwise one, then a pointwise (1 × 1) one.

    Children, in this order, are named as in timm: ``conv_dw``, ``bn1``, ``act1``, ``conv_pw``,
    ``bn2``, ``act2``; those not asked for are `None`. So without normalisation the state dict
    holds, in order, what that of ``nn.Sequential(nn.Conv2d(C, C * M, k, groups=C),
    nn.Conv2d(C * M, O, 1))`` holds.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    kernel_size, stride, dilation : int or one per axis
        Of the depthwise convolution; rows first.
    padding : {"same", "valid"}, int, one per axis, or one (before, after) pair per axis
        "same" gives ⌈n/S⌉ outputs, as TensorFlow has it: the odd zero stands at the end, and with
        S > 1 their number depends on the input's size. Weights from PyTorch's or timm's own
        networks expect ``padding=D * (K - 1) // 2`` instead, which differs where S > 1.
    channel_multiplier : int
        M, depthwise kernels for each channel.
    bias : bool, or a (depthwise, pointwise) pair of them, optional
        By default a convolution has a bias unless a normalisation follows it.
    norm_layer : callable, or a (between, after) pair of them, optional
        Called with the number of channels, gives the module that follows the depthwise and the
        pointwise convolution: ``nn.BatchNorm2d``, ``partial(nn.GroupNorm, 8)``. In a pair, `None`
        leaves a place empty.
    act_layer : callable, or a (between, after) pair of them, optional
        Called with nothing, gives the activations: ``nn.ReLU``. ``(nn.ReLU6, None)`` has one
        between the convolutions and none after.
    residual : bool
        Add the input to the output of the last child.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What the padding holds, as in ``nn.Conv2d``.
    device, dtype : torch.device or str, torch.dtype, optional
        Of the parameters and buffers, as in ``nn.Conv2d``.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, unknown, or has the wrong number of axes; if ``residual`` is
        asked for and the shapes of input and output differ.

    Notes
    -----
    Input (N, C, H, W), output (N, O, H_out, W_out). Without biases it has C·M·(K² + O) weights and
    takes H_out·W_out·C·M·(K² + O) MACs, a standard convolution C·O·K² and H_out·W_out·C·O·K²
    (Sifre 2014; Howard et al. 2017, arXiv:1704.04861).

    The depthwise convolution is `functional.depthwise_conv2d`, under ``torch.compile`` too. What
    ``torch.export`` and ``torch.onnx.export(..., dynamo=True)`` write holds PyTorch's own
    convolution in its place and so runs without this library. Sizes may stay open.

    `as_dense_kernel` gives the equal standard kernel, `from_dense` the separable layer nearest to a
    standard convolution.

    Examples
    --------
    Dilated, with batch norm and ReLU6 in both places:

    >>> import torch
    >>> layer = DepthwiseSeparableConv2d(
    ...     3, 16, dilation=2, norm_layer=nn.BatchNorm2d, act_layer=nn.ReLU6
    ... )
    >>> layer(torch.ones(1, 3, 8, 11)).shape
    torch.Size([1, 16, 8, 11])
    >>> [name for name, _ in layer.named_children()]
    ['conv_dw', 'bn1', 'act1', 'conv_pw', 'bn2', 'act2']
    """

    _depthwise, _pointwise = DepthwiseConv2d, nn.Conv2d


class DepthwiseSeparableConv3d(DepthwiseSeparableConv):
    """Depthwise separable convolution along three axes; see `DepthwiseSeparableConv2d`.

    Input (N, C, T, H, W), output (N, O, T_out, H_out, W_out). It computes with PyTorch's own
    convolutions: there is no faster operation for three axes.

    Examples
    --------
    >>> import torch
    >>> layer = DepthwiseSeparableConv3d(2, 4, (3, 1, 5), stride=(2, 1, 1))
    >>> layer(torch.ones(1, 2, 5, 6, 7)).shape
    torch.Size([1, 4, 3, 6, 7])
    """

    _depthwise, _pointwise = DepthwiseConv3d, nn.Conv3d
