"""Who reads whom: kernels between channels, a convolution's matrix, the blocks of networks."""

import numpy as np
import pytest
import torch
from drawn import at, patches, texts
from matplotlib.patches import Polygon, Rectangle
from torch import nn

from dsconv_lib import layers, plots
from dsconv_lib.plots.blocks import BLOCKS, STRENGTH, WIDEST_ARROW


@pytest.mark.parametrize(("channels", "outputs", "groups"), [(8, 12, 4), (6, 4, 2), (3, 3, 3)])
def test_a_kernel_stands_where_an_output_channel_reads_an_input_channel(channels, outputs, groups):
    figure = plots.groups(channels, outputs, [groups])
    layer = nn.Conv2d(channels, outputs, 1, groups=groups, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.eye(channels)[:, :, None, None]  # one picture per channel, which alone is bright
    reads = layer(x)[:, :, 0, 0].T.detach().numpy()
    assert sorted(patches(figure, kind="kernel")) == [tuple(p) for p in np.argwhere(reads)]
    assert f"{outputs} · {channels // groups} = {layer.weight.numel()}" in texts(figure)


def test_each_number_of_groups_has_a_panel():
    figure = plots.groups(4, 8, [1, 2, 4])
    assert [t for t in texts(figure) if t.startswith("groups")] == [
        "groups = 1",
        "groups = 2",
        "groups = 4",
    ]
    assert len(patches(figure, kind="kernel")) == 32 + 16 + 8


@pytest.mark.parametrize("number", [0, 3, 8])
def test_groups_that_do_not_divide_are_refused(number):
    with pytest.raises(ValueError, match=rf"holds {number}, .*in_channels=8 and out_channels=12"):
        plots.groups(8, 12, [1, number])


def matrix_of(kernel, size):
    """The matrix of a convolution without padding: column p is what pixel p alone gives."""
    pixels = torch.eye(size[0] * size[1]).view(-1, 1, *size)
    weight = torch.tensor(kernel, dtype=torch.float32)[None, None]
    return nn.functional.conv2d(pixels, weight).flatten(1).T.int().numpy()


def test_the_matrix_and_the_patch_that_its_marked_row_reads():
    matrix = matrix_of([[1, 2], [3, 4]], (3, 4))  # 6 outputs, 12 pixels
    figure = plots.convolution_matrix(matrix, (3, 4), row=4)
    entries = [cell for cell in patches(figure, kind="kernel") if cell[1] < 12]
    assert sorted(entries) == [tuple(entry) for entry in np.argwhere(matrix)]
    assert all(at(figure, *cell) == matrix[int(cell[0]), int(cell[1])] for cell in entries)
    read = [cell for cell in patches(figure, kind="kernel") if cell[1] > 12]
    assert [at(figure, *cell) for cell in read] == [5, 6, 9, 10]  # output 4 is row 1, column 1
    outlined = [p for p in figure.axes[0].patches if not p.get_fill()]
    assert sorted(at(figure, p.get_y() + 0.5, p.get_x() + 0.5) for p in outlined) == sorted(
        [4, 1, 2, 3, 4, 5, 6, 9, 10]
    )


@pytest.mark.parametrize(
    ("size", "row", "message"),
    [((3, 3), 0, "has 9 pixels, but matrix has 6 columns"), ((2, 3), 2, "outside 0 to 1")],
)
def test_a_matrix_that_does_not_fit_is_refused(size, row, message):
    with pytest.raises(ValueError, match=message):
        plots.convolution_matrix(np.ones((2, 6), dtype=int), size, row=row)


MODULES = {
    "MobileNetV1": lambda: layers.MobileNetV1Block(32, 64),
    "MobileNetV2": lambda: layers.InvertedResidual(24, 24),
    "Xception": lambda: layers.XceptionBlock(128, 128),
    "ConvNeXt": lambda: layers.ConvNeXtBlock(96),
}
SHORT = {nn.BatchNorm2d: "BN", nn.LayerNorm: "LN"}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_drawn_as_the_layers_do_it(name):
    module = MODULES[name]().eval()
    block = BLOCKS[name]
    kernels, channels, between = [], [block.channels[0]], [[]]

    def note(part, inputs, output):
        if isinstance(part, nn.Conv2d | nn.Linear):
            width = part.weight.shape[1] * getattr(part, "groups", 1)
            kernels.append(part.weight.shape[-1] if part.weight.ndim == 4 else 1)
            assert (kernels[-1] > 1) == (getattr(part, "groups", 1) == width)
            channels.extend(
                [width, part.weight.shape[0]] if not channels else [part.weight.shape[0]]
            )
            between.append([])
        else:
            between[-1].append(SHORT.get(type(part), type(part).__name__))

    for part in module.modules():
        if not [*part.children()] and not isinstance(part, nn.Sequential):
            part.register_forward_hook(note)
    x = torch.randn(1, block.channels[0], 7, 9)
    module(x)
    if hasattr(module, "gamma"):
        between[-1].append("× γ")
    assert block.kernels == tuple(kernels)
    assert block.channels == tuple(channels)
    assert block.between == tuple(", ".join(names) for names in between)
    # with the last step silenced, only a residual is left
    last = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)][-1]
    nn.init.zeros_(last.weight)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
    y = module(x)
    assert block.residual == (y.shape == x.shape and torch.allclose(y, x))


def test_boxes_and_arrows_are_what_the_blocks_say():
    (axes,) = plots.block_diagrams().axes
    boxes = [p for p in axes.patches if isinstance(p, Rectangle)]
    arrows = [p.get_xy() for p in axes.patches if isinstance(p, Polygon)]
    steps = [step for block in BLOCKS.values() for step in block.kernels]
    colors = ["output" if step == 1 else "kernel" for step in steps]
    assert [box.get_facecolor() for box in boxes] == [
        pytest.approx(
            tuple(int(plots.tint(kind, STRENGTH)[k : k + 2], 16) / 255 for k in (1, 3, 5, 7))
        )
        for kind in colors
    ]
    channels = [count for block in BLOCKS.values() for count in block.channels]
    widths = [xy[-2][0] - xy[0][0] for xy in arrows]
    assert widths == pytest.approx([WIDEST_ARROW * count / 384 for count in channels])
    assert [t.get_text() for t in axes.texts].count("+") == 3
