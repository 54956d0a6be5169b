"""What does a layer cost? Parameters, MACs, bytes and saved activations, in pure Python.

One MAC is a multiplication and the addition of its product to a sum, the unit in which the papers
on small networks count. It is two floating-point operations (FLOPs); some tools and papers say
FLOPs where they mean MACs. Here only the numerator of `Cost.intensity` is in FLOPs.

The conventions, for these formulas and for `dsconv_lib.trace_cost` alike:

MACs
    Those of convolutions and matrix products. A convolution counts every tap of every output, taps
    in the padding included; a transposed convolution every tap of every input. All else (biases,
    normalisation, activations, pooling, interpolation, sums) counts 0.
Bytes
    Every operation reads each of its inputs and weights once and writes its outputs once, at the
    size of their dtypes: no cache, nothing fused. Views move nothing.
Saved bytes
    What autograd keeps for the backward pass of a training step: the memory of inputs of
    convolutions and other layers with weights, of outputs of ReLU or sigmoid, of indices of
    max-pooling, and so on as PyTorch does it on CPU. Each block of memory counts once; parameters,
    buffers and single numbers do not.
"""

from dsconv_lib.cost.formulas import conv_cost, separable_cost, separable_ratio
from dsconv_lib.cost.table import Cost, LayerCost

__all__ = ["Cost", "LayerCost", "conv_cost", "separable_cost", "separable_ratio"]
