"""The separable atrous pyramid: one map seen at several rates side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dsconv_lib.checks import checked
from dsconv_lib.layers.options import Act, Norm
from dsconv_lib.layers.separable import DepthwiseSeparableConv2d


class SeparableASPP(nn.Module):
    """Atrous spatial pyramid pooling of DeepLabv3+ (Chen et al. 2018, arXiv:1802.02611).

    Side by side a pointwise convolution, one dilated 3 × 3 separable convolution for each rate, and
    a pointwise convolution of the image's mean; what they give is put together, and a pointwise
    convolution projects it. After each convolution, the depthwise ones too, come batch norm and
    ReLU.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O; O is the width of each branch, too.
    rates : sequence of int
        Dilations, one per branch: (6, 12, 18) on a map of 1/16 of the image's size, twice as much
        on one of 1/8.
    norm_layer, act_layer : callable
        Make the normalisations, from the number of channels, and the activations.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, or ``rates`` is empty. In training mode batch norm refuses a
        batch of one, since the image's mean is then one value per channel.

    Notes
    -----
    Input (N, C, H, W), output (N, O, H, W). The branch of a rate D reads 2·D + 1 rows and columns,
    the image's mean reads all.

    Examples
    --------
    >>> SeparableASPP(64, 32)(torch.ones(2, 64, 12, 9)).shape
    torch.Size([2, 32, 12, 9])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int = 256,
        *,
        rates: Sequence[int] = (6, 12, 18),
        norm_layer: Norm = nn.BatchNorm2d,
        act_layer: Act = nn.ReLU,
    ) -> None:
        super().__init__()

        def pointwise(channels: int) -> list[nn.Module]:
            conv = nn.Conv2d(channels, out_channels, 1, bias=False)
            return [conv, norm_layer(out_channels), act_layer()]

        self.pointwise = nn.Sequential(*pointwise(in_channels))
        self.branches = nn.ModuleList(
            DepthwiseSeparableConv2d(
                in_channels,
                out_channels,
                dilation=rate,
                norm_layer=norm_layer,
                act_layer=act_layer,
            )
            for rate in _checked_rates(rates)
        )
        self.pooling = nn.Sequential(nn.AdaptiveAvgPool2d(1), *pointwise(in_channels))
        self.project = nn.Sequential(*pointwise((len(self.branches) + 2) * out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Look at ``x`` in all ways and project."""
        maps = [self.pointwise(x)]
        for branch in self.branches:
            maps.append(branch(x))
        # Interpolating one value is repeating it.
        maps.append(self.pooling(x).expand(-1, -1, x.shape[-2], x.shape[-1]))
        return self.project(torch.cat(maps, 1))


def _checked_rates(rates: Sequence[int]) -> tuple[int, ...]:
    checked_rates = checked("rates", rates, 1)
    return (checked_rates,) if isinstance(checked_rates, int) else checked_rates
