"""The blocks of well-known networks as boxes and arrows."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

from dsconv_lib.plots.cells import note
from dsconv_lib.plots.style import COLORS, INK, MUTED, PAPER, canvas, ink_on, tint

BOX = (0.8, 2.6)
"""Height and width of a box, in cells."""
STEP = 1.7
"""Rows from one box to the next."""
PANEL = 5.4
"""Columns from one block to the next."""
STRENGTH = 0.75
"""Depth of a box's fill."""
WIDEST_ARROW = 2.4
"""Columns, of the arrow with most channels."""


@dataclass(frozen=True)
class Block:
    """What a block does, from the input upwards: channels, a convolution, channels, and so on.

    Parameters
    ----------
    kernels : tuple of int
        Kernel size of each convolution; 1 is pointwise, every other is depthwise.
    channels : tuple of int
        Before the first convolution and after each.
    between : tuple of str
        What happens to them there: normalisation and activation.
    residual : bool
        Whether the input is added to the output.
    """

    kernels: tuple[int, ...]
    channels: tuple[int, ...]
    between: tuple[str, ...]
    residual: bool = True


BLOCKS = {
    "MobileNetV1": Block((3, 1), (32, 32, 64), ("", "BN, ReLU", "BN, ReLU"), residual=False),
    "MobileNetV2": Block((1, 3, 1), (24, 144, 144, 24), ("", "BN, ReLU6", "BN, ReLU6", "BN")),
    "Xception": Block((3, 1, 3, 1), (128,) * 5, ("ReLU", "", "BN, ReLU", "", "BN")),
    "ConvNeXt": Block((7, 1, 1), (96, 96, 384, 96), ("", "LN", "GELU", "× γ")),
}
"""As the papers have them (Howard et al. 2017, figure 3; Sandler et al. 2018, table 1; Chollet
2017, figure 5; Liu et al. 2022, figure 4), at a width that each of them uses."""


def block_diagrams() -> Figure:
    """Draw the blocks of MobileNetV1, MobileNetV2, Xception and ConvNeXt, input at the bottom.

    Depthwise convolutions (dw) are orange, pointwise ones (pw) green. The arrows are as wide as the
    data have channels, and carry their number.

    Returns
    -------
    Figure

    Examples
    --------
    >>> sorted({text.get_text() for text in block_diagrams().axes[0].texts if "w" in str(text)})
    ['dw 3×3', 'dw 7×7', 'pw 1×1']
    """
    names = [*BLOCKS]
    lines = [names[first : first + 2] for first in range(0, len(names), 2)]
    heights = [max(len(BLOCKS[name].kernels) for name in line) * STEP + 3.3 for line in lines]
    drawing, axes = canvas(sum(heights), 2 * PANEL + 0.1, top=-0.3, left=-1.6, unit=0.41)
    for place, name in enumerate(names):
        floor = sum(heights[: place // 2 + 1]) - 2.0
        _block(axes, name, BLOCKS[name], floor, PANEL * (place % 2))
    return drawing


def _block(axes: Axes, name: str, block: Block, floor: float, middle: float) -> None:
    """Draw one block whose input arrow begins at row ``floor``."""
    high, wide = BOX
    most = max(max(other.channels) for other in BLOCKS.values())
    for place, (channels, what) in enumerate(zip(block.channels, block.between, strict=True)):
        start = floor - STEP * place
        last = place == len(block.kernels)
        _arrow(axes, start, middle, WIDEST_ARROW * channels / most, STEP - high)
        note(axes, start - 0.4, middle - wide / 2 - 0.1, channels, align="right")
        note(axes, start - 0.4, middle + wide / 2 + 0.1, what, align="left", color=MUTED)
        if not last:
            kernel = block.kernels[place]
            kind, short = ("output", "pw") if kernel == 1 else ("kernel", "dw")
            centre = start - STEP + high / 2
            box = Rectangle((middle - wide / 2, centre - high / 2), wide, high, zorder=3)
            box.set(facecolor=tint(kind, STRENGTH), edgecolor=COLORS[kind])
            axes.add_patch(box)
            note(axes, centre, middle, f"{short} {kernel}×{kernel}", color=ink_on(kind, STRENGTH))
    top = floor - STEP * (len(block.kernels) + 1) + high - 0.35
    if block.residual:
        aside = middle + wide / 2 + 1.95
        path = [middle, aside, aside, middle + 0.35], [floor, floor, top, top]
        axes.plot(*path, color=COLORS["input"], linewidth=1.5, zorder=1)
        axes.add_patch(Circle((middle, top), 0.35, facecolor=PAPER, edgecolor=INK, zorder=3))
        note(axes, top, middle, "+")
    note(axes, floor + 0.55, middle, name, bold=True)


def _arrow(axes: Axes, row: float, middle: float, width: float, length: float) -> None:
    """Draw an arrow upwards, as wide as given."""
    head, tip = row - length + 0.3, row - length
    half, wing = width / 2, width / 2 + 0.15
    left = [(-half, row), (-half, head), (-wing, head)]
    right = [(-across, down) for across, down in reversed(left)]
    points = [(middle + across, down) for across, down in [*left, (0, tip), *right]]
    axes.add_patch(Polygon(points, facecolor=tint("input", 0.45), edgecolor="none", zorder=2))
