"""The depthwise separable layer for any number of axes."""

from typing import Any, Self

import torch
from torch import Tensor, nn

from dsconv_lib.checks import Padding, PerAxis, integer
from dsconv_lib.layers.dense import folded, joined, separated
from dsconv_lib.layers.options import Act, Both, Norm, biases, made, places


class DepthwiseSeparableConv(nn.Module):
    """What the classes for one, two and three axes have in common; see those."""

    _depthwise: type[Any]
    _pointwise: type[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: PerAxis = 3,
        *,
        stride: PerAxis = 1,
        padding: Padding | str = "same",
        dilation: PerAxis = 1,
        channel_multiplier: int = 1,
        bias: bool | tuple[bool, bool] | None = None,
        norm_layer: Both[Norm] = None,
        act_layer: Both[Act] = None,
        residual: bool = False,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = integer("in_channels", in_channels, 1)
        self.out_channels = integer("out_channels", out_channels, 1)
        norms, acts = places("norm_layer", norm_layer), places("act_layer", act_layer)
        bias_dw, bias_pw = biases(bias, norms)
        self.conv_dw = self._depthwise(
            in_channels,
            kernel_size,
            channel_multiplier=channel_multiplier,
            stride=stride,
            padding=padding,
            dilation=dilation,
            bias=bias_dw,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )
        width = self.conv_dw.out_channels
        self.bn1 = made("norm_layer", norms[0], width)
        self.act1 = made("act_layer", acts[0])
        place: dict[str, Any] = {"device": device, "dtype": dtype}
        self.conv_pw = self._pointwise(width, out_channels, 1, bias=bias_pw, **place)
        self.bn2 = made("norm_layer", norms[1], out_channels)
        self.act2 = made("act_layer", acts[1])
        for part in (self.bn1, self.act1, self.bn2, self.act2):
            if part is not None:
                part.to(device=device, dtype=dtype)
        self.residual = residual
        if residual:
            self._check_residual()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x``, (N, C, *spatial)."""
        y = self.conv_dw(x)
        if self.bn1 is not None:
            y = self.bn1(y)
        if self.act1 is not None:
            y = self.act1(y)
        y = self.conv_pw(y)
        if self.bn2 is not None:
            y = self.bn2(y)
        if self.act2 is not None:
            y = self.act2(y)
        return x + y if self.residual else y

    def as_dense_kernel(self) -> tuple[Tensor, Tensor | None]:
        """The standard convolution that computes the same.

        Batch norm in evaluation mode becomes part of kernel and bias.

        Returns
        -------
        kernel : Tensor, shape (O, C, *taps)
            ``kernel[o, c] = sum over m of pointwise[o, c * M + m] * depthwise[c * M + m, 0]``. With
            the layer's stride, padding and dilation it gives the layer's output up to rounding.
            Gradients flow back to the layer's weights.
        bias : Tensor, shape (O,), or None

        Raises
        ------
        ValueError
            If the layer is no linear function of its input, or of its input alone: it has an
            activation, a residual connection, or a normalisation that depends on the input.

        Examples
        --------
        >>> from dsconv_lib.layers import DepthwiseSeparableConv2d
        >>> kernel, bias = DepthwiseSeparableConv2d(3, 16, (3, 5)).as_dense_kernel()
        >>> kernel.shape, bias.shape
        (torch.Size([16, 3, 3, 5]), torch.Size([16]))
        """
        for name in ("act1", "act2"):
            act = getattr(self, name)
            if act is not None and not isinstance(act, nn.Identity):
                raise ValueError(
                    f"{name}={type(act).__name__} is not linear, and no kernel computes it: use a "
                    "layer without activations"
                )
        if self.residual:
            raise ValueError(
                "residual=True adds the input, which is not part of a kernel: use the kernel of a "
                "layer with residual=False, and add"
            )
        depthwise, inner = folded(self.conv_dw.weight, self.conv_dw.bias, self.bn1, "bn1")
        pointwise, bias = self.conv_pw.weight, self.conv_pw.bias
        if inner is not None:
            inner = pointwise.flatten(1) @ inner
            bias = inner if bias is None else inner + bias
        return folded(joined(depthwise, pointwise, self.in_channels), bias, self.bn2, "bn2")

    @classmethod
    def from_dense(cls, conv: nn.Module, *, rank: int = 1) -> Self:
        """The separable layer that comes nearest to a standard convolution.

        Parameters
        ----------
        conv : nn.Conv1d, nn.Conv2d or nn.Conv3d
            With one axis for each of the layer's, and ``groups=1``. Its stride, dilation, padding
            and bias are taken over. It is left as it was.
        rank : int
            M, the new layer's ``channel_multiplier``, from 1 to the number of taps T.

        Returns
        -------
        DepthwiseSeparableConv1d, 2d or 3d
            For each input channel the O × T matrix of its weights is cut to rank M by singular
            values. No separable layer with this M has a kernel nearer in the Frobenius norm
            (Eckart & Young 1936, doi:10.1007/BF02288367): the squared distance is the sum of the
            squares of the singular values left out. It is zero if M = T or M ≥ O.

        Raises
        ------
        TypeError
            If ``conv`` is not a convolution of as many axes.
        ValueError
            If it has groups, or if ``rank`` is not between 1 and T.

        Examples
        --------
        >>> from dsconv_lib.layers import DepthwiseSeparableConv2d
        >>> conv = nn.Conv2d(4, 6, 3, padding=2, dilation=2)
        >>> layer = DepthwiseSeparableConv2d.from_dense(conv, rank=9)
        >>> torch.allclose(layer.as_dense_kernel()[0], conv.weight, atol=1e-6)
        True
        """
        if not isinstance(conv, cls._pointwise):
            raise TypeError(
                f"conv must be a torch.nn.{cls._pointwise.__name__}, got {type(conv).__name__}: "
                "use the class for as many axes"
            )
        if conv.groups != 1:
            raise ValueError(
                f"conv has groups={conv.groups}, but a separable layer stands for a standard "
                "convolution: use one with groups=1"
            )
        taps = conv.weight[0, 0].numel()
        if integer("rank", rank, 1) > taps:
            raise ValueError(
                f"rank={rank} is more than the {taps} taps of the kernel, with which the layer is "
                f"exact: use rank={taps} or less"
            )
        layer = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,
            stride=conv.stride,
            padding=conv.padding,
            dilation=conv.dilation,
            channel_multiplier=rank,
            bias=(False, conv.bias is not None),
            padding_mode=conv.padding_mode,
        ).to(conv.weight)
        depthwise, pointwise = separated(conv.weight, rank)
        with torch.no_grad():
            layer.conv_dw.weight.copy_(depthwise)
            layer.conv_pw.weight.copy_(pointwise.view_as(layer.conv_pw.weight))
            if conv.bias is not None:
                layer.conv_pw.bias.copy_(conv.bias)
        return layer.train(conv.training)

    def extra_repr(self) -> str:
        """Show the channels in the module's repr."""
        residual = ", residual=True" if self.residual else ""
        return f"{self.in_channels}, {self.out_channels}{residual}"

    def _check_residual(self) -> None:
        """Refuse a layer whose output has another shape than its input."""
        if self.in_channels != self.out_channels:
            raise ValueError(
                f"residual=True adds input and output, but in_channels={self.in_channels} and "
                f"out_channels={self.out_channels} differ: use equal numbers, or residual=False"
            )
        conv = self.conv_dw
        if not conv.settled().keeps_size:
            raise ValueError(
                f"residual=True adds input and output, but stride={conv.stride} with "
                f"padding={conv.padding!r} changes the size: use stride=1 and "
                'padding="same", or residual=False'
            )
