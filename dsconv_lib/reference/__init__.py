"""Convolution and pooling in NumPy: what PyTorch computes, to be read and to be compared with.

- `conv1d`, `conv2d`, `conv_transpose1d`, `conv_transpose2d`, and the gradients `conv1d_backward`,
  `conv2d_backward`;
- `max_pool1d`, `max_pool2d`, `avg_pool1d`, `avg_pool2d`, each with its ``_backward``;
- the four ways to compute a convolution: `conv2d_loops`, `conv2d_im2col` (with `im2col` and
  `im2col_bytes`), `conv2d_fft`, and `conv2d_winograd` with `conv1d_winograd`.

Arrays are channels first, as in PyTorch. Whatever NumPy turns into an array is taken, with or
without a batch. In float64 all agree with PyTorch to 1e-10.
"""

from dsconv_lib.reference.avg_pooling import (
    avg_pool1d,
    avg_pool1d_backward,
    avg_pool2d,
    avg_pool2d_backward,
)
from dsconv_lib.reference.convolution import conv1d, conv1d_backward, conv2d, conv2d_backward
from dsconv_lib.reference.max_pooling import (
    max_pool1d,
    max_pool1d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from dsconv_lib.reference.transposed import conv_transpose1d, conv_transpose2d
from dsconv_lib.reference.ways import conv2d_fft, conv2d_im2col, conv2d_loops, im2col, im2col_bytes
from dsconv_lib.reference.winograd import conv1d_winograd, conv2d_winograd

__all__ = [
    "conv1d",
    "conv2d",
    "conv1d_backward",
    "conv2d_backward",
    "conv_transpose1d",
    "conv_transpose2d",
    "max_pool1d",
    "max_pool2d",
    "max_pool1d_backward",
    "max_pool2d_backward",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool1d_backward",
    "avg_pool2d_backward",
    "conv2d_loops",
    "conv2d_im2col",
    "conv2d_fft",
    "conv1d_winograd",
    "conv2d_winograd",
    "im2col",
    "im2col_bytes",
]
