"""Who looks on: modes, tracers, exporters and transforms, some of whom want PyTorch's own call."""

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

PLAIN = (Tensor, nn.Parameter)


def is_watched(*tensors: Tensor) -> bool:
    """Whether somebody looks on who should see the convolution that he knows, or x is no memory.

    The compiled paths read the memory of plain CPU tensors. Other devices, subclasses, tracers and
    most transforms get PyTorch's own call, and so do exported programs, which must run where this
    library is not installed. `torch.func.grad` and ``torch.vmap`` have an entrance of their own.
    """
    for tensor in tensors:
        if not tensor.is_cpu or tensor.layout != torch.strided or type(tensor) not in PLAIN:
            return True
    if are_transforms_active() and not _are_transforms_ours():
        return True
    if torch.compiler.is_compiling():
        return torch.compiler.is_exporting()
    return torch._C._len_torch_dispatch_stack() > 0 or forward_ad._current_level >= 0


@torch.compiler.assume_constant_result
def _are_transforms_ours() -> bool:
    """Whether all transforms are gradients and maps, for which `registered` has rules."""
    kinds = torch._C._functorch.TransformType
    stack = torch._C._functorch.get_interpreter_stack() or ()
    return all(one.key() in (kinds.Grad, kinds.Vmap) for one in stack)


# Whether a transform of ``torch.func`` looks on.
are_transforms_active = torch._C._are_functorch_transforms_active
# Whether a tensor stands for many, in ``torch.autograd.grad(..., is_grads_batched=True)``.
is_batch = torch._C._functorch.is_legacy_batchedtensor
