"""What each tool says about one module, to be set beside the others.

Every function takes a module in evaluation mode and an input, and asks its tool the way the tool's
own documentation does. Tools are imported where they are asked, so that those that are installed
can be asked without the others.
"""

import collections
import collections.abc
import contextlib
import io
import math
import warnings
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from dsconv_lib import measure_receptive_field, trace_cost, trace_receptive_field

from .costs import COSTS, CostCase
from .fields import FIELDS, FieldCase
from .values import Answer, Column, Counts, Layers

Asked = Callable[[nn.Module, Tensor], Counts | Answer | Layers]


# --- MACs and parameters ---


def counts(macs: float | None, parameters: float | None) -> Counts:
    """Both, as whole numbers; a tool that gives no total of MACs says so."""
    whole = [None if count is None else round(float(count)) for count in (macs, parameters)]
    return Counts(*map(Answer, whole))


def our_cost(module: nn.Module, x: Tensor) -> Counts:
    """Ours."""
    cost = trace_cost(module, x.shape)
    return Counts(Answer(cost.macs, not cost.unknown), Answer(cost.parameters))


def flop_counter(module: nn.Module, x: Tensor) -> Counts:
    """PyTorch's counter; it counts two operations for a MAC."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(x)
    return Counts(Answer(counter.get_total_flops() // 2), None)


def fvcore(module: nn.Module, x: Tensor) -> Counts:
    """It follows a trace; what it calls a FLOP is a MAC."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    counter = FlopCountAnalysis(module, x)
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return counts(counter.total(), parameter_count(module)[""])


def torchinfo(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers."""
    from torchinfo import summary

    found = summary(module, input_data=[x], verbose=0)
    return counts(found.total_mult_adds, found.total_params)


def ptflops(module: nn.Module, x: Tensor, backend: str = "pytorch") -> Counts:
    """Hooks on layers, and on some functions."""
    from ptflops import get_model_complexity_info

    options = {"as_strings": False, "print_per_layer_stat": False, "backend": backend}
    found = get_model_complexity_info(
        module, tuple(x.shape[1:]), input_constructor=lambda _: x, **options
    )
    return counts(*found)


def ptflops_aten(module: nn.Module, x: Tensor) -> Counts:
    """Its other way, on PyTorch's operations; parameters as before."""
    return Counts(ptflops(module, x, "aten").macs, None)


def thop(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers and functions."""
    from thop import profile

    return counts(*profile(module, inputs=(x,), verbose=False))


def torchscan(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers."""
    from torchscan import crawl_module

    totals = crawl_module(module, args=(x,))["totals"]
    return counts(totals["macs"]["value"], totals["parameters"]["value"])


# --- receptive fields ---


def our_field(module: nn.Module, x: Tensor) -> Answer:
    """Ours, traced."""
    field = trace_receptive_field(module, x.shape)
    return Answer(field.size, not field.unknown)


def our_measured_field(module: nn.Module, x: Tensor) -> Answer:
    """Ours, by gradients."""
    return Answer(measure_receptive_field(module, x.shape).size)


class Kept(nn.Module):
    """A module that keeps its output where receptivefield looks for it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        """Call the module."""
        self.feature_maps = [self.module(x)]
        return self.feature_maps[0]


def receptivefield(module: nn.Module, x: Tensor) -> Answer:
    """Counts positions with a gradient. As it advises, all weights are positive and alike."""
    from receptivefield.pytorch import PytorchReceptiveField

    for parameter in module.parameters():
        nn.init.constant_(parameter, 1 / max(1, parameter[0].numel()))
    if x.dim() != 4:
        return Answer()  # it has no words for the shape
    shape = (x.shape[3], x.shape[2], x.shape[1])  # width, height, channels
    size = PytorchReceptiveField(lambda: Kept(module)).compute(shape)[0].rf.size
    return Answer((round(size.h), round(size.w)))


def rfa_toolbox(module: nn.Module, x: Tensor) -> Answer:
    """Reads layers from a trace."""
    # It imports this name, which has moved in Python 3.10.
    collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    from rfa_toolbox import create_graph_from_pytorch_model

    size = create_graph_from_pytorch_model(module, input_res=tuple(x.shape)).receptive_field_max
    sizes = size if isinstance(size, Sequence) else [size] * (x.dim() - 2)
    # Infinite is its word for all that there is.
    known = (n if s == math.inf else round(s) for s, n in zip(sizes, x.shape[2:], strict=True))
    return Answer(tuple(known))


def rf_calc(module: nn.Module, x: Tensor) -> Answer:
    """Reads the layers from the printed module."""
    from rf_calc import receptive_field

    sizes = list(receptive_field(module, x.shape[2])["Receptive_field"])
    return Answer(tuple(map(int, sizes[-1].split("*"))) if sizes else None)


def torchscan_field(module: nn.Module, x: Tensor) -> Layers:
    """Gives one number for each layer by itself."""
    from torchscan import crawl_module

    layers = (layer["metrics"] for layer in crawl_module(module, args=(x,))["layers"])
    return Layers(
        tuple(layer["receptive_field"]["value"] for layer in layers if "receptive_field" in layer)
    )


# Those of this library and of PyTorch need no other environment.
COST_TOOLS: dict[str, Callable[[nn.Module, Tensor], Counts]] = {
    "`dsconv_lib`": our_cost,
    "FlopCounterMode": flop_counter,
    "fvcore": fvcore,
    "torchinfo": torchinfo,
    "ptflops": ptflops,
    "ptflops, aten": ptflops_aten,
    "thop": thop,
    "torchscan": torchscan,
}
FIELD_TOOLS: dict[str, Callable[[nn.Module, Tensor], Answer | Layers]] = {
    "`dsconv_lib`": our_field,
    "`dsconv_lib`, measured": our_measured_field,
    "receptivefield": receptivefield,
    "rfa-toolbox": rfa_toolbox,
    "rf-calc": rf_calc,
    "torchscan": torchscan_field,
}


def asked(tool: Asked, case: CostCase | FieldCase) -> Counts | Answer | Layers:
    """The tool's answer, or the kind of its error; what the tool prints is not shown."""
    torch.manual_seed(0)
    module, x = case.build().eval(), torch.rand(case.shape)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            return tool(module, x)
        except ImportError:
            raise
        except Exception as error:
            return Answer(error=type(error).__name__)


def costs_by(tool: str) -> tuple[Column, Column]:
    """MACs and parameters of all cases, as one tool counts them."""
    torch.set_num_threads(1)
    macs: dict[str, Answer | Layers] = {}
    parameters: dict[str, Answer | Layers] = {}
    for name, case in COSTS.items():
        found = asked(COST_TOOLS[tool], case)
        both = found if isinstance(found, Counts) else Counts(found, found)
        macs[name] = both.macs
        if both.parameters is not None:
            parameters[name] = both.parameters
    return macs, parameters


def fields_by(tool: str) -> Column:
    """Receptive fields of all cases, as one tool sees them."""
    torch.set_num_threads(1)
    return {name: asked(FIELD_TOOLS[tool], case) for name, case in FIELDS.items()}


def truths() -> Mapping[str, Column]:
    """What is right, for each of the three tables."""
    return {
        "macs": {name: Answer(case.macs) for name, case in COSTS.items()},
        "parameters": {name: Answer(case.parameters) for name, case in COSTS.items()},
        "fields": {name: Answer(case.size) for name, case in FIELDS.items()},
    }
