"""Device-agnosticism without a second device: everything runs on "meta", and nothing else joins in.

PyTorch's meta device computes shapes and keeps no values. Many of its operations take tensors of
other devices along, so running there alone proves little. `OneDevice` refuses them, in the backward
pass as well.
"""

import copy

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class OneDevice(TorchDispatchMode):
    """Refuse every operation whose tensors are on different devices.

    Copying from one device to another is what ``copy_`` is for, so that is let through.
    """

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = (leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor))
        devices = {str(tensor.device) for tensor in found}
        if len(devices) > 1 and func is not torch.ops.aten.copy_.default:
            raise AssertionError(f"{func} meets tensors on {' and '.join(sorted(devices))}")
        return func(*args, **(kwargs or {}))


def assert_one_device(function, *inputs):
    """Run a function or module forward and backward on the meta device alone.

    Parameters
    ----------
    function : callable
        Takes tensors, returns one. A module is copied and moved; a function gets no help.
    *inputs : Tensor or sequence of int
        Only their shapes and dtypes matter; of sizes a float32 tensor is made.

    Returns
    -------
    Tensor
        The output, without values.
    """
    if isinstance(function, torch.nn.Module):
        function = copy.deepcopy(function).to("meta")
    tensors = [x if isinstance(x, Tensor) else torch.empty(x) for x in inputs]
    leaves = [
        torch.empty_like(x, device="meta", requires_grad=x.is_floating_point()) for x in tensors
    ]
    with OneDevice():
        output = function(*leaves)
        assert output.device.type == "meta", f"the output is on {output.device}"
        if output.requires_grad:
            output.sum().backward()
    for leaf in leaves:
        assert leaf.grad is None or leaf.grad.device.type == "meta"
    return output
