"""What does one output see? Receptive fields of a stack of layers, in pure Python.

From the input forward, with jump 1 and field 1 to begin with, each layer adds
``(K_eff - 1) * jump`` to the field and ``P * jump`` to the effective padding, and then multiplies
the jump by its stride (Araujo, Norris & Sim 2019, doi:10.23915/distill.00021, read from the other
end). The positions that are *reached* inside the field are the sums of one multiple
``m * D * jump`` per layer, ``m = 0 .. K - 1``; what lies between them are holes.
"""

from dsconv_lib.receptive_field.field import ReceptiveField
from dsconv_lib.receptive_field.stack import receptive_field

__all__ = ["ReceptiveField", "receptive_field"]
