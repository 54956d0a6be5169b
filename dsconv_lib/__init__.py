"""See Farther, Compute Less: the library behind the book on dilated and separable convolution.

``import dsconv_lib`` stays light: only pure Python is loaded. Everything that needs PyTorch
(`trace_receptive_field`, `trace_cost`, `register_operation`, `measure_receptive_field`,
`effective_receptive_field`) and every other submodule (``dsconv_lib.plots``,
``dsconv_lib.widgets``, ...) is imported when first asked for.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dsconv_lib.arithmetic import ConvSpec, output_size, same_padding, transposed_output_size
from dsconv_lib.receptive_field import ReceptiveField, receptive_field

if TYPE_CHECKING:
    from dsconv_lib.measure import effective_receptive_field, measure_receptive_field
    from dsconv_lib.trace import register_operation, trace_cost, trace_receptive_field

__all__ = [
    "ConvSpec",
    "ReceptiveField",
    "effective_receptive_field",
    "measure_receptive_field",
    "output_size",
    "receptive_field",
    "register_operation",
    "same_padding",
    "trace_cost",
    "trace_receptive_field",
    "transposed_output_size",
]

_LAZY = {
    "effective_receptive_field": "measure",
    "measure_receptive_field": "measure",
    "register_operation": "trace",
    "trace_cost": "trace",
    "trace_receptive_field": "trace",
}


def __getattr__(name: str) -> Any:
    """Import a lazy name or a submodule when it is first used (PEP 562)."""
    if name == "__version__":
        return import_module("importlib.metadata").version("dsconv-lib")
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
