"""The effective receptive field: how much each input position acts on an output."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dsconv_lib.probe import checked_module, checked_shape, gradient_at, placement, with_values
from dsconv_lib.twins import cloned, copied, surroundings_kept


@dataclass(frozen=True, repr=False, eq=False)
class EffectiveField:
    """How strongly the input positions act on one output position.

    Attributes
    ----------
    weight : numpy.ndarray of float, shape ``spatial``
        Share of each input position; the shares add up to 1.
    output : tuple of int
        The output position that was looked at, one index per axis.

    Examples
    --------
    >>> EffectiveField(np.array([0.25, 0.5, 0.25]), (1,)).centre
    (1.0,)
    """

    weight: np.ndarray
    output: tuple[int, ...]

    @property
    def centre(self) -> tuple[float, ...]:
        """Per axis, mean position, weighted by the shares."""
        return tuple(float(line @ np.arange(len(line))) for line in self._lines())

    @property
    def sigma(self) -> tuple[float, ...]:
        """Per axis, standard deviation around the centre, in input positions."""
        spreads = zip(self._lines(), self.centre, strict=True)
        return tuple(float((line @ (np.arange(len(line)) - c) ** 2) ** 0.5) for line, c in spreads)

    def _lines(self) -> list[np.ndarray]:
        axes = range(self.weight.ndim)
        return [self.weight.sum(axis=tuple(a for a in axes if a != axis)) for axis in axes]

    def __repr__(self) -> str:
        sigma = ", ".join(f"{value:.2f}" for value in self.sigma)
        return f"EffectiveField(sigma=({sigma}), output={self.output})"


def effective_receptive_field(
    module: nn.Module,
    input_shape: Sequence[int],
    samples: int = 16,
    seed: int = 0,
    *,
    output_index: Sequence[int] | None = None,
    power: Literal[1, 2] = 1,
) -> EffectiveField:
    """Measure how strongly the input positions act on an output, for the weights as they are.

    For each sample, the input is drawn from a normal distribution, and so are the weights with
    which the output channels are added up; the gradient of that sum, in absolute value or squared,
    is averaged over samples and summed over input channels.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor and returns one tensor. A copy of it runs in evaluation mode.
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes; ``N`` samples are drawn at a time.
    samples : int
        Number of samples, rounded up to a multiple of ``N``.
    seed : int
        The same seed draws the same samples on every device.
    output_index : sequence of int, optional
        As in `measure_receptive_field`.
    power : {1, 2}
        Average the absolute gradient, or its square. For ``L`` layers of 3 × 3 taps,
        ``sigma`` is ``sqrt(2 L / 3)`` with power 1 if all weights are equal, and with power 2 in
        expectation if they are drawn independently around zero (Luo et al. 2016,
        arXiv:1701.04128).

    Returns
    -------
    EffectiveField

    Raises
    ------
    TypeError
        If ``module`` is not a module, cannot be copied, or does not return one tensor.
    ValueError
        If an argument does not fit, or no gradient reaches the input.

    Examples
    --------
    Six layers of 3 × 3 equal weights: ``sqrt(2 * 6 / 3)`` along each axis.

    >>> from dsconv_lib.models import ConvSpec, conv_stack
    >>> network = conv_stack([ConvSpec(3, padding=1)] * 6)
    >>> effective_receptive_field(network, (1, 1, 21, 25))
    EffectiveField(sigma=(2.00, 2.00), output=(10, 12))
    """
    with_values(checked_module(module))
    shape = checked_shape(input_shape)
    if samples < 1 or power not in (1, 2):
        raise ValueError(
            f"samples={samples} must be at least 1 and power={power} must be 1 or 2: "
            "use for example samples=16, power=1"
        )
    device, dtype = placement(module)
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(shape[2:], dtype=torch.float64)

    def mixed(output: Tensor) -> Tensor:
        return (output * torch.randn(output.shape, generator=generator).to(output)).sum()

    with surroundings_kept([device]):
        twin = copied(module, cloned)
        for _ in range(-(-samples // shape[0])):
            image = torch.randn(shape, generator=generator).to(device, dtype)
            gradient, index = gradient_at(twin, image, output_index, mixed)
            total += gradient.abs().double().pow(power).sum((0, 1)).cpu()
    if not total.sum() > 0 or not total.isfinite().all():
        raise ValueError(
            f"module passes no finite gradient from output {index} to the input: "
            "check its weights, or choose another output_index"
        )
    return EffectiveField((total / total.sum()).numpy(), index)
