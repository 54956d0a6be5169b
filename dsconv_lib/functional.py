"""Depthwise convolution: what PyTorch computes, to rounding, and on CPU several times faster.

`depthwise_conv2d`, `depthwise_conv1d` and `depthwise_conv3d` take what ``F.conv2d``, ``F.conv1d``
and ``F.conv3d`` take, in the same order and by the same names. Where nothing was found to be gained
they are that very call; where something was, one of two other ways is taken: "compiled", vector
code made by numba (``pip install dsconv-lib[fast]``), or "pure", PyTorch's own operations in
another arrangement. `choose_path` says which; `using_path` and the environment variable
``DSCONV_PATH`` override it.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_variadic

from dsconv_lib._depthwise.arguments import Call, call, computing_dtype
from dsconv_lib._depthwise.choice import Paths, chosen, has_numba, using_path
from dsconv_lib._depthwise.eager import Convolution
from dsconv_lib._depthwise.onlookers import are_transforms_active
from dsconv_lib._depthwise.operation import convolve, is_left_to_pytorch
from dsconv_lib._depthwise.registered import Transformed, depthwise, transformed
from dsconv_lib.arithmetic import Padding, PerAxis

__all__ = [
    "depthwise_conv2d",
    "depthwise_conv1d",
    "depthwise_conv3d",
    "choose_path",
    "Paths",
    "using_path",
    "has_numba",
]

_PYTORCHS: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def depthwise_conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int | None = None,
) -> Tensor:
    """Convolve every channel with kernels of its own: ``F.conv2d(..., groups=C)``.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        The output has its dtype. Where ``input`` or ``weight`` is channels-last, so is the output.
    weight : Tensor, shape (C * M, 1, kh, kw)
        M kernels for each channel; output channel ``c * M + m`` is channel ``c`` convolved with
        kernel ``m`` of that channel.
    bias : Tensor, shape (C * M,), optional
        Added to the outputs.
    stride, dilation : int, or one per axis
        Step of the kernel and distance of its taps, in positions; rows first.
    padding : int, one per axis, one (before, after) pair per axis, "same" or "valid"
        Positions of zeros around the input. PyTorch does not take pairs; here a causal convolution
        along the columns has ``padding=((0, 0), (D * (kw - 1), 0))``.
    groups : int, optional
        C, if anything.

    Returns
    -------
    Tensor, shape (N, C * M, H_out, W_out) or (C * M, H_out, W_out)
        Sizes as in `dsconv_lib.output_size`. Equal to PyTorch's up to rounding, since sums are
        taken in another order; derivatives of any order can be taken. ``torch.func.grad``,
        ``torch.vmap`` and ``torch.compile`` keep the fast ways; other transforms, ``torch.export``
        and dispatch modes get PyTorch's own call.

    Raises
    ------
    ValueError, TypeError
        Where PyTorch refuses: shapes, devices or dtypes that do not go together, a kernel larger
        than the padded input, "same" with a stride. If ``groups`` is another number than C.

    Examples
    --------
    >>> x, w = torch.ones(1, 2, 5, 7), torch.ones(2, 1, 3, 3)
    >>> depthwise_conv2d(x, w, padding=2, dilation=2).shape
    torch.Size([1, 2, 5, 7])
    """
    return _convolution(depthwise_conv2d, 2, input, weight, bias, stride, padding, dilation, groups)


def depthwise_conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int | None = None,
) -> Tensor:
    """Convolve every channel with kernels of its own: ``F.conv1d(..., groups=C)``.

    Parameters, result and errors are those of `depthwise_conv2d` with one axis: ``input`` is
    (N, C, L) or (C, L) and ``weight`` is (C * M, 1, k).

    Examples
    --------
    A causal convolution reads nothing that comes later:

    >>> x, w = torch.ones(1, 2, 6), torch.ones(2, 1, 3)
    >>> depthwise_conv1d(x, w, padding=((4, 0),), dilation=2)[0, 0]
    tensor([1., 1., 2., 2., 3., 3.])
    """
    return _convolution(depthwise_conv1d, 1, input, weight, bias, stride, padding, dilation, groups)


def depthwise_conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int | None = None,
) -> Tensor:
    """Convolve every channel with kernels of its own: ``F.conv3d(..., groups=C)``.

    Parameters, result and errors are those of `depthwise_conv2d` with three axes: ``input`` is
    (N, C, T, H, W) or (C, T, H, W) and ``weight`` is (C * M, 1, kt, kh, kw). It is PyTorch's own
    call: there is no faster way for three axes.

    Examples
    --------
    >>> x, w = torch.ones(1, 2, 4, 5, 6), torch.ones(2, 1, 3, 1, 3)
    >>> depthwise_conv3d(x, w, padding=((2, 0), 0, 1)).shape
    torch.Size([1, 2, 4, 5, 6])
    """
    return _convolution(depthwise_conv3d, 3, input, weight, bias, stride, padding, dilation, groups)


def choose_path(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: PerAxis = 1,
    padding: Padding | str = 0,
    dilation: PerAxis = 1,
    groups: int | None = None,
) -> Paths:
    """Say which ways a call with these arguments takes, here and now; nothing is computed.

    Parameters and errors are those of `depthwise_conv2d`, or those of `depthwise_conv1d` and
    `depthwise_conv3d` where ``weight`` has three and five axes.
    Gradients that are taken under a mode or a transform of their own may go another way.

    Returns
    -------
    Paths
        ``.forward`` and ``.backward``, the gradients' way: each "torch" (PyTorch's own call),
        "pure" or "compiled".

    Examples
    --------
    >>> choose_path(torch.ones(1, 8, 20, 30), torch.ones(8, 1, 3, 3), stride=2)
    Paths(forward='torch', backward='torch')
    """
    ndim = weight.dim() - 2
    given = call(ndim, input, weight, bias, stride, padding, dilation, groups)
    dtype = computing_dtype(input)
    path = chosen(input, weight, given, dtype)
    if path == "torch" or given.ends is None:
        return Paths("torch", "torch")
    planes, kernels = _as_planes(input, weight, ndim)
    quick = is_left_to_pytorch(planes, kernels, given.ends, dtype)
    return Paths("torch" if quick else path, path)


def _convolution(
    function: Callable[..., Tensor],
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    *options: object,
) -> Tensor:
    """What `function`, one of the above, does."""
    if has_torch_function_variadic(input, weight, bias):
        given = (input, weight, bias)
        return handle_torch_function(function, given, *given, *options)
    asked = call(ndim, input, weight, bias, *options)  # type: ignore[arg-type]
    dtype = computing_dtype(input)
    path = chosen(input, weight, asked, dtype)
    if path == "torch":
        return _pytorchs(ndim, input, weight, bias, asked)
    if dtype != input.dtype or dtype != weight.dtype:
        input, weight = input.to(dtype), weight.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    x, w = _as_planes(input, weight, ndim)
    y = _operation(x, w, bias)(x, w, bias, asked.ends, path)
    y = y.squeeze(2) if ndim == 1 else y
    return y if input.dim() == ndim + 2 else y[0]


def _as_planes(x: Tensor, w: Tensor, ndim: int) -> tuple[Tensor, Tensor]:
    """As (N, C, H, W) and (C * M, 1, kh, kw)."""
    x = x if x.dim() == ndim + 2 else x[None]
    return (x.unsqueeze(2), w.unsqueeze(2)) if ndim == 1 else (x, w)


def _operation(x: Tensor, w: Tensor, b: Tensor | None) -> Callable[..., Tensor]:
    """The entrance for whoever calls: the compiler, a transform, autograd, or none of them."""
    if torch.compiler.is_compiling():
        return transformed if are_transforms_active() else depthwise
    if are_transforms_active():
        return Transformed.apply
    learning = x.requires_grad or w.requires_grad or (b is not None and b.requires_grad)
    return Convolution.apply if learning and torch.is_grad_enabled() else convolve


def _pytorchs(ndim: int, x: Tensor, w: Tensor, b: Tensor | None, asked: Call) -> Tensor:
    """PyTorch's own call."""
    padding = asked.padding
    if padding is None:
        x, padding = F.pad(x, asked.pads), (0,) * ndim
    channels = x.shape[-1 - ndim]
    return _PYTORCHS[ndim](x, w, b, asked.stride, padding, asked.dilation, groups=channels)
