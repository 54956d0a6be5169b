"""Depthwise convolution as a module: ``nn.Conv2d(C, C * M, k, groups=C)`` on the fast operation.

The modules are PyTorch's own classes with another `forward`: the same weights under the same names
with the same initial values. Beside the speed, what is new is what ``padding`` may be.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.checks import Padding, PerAxis, integer
from dsconv_lib.functional import depthwise_conv1d, depthwise_conv2d
from dsconv_lib.layers.padding import ends_by_name, in_order_of_pad, settled_padding

# torch.fx.symbolic_trace does not look into these, as it does not look into PyTorch's own.
torch.fx.wrap("depthwise_conv1d")
torch.fx.wrap("depthwise_conv2d")


class _DepthwiseConv(nn.Module):
    """What the three have in common; in the order of base classes ``nn.ConvNd`` comes next."""

    ndim: int
    kernel_size: Any
    stride: Any
    dilation: Any
    padding: Any
    padding_mode: Any
    weight: Tensor
    in_channels: int

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
    ) -> None:
        channels = integer("in_channels", in_channels, 1)
        filters = channels * integer("channel_multiplier", channel_multiplier, 1)
        axes = ConvSpec(kernel_size, stride, 0, dilation).axes(self.ndim)
        settled = settled_padding(padding, self.ndim)
        kernels, strides = tuple(a.kernel_size for a in axes), tuple(a.stride for a in axes)
        dilations = tuple(axis.dilation for axis in axes)
        super().__init__(
            channels, filters, kernels, strides, 0, dilations, channels, bias, padding_mode
        )
        self.padding = settled

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x``, (N, C, *spatial) or (C, *spatial)."""
        # TorchScript compiles the first branch alone only if the second one is an `else`.
        if torch.jit.is_scripting():
            return self._plain(x)
        else:  # noqa: RET505
            return self._plain(x) if self._is_traced(x) else self._fast(x)

    def _is_traced(self, x: Tensor) -> bool:
        """Whether x goes through to be followed, by TorchScript or without values.

        Neither of them gets through the checks of the fast operation: sizes are no numbers for the
        one, and the other has ``x`` on the meta device and the weights elsewhere.
        """
        return torch.jit.is_tracing() or (isinstance(x, Tensor) and x.device != self.weight.device)

    def _check_channels(self, channels: int) -> None:
        """Refuse what would fit the weight, as another number of kernels for each channel."""
        if channels != self.in_channels:
            raise ValueError(
                f"x has {channels} channels, but the layer in_channels={self.in_channels}: use an "
                "input with as many, or another layer"
            )

    def _plain(self, x: Tensor) -> Tensor:
        """PyTorch's own convolution."""
        raise NotImplementedError

    def _fast(self, x: Tensor) -> Tensor:
        return self._plain(x)

    def ends(self, shape: list[int]) -> tuple[list[int], list[int]]:
        """Padding before and after every spatial axis of an input of this shape."""
        if isinstance(self.padding, str):
            size = shape[-len(self.kernel_size) :]
            return ends_by_name(self.padding, size, self.kernel_size, self.stride, self.dilation)
        before: list[int] = []
        after: list[int] = []
        for entry in self.padding:
            if isinstance(entry, int):
                before.append(entry)
                after.append(entry)
            else:
                before.append(entry[0])
                after.append(entry[1])
        return before, after

    def keeps_size(self) -> bool:
        """Whether inputs of every size have outputs of the same size."""
        before, after = self.ends([1] * self.ndim)
        margins = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        total = [a + b for a, b in zip(before, after, strict=True)]
        return max(self.stride) == 1 and total == margins

    def _sized(self) -> bool:
        """Whether the padding depends on the size of the input."""
        word = self.padding if isinstance(self.padding, str) else ""
        return word == "same" and max(self.stride) > 1

    def _padded(self, x: Tensor, before: list[int], after: list[int]) -> Tensor:
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return F.pad(x, in_order_of_pad(before, after), mode)

    def _for_plain(self, x: Tensor) -> tuple[Tensor, list[int]]:
        """The input and the padding that is left to PyTorch's convolution."""
        before, after = self.ends(x.shape)  # type: ignore[arg-type]
        if self.padding_mode == "zeros" and not self._sized() and before == after:
            return x, before
        return self._padded(x, before, after), [0] * len(before)

    def _for_fast(self, x: Tensor) -> tuple[Tensor, Padding]:
        """The same for the fast operation, whose padding may differ at the two ends."""
        if isinstance(x, Tensor) and x.dim() > self.ndim:
            self._check_channels(x.shape[-1 - self.ndim])
        before, after = self.ends(x.shape)  # type: ignore[arg-type]
        # Sizes that the compiler keeps open may stand in `F.pad`, but not in a convolution.
        if self.padding_mode == "zeros" and not (self._sized() and torch.compiler.is_compiling()):
            return x, tuple(zip(before, after, strict=True))
        return self._padded(x, before, after), 0


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

    ndim = 1

    def _plain(self, x: Tensor) -> Tensor:
        x, padding = self._for_plain(x)
        return F.conv1d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _fast(self, x: Tensor) -> Tensor:
        x, padding = self._for_fast(x)
        return depthwise_conv1d(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=padding,
            dilation=self.dilation,
        )


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

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, unknown, or has the wrong number of axes.

    Notes
    -----
    Input (N, C, H, W), output (N, C * M, H_out, W_out).

    Examples
    --------
    >>> layer = DepthwiseConv2d(3, (3, 5), channel_multiplier=2, dilation=2)
    >>> layer(torch.ones(1, 3, 8, 11)).shape, layer.weight.shape
    (torch.Size([1, 6, 8, 11]), torch.Size([6, 1, 3, 5]))
    """

    ndim = 2

    def _plain(self, x: Tensor) -> Tensor:
        x, padding = self._for_plain(x)
        return F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _fast(self, x: Tensor) -> Tensor:
        x, padding = self._for_fast(x)
        return depthwise_conv2d(
            x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=padding,
            dilation=self.dilation,
        )


class DepthwiseConv3d(_DepthwiseConv, nn.Conv3d):
    """Depthwise convolution along three axes; see `DepthwiseConv2d`.

    It computes with ``F.conv3d``: there is no faster operation for three axes.

    Examples
    --------
    >>> layer = DepthwiseConv3d(2, (3, 1, 5), dilation=(2, 1, 1))
    >>> layer(torch.ones(1, 2, 6, 7, 8)).shape
    torch.Size([1, 2, 6, 7, 8])
    """

    ndim = 3

    def _plain(self, x: Tensor) -> Tensor:
        x, padding = self._for_plain(x)
        return F.conv3d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
