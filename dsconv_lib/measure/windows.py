"""Sums over the windows that maximum pooling picks from, and over those that it is undone to."""

import re
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

Sizes = int | Sequence[int]


def windows_read(name: str, args: Sequence[Any], kwargs: dict[str, Any], pooled: Tensor) -> Any:
    """For each entry of a result of pooling, the sum of all that it could have been.

    Parameters
    ----------
    name : str
        Of the function of `torch.nn.functional` that was called with ``args`` and ``kwargs``.
    pooled : torch.Tensor
        What it gave.

    Returns
    -------
    torch.Tensor or None
        `None` if the function is no such pooling.
    """
    found = re.match(r"(adaptive_max_pool|max_pool|max_unpool)(\d)d", name)
    if not found:
        return None
    nd = int(found[2])
    sizes = tuple(pooled.shape[-nd:])
    if found[1] == "adaptive_max_pool":
        return getattr(nn.functional, f"adaptive_avg_pool{nd}d")(args[0], sizes)
    if found[1] == "max_unpool":
        return _sum_unpool(sizes, *args, **kwargs)
    return _sum_pool(sizes, *args, **kwargs)


def _sum_pool(
    sizes: tuple[int, ...],
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """Sums over the windows that maximum pooling with these arguments looks at.

    ``sizes`` are the output sizes; with ``ceil_mode`` a last window may stick out.
    """
    nd = len(sizes)
    taps, steps, ends, apart = (
        _per_axis(value, nd) for value in (kernel_size, stride or kernel_size, padding, dilation)
    )
    margins = [m for end, step in zip(ends, steps, strict=True) for m in (end + step, end)][::-1]
    alone = nn.functional.pad(input.reshape(-1, 1, *input.shape[-nd:]), margins)
    convolve = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)[nd - 1]
    summed = convolve(alone, alone.new_ones(1, 1, *taps), stride=steps, dilation=apart)
    inside: Any = (..., *map(slice, sizes))
    return summed[inside].reshape(*input.shape[:-nd], *sizes)


def _sum_unpool(
    sizes: tuple[int, ...],
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """For each place the sum of the maxima that could have come from there."""
    nd = len(sizes)
    taps, steps, ends = (
        _per_axis(value, nd) for value in (kernel_size, stride or kernel_size, padding)
    )
    alone = input.reshape(-1, 1, *input.shape[-nd:])
    spread = (
        nn.functional.conv_transpose1d,
        nn.functional.conv_transpose2d,
        nn.functional.conv_transpose3d,
    )[nd - 1](alone, alone.new_ones(1, 1, *taps), stride=steps)
    # Cut the padding off in front; behind, the output may be longer or shorter than the windows.
    margins = [
        margin
        for size, end, whole in zip(sizes, ends, spread.shape[-nd:], strict=True)
        for margin in (size + end - whole, -end)
    ][::-1]
    return nn.functional.pad(spread, margins).reshape(*input.shape[:-nd], *sizes)


def _per_axis(value: Sizes, nd: int) -> list[int]:
    if isinstance(value, int):
        return [value] * nd
    return list(value) * (nd if len(value) == 1 else 1)
