"""What the functions are given: spelt out for two axes, or refused in words.

One axis is computed as two, of which the first has a single row; one image without a batch as a
batch of one.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dsconv_lib.arithmetic import Axis, Padding, PerAxis, settled
from dsconv_lib.checks import integer
from dsconv_lib.reference.windows import Array, Axes

LAYOUT = {1: "(N, C, L) or (C, L)", 2: "(N, C, H, W) or (C, H, W)"}
_TAPS = {1: "k", 2: "kh, kw"}
_ONE_ROW = Axis(1, 1, 0, 0, 1)


class Form(NamedTuple):
    """The axes that the caller gave: how many are spatial, and whether there was a batch."""

    ndim: int
    batched: bool

    def widened(self, x: Array) -> Array:
        """As (N, C, H, W)."""
        x = x if self.batched else x[None]
        return x if self.ndim == 2 else x[:, :, None]

    def restored(self, y: Array) -> Array:
        """From (N, C, H, W) to the axes that the caller gave."""
        y = y if self.ndim == 2 else y[:, :, 0]
        return y if self.batched else y[0]


class Layer(NamedTuple):
    """A convolution and what it is applied to, spelt out for two axes."""

    x: Array  # (N, C, H, W)
    w: Array  # (O, C / groups, kh, kw)
    b: Array | None
    axes: Axes
    groups: int
    form: Form

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, O, H_out, W_out); `ValueError` if the kernel does not fit."""
        rows, columns = self.axes
        N, _, H, W = self.x.shape
        return N, self.w.shape[0], rows.output_size(H), columns.output_size(W)

    def result(self, y: Array) -> Array:
        """Add the bias to ``y``, in place, and give it the axes that the caller knows."""
        if self.b is not None:
            y += self.b[:, None, None]
        return self.form.restored(y)


def arrays(*, exact: bool = True, **given: npt.ArrayLike | None) -> list[Array]:
    """Bring arrays to the dtype in which they are computed; those that are `None` are left out.

    Arrays must have one dtype, ``grad`` that of the output. Lists and numbers have none of their
    own. Integers are summed in int64, which is exact, or, without ``exact``, in float64.
    """
    found = {name: np.asarray(value) for name, value in given.items() if value is not None}
    for name, array in found.items():
        if array.dtype not in (np.float32, np.float64) and not np.can_cast(array.dtype, np.int64):
            raise TypeError(
                f"{name} has dtype {array.dtype}, in which nothing is computed here: use float32, "
                f"float64 or integers up to int64, as in {name}.astype(np.float32)"
            )
    own = {name: array.dtype for name, array in found.items() if hasattr(given[name], "dtype")}
    names = sorted(own, key=lambda name: name == "grad")
    common = own[names[0]] if names else np.result_type(*found.values())
    dtype = _computed(common, exact)
    for name, array in found.items():
        whose, wanted = f"{names[0]} has" if names else "", common
        if name not in own:  # In integers, fractions would be lost.
            fits = dtype.kind == "f" or array.dtype.kind != "f"
        elif name == "grad":
            whose, wanted = "the output", dtype
            fits = _computed(array.dtype, exact) == dtype
        else:
            fits = array.dtype == common
        if not fits:
            raise TypeError(
                f"{name} has dtype {array.dtype} but {whose} {wanted}, and as in PyTorch both must "
                "be the same: bring them to one, as in x.astype(np.float64)"
            )
    return [array.astype(dtype, copy=False) for array in found.values()]


def _computed(dtype: np.dtype, exact: bool) -> np.dtype:
    """The dtype of the results."""
    return dtype if dtype.kind == "f" else np.dtype(np.int64 if exact else np.float64)


def layout(x: Array, ndim: int) -> Form:
    """Check the axes of ``x``."""
    if x.ndim not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"x has shape {x.shape}, but must be {LAYOUT[ndim]}: give {ndim + 1} or {ndim + 2} axes"
        )
    if min(x.shape[-ndim - 1 :]) < 1:
        raise ValueError(
            f"x has shape {x.shape}, but its {LAYOUT[ndim]} must not be empty beside N: "
            "use at least one channel and one position per axis"
        )
    return Form(ndim, x.ndim == ndim + 2)


def as_two(axes: tuple[Axis, ...]) -> Axes:
    """The axes, rows first; one is the columns of a single row."""
    return (axes[0], axes[1]) if len(axes) == 2 else (_ONE_ROW, axes[0])


def layer(
    ndim: int,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None,
    stride: PerAxis,
    padding: Padding | str,
    dilation: PerAxis,
    groups: int,
    *,
    transposed: bool = False,
    exact: bool = True,
) -> Layer:
    """Check the arguments of a convolution, or of a transposed one."""
    x, w, *bias = arrays(exact=exact, x=x, w=w, b=b)
    form = layout(x, ndim)
    groups = integer("groups", groups, least=1)
    _check_weight(x, w, ndim, groups, transposed)
    outputs = w.shape[1] * groups if transposed else w.shape[0]
    if bias and bias[0].shape != (outputs,):
        raise ValueError(
            f"b has shape {bias[0].shape}, but must hold one number for each of the {outputs} "
            f"output channels: use shape ({outputs},)"
        )
    if transposed and isinstance(padding, str):
        raise TypeError(
            f"padding={padding!r} is not for a transposed convolution, as in PyTorch: use numbers"
        )
    axes = as_two(settled(ndim, w.shape[2:], stride, padding, dilation).axes)
    kernels = w if ndim == 2 else w[:, :, None]
    return Layer(form.widened(x), kernels, bias[0] if bias else None, axes, groups, form)


def _check_weight(x: Array, w: Array, ndim: int, groups: int, transposed: bool) -> None:
    """Refuse weights that do not fit the channels of ``x``."""
    first, second = ("C", "O / groups") if transposed else ("O", "C / groups")
    if w.ndim != ndim + 2 or min(w.shape) < 1:
        raise ValueError(
            f"w has shape {w.shape}, but must be ({first}, {second}, {_TAPS[ndim]}) without empty "
            f"axes: give {ndim + 2} axes"
        )
    channels = x.shape[-ndim - 1]
    for name, count in (("channels of x", channels), ("kernels of w", w.shape[0])):
        if count % groups:
            raise ValueError(
                f"groups={groups} does not divide the {count} {name}: use a divisor of both "
                f"{channels} and {w.shape[0]}"
            )
    wanted = channels if transposed else channels // groups
    if w.shape[not transposed] != wanted:
        rule = "one kernel per channel of x" if transposed else "C / groups channels"
        raise ValueError(
            f"w has shape {w.shape}, but with C={channels} and groups={groups} must have {rule}: "
            f"use {wanted} on axis {int(not transposed)}"
        )


def like_output(grad: Array, shape: tuple[int, ...], form: Form) -> Array:
    """Check an upstream gradient, and widen it."""
    wanted = form.restored(np.broadcast_to(np.float64(0), shape)).shape
    if grad.shape != wanted:
        raise ValueError(
            f"grad has shape {grad.shape}, but must be that of the output: use shape {wanted}"
        )
    return form.widened(grad)
