"""Options of the layers that have a value for each of two places."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from torch import nn

Norm = Callable[[int], nn.Module]
Act = Callable[[], nn.Module]
_T = TypeVar("_T")
Both: TypeAlias = _T | tuple[_T | None, _T | None] | None


def places(name: str, value: Any) -> tuple[Any, Any]:
    """What is wanted between the convolutions and after them."""
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2:
        raise ValueError(
            f"{name}={value!r} must be one callable or a (between, after) pair: use None in a pair "
            "for a place that stays empty"
        )
    for maker in pair:
        if maker is not None and (not callable(maker) or isinstance(maker, nn.Module)):
            raise TypeError(
                f"{name} must be something that makes a module, such as a class, got {maker!r}: "
                "use for example nn.ReLU rather than nn.ReLU()"
            )
    return pair


def made(name: str, maker: Any, *args: int) -> nn.Module | None:
    """Call what makes a module, and see that it does."""
    module = None if maker is None else maker(*args)
    if module is not None and not isinstance(module, nn.Module):
        raise TypeError(
            f"{name} must make a torch.nn.Module, got {module!r}: use for example a subclass of it"
        )
    return module


def biases(bias: Any, norms: tuple[Any, Any]) -> tuple[bool, bool]:
    """Whether the depthwise and the pointwise convolution have a bias."""
    if bias is None:
        return norms[0] is None, norms[1] is None
    pair = bias if isinstance(bias, tuple) else (bias, bias)
    if len(pair) != 2 or not all(isinstance(one, bool) for one in pair):
        raise TypeError(
            f"bias={bias!r} must be True, False, a (depthwise, pointwise) pair of them, or None: "
            "use None for a bias wherever no normalisation follows"
        )
    return pair
