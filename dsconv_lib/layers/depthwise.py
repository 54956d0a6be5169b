"""Depthwise convolution as a module: ``nn.Conv2d(C, C * M, k, groups=C)`` on the fast operation.

The modules are PyTorch's own classes with another `forward`: the same weights under the same names
with the same initial values. Beside the speed, what is new is what ``padding`` may be.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import Proxy

from dsconv_lib.arithmetic import Padding, PerAxis, Settled, settled
from dsconv_lib.checks import integer
from dsconv_lib.functional import depthwise_conv1d, depthwise_conv2d, depthwise_conv3d


class _DepthwiseConv(nn.Module):
    """What the three have in common; in the order of base classes ``nn.ConvNd`` comes next."""

    ndim: int
    kernel_size: Any
    stride: Any
    dilation: Any
    padding: Any
    padding_mode: Any
    weight: Tensor
    bias: Tensor | None
    in_channels: int
    _function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        kernel_size: PerAxis = 3,
        *,
        channel_multiplier: int = 1,
        stride: PerAxis = 1,
        padding: Padding | str = "same",
        dilation: PerAxis = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        channels = integer("in_channels", in_channels, 1)
        filters = channels * integer("channel_multiplier", channel_multiplier, 1)
        conv = settled(self.ndim, kernel_size, stride, padding, dilation, beyond_pytorch=True)
        steps = (conv.kernel_size, conv.stride, 0, conv.dilation)
        place = (device, dtype)
        super().__init__(channels, filters, *steps, channels, bias, padding_mode, *place)
        self.padding = padding if isinstance(padding, str) else _shortened(conv.pads())

    def settled(self) -> Settled:
        """The convolution, as the attributes have it now."""
        given = (self.ndim, self.kernel_size, self.stride, self.padding, self.dilation)
        if torch.compiler.is_compiling():
            return settled(*given, beyond_pytorch=True)
        try:
            return _remembered(*given)
        except TypeError:  # lists are not remembered, and what is refused is refused again
            return settled(*given, beyond_pytorch=True)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x``, (N, C, *spatial) or (C, *spatial)."""
        if isinstance(x, Proxy) and getattr(x.tracer, "root", self) is not self:
            # torch.fx does not look into this layer, as it does not look into PyTorch's own.
            return x.tracer.create_proxy("call_module", x.tracer.path_of_module(self), (x,), {})
        if isinstance(x, Tensor) and x.dim() > self.ndim:
            self._check_channels(x.shape[-1 - self.ndim])
        conv = self.settled()
        padding: Padding = 0
        # Sizes that are kept open may stand in `F.pad`, but not in a convolution.
        is_open = conv.sized and (torch.compiler.is_compiling() or isinstance(x, Proxy))
        if self.padding_mode != "zeros" or is_open:
            x = self._padded(x, conv)
        else:
            padding = conv.pads(x.shape[-self.ndim :] if conv.sized else ())
        return self._function(x, self.weight, self.bias, self.stride, padding, self.dilation)

    def _check_channels(self, channels: int) -> None:
        """Refuse what would fit the weight, as another number of kernels for each channel."""
        if channels != self.in_channels:
            raise ValueError(
                f"x has {channels} channels, but the layer in_channels={self.in_channels}: use an "
                "input with as many, or another layer"
            )

    def _padded(self, x: Tensor, conv: Settled) -> Tensor:
        pads = conv.pads([x.shape[axis] for axis in range(-self.ndim, 0)], torch.sym_max)
        ends = [end for pair in reversed(pads) for end in pair]
        return F.pad(x, ends, "constant" if self.padding_mode == "zeros" else self.padding_mode)


def _shortened(pads: tuple[tuple[int, int], ...]) -> tuple[Any, ...]:
    """One number per axis, as PyTorch has it, where the two ends are alike."""
    return tuple(before for before, _ in pads) if all(a == b for a, b in pads) else pads


@lru_cache(maxsize=1024)
def _remembered(*given: Any) -> Settled:
    return settled(*given, beyond_pytorch=True)


class DepthwiseConv1d(_DepthwiseConv, nn.Conv1d):
    """Depthwise convolution along one axis; see `DepthwiseConv2d`.

    ``padding="causal"`` puts all D (K - 1) zeros before the input, so that no output reads a later
    position (van den Oord et al. 2016, arXiv:1609.03499).

    Examples
    --------
    >>> layer = DepthwiseConv1d(2, 3, padding="causal", dilation=4)
    >>> layer(torch.ones(1, 2, 20)).shape
    torch.Size([1, 2, 20])
    """

    ndim, _function = 1, staticmethod(depthwise_conv1d)


class DepthwiseConv2d(_DepthwiseConv, nn.Conv2d):
    """Depthwise convolution: M kernels for each channel, and no sum over channels.

    An ``nn.Conv2d(C, C * M, kernel_size, groups=C)`` with the same parameters under the same names,
    which computes with `functional.depthwise_conv2d`.

    Parameters
    ----------
    in_channels : int
        C, channels of the input.
    kernel_size, stride, dilation : int or one per axis
        Taps, step and distance of the taps; rows first.
    channel_multiplier : int
        M, kernels for each channel.
    padding : {"same", "valid"}, int, one per axis, or one (before, after) pair per axis
        "same" gives ⌈n/S⌉ outputs, as TensorFlow has it: the odd zero stands at the end, and with
        S > 1 their number depends on the input's size. ``padding=1`` is what PyTorch's and timm's
        own networks have there.
    bias : bool
        Add a learnt number to each output channel.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What the padding holds, as in ``nn.Conv2d``.
    device, dtype : torch.device or str, torch.dtype, optional
        Of the parameters, as in ``nn.Conv2d``; so ``torch.nn.utils.skip_init`` takes the layer.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, unknown, or has the wrong number of axes.

    Notes
    -----
    Input (N, C, H, W), output (N, C * M, H_out, W_out).

    ``torch.fx`` sees the layer whole, as it does PyTorch's own. Quantisation by modules knows
    ``nn.Conv2d`` itself and leaves this one in floating point (FX mode; eager mode needs
    ``layer.qconfig = None`` and stubs around it). What ``torch.export`` gives is an ordinary
    convolution, quantised like any other.

    Examples
    --------
    >>> layer = DepthwiseConv2d(3, (3, 5), channel_multiplier=2, dilation=2)
    >>> layer(torch.ones(1, 3, 8, 11)).shape, layer.weight.shape
    (torch.Size([1, 6, 8, 11]), torch.Size([6, 1, 3, 5]))
    """

    ndim, _function = 2, staticmethod(depthwise_conv2d)


class DepthwiseConv3d(_DepthwiseConv, nn.Conv3d):
    """Depthwise convolution along three axes; see `DepthwiseConv2d`.

    It computes with ``F.conv3d``: there is no faster operation for three axes.

    Examples
    --------
    >>> layer = DepthwiseConv3d(2, (3, 1, 5), dilation=(2, 1, 1))
    >>> layer(torch.ones(1, 2, 6, 7, 8)).shape
    torch.Size([1, 2, 6, 7, 8])
    """

    ndim, _function = 3, staticmethod(depthwise_conv3d)
