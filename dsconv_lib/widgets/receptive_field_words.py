"""What the receptive-field explorer says; the words stand in ``static/receptive_field.json``."""

import math
from functools import reduce
from typing import Any

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.receptive_field import ReceptiveField, receptive_field
from dsconv_lib.widgets.base import read_json

STRINGS: dict[str, Any] = read_json("receptive_field.json")


def operation(spec: ConvSpec) -> str:
    """Write a layer in short: K3 D2 S2, without what is 1."""
    dilation = f" D{spec.dilation}" if spec.dilation != 1 else ""
    stride = f" S{spec.stride}" if spec.stride != 1 else ""
    return f"K{spec.kernel_size}{dilation}{stride}"


def field_sentence(field: ReceptiveField) -> str:
    """Say what the stack does."""
    step = reduce(math.gcd, field.offsets, 0)
    if field.size == 1:
        parts = [STRINGS["sees_one"]]
    else:
        form = STRINGS["sees_holes" if field.holes else "sees_all"]
        parts = [form.format(size=field.size, reached=field.reached, holes=field.holes)]
    if field.holes and step > 1:
        parts.append(STRINGS["gridding"].format(step=step))
    form = STRINGS["jump_one" if field.jump == 1 else "jump_many"]
    return " ".join([*parts, form.format(jump=field.jump)])


def plane_counts(field: ReceptiveField) -> dict[str, int]:
    """Count the positions in the plane."""
    positions, reached = field.size**2, len(field.offsets) ** 2
    return {"reached": reached, "positions": positions, "holes": positions - reached}


def tree_text(specs: list[ConvSpec]) -> str:
    """Put the tree into words, for those who do not see it."""
    sentence = field_sentence(receptive_field(specs))
    return str(STRINGS["tree"].format(layers=len(specs), sentence=sentence))


def plane_text(field: ReceptiveField) -> str:
    """Put the plane into words, for those who do not see it."""
    counts = STRINGS["plane_counts"].format(**plane_counts(field))
    return str(STRINGS["map"].format(size=field.size, counts=counts))
