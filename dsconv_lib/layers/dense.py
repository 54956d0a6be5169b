"""Separable and standard kernels: each as the other, exactly or as well as can be.

Seen from one input channel, a standard kernel is a matrix of O × T numbers, T being the taps (K²
in two dimensions). In a separable layer with M kernels per channel that matrix is a product of
O × M and M × T, so its rank is at most M, and every such matrix can be had. The best approximation
of rank M keeps the M largest singular values (Eckart & Young 1936, doi:10.1007/BF02288367); the
channels do not depend on each other. Guo et al. (2018, arXiv:1808.05517) took networks apart so.
"""

import torch
from torch import Tensor, nn

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def joined(depthwise: Tensor, pointwise: Tensor, channels: int) -> Tensor:
    """The kernel (O, C, *taps) of a depthwise (C * M, 1, *taps) and a pointwise one (O, C * M)."""
    taps = depthwise.shape[2:]
    each = depthwise.flatten(1).unflatten(0, (channels, -1))
    mixed = pointwise.flatten(1).unflatten(1, (channels, -1))
    return torch.einsum("ocm,cmt->oct", mixed, each).unflatten(2, taps)


def separated(kernel: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """The best depthwise (C * M, 1, *taps) and pointwise (O, C * M) kernels for a standard one.

    The depthwise kernels are orthonormal for each channel, and the pointwise ones carry the
    singular values. Where the rank exceeds O, the last depthwise kernels are not made use of.
    """
    outputs, channels, *taps = kernel.shape
    # In float64, which not every device has.
    matrices = kernel.detach().flatten(2).transpose(0, 1).to("cpu", torch.float64)
    u, s, vh = torch.linalg.svd(matrices, full_matrices=outputs < matrices.shape[2])
    depthwise = vh[:, :rank].reshape(channels * rank, 1, *taps)
    used = min(rank, outputs)
    pointwise = torch.zeros(outputs, channels, rank, dtype=torch.float64)
    pointwise[:, :, :used] = (u[:, :, :used] * s[:, None, :used]).transpose(0, 1)
    return depthwise.to(kernel), pointwise.flatten(1).to(kernel)


def folded(
    kernel: Tensor, bias: Tensor | None, norm: nn.Module | None, place: str
) -> tuple[Tensor, Tensor | None]:
    """The kernel and bias of a convolution and the batch norm after it (evaluation mode).

    ``place`` is the norm's name, for the error.
    """
    if norm is None or isinstance(norm, nn.Identity):
        return kernel, bias
    if not isinstance(norm, _BATCH_NORMS) or norm.running_mean is None or norm.running_var is None:
        raise ValueError(
            f"{place}={type(norm).__name__} has no fixed scale that a kernel could hold: use batch "
            "norm with running statistics, or none"
        )
    if norm.training:
        raise ValueError(
            f"{place} is in training mode, where its scale depends on the batch: use layer.eval()"
        )
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    shift = -norm.running_mean if bias is None else bias - norm.running_mean
    shift = shift * scale if norm.bias is None else shift * scale + norm.bias
    return kernel * scale.view(-1, *[1] * (kernel.dim() - 1)), shift
