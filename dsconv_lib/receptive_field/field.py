"""A receptive field as a value: which input positions one output position reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Rational = int | Fraction


@dataclass(frozen=True, repr=False)
class ReceptiveField:
    """Which input positions one output position reads.

    Output ``o`` reads the input positions ``o * jump - padding + offset`` for each offset in
    ``offsets``; positions outside the input are padding. Every attribute is a plain value for one
    axis, or a tuple with one value per axis, rows first. For two axes and more the field of a stack
    of layers is the product of its axes; where branches meet it lies inside that product.

    Attributes
    ----------
    size : int
        Positions from the first that is read to the last, both included.
    jump : int or fractions.Fraction
        Distance in the input between the fields of neighbouring outputs: the effective stride.
        A fraction after upsampling; 0 if every output reads the same positions; `None`, like
        ``padding``, if outputs follow no common jump (branches of different jumps meet).
    padding : int or fractions.Fraction
        Effective padding: the field of output 0 begins at input position ``-padding``.
    offsets : frozenset of int
        Positions that are really read, counted from the first of the field.
    unknown : tuple of str
        Operations that were not understood; behind them, every output counts as reading the whole
        axis.
    whole_axis : bool
        Whether every output reads every position of the input, as after global pooling.
    phases : tuple of (int, frozenset of int)
        Empty if all outputs read alike. After upsampling, outputs differ in turn: for the outputs
        ``o = 0, 1, ...`` of one period, the first position read and the offsets from there. The
        attributes above then describe the widest of them (the first, if several are), and
        ``jump * len(phases)`` is the step from one period to the next. Where ``jump`` is `None`,
        every output has its own entry.

    Examples
    --------
    >>> from dsconv_lib import ConvSpec, receptive_field
    >>> field = receptive_field([ConvSpec(3, dilation=2), ConvSpec(3, dilation=2)])
    >>> field.size, field.reached, field.holes
    (9, 5, 4)
    >>> sorted(field.positions(10))
    [10, 12, 14, 16, 18]
    """

    size: Any
    jump: Any
    padding: Any
    offsets: Any
    unknown: tuple[str, ...] = ()
    whole_axis: Any = False
    phases: Any = ()

    @property
    def ndim(self) -> int | None:
        """Number of axes; `None` if the attributes are plain values."""
        return len(self.size) if isinstance(self.size, tuple) else None

    @property
    def centre(self) -> Any:
        """Centre of the field of output 0, ``(size - 1) / 2 - padding`` in input positions.

        A float per axis; `None` where outputs do not follow one jump.
        """
        return self._map(_centre, "size", "padding")

    @property
    def reached(self) -> Any:
        """Number of positions that are really read, per axis."""
        return self._map(len, "offsets")

    @property
    def density(self) -> Any:
        """Share of the field that is really read, ``reached / size``, per axis."""
        return self._map(lambda offsets, size: len(offsets) / max(size, 1), "offsets", "size")

    @property
    def holes(self) -> Any:
        """Number of positions inside the field that are not read, per axis."""
        return self._map(lambda offsets, size: size - len(offsets), "offsets", "size")

    def positions(self, output: int | Sequence[int]) -> Any:
        """Input positions that output ``output`` reads, border ignored.

        Parameters
        ----------
        output : int or sequence of int
            Output index; one per axis, or one for all axes alike.

        Returns
        -------
        frozenset of int, or a tuple of them per axis
            Positions below 0 or beyond the input are padding.
        """
        if not isinstance(self.size, tuple):
            return _positions(output, self.jump, self.padding, self.offsets, self.phases)
        ndim = len(self.size)
        outputs = output if isinstance(output, Sequence) else (output,) * ndim
        if len(outputs) != ndim:
            raise ValueError(
                f"output={output!r} has {len(outputs)} indices, but the field has {ndim} axes: "
                "give one index per axis"
            )
        phases = self.phases or ((),) * ndim
        axes = zip(outputs, self.jump, self.padding, self.offsets, phases, strict=True)
        return tuple(_positions(*axis) for axis in axes)

    def _map(self, function: Any, *names: str) -> Any:
        values = [getattr(self, name) for name in names]
        return function(*values) if self.ndim is None else tuple(map(function, *values))

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in ("size", "jump", "padding", "reached")}
        flag = self.whole_axis
        if any(flag) if isinstance(flag, tuple) else flag:
            shown["whole_axis"] = flag
        if self.unknown:
            shown["unknown"] = self.unknown
        return f"ReceptiveField({', '.join(f'{k}={_text(v)}' for k, v in shown.items())})"


def stack_axes(
    fields: Sequence[ReceptiveField], *, unknown: tuple[str, ...] = ()
) -> ReceptiveField:
    """Join plain fields, one per axis, into one with tuples."""
    phases = tuple(field.phases for field in fields)
    return ReceptiveField(
        size=tuple(field.size for field in fields),
        jump=tuple(field.jump for field in fields),
        padding=tuple(field.padding for field in fields),
        offsets=tuple(field.offsets for field in fields),
        unknown=unknown,
        whole_axis=tuple(field.whole_axis for field in fields),
        phases=phases if any(phases) else (),
    )


def _centre(size: int, padding: Rational | None) -> float | None:
    """Centre of the field of output 0 along one axis."""
    return None if padding is None else float(Fraction(size - 1, 2) - padding)


def _positions(
    output: Any,
    jump: Rational | None,
    padding: Rational | None,
    offsets: frozenset[int],
    phases: tuple[tuple[int, frozenset[int]], ...],
) -> frozenset[int]:
    """Positions that one output reads along one axis."""
    if jump is None or padding is None:
        if not 0 <= output < len(phases):
            raise ValueError(
                f"output={output} is not one of the {len(phases)} outputs, and this field follows "
                f"no jump that would tell of others: use 0 to {len(phases) - 1}"
            )
        first, offsets = phases[output]
    elif phases:
        turn, phase = divmod(output, len(phases))
        first, offsets = phases[phase]
        first += int(turn * len(phases) * jump)
    else:
        first = int(output * jump - padding)
    return frozenset(first + offset for offset in offsets)


def _text(value: Any) -> str:
    """Fractions as 1/2 and not as Fraction(1, 2)."""
    if isinstance(value, tuple):
        inner = ", ".join(map(_text, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return str(value) if isinstance(value, Fraction) else repr(value)
