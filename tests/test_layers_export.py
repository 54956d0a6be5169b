"""Layers and blocks go through PyTorch's compilers and exporters, and come out the same.

What is exported must run where this library is not installed: it holds PyTorch's own convolutions.
"""

import onnxruntime
import pytest
import torch
from torch import nn
from torch.ao.quantization import (
    DeQuantStub,
    QuantStub,
    convert,
    get_default_qconfig,
    get_default_qconfig_mapping,
    prepare,
)
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dsconv_lib import layers
from dsconv_lib.layers import DepthwiseConv2d, DepthwiseSeparableConv2d

# A layer, and the size of its input.
EXPORTED = {
    "causal": (
        lambda: layers.DepthwiseSeparableConv1d(
            4, 6, padding="causal", dilation=3, norm_layer=nn.BatchNorm1d
        ),
        (4, 17),
    ),
    "dilated, residual": (
        lambda: DepthwiseSeparableConv2d(
            4, 4, (3, 5), dilation=(2, 1), channel_multiplier=2, act_layer=nn.ReLU6, residual=True
        ),
        (4, 13, 10),
    ),
    "same with a stride": (lambda: DepthwiseSeparableConv2d(4, 6, (3, 4), stride=2), (4, 13, 10)),
    "stride over kernel": (lambda: DepthwiseSeparableConv2d(4, 6, (1, 2), stride=3), (4, 13, 11)),
    "reflect": (
        lambda: DepthwiseSeparableConv2d(4, 6, padding=(2, 1), padding_mode="reflect"),
        (4, 13, 10),
    ),
    "pairs": (lambda: DepthwiseSeparableConv2d(4, 6, padding=((0, 1), (2, 0))), (4, 13, 10)),
    "3-D": (
        lambda: layers.DepthwiseSeparableConv3d(4, 6, (3, 1, 2), stride=(1, 2, 3)),
        (4, 7, 8, 9),
    ),
    "MobileNetV1": (lambda: layers.MobileNetV1Block(4, 6, stride=2), (4, 13, 10)),
    "MobileNetV2": (lambda: layers.InvertedResidual(4, 4), (4, 13, 10)),
    "Xception": (lambda: layers.XceptionBlock(4, 6, stride=2), (4, 13, 10)),
    "ConvNeXt": (lambda: layers.ConvNeXtBlock(8, layer_scale=0.5), (8, 13, 10)),
    "ASPP": (lambda: layers.SeparableASPP(4, 6, rates=(1, 2)), (4, 13, 10)),
    "TCN": (lambda: layers.TCNBlock(4, 6, dilation=4), (4, 29)),
}
DEPTHWISE = (layers.DepthwiseConv1d, layers.DepthwiseConv2d, layers.DepthwiseConv3d)
each = pytest.mark.parametrize(("make", "size"), EXPORTED.values(), ids=EXPORTED)


def module_and_inputs(make, size):
    """The module in evaluation mode, an input, and one of another size."""
    torch.manual_seed(0)
    channels, *spatial = size
    module = make().eval()
    other = torch.randn(1, channels, *(n + 3 + k for k, n in enumerate(spatial)))
    return module, torch.randn(2, *size), other


def assert_equal_results(ours, module, *inputs):
    for x in inputs:
        torch.testing.assert_close(ours(x), module(x))


@each
def test_exported_programs_hold_plain_convolutions(make, size):
    module, x, other = module_and_inputs(make, size)
    axes = {k: torch.export.Dim(f"n{k}", min=6, max=512) for k in range(2, x.dim())}
    free = {0: torch.export.Dim("N"), **axes}
    program = torch.export.export(module, (x,), dynamic_shapes=(free,))
    names = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    kind = f"aten.conv{x.dim() - 2}d"
    assert sum(name.startswith(kind) for name in names) >= 1
    assert not [name for name in names if "dsconv" in name]
    assert_equal_results(program.module(), module, x, other)


# PyTorch's exporter calls its own old names.
@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec:FutureWarning")
@each
def test_onnx_models_give_equal_results(make, size, tmp_path):
    module, x, other = module_and_inputs(make, size)
    path = tmp_path / "model.onnx"
    free = dict.fromkeys((0, *range(2, x.dim())), torch.export.Dim.DYNAMIC)
    torch.onnx.export(module, (x,), path, dynamo=True, dynamic_shapes=(free,), verbose=False)
    session = onnxruntime.InferenceSession(path)
    [name] = [given.name for given in session.get_inputs()]
    for given in (x, other):
        [y] = session.run(None, {name: given.numpy()})
        torch.testing.assert_close(torch.from_numpy(y), module(given))


