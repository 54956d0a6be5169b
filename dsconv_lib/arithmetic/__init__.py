"""How big is the output? The integer arithmetic of convolution, in pure Python.

One axis at a time: a kernel of ``K`` taps, ``D`` apart, spans ``D (K - 1) + 1`` positions. It
starts at the first position of the padded input and moves on by ``S``, so on ``n`` positions with
``P`` before and after it fits ``floor((n + 2P - D (K - 1) - 1) / S) + 1`` times
(Dumoulin & Visin 2016, arXiv:1603.07285, relationship 15).

A number stands for one axis, or for every axis alike; a tuple gives one number per axis, rows
first. Where all arguments are numbers the result is a number, otherwise it is a tuple. Settings
that PyTorch refuses raise `ValueError` here too.
"""

from dsconv_lib.arithmetic.convolution import Settled as Settled
from dsconv_lib.arithmetic.convolution import settled as settled
from dsconv_lib.arithmetic.sizes import (
    output_size,
    read_counts,
    same_padding,
    transposed_output_size,
)
from dsconv_lib.arithmetic.spec import Axis as Axis
from dsconv_lib.arithmetic.spec import ConvSpec
from dsconv_lib.checks import Padding as Padding
from dsconv_lib.checks import PerAxis as PerAxis

__all__ = ["ConvSpec", "output_size", "transposed_output_size", "same_padding", "read_counts"]
