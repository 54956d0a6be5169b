"""Which input positions can change an output? Found by gradients, or by letting NaN spread."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from dsconv_lib.measure.stand_ins import StandIns
from dsconv_lib.probe import (
    checked_module,
    checked_shape,
    gradient_at,
    picked_output,
    placement,
    with_values,
)
from dsconv_lib.twins import copied, doubled, surroundings_kept

_MOST_POSITIONS = 1 << 14  # that NaN are put into where a gradient is missing


@dataclass(frozen=True, repr=False, eq=False)
class MeasuredField:
    """Input positions that one output position was seen to depend on.

    Attributes
    ----------
    mask : numpy.ndarray of bool, shape ``spatial``
        True where the output depends on the input position, in any channel.
    output : tuple of int
        The output position that was looked at, one index per axis.
    unknown : tuple of str
        Operations through which neither gradients nor NaN could be followed: what is read behind
        them may be missing.

    Examples
    --------
    >>> field = MeasuredField(np.array([[True, False, True], [False, False, False]]), (0, 1))
    >>> field.size, field.reached, field.positions
    ((1, 3), (1, 2), (frozenset({0}), frozenset({0, 2})))
    """

    mask: np.ndarray
    output: tuple[int, ...]
    unknown: tuple[str, ...] = ()

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
            f"output={self.output}, positions={int(self.mask.sum())}"
            + (f", unknown={self.unknown})" if self.unknown else ")")
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
        changes no sign, and what picks (maxima, sorting) or cuts (rounding, clamping, comparing)
        counts as reading all that it looks at. It thus measures the architecture, not the weights.
        (Beyond some 190 layers of 3 × 3 taps the derivative at the corners becomes too small a
        number.) Where an operation has no gradient, or none arrives, NaN are spread as well.

        "nan" puts NaN into the input, into smaller and smaller parts of it where they arrive. It
        leaves the module as it is, and takes about two passes for each position that is read, and
        few for the others. A weight of zero counts as read too, as zero times NaN is NaN.

    Returns
    -------
    MeasuredField
        Its ``unknown`` lists what could not be followed in either way.

    Raises
    ------
    TypeError
        If ``module`` is not a module, cannot be copied, or does not return one tensor.
    ValueError
        If ``input_shape``, ``output_index`` or ``method`` does not fit, or if the module cannot run
        on NaN and ``method`` is "nan".

    Examples
    --------
    >>> measure_receptive_field(nn.Conv2d(3, 8, (3, 5), dilation=(2, 1)), (1, 3, 9, 12))
    MeasuredField(size=(5, 5), reached=(3, 5), output=(2, 4), positions=15)
    """
    with_values(checked_module(module))
    shape = checked_shape(input_shape)
    if method not in ("gradient", "nan"):
        raise ValueError(f"method={method!r} is not known: use 'gradient' or 'nan'")
    device, _ = placement(module)
    generator = torch.Generator().manual_seed(0)
    image = (torch.rand((1, *shape[1:]), generator=generator) + 0.5).to(device, torch.float64)
    with _double_precision(), surroundings_kept([device]):
        twin = copied(module, doubled)
        if method == "nan":
            mask, index, blind = _spread_nan(twin, image, output_index)
            return MeasuredField(mask, index, tuple(blind))
        with torch.no_grad():
            _make_positive(twin, generator)
        return _follow_gradient(twin, image, output_index)


def _follow_gradient(
    module: nn.Module, image: Tensor, output_index: Sequence[int] | None
) -> MeasuredField:
    """Where a derivative is not 0; where there is none, NaN are spread as well."""
    stand_ins = StandIns()

    def watched(image: Tensor) -> Any:
        with stand_ins:
            return module(image + 0)  # which may be written to

    gradient, index = gradient_at(watched, image, output_index, torch.sum)
    mask = ((gradient != 0) | gradient.isnan()).flatten(0, 1).any(0).cpu().numpy()
    unknown = stand_ins.blind
    if stand_ins.hidden or not mask.any():
        try:
            spread, _, _ = _spread_nan(module, image, output_index, most=_MOST_POSITIONS)
            mask = mask | spread
        except ValueError:
            unknown = list(dict.fromkeys([*stand_ins.hidden, *unknown]))
    return MeasuredField(mask, index, tuple(unknown))


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


def _spread_nan(
    module: nn.Module,
    image: Tensor,
    output_index: Sequence[int] | None,
    most: int | None = None,
) -> tuple[np.ndarray, tuple[int, ...], list[str]]:
    """Put NaN into parts of the input, into halves of those from which they arrive.

    Returns
    -------
    numpy.ndarray of bool
        Positions from which they arrive.
    tuple of int
        The output that was looked at.
    list of str
        Operations that were not followed.

    Raises
    ------
    ValueError
        If the module cannot run on NaN, or if more than ``most`` parts would have to be tried.
    """
    sizes = tuple(image.shape[2:])
    mask = np.zeros(sizes, dtype=bool)
    stand_ins = StandIns()
    index = _run(module, image, output_index, stand_ins)[1]
    parts: list[Any] = [tuple(slice(0, size) for size in sizes)]
    tried = 0
    while parts:
        part = parts.pop()
        tried += 1
        if most is not None and tried > most:
            raise ValueError(f"more than {most} parts of the input are read")
        spoilt = image.detach().clone()
        spoilt[(..., *part)] = torch.nan
        try:
            output = _run(module, spoilt, index, stand_ins)[0]
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"module cannot run on NaN ({error}): use method='gradient', or measure its parts"
            ) from error
        if not output.isnan().any():
            continue
        axis = max(range(len(sizes)), key=lambda axis: part[axis].stop - part[axis].start)
        start, stop = part[axis].start, part[axis].stop
        if stop - start == 1:
            mask[part] = True
            continue
        middle = (start + stop) // 2
        halves = slice(start, middle), slice(middle, stop)
        parts += [(*part[:axis], half, *part[axis + 1 :]) for half in halves]
    return mask, index, stand_ins.blind


def _run(
    module: nn.Module, image: Tensor, output_index: Sequence[int] | None, stand_ins: StandIns
) -> tuple[Tensor, tuple[int, ...]]:
    """One output of a module, with the same random numbers each time."""
    with torch.random.fork_rng(devices=[]), torch.no_grad(), stand_ins:
        torch.manual_seed(0)
        return picked_output(module(image), output_index)
