"""Receptive fields measured rather than derived.

`measure_receptive_field` finds which input positions can change an output, by gradients or by
letting NaN spread: a check of `dsconv_lib.trace_receptive_field`. `effective_receptive_field` finds
how much they do.
"""

from dsconv_lib.measure.effective import EffectiveField, effective_receptive_field
from dsconv_lib.measure.positions import MeasuredField, measure_receptive_field

__all__ = [
    "EffectiveField",
    "MeasuredField",
    "effective_receptive_field",
    "measure_receptive_field",
]
