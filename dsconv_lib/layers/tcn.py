"""The block of the temporal convolutional network, with separable convolutions."""

from torch import Tensor, nn

from dsconv_lib.checks import integer
from dsconv_lib.layers.options import Act, Norm
from dsconv_lib.layers.separable import DepthwiseSeparableConv1d


class TCNBlock(nn.Module):
    """Residual block of the TCN (Bai, Kolter & Koltun 2018, arXiv:1803.01271, figure 1b).

    Twice a causal dilated convolution, ReLU and dropout; the input is added, through a 1 × 1
    convolution where the channels change; ReLU. The convolutions are separable here, and have no
    weight normalisation (``torch.nn.utils.parametrizations.weight_norm`` adds it).

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    kernel_size, dilation : int
        Of both depthwise convolutions.
    dropout : float
        Share of values set to zero in training mode, 0 to 1.
    norm_layer : callable, optional
        Makes a normalisation from the number of channels, for after each pointwise convolution.
    act_layer : callable
        Makes the activations.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range.

    Notes
    -----
    Input (N, C, L), output (N, O, L). An output reads its own position and 2·D·(K - 1) earlier
    ones. With D = 1, 2, 4, ... a stack of n blocks reads 1 + 2·(K - 1)·(2ⁿ - 1) positions.

    Examples
    --------
    >>> import torch
    >>> from dsconv_lib import trace_receptive_field
    >>> block = TCNBlock(8, 16, dilation=4)
    >>> block(torch.ones(2, 8, 50)).shape, trace_receptive_field(block, (1, 8, 50)).size
    (torch.Size([2, 16, 50]), (17,))
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        dilation: int = 1,
        dropout: float = 0.2,
        norm_layer: Norm | None = None,
        act_layer: Act = nn.ReLU,
    ) -> None:
        super().__init__()

        def separable(channels: int) -> DepthwiseSeparableConv1d:
            return DepthwiseSeparableConv1d(
                channels,
                out_channels,
                integer("kernel_size", kernel_size, 1),
                padding="causal",
                dilation=integer("dilation", dilation, 1),
                norm_layer=(None, norm_layer),
                act_layer=(None, act_layer),
            )

        self.conv1 = separable(in_channels)
        self.drop1 = nn.Dropout(dropout)
        self.conv2 = separable(out_channels)
        self.drop2 = nn.Dropout(dropout)
        self.downsample = None
        if in_channels != out_channels:
            self.downsample = nn.Conv1d(in_channels, out_channels, 1)
        self.act = act_layer()

    def forward(self, x: Tensor) -> Tensor:
        """Add what two convolutions make of ``x``."""
        y = self.drop2(self.conv2(self.drop1(self.conv1(x))))
        skip = x if self.downsample is None else self.downsample(x)
        return self.act(skip + y)