@each
def test_compiled_modules_are_whole_graphs(make, size):
    torch.compiler.reset()
    module, x, other = module_and_inputs(make, size)
    compiled = torch.compile(module, backend="eager", fullgraph=True, dynamic=True)
    assert_equal_results(compiled, module, x, other)


def test_compiled_gradients():
    torch.compiler.reset()
    module, x, _ = module_and_inputs(*EXPORTED["dilated, residual"])
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    x.requires_grad_()
    leaves = (x, *module.parameters())
    theirs = torch.autograd.grad(module(x).square().sum(), leaves)
    ours = torch.autograd.grad(compiled(x).square().sum(), leaves)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_compiled_modules_keep_the_fast_operation():
    torch.compiler.reset()
    names = []

    def backend(graph, _):
        names.extend(str(node.target) for node in graph.graph.nodes)
        return graph.forward

    layer = DepthwiseConv2d(4, dilation=2)
    x = torch.randn(1, 4, 9, 12)
    torch.testing.assert_close(torch.compile(layer, backend=backend, fullgraph=True)(x), layer(x))
    assert any("dsconv_lib" in name for name in names)


def test_compiled_with_open_sizes_once_for_all():
    torch.compiler.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    layer = DepthwiseConv2d(4, stride=2)
    compiled = torch.compile(layer, backend=backend, fullgraph=True, dynamic=True)
    for rows, columns in ((9, 11), (12, 15), (13, 8), (20, 21)):
        x = torch.randn(2, 4, rows, columns)
        assert torch.equal(compiled(x), layer(x))
    assert len(graphs) == 1


@each
def test_symbolic_tracing_sees_depthwise_layers_whole(make, size):
    module, x, other = module_and_inputs(make, size)
    traced = torch.fx.symbolic_trace(module)
    seen = {node.target for node in traced.graph.nodes if node.op == "call_module"}
    ours = {name for name, part in module.named_modules() if isinstance(part, DEPTHWISE)}
    assert ours
    assert ours <= seen
    assert_equal_results(traced, module, x, other)


@each
def test_batch_norm_can_be_folded_into_layers_that_are_traced(make, size):
    """With PyTorch's own means: `fuse_conv_bn_eval` on what follows each other in the graph."""
    module, x, _ = module_and_inputs(make, size)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(), part.running_var.uniform_(0.5, 2)
    expected, traced = module(x), torch.fx.symbolic_trace(module)
    parts, folded = dict(traced.named_modules()), 0
    for node in traced.graph.nodes:
        norm = parts.get(node.target) if node.op == "call_module" else None
        if not isinstance(norm, nn.modules.batchnorm._BatchNorm):
            continue
        before = node.args[0]
        assert isinstance(parts[before.target], nn.modules.conv._ConvNd)
        fused = fuse_conv_bn_eval(parts[before.target], norm)
        assert type(fused) is type(parts[before.target])
        traced.set_submodule(before.target, fused)
        traced.set_submodule(node.target, nn.Identity())
        folded += 1
    assert folded == sum(
        isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules()
    )
    torch.testing.assert_close(traced(x), expected)


# PyTorch announces that both ways of quantising modules will go.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_eager_quantisation_hears_what_a_layer_cannot_do():
    module, x, _ = module_and_inputs(lambda: DepthwiseSeparableConv2d(8, 4, dilation=2), (8, 9, 12))
    module = nn.Sequential(QuantStub(), module, DeQuantStub()).eval()
    module.qconfig = get_default_qconfig("x86")
    prepare(module, inplace=True)(x)
    words = r"input is quantised \(torch.quint8\), .* use input.dequantize\(\), or .*nn.Conv2d"
    with pytest.raises(TypeError, match=words):
        convert(module, inplace=True)(x)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_graph_quantisation_leaves_a_layer_as_it_is():
    module, x, _ = module_and_inputs(lambda: DepthwiseSeparableConv2d(8, 4, dilation=2), (8, 9, 12))
    expected = module(x)
    prepared = prepare_fx(module, get_default_qconfig_mapping("x86"), (x,))
    prepared(x)
    made = convert_fx(prepared)
    assert isinstance(made.conv_dw, DepthwiseConv2d)
    assert not isinstance(made.conv_pw, nn.Conv2d)
    assert (made(x) - expected).abs().max() < 0.05
