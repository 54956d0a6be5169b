"""The mode that stands for a second device catches what it is there for."""

import pytest
import torch
import torch.nn.functional as F
from devices import OneDevice, assert_one_device
from torch import nn


class Unregistered(nn.Module):
    """A constant that `Module.to` does not know."""

    def __init__(self):
        super().__init__()
        self.kernel = torch.ones(3, 1, 3, 3)

    def forward(self, x):
        return F.conv2d(x, self.kernel, groups=3)


class Made(nn.Module):
    """A constant made where tensors are made by default."""

    def forward(self, x):
        return x[:, torch.arange(2)]


class Elsewhere(nn.Module):
    """An output that never meets the input's device."""

    def forward(self, x):
        return torch.zeros(x.shape)


class _Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return F.conv2d(g, torch.ones(3, 1, 1, 1), groups=3)


class Backward(nn.Module):
    def forward(self, x):
        return _Scale.apply(x)


class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("kernel", torch.ones(3, 1, 3, 3))
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        mask = torch.ones(x.shape[-1], device=x.device, dtype=x.dtype)
        return F.conv2d(self.norm(x) * mask, self.kernel, groups=3)


SHAPE = (2, 3, 5, 8)


def test_a_module_that_follows_its_input_passes():
    assert assert_one_device(Sound(), SHAPE).shape == (2, 3, 3, 6)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Unregistered, "convolution.* meets tensors on cpu and meta"),
        (Made, "index.* meets tensors on cpu and meta"),
        (Elsewhere, "the output is on cpu"),
        (Backward, "convolution.* meets tensors on cpu and meta"),
    ],
)
def test_planted_faults_are_caught(fault, message):
    with pytest.raises(AssertionError, match=message):
        assert_one_device(fault(), SHAPE)


@pytest.mark.parametrize("fault", [Unregistered, Made, Backward])
def test_the_meta_device_alone_lets_them_through(fault):
    x = torch.empty(SHAPE, device="meta", requires_grad=True)
    fault().to("meta")(x).sum().backward()


def test_tensors_in_lists_are_seen_and_copies_may_cross():
    here, there = torch.zeros(2), torch.zeros(2, device="meta")
    with OneDevice():
        there.copy_(here)
        torch.cat([here, here])
        with pytest.raises(AssertionError, match="cat"):
            torch.cat([here, there])


def test_functions_and_their_inputs():
    x, w = torch.ones(SHAPE, dtype=torch.float64), torch.ones(3, 1, 2, 2, dtype=torch.float64)
    output = assert_one_device(lambda x, w: F.conv2d(x, w, groups=3), x, w)
    assert (output.shape, output.dtype) == ((2, 3, 4, 7), torch.float64)
    assert assert_one_device(lambda i: i + 1, torch.ones(3, dtype=torch.long)).dtype == torch.long
