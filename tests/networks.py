"""Small networks, one for each way in which positions can be read, for the tests of tracing.

Each entry of ``NETWORKS`` is a function that builds a module, and the shape of its input. All of
them take any batch size, have asymmetric shapes and let NaN through wherever they read.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Apply(nn.Module):
    """A module from a function of itself and its input; keyword arguments become attributes."""

    def __init__(self, function, **attributes):
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.function(self, x)


class Branches(nn.Module):
    """Several modules on the same input, joined by a function of their outputs."""

    def __init__(self, join, *branches):
        super().__init__()
        self.join = join
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return self.join([branch(x) for branch in self.branches])


def residual(*layers):
    return Branches(sum, nn.Identity(), nn.Sequential(*layers))


def conv(*args, **kwargs):
    return nn.Conv2d(*args, **kwargs)


def conv_then(function, *args, **kwargs):
    return Apply(lambda self, x: function(self.conv(x)), conv=nn.Conv2d(2, 4, *args, **kwargs))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.deep = conv(2, 3, 3, padding=1), conv(3, 4, 3, padding=2, dilation=2)
        self.up, self.out = nn.ConvTranspose2d(4, 3, 2, 2), conv(6, 2, (3, 1), padding=(1, 0))

    def forward(self, x):
        fine = F.relu(self.down(x))
        deep = F.relu(self.deep(F.max_pool2d(fine, 2)), inplace=True)
        return self.out(torch.cat([fine, self.up(deep)], 1))


class ConvNeXtBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw, self.norm = conv(2, 2, (7, 5), padding=(3, 2), groups=2), nn.LayerNorm(2)
        self.wide, self.narrow = nn.Linear(2, 8), nn.Linear(8, 2)
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(F.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class SqueezeExcite(nn.Module):
    def __init__(self, **layer):
        super().__init__()
        self.conv, self.gate = conv(2, 3, 3, **layer), nn.Linear(3, 3)

    def forward(self, x):
        x = self.conv(x)
        return x * torch.sigmoid(self.gate(x.mean((2, 3))))[:, :, None, None]


class Windows(nn.Module):
    """Mixes windows of 4 by 3 positions, as window attention does."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(12, 12)

    def forward(self, x):
        n, c, rows, columns = x.shape
        cut = x.view(n, c, rows // 4, 4, columns // 3, 3).permute(0, 1, 2, 4, 3, 5)
        mixed = self.mix(cut.reshape(n, c, rows // 4, columns // 3, 12))
        back = mixed.view(n, c, rows // 4, columns // 3, 4, 3).permute(0, 1, 2, 4, 3, 5)
        return back.reshape(n, c, rows, columns)


def space_to_depth(x):
    n, c, rows, columns = x.shape
    cut = x.view(n, c, rows // 2, 2, columns // 3, 3).permute(0, 1, 3, 5, 2, 4)
    return cut.reshape(n, 6 * c, rows // 2, columns // 3)


def blur(x):
    kernel = torch.tensor([1.0, 2.0, 1.0])[None, None, :, None].expand(2, 1, 3, 1)
    return F.conv2d(F.pad(x, (0, 0, 1, 1), mode="reflect"), kernel, stride=2, groups=2)


def coordinates(x):
    columns = torch.arange(float(x.shape[3]), device=x.device)
    return torch.cat([x, columns.expand(x.shape[0], 1, x.shape[2], x.shape[3])], 1)


def in_place(x):
    x += 1
    x.mul_(2).relu_()
    return x


ACTIVATIONS = (
    *(nn.ELU(inplace=True), nn.LeakyReLU(0.1, True), nn.CELU(1.0, True), nn.Mish(True)),
    *(nn.Hardsigmoid(True), nn.Threshold(0.1, 0.2, True), nn.SELU(True), nn.SiLU(True)),
    *(nn.Hardtanh(inplace=True), nn.Softplus(), nn.LogSigmoid(), nn.Tanhshrink(), nn.Softsign()),
)

IMAGE, EVEN, SIGNAL = (1, 2, 17, 13), (1, 2, 12, 18), (1, 2, 21)

NETWORKS = {
    "convolution": (lambda: conv(2, 3, (3, 2), (2, 1), (1, 0), (2, 3)), IMAGE),
    "grouped": (lambda: conv(2, 4, 3, groups=2, padding=1), IMAGE),
    "padding same": (lambda: conv(2, 3, (5, 4), padding="same", dilation=(1, 2)), IMAGE),
    "padding valid": (lambda: conv(2, 3, (5, 4), padding="valid"), IMAGE),
    "one axis": (
        lambda: nn.Sequential(
            nn.Conv1d(2, 3, 2, dilation=4), nn.ConstantPad1d((3, 0), 0.0), nn.Conv1d(3, 2, 2)
        ),
        SIGNAL,
    ),
    "three axes": (
        lambda: nn.Sequential(
            nn.Conv3d(2, 2, (1, 2, 3), (1, 2, 1)), nn.MaxPool3d((2, 1, 2)), nn.AvgPool3d(2, 1)
        ),
        (1, 2, 5, 7, 9),
    ),
    "circular": (
        lambda: nn.Sequential(
            conv(2, 3, 3, padding=1, padding_mode="circular"), conv(3, 2, (3, 1))
        ),
        IMAGE,
    ),
    "paddings": (
        lambda: nn.Sequential(
            nn.ZeroPad2d((1, 2, 0, 3)),
            nn.ReflectionPad2d((0, 1, 2, 0)),
            nn.ReplicationPad2d(1),
            nn.ConstantPad2d((-1, 0, 2, -2), 1.0),
            nn.CircularPad2d(1),
            conv(2, 3, 3),
        ),
        IMAGE,
    ),
    "ceil mode": (
        lambda: nn.Sequential(
            nn.MaxPool2d(3, 2, 1, ceil_mode=True),
            nn.MaxPool2d(2, dilation=(2, 1), stride=1),
            nn.AvgPool2d((3, 2), ceil_mode=True),
        ),
        (1, 2, 26, 23),
    ),
    "pools of one axis": (
        lambda: nn.Sequential(
            nn.AvgPool1d(3, 2, 1), nn.MaxPool1d(2, 1), nn.LPPool1d(2, 2), nn.AdaptiveMaxPool1d(2)
        ),
        (1, 2, 27),
    ),
    "adaptive": (
        lambda: nn.Sequential(conv(2, 2, 3), nn.AdaptiveAvgPool2d((4, 7)), conv(2, 2, (2, 1))),
        IMAGE,
    ),
    "classifier": (
        lambda: nn.Sequential(
            conv(2, 3, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4)
        ),
        IMAGE,
    ),
    "flattened": (
        lambda: nn.Sequential(conv(2, 3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)),
        IMAGE,
    ),
    "rows of means": (lambda: conv_then(lambda y: y.mean(3, keepdim=True), 3), IMAGE),
    "residual": (lambda: residual(conv(2, 2, 3, padding=1), nn.ReLU()), IMAGE),
    "strided shortcut": (
        lambda: Branches(
            sum,
            conv(2, 3, 1, 2),
            nn.Sequential(conv(2, 3, 3, 2, 1), conv(3, 3, 3, padding=2, dilation=2)),
        ),
        IMAGE,
    ),
    "inception": (
        lambda: Branches(
            lambda ys: torch.cat(ys, 1),
            conv(2, 3, (1, 5), padding=(0, 2)),
            conv(2, 3, (3, 1), padding=(1, 0)),
            nn.MaxPool2d(3, 1, 1),
        ),
        IMAGE,
    ),
    "off centre": (
        lambda: Branches(
            sum,
            nn.Sequential(conv(2, 3, (4, 3)), nn.ZeroPad2d((2, 0, 0, 2))),
            Apply(lambda self, x: self.one(x)[:, :, 1:], one=conv(2, 3, 1)),
        ),
        IMAGE,
    ),
    "different jumps": (
        lambda: Branches(
            sum,
            nn.MaxPool2d(2),
            Apply(lambda self, x: self.c(x[:, :, :6, :9]), c=conv(2, 2, 3, padding=1)),
        ),
        EVEN,
    ),
    "dense block": (
        lambda: nn.Sequential(
            Branches(lambda ys: torch.cat(ys, 1), nn.Identity(), conv(2, 2, 3, padding=1)),
            Branches(lambda ys: torch.cat(ys, 1), nn.Identity(), conv(4, 2, 3, 1, 3, 3)),
        ),
        IMAGE,
    ),
    "squeeze and excite": (lambda: SqueezeExcite(), IMAGE),
    "strided squeeze and excite": (lambda: SqueezeExcite(stride=3), IMAGE),
    "U-Net": (UNet, (1, 2, 12, 10)),
    "ConvNeXt": (ConvNeXtBlock, IMAGE),
    "pyramid": (
        lambda: Branches(
            lambda ys: torch.cat(ys, 1),
            conv(2, 2, 3, 1, 2, 2),
            conv(2, 2, 3, 1, (5, 1), (5, 1)),
        ),
        IMAGE,
    ),
    "pyramid with global pooling": (
        lambda: Branches(
            lambda ys: torch.cat([*ys[1:], F.interpolate(ys[0], ys[1].shape[2:])], 1),
            nn.AdaptiveAvgPool2d(1),
            conv(2, 2, 3, 1, 2, 2),
        ),
        IMAGE,
    ),
    "nearest": (
        lambda: nn.Sequential(conv(2, 3, 3, 2, 1), nn.Upsample(scale_factor=(2, 3)), conv(3, 2, 3)),
        IMAGE,
    ),
    "nearest to a size": (
        lambda: nn.Sequential(conv(2, 3, 3, 2), nn.Upsample((13, 17)), nn.AvgPool2d(2)),
        IMAGE,
    ),
    "nearest exact": (
        lambda: nn.Sequential(conv(2, 3, 3, 2), nn.Upsample((12, 17), mode="nearest-exact")),
        IMAGE,
    ),
    "nearest, rounded": (lambda: nn.Upsample((82, 61)), (1, 1, 2, 4)),
    "bilinear": (
        lambda: nn.Sequential(
            conv(2, 3, 3, 2, 1), nn.Upsample(scale_factor=2, mode="bilinear"), conv(3, 2, 3)
        ),
        IMAGE,
    ),
    "bilinear, smaller": (lambda: nn.Upsample(scale_factor=0.5, mode="bilinear"), EVEN),
    "bicubic": (
        lambda: nn.Sequential(conv(2, 3, 3), nn.Upsample(scale_factor=2, mode="bicubic")),
        IMAGE,
    ),
    "transposed": (
        lambda: nn.Sequential(
            conv(2, 3, 3, 2),
            nn.ConvTranspose2d(3, 2, (3, 2), (2, 3), (1, 0), (1, 2), 1, True, (1, 2)),
        ),
        IMAGE,
    ),
    "transposed, grouped": (
        lambda: nn.Sequential(
            conv(2, 4, 3, 2, 1), nn.ConvTranspose2d(4, 4, 4, 2, 1, groups=2), conv(4, 2, 3, 2)
        ),
        IMAGE,
    ),
    "transposed with gaps": (lambda: nn.ConvTranspose1d(2, 2, 1, 3), SIGNAL),
    "transposed, three axes": (
        lambda: nn.ConvTranspose3d(2, 2, (1, 2, 3), (1, 2, 2)),
        (1, 2, 3, 4, 5),
    ),
    "elementwise": (
        lambda: nn.Sequential(
            conv(2, 3, 3),
            nn.BatchNorm2d(3),
            nn.ReLU6(True),
            nn.Hardswish(True),
            nn.PReLU(3),
            nn.GELU(),
            nn.Dropout(0.5),
            nn.Softmax(1),
        ),
        IMAGE,
    ),
    "activations": (
        lambda: Branches(sum, *[conv_then(activation, 3) for activation in ACTIVATIONS]),
        IMAGE,
    ),
    "in place": (lambda: conv_then(in_place, 3), IMAGE),
    "group norm": (
        lambda: nn.Sequential(conv(2, 4, 3, 2), nn.GroupNorm(2, 4), conv(4, 2, 3)),
        IMAGE,
    ),
    "instance norm": (lambda: nn.Sequential(conv(2, 3, 3), nn.InstanceNorm2d(3)), IMAGE),
    "layer norm over space": (lambda: nn.LayerNorm((2, 17, 13)), IMAGE),
    "softmax over columns": (lambda: conv_then(lambda y: F.softmax(y, -1), 3), IMAGE),
    "local response": (lambda: nn.Sequential(conv(2, 4, 3), nn.LocalResponseNorm(3)), IMAGE),
    "slices": (lambda: conv_then(lambda y: y[:, :, 1::2, -7:], 3), IMAGE),
    "a row": (lambda: conv_then(lambda y: y[:, :, 4:5], 3), IMAGE),
    "halves swapped": (lambda: Apply(lambda _, x: torch.cat([x[:, :, 5:], x[:, :, :5]], 2)), IMAGE),
    "halves put back": (lambda: Apply(lambda _, x: torch.cat(x.split([5, 12], 2), 2)), IMAGE),
    "zeros in front": (
        lambda: Apply(
            lambda self, x: self.c(torch.cat([x.new_zeros(x.shape[0], 2, 4, 13), x], 2)),
            c=conv(2, 3, (5, 1)),
        ),
        IMAGE,
    ),
    "chunks": (lambda: conv_then(lambda y: torch.cat(y.chunk(2, 1)[::-1], 1), 3), IMAGE),
    "pixel shuffle": (
        lambda: nn.Sequential(conv(2, 8, 3, padding=1), nn.PixelShuffle(2), conv(2, 2, 3)),
        IMAGE,
    ),
    "pixel unshuffle": (
        lambda: nn.Sequential(
            nn.PixelUnshuffle(2), conv(8, 8, (3, 1), padding=(1, 0)), nn.PixelShuffle(2)
        ),
        EVEN,
    ),
    "space to depth": (
        lambda: Apply(lambda self, x: self.c(space_to_depth(x)), c=conv(12, 3, (3, 2))),
        EVEN,
    ),
    "windows": (Windows, EVEN),
    "repeated": (
        lambda: conv_then(lambda y: y.repeat_interleave(2, 2).repeat_interleave(3, 3), 3),
        IMAGE,
    ),
    "tiled": (lambda: conv_then(lambda y: y.repeat(1, 1, 2, 1), 3), IMAGE),
    "flipped": (lambda: conv_then(lambda y: y.flip(2), (3, 2)), IMAGE),
    "flipped and added": (lambda: Apply(lambda _, x: x + x.flip(2)), IMAGE),
    "rolled": (lambda: conv_then(lambda y: y.roll((1, -2), (2, 3)), 3), IMAGE),
    "picked": (
        lambda: Apply(lambda self, x: x[:, :, self.rows], rows=torch.tensor([9, 1, 4])),
        IMAGE,
    ),
    "stacked rows": (
        lambda: Apply(lambda _, x: torch.stack([x[:, :, row] for row in (9, 1, 4)], 2)),
        IMAGE,
    ),
    "sliding windows": (lambda: conv_then(lambda y: y.unfold(2, 3, 2).mean(-1), 3), IMAGE),
    "channel shuffle": (
        lambda: nn.Sequential(conv(2, 4, 3), nn.ChannelShuffle(2), conv(4, 2, 1)),
        IMAGE,
    ),
    "matrix from the right": (
        lambda: Apply(lambda self, x: x @ self.w, w=torch.rand(13, 7)),
        IMAGE,
    ),
    "matrix from the left": (lambda: Apply(lambda self, x: self.w @ x, w=torch.rand(5, 17)), IMAGE),
    "einsum": (
        lambda: Apply(
            lambda self, x: torch.einsum("nchw, oc -> nohw", self.c(x), self.w),
            w=torch.rand(5, 3),
            c=conv(2, 3, 3),
        ),
        IMAGE,
    ),
    "blur with a constant": (lambda: Apply(lambda _, x: blur(x)), IMAGE),
    "coordinates": (lambda: Apply(lambda self, x: self.c(coordinates(x)), c=conv(3, 3, 3)), IMAGE),
    "own constants": (
        lambda: Apply(
            lambda self, x: F.conv2d(x, self.kernel, groups=2) + self.shift,
            kernel=torch.ones(2, 1, 3, 2),
            shift=torch.ones(2, 1, 1),
        ),
        IMAGE,
    ),
    "recurrent": (
        lambda: Apply(
            lambda self, x: self.rnn(x.transpose(1, 2))[0].transpose(1, 2),
            rnn=nn.LSTM(2, 3, batch_first=True),
        ),
        (1, 2, 6),
    ),
    "video": (
        lambda: Apply(
            lambda self, x: (
                self.c(x.transpose(1, 2).flatten(0, 1)).unflatten(0, (-1, 5)).transpose(1, 2)
            ),
            c=conv(2, 3, (3, 2)),
        ),
        (1, 2, 5, 7, 6),
    ),
    "identity": (nn.Identity, IMAGE),
}
