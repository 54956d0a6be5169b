"""What the first cell of every notebook calls."""

import random
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from dsconv_lib import plots


def setup(seed: int = 0) -> None:
    """Make a notebook repeatable and its figures sharp; print nothing.

    Seeds Python, NumPy and, where it is installed, torch (every device); gives matplotlib the
    style of the book; inside Jupyter asks for PNG pictures at twice the resolution.

    Parameters
    ----------
    seed : int
        The seed, 0 to 2**32 - 1 (the range that NumPy takes).

    Raises
    ------
    ValueError
        If the seed is outside that range.

    Examples
    --------
    >>> setup()
    >>> random.random()
    0.8444218515250481
    """
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"seed={seed} is outside 0 to 2**32 - 1, the range that NumPy takes. Use seed=0."
        )
    random.seed(seed)
    global_generator: Any = np.random
    global_generator.seed(seed)
    if find_spec("torch") is not None:
        import torch

        torch.manual_seed(seed)
    plots.use_style()
    if _in_jupyter():
        inline: Any = import_module("matplotlib_inline.backend_inline")
        inline.set_matplotlib_formats("retina")


def _in_jupyter() -> bool:
    """Tell whether the code runs in a Jupyter kernel (JupyterLab, Colab, nbclient)."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
