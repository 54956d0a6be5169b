"""Exercises that check themselves: ``check(number, answer)`` prints one line.

The machinery is in ``framework``. Each chapter has one module that registers its exercises when
it is imported: ``output_size`` (chapter 2), ``receptive_field`` (chapter 8), ``dilation``
(chapter 9).
"""

from dsconv_lib.exercises import (
    dilation,  # chapter 9
    output_size,  # chapter 2
    receptive_field,  # chapter 8
)
from dsconv_lib.exercises.framework import check

__all__ = ["check", "dilation", "output_size", "receptive_field"]
