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

Answers = dict[str, str]
NOTHING, SPACE = "–", "\N{NO-BREAK SPACE}"


def shown(answer: object, unknown: Sequence[str] = ()) -> str:
    """A count or a size as it stands in the table."""
    if answer is None:
        return NOTHING
    if isinstance(answer, Sequence):
        text = f"{SPACE}×{SPACE}".join(shown(size) for size in answer)
    else:
        text = f"{round(float(answer)):,}"  # type: ignore[arg-type]
    return f"{text},{SPACE}unknown" if unknown else text


# --- MACs and parameters; None where the tool does not give them ---

Counts = tuple[str, str | None]


def our_cost(module: nn.Module, x: Tensor) -> Counts:
    """Ours."""
    cost = trace_cost(module, x.shape)
    return shown(cost.macs, cost.unknown), shown(cost.parameters)


def flop_counter(module: nn.Module, x: Tensor) -> Counts:
    """PyTorch's counter; it counts two operations for a MAC."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(x)
    return shown(counter.get_total_flops() / 2), None


def fvcore(module: nn.Module, x: Tensor) -> Counts:
    """It follows a trace; what it calls a FLOP is a MAC."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    counter = FlopCountAnalysis(module, x)
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return shown(counter.total()), shown(parameter_count(module)[""])


def torchinfo(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers."""
    from torchinfo import summary

    found = summary(module, input_data=[x], verbose=0)
    return shown(found.total_mult_adds), shown(found.total_params)


def ptflops(module: nn.Module, x: Tensor, backend: str = "pytorch") -> Counts:
    """Hooks on layers, and on some functions."""
    from ptflops import get_model_complexity_info

    options = {"as_strings": False, "print_per_layer_stat": False, "backend": backend}
    macs, parameters = get_model_complexity_info(
        module, tuple(x.shape[1:]), input_constructor=lambda _: x, **options
    )
    return shown(macs), shown(parameters)


def ptflops_aten(module: nn.Module, x: Tensor) -> Counts:
    """Its other way, on PyTorch's operations; parameters as before."""
    return ptflops(module, x, "aten")[0], None


def thop(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers and functions."""
    from thop import profile

    macs, parameters = profile(module, inputs=(x,), verbose=False)
    return shown(macs), shown(parameters)


def torchscan(module: nn.Module, x: Tensor) -> Counts:
    """Hooks on layers."""
    from torchscan import crawl_module

    totals = crawl_module(module, args=(x,))["totals"]
    return shown(totals["macs"]["value"]), shown(totals["parameters"]["value"])


# --- receptive fields ---


def our_field(module: nn.Module, x: Tensor) -> str:
    """Ours, traced."""
    field = trace_receptive_field(module, x.shape)
    return shown(field.size, field.unknown)


def our_measured_field(module: nn.Module, x: Tensor) -> str:
    """Ours, by gradients."""
    return shown(measure_receptive_field(module, x.shape).size)


class Kept(nn.Module):
    """A module that keeps its output where receptivefield looks for it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        """Call the module."""
        self.feature_maps = [self.module(x)]
        return self.feature_maps[0]


def receptivefield(module: nn.Module, x: Tensor) -> str:
    """Counts positions with a gradient. As it advises, all weights are positive and alike."""
    from receptivefield.pytorch import PytorchReceptiveField

    for parameter in module.parameters():
        nn.init.constant_(parameter, 1 / max(1, parameter[0].numel()))
    if x.dim() != 4:
        return NOTHING  # it has no words for the shape
    shape = (x.shape[3], x.shape[2], x.shape[1])  # width, height, channels
    size = PytorchReceptiveField(lambda: Kept(module)).compute(shape)[0].rf.size
    return shown((size.h, size.w))


def rfa_toolbox(module: nn.Module, x: Tensor) -> str:
    """Reads layers from a trace."""
    # It imports this name, which has moved in Python 3.10.
    collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    from rfa_toolbox import create_graph_from_pytorch_model

    size = create_graph_from_pytorch_model(module, input_res=tuple(x.shape)).receptive_field_max
    sizes = size if isinstance(size, Sequence) else [size] * (x.dim() - 2)
    # Infinite is its word for all that there is.
    return shown(
        tuple(min(s, n) if s == math.inf else s for s, n in zip(sizes, x.shape[2:], strict=True))
    )


def rf_calc(module: nn.Module, x: Tensor) -> str:
    """Reads the layers from the printed module."""
    from rf_calc import receptive_field

    sizes = list(receptive_field(module, x.shape[2])["Receptive_field"])
    return shown(tuple(map(int, sizes[-1].split("*"))) if sizes else None)


def torchscan_field(module: nn.Module, x: Tensor) -> str:
    """Gives one number for each layer by itself; here the first four."""
    from torchscan import crawl_module

    layers = (layer["metrics"] for layer in crawl_module(module, args=(x,))["layers"])
    sizes = [layer["receptive_field"]["value"] for layer in layers if "receptive_field" in layer]
    texts = ["?" if size is None else f"{size:g}" for size in sizes]
    return ", ".join([*texts[:4], *(["…"] if texts[4:] else [])]) or NOTHING


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
FIELD_TOOLS: dict[str, Callable[[nn.Module, Tensor], str]] = {
    "`dsconv_lib`": our_field,
    "`dsconv_lib`, measured": our_measured_field,
    "receptivefield": receptivefield,
    "rfa-toolbox": rfa_toolbox,
    "rf-calc": rf_calc,
    "torchscan": torchscan_field,
}


def asked(tool: Callable[[nn.Module, Tensor], object], case: CostCase | FieldCase) -> object:
    """The tool's answer, or "error" and its kind; what the tool prints is not shown."""
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
            return f"error: {type(error).__name__}"


def costs_by(tool: str) -> tuple[Answers, Answers]:
    """MACs and parameters of all cases, as one tool counts them."""
    torch.set_num_threads(1)
    found = {name: asked(COST_TOOLS[tool], case) for name, case in COSTS.items()}
    pairs = {name: (a, a) if isinstance(a, str) else a for name, a in found.items()}
    macs = {name: str(pair[0]) for name, pair in pairs.items()}  # type: ignore[index]
    parameters = {name: pair[1] for name, pair in pairs.items() if pair[1]}  # type: ignore[index]
    return macs, parameters


def fields_by(tool: str) -> Answers:
    """Receptive fields of all cases, as one tool sees them."""
    torch.set_num_threads(1)
    return {name: str(asked(FIELD_TOOLS[tool], case)) for name, case in FIELDS.items()}


def truths() -> Mapping[str, Answers]:
    """What is right, for each of the three tables."""
    return {
        "macs": {name: shown(case.macs) for name, case in COSTS.items()},
        "parameters": {name: shown(case.parameters) for name, case in COSTS.items()},
        "fields": {name: shown(case.size) for name, case in FIELDS.items()},
    }
