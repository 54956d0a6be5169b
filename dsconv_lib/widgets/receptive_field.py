"""The receptive-field explorer: a stack of layers and what one of its outputs reads."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, ClassVar, Self

import traitlets

from dsconv_lib.arithmetic import ConvSpec
from dsconv_lib.receptive_field import ReceptiveField, receptive_field
from dsconv_lib.widgets.base import StaticWidget, bundle, read_json
from dsconv_lib.widgets.traits import Whole, whole

TABLE = read_json("receptive_field.json")
KEYS = tuple(TABLE["layer"])
PRESETS: dict[str, list[dict[str, int]]] = {
    name: [dict(zip(KEYS, layer, strict=True)) for layer in preset["layers"]]
    for name, preset in TABLE["presets"].items()
}
"""The stacks that have a name, layer by layer from the input."""

MOST_LAYERS, MOST_POSITIONS = TABLE["limits"]["layers"], TABLE["limits"]["positions"]


def checked_layers(value: object) -> list[dict[str, int]]:
    """Check a stack of layers and spell it as a list of dicts.

    Raises
    ------
    TypeError
        If ``value`` is no list of layers, or a layer is neither a mapping nor a `ConvSpec`.
    ValueError
        If a number is out of range, a key unknown, or the field too large to draw.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(
            f"layers={value!r} must be a list of layers: use for example "
            "[{'kernel_size': 3, 'dilation': 2, 'stride': 1}]"
        )
    layers = [_checked_layer(i, layer) for i, layer in enumerate(value)]
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise ValueError(
            f"layers holds {len(layers)} layers, but 1 to {MOST_LAYERS} can be drawn: "
            "give at least one layer, or use receptive_field() for such a stack"
        )
    size = jump = 1
    for layer in layers:
        size += layer["dilation"] * (layer["kernel_size"] - 1) * jump
        jump *= layer["stride"]
    if max(size, jump) > MOST_POSITIONS:
        raise ValueError(
            f"layers see {size} positions with jump {jump}, but at most {MOST_POSITIONS} can be "
            "drawn: use fewer layers, smaller strides or dilations, or receptive_field()"
        )
    return layers


def _checked_layer(index: int, layer: object) -> dict[str, int]:
    name = f"layers[{index}]"
    if isinstance(layer, ConvSpec):
        if layer.ndim is not None or layer.padding != 0:
            raise ValueError(
                f"{name}={layer} must be one axis without padding, for the widget draws valid "
                "convolutions along one axis: use plain numbers and padding=0"
            )
        layer = {key: getattr(layer, key) for key in KEYS}
    if not isinstance(layer, Mapping):
        raise TypeError(
            f"{name}={layer!r} must be a dict or a ConvSpec: use for example "
            "{'kernel_size': 3, 'dilation': 2, 'stride': 1}"
        )
    if "kernel_size" not in layer or set(layer) - set(KEYS):
        raise ValueError(
            f"{name}={dict(layer)!r} must have a kernel_size, may have a dilation and a stride "
            "(1 unless given), and nothing else: use for example {'kernel_size': 3, 'dilation': 2}"
        )
    return {
        key: whole(f"{name}[{key!r}]", layer.get(key, 1), 1, TABLE["layer"][key]["most"])
        for key in KEYS
    }


class Layers(traitlets.TraitType):
    """A trait that holds a stack of layers; see `checked_layers`."""

    def validate(self, obj: Any, value: object) -> list[dict[str, int]]:
        """Check a new stack."""
        return checked_layers(value)


class Preset(traitlets.TraitType):
    """A trait that holds the name of a preset, or ``""`` for a stack of one's own."""

    def validate(self, obj: Any, value: object) -> str:
        """Check a new name."""
        if not isinstance(value, str):
            raise TypeError(f"preset={value!r} must be a name: use one of {sorted(PRESETS)} or ''")
        if value and value not in PRESETS:
            raise ValueError(f"preset={value!r} is no preset: use one of {sorted(PRESETS)} or ''")
        return value


