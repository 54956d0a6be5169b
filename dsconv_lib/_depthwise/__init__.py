"""The workings of `dsconv_lib.functional`: stride-1 depthwise convolution, exact, two ways.

`pure` needs PyTorch alone, `compiled` needs numba (``pip install dsconv-lib[fast]``) and hands
the tensors to `kernels`, which are written in the vectors of `simd`. `operation` gives both to
autograd and to ``torch.compile``.
"""
