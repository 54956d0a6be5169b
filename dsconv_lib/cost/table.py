"""The cost of a network as a value: one row per layer, their sums, and a table of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_HEADER = ("layer", "kind", "output", "runs", "parameters", "MACs", "bytes", "saved", "FLOP/byte")
_WORDS = 3  # columns of words, which stand at the left; numbers stand at the right


@dataclass(frozen=True)
class LayerCost:
    """Cost of one layer, in the conventions of `dsconv_lib.cost`.

    Attributes
    ----------
    name : str
        Qualified name of the module, as in ``module.named_modules()``; empty for the module itself.
    kind : str
        Its class, such as ``Conv2d``.
    output_shape : tuple of int or None
        Shape of what it returned when it first ran; `None` if it did not run, or returned no
        tensor.
    parameters : int
        Numbers that are learned. Those that several layers share count in the first.
    macs : int
        Multiply-accumulates of all its runs.
    bytes : int
        Bytes read and written by all its runs.
    saved_bytes : int
        Bytes kept for the backward pass. Memory that several layers keep counts in the first.
    runs : int
        How often it ran.

    Examples
    --------
    >>> conv = LayerCost("conv", "Conv2d", (1, 4, 5, 6), 40, 1080, 760, 120)
    >>> round(conv.macs_per_byte, 2), round(conv.intensity, 2)
    (1.42, 2.84)
    """

    name: str
    kind: str
    output_shape: tuple[int, ...] | None
    parameters: int = 0
    macs: int = 0
    bytes: int = 0
    saved_bytes: int = 0
    runs: int = 1

    @property
    def macs_per_byte(self) -> float:
        """Multiply-accumulates for each byte moved; 0 if none is."""
        return _per_byte(self.macs, self.bytes)

    @property
    def intensity(self) -> float:
        """Arithmetic intensity in FLOP/byte, two operations for each MAC.

        It is the abscissa of the roofline (Williams, Waterman & Patterson 2009,
        doi:10.1145/1498765.1498785).
        """
        return 2 * self.macs_per_byte


@dataclass(frozen=True, repr=False)
class Cost:
    """Cost of a network, in the conventions of `dsconv_lib.cost`.

    Printed, it is a table; as the value of a notebook's cell, too.

    Attributes
    ----------
    layers : tuple of LayerCost
        One row per layer, in the order in which they first ran.
    unknown : tuple of str
        Operations of which it is not known how many MACs they have. They count 0 in the sums.
    unknown_saved : tuple of str
        Operations of which it is not known what they keep for the backward pass; likewise.

    Examples
    --------
    >>> conv = LayerCost("conv", "Conv2d", (1, 4, 5, 6), 40, 1080, 760, 120)
    >>> print(Cost((conv, LayerCost("unused", "Linear", None, 12, runs=0))))
    layer   kind    output   runs  parameters   MACs  bytes  saved  FLOP/byte
    conv    Conv2d  1×4×5×6     1          40  1,080    760    120       2.84
    unused  Linear  –           0          12      0      0      0       0.00
    total                                  52  1,080    760    120       2.84
    """

    layers: tuple[LayerCost, ...]
    unknown: tuple[str, ...] = ()
    unknown_saved: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass."""
        return sum(layer.macs for layer in self.layers)

    @property
    def bytes(self) -> int:
        """Bytes read and written by one forward pass."""
        return sum(layer.bytes for layer in self.layers)

    @property
    def saved_bytes(self) -> int:
        """Bytes kept for the backward pass."""
        return sum(layer.saved_bytes for layer in self.layers)

    @property
    def macs_per_byte(self) -> float:
        """Multiply-accumulates for each byte moved; 0 if none is."""
        return _per_byte(self.macs, self.bytes)

    @property
    def intensity(self) -> float:
        """Arithmetic intensity in FLOP/byte, two operations for each MAC."""
        return 2 * self.macs_per_byte

    def within(self, name: str) -> "Cost":
        """Cost of one module of the network and of all modules inside it.

        Parameters
        ----------
        name : str
            Qualified name of the module; empty for all.

        Raises
        ------
        ValueError
            If no layer has that name or lies in a module of that name.

        Examples
        --------
        >>> rows = [LayerCost(name, "Conv2d", None, macs=1) for name in ("a.1", "a.2", "ab")]
        >>> Cost(tuple(rows)).within("a").macs
        2
        """
        start = f"{name}." if name else ""
        layers = tuple(layer for layer in self.layers if f"{layer.name}.".startswith(start))
        if not layers:
            known = ", ".join(repr(layer.name) for layer in self.layers[:5])
            raise ValueError(f"name={name!r} is no layer: use a name from the table, as {known}")
        return Cost(layers, self.unknown, self.unknown_saved)

    def __str__(self) -> str:
        rows = [_HEADER, *map(_cells, self.layers), self._total()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(_aligned, row, widths, range(len(row)))) for row in rows)
        return "\n".join([*(line.rstrip() for line in lines), *self._notes()])

    def __repr__(self) -> str:
        shown: dict[str, object] = {"layers": len(self.layers)}
        shown |= {n: getattr(self, n) for n in ("parameters", "macs", "bytes", "saved_bytes")}
        shown |= {n: v for n in ("unknown", "unknown_saved") if (v := getattr(self, n))}
        return f"Cost({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _repr_html_(self) -> str:
        """The table, in the colours of the page around it."""
        head, foot = _html_row(_HEADER, "th"), _html_row(self._total(), "th")
        body = "".join(_html_row(_cells(layer), "td") for layer in self.layers)
        table = f"<thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot>"
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        return f'<div style="overflow-x: auto"><table>{table}</table>{notes}</div>'

    def _total(self) -> tuple[str, ...]:
        return ("total", "", "", "", *_numbers(self))

    def _notes(self) -> list[str]:
        """What the sums leave out."""
        given = {"MACs": self.unknown, "saved bytes": self.unknown_saved}
        return [f"unknown {what}: {', '.join(names)}" for what, names in given.items() if names]


def _per_byte(macs: int, moved: int) -> float:
    return macs / moved if moved else 0.0


def _cells(row: LayerCost) -> tuple[str, ...]:
    """One row of the table; a multiplication sign between the sizes of a shape."""
    shape = "–" if row.output_shape is None else "×".join(map(str, row.output_shape))
    return (row.name or "(top)", row.kind, shape, str(row.runs), *_numbers(row))


def _numbers(cost: LayerCost | Cost) -> tuple[str, ...]:
    counts = (cost.parameters, cost.macs, cost.bytes, cost.saved_bytes)
    return (*(f"{count:,}" for count in counts), f"{cost.intensity:.2f}")


def _aligned(cell: str, width: int, column: int) -> str:
    """Words to the left, numbers to the right."""
    return cell.ljust(width) if column < _WORDS else cell.rjust(width)


def _html_row(cells: Sequence[str], tag: str) -> str:
    """A row; its style says only at which side a text stands."""
    sides = ["left"] * _WORDS + ["right"] * (len(cells) - _WORDS)
    inner = (
        f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(inner)}</tr>"
