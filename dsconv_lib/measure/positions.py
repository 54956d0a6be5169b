"""Which input positions can change an output? Found by gradients, or by letting NaN spread."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from dsconv_lib.probe import (
    checked_shape,
    copied,
    doubled,
    gradient_at,
    picked_output,
    placement,
    surroundings_kept,
)


@dataclass(frozen=True, repr=False, eq=False)
class MeasuredField:
    """Input positions that one output position was seen to depend on.

    Attributes
    ----------
    mask : numpy.ndarray of bool, shape ``spatial``
        True where the output depends on the input position, in any channel.
    output : tuple of int
        The output position that was looked at, one index per axis.

    Examples
    --------
    >>> field = MeasuredField(np.array([[True, False, True], [False, False, False]]), (0, 1))
    >>> field.size, field.reached, field.positions
    ((1, 3), (1, 2), (frozenset({0}), frozenset({0, 2})))
    """

    mask: np.ndarray
    output: tuple[int, ...]

    @property
    def positions(self) -> tuple[frozenset[int], ...]:
        """Per axis, the input positions of which any entry of the mask is True."""
        axes = range(self.mask.ndim)
        projections = [self.mask.any(axis=tuple(a for a in axes if a != axis)) for axis in axes]
        return tuple(frozenset(np.flatnonzero(line).tolist()) for line in projections)

    @property
    def size(self) -> tuple[int, ...]:
        """Per axis, positions from the first to the last that is reached."""
        return tuple(max(line) - min(line) + 1 if line else 0 for line in self.positions)

    @property
    def reached(self) -> tuple[int, ...]:
        """Per axis, number of positions that are reached."""
        return tuple(map(len, self.positions))

    def __repr__(self) -> str:
        return (
            f"MeasuredField(size={self.size}, reached={self.reached}, "
            f"output={self.output}, positions={int(self.mask.sum())})"
        )


def measure_receptive_field(
    module: nn.Module,
    input_shape: Sequence[int],
    output_index: Sequence[int] | None = None,
    *,
    method: Literal["gradient", "nan"] = "gradient",
) -> MeasuredField:
    """Find the input positions that an output position of a module depends on.

    Parameters
    ----------
    module : torch.nn.Module
        Takes one tensor and returns one tensor. It is copied and left as it was.
    input_shape : sequence of int
        ``(N, C, *spatial)`` with one to three spatial axes, rows first.
    output_index : sequence of int, optional
        The output position, one index per spatial axis; negative ones count from the end. By
        default the middle one, ``size // 2`` per axis. An output without spatial axes, as of a
        classifier, is looked at as a whole.
    method : {"gradient", "nan"}
        "gradient" takes one derivative of a copy in double precision in which nothing can cancel
        or hide: all weights are positive and so small that no activation saturates, batch norm
        changes no sign, and maximum pooling adds up, since any position of its window can be the
        largest. It thus measures the architecture, not the weights. (Beyond some 190 layers of
        3 × 3 taps the derivative at the corners becomes too small a number.)

        "nan" puts NaN at one input position after another and watches whether it arrives. It
        leaves the module as it is, and takes as many passes as there are positions: for small
        inputs only. A weight of zero counts as read too, as zero times NaN is NaN.

    Returns
    -------
    MeasuredField

    Raises
    ------
    TypeError
        If ``module`` is not a module, cannot be copied, or does not return one tensor.
    ValueError
        If ``input_shape``, ``output_index`` or ``method`` does not fit.

    Examples
    --------
    >>> measure_receptive_field(nn.Conv2d(3, 8, (3, 5), dilation=(2, 1)), (1, 3, 9, 12))
    MeasuredField(size=(5, 5), reached=(3, 5), output=(2, 4), positions=15)
    """
    shape = checked_shape(module, input_shape)
    if method not in ("gradient", "nan"):
        raise ValueError(f"method={method!r} is not known: use 'gradient' or 'nan'")
    device, _ = placement(module)
    generator = torch.Generator().manual_seed(0)
    image = (torch.rand((1, *shape[1:]), generator=generator) + 0.5).to(device, torch.float64)
    with _double_precision(), surroundings_kept([device]):
        twin = copied(module, doubled)
        if method == "nan":
            return _spread_nan(twin, image, output_index)
        with torch.no_grad():
            _make_positive(twin, generator)
        with _SumsForMaxima():
            gradient, index = gradient_at(twin, image, output_index, torch.sum)
    mask = ((gradient != 0) | gradient.isnan()).flatten(0, 1).any(0)
    return MeasuredField(mask.cpu().numpy(), index)


@contextmanager
def _double_precision() -> Iterator[None]:
    """Let tensors that the module makes while it runs be in double precision as well."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _make_positive(module: nn.Module, generator: torch.Generator) -> None:
    """Positive weights with small sums; biases 0; batch norm without effect on the sign."""
    for name, parameter in module.named_parameters():
        values = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) + 0.5
        if name.endswith("bias"):
            values.zero_()
        elif parameter.dim() > 1:
            values /= 4 * max(parameter[0].numel(), 1)
        parameter.copy_(values)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.running_mean is not None:
            part.reset_running_stats()


class _SumsForMaxima(TorchFunctionMode):
    """Adds up a window where maximum pooling would pick from it."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        found = re.match(r"(adaptive_)?max_pool(\d)d", name)
        if not found:
            return result
        pooled = result if isinstance(result, Tensor) else result[0]
        nd = int(found[2])
        if found[1]:
            average = getattr(nn.functional, f"adaptive_avg_pool{nd}d")
            pooled = average(args[0], tuple(pooled.shape[-nd:]))
        else:
            pooled = _sum_pool(tuple(pooled.shape[-nd:]), *args, **kwargs)
        return pooled if isinstance(result, Tensor) else (pooled, *result[1:])


def _sum_pool(
    sizes: tuple[int, ...],
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """Sums over the windows that maximum pooling with these arguments looks at.

    ``sizes`` are the output sizes; with ``ceil_mode`` a last window may stick out.
    """
    nd = len(sizes)
    given = (kernel_size, stride or kernel_size, padding, dilation)
    taps, steps, ends, apart = (
        [value] * nd if isinstance(value, int) else list(value) * (nd if len(value) == 1 else 1)
        for value in given
    )
    margins = [m for end, step in zip(ends, steps, strict=True) for m in (end + step, end)][::-1]
    alone = nn.functional.pad(input.reshape(-1, 1, *input.shape[-nd:]), margins)
    convolve = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)[nd - 1]
    summed = convolve(alone, alone.new_ones(1, 1, *taps), stride=steps, dilation=apart)
    inside: Any = (..., *map(slice, sizes))
    return summed[inside].reshape(*input.shape[:-nd], *sizes)


def _spread_nan(
    module: nn.Module, image: Tensor, output_index: Sequence[int] | None
) -> MeasuredField:
    """Put NaN at each input position in turn."""
    sizes = tuple(image.shape[2:])
    mask = np.zeros(sizes, dtype=bool)
    with torch.no_grad():
        for place in product(*map(range, sizes)):
            spoilt = image.clone()
            where: Any = (..., *place)
            spoilt[where] = torch.nan
            output, index = picked_output(module(spoilt), output_index)
            mask[place] = bool(output.isnan().any())
    return MeasuredField(mask, index)