class ReceptiveFieldExplorer(StaticWidget):
    """Sliders for a stack of layers, the tree of one output, and the plane that it reads.

    Parameters
    ----------
    layers : list of dict or of ConvSpec, optional
        From the input on; each with ``kernel_size`` and, unless they are 1, ``dilation`` and
        ``stride``. The layers have no padding. Three 3×3 layers unless given.
    preset : str
        Instead of ``layers``: "plain", "doubling", "2-2-2", "1-2-5", "vgg16" or "wavenet". Later
        it names the preset that ``layers`` equals, "" if there is none.
    output : int
        The output whose tree is drawn, 0 to 4.

    Raises
    ------
    TypeError, ValueError
        For anything else, in words.

    Examples
    --------
    >>> ReceptiveFieldExplorer(preset="2-2-2").receptive_field
    ReceptiveField(size=13, jump=1, padding=0, reached=7)
    """

    name: ClassVar[str] = "receptive-field-explorer"
    file: ClassVar[str] = "receptive_field"
    table = TABLE
    _esm = bundle("receptive_field.js")

    layers = Layers().tag(sync=True)
    preset = Preset().tag(sync=True)
    output = Whole(*TABLE["traits"]["output"]["range"])

    def __init__(
        self,
        layers: Iterable[Mapping[str, int] | ConvSpec] | None = None,
        preset: str = "",
        output: int = 2,
    ) -> None:
        named = PRESETS.get(preset) if isinstance(preset, str) else None
        stack = checked_layers(layers if layers is not None else named or PRESETS["plain"])
        if named and stack != named:
            raise ValueError(
                f"layers={stack!r} are not those of preset={preset!r}: give only one of the two"
            )
        super().__init__(layers=stack, preset=preset or _preset_of(stack), output=output)

    @traitlets.observe("layers")
    def _name_the_layers(self, change: Any) -> None:
        self.preset = _preset_of(change["new"])

    @traitlets.observe("preset")
    def _take_the_preset(self, change: Any) -> None:
        if change["new"]:
            self.layers = PRESETS[change["new"]]

    @property
    def specs(self) -> list[ConvSpec]:
        """The layers as the library has them, from the input on."""
        return [ConvSpec(**layer) for layer in self.layers]

    @property
    def receptive_field(self) -> ReceptiveField:
        """The receptive field along one axis, computed by the library."""
        return receptive_field(self.specs)

    @classmethod
    def sample(cls, roll: Random) -> Self:
        """Return a widget with a stack drawn at random."""
        most = roll.choice([1, 4, 16])
        layers = [
            {
                "kernel_size": roll.randint(1, 7),
                "dilation": roll.randint(1, most),
                "stride": roll.choice([1, 1, 1, 2, 3]),
            }
            for _ in range(roll.randint(1, 8))
        ]
        return cls(layers, output=roll.randint(cls.output.least, cls.output.most))

    @property
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows."""
        field = self.receptive_field
        positions, reached = field.size**2, field.reached**2
        return {
            "receptive-field": str(field.size),
            "jump": str(field.jump),
            "reached": str(field.reached),
            "density": f"{field.density:.3f}",
            "reached-2d": str(reached),
            "positions-2d": str(positions),
            "holes-2d": str(positions - reached),
        }

    @property
    def code(self) -> str:
        """The stack as the library's functions take it."""
        return f"receptive_field([{', '.join(map(_written, self.specs))}])"

    def __repr__(self) -> str:
        shown = f"preset={self.preset!r}" if self.preset else f"layers={self.layers!r}"
        return f"{type(self).__name__}({shown}, output={self.output})"


def _written(spec: ConvSpec) -> str:
    """Write a layer as code, without what is 1."""
    stride = f", stride={spec.stride}" if spec.stride != 1 else ""
    dilation = f", dilation={spec.dilation}" if spec.dilation != 1 else ""
    return f"ConvSpec({spec.kernel_size}{stride}{dilation})"


def _preset_of(layers: list[dict[str, int]]) -> str:
    return next((name for name, preset in PRESETS.items() if preset == layers), "")
