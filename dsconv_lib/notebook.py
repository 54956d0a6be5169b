"""What the first cell of every notebook calls."""

import random
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dsconv_lib import plots


def setup(seed: int = 0) -> None:
    """Make a notebook repeatable and its figures sharp; print nothing.

    Seeds Python, NumPy and, where it is installed, torch (every device); gives matplotlib the
    style of the book. Inside Jupyter a figure is shown as SVG, and as PNG at twice the resolution
    for places that show no SVG.

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
    _show_svg_and_png()


def _show_svg_and_png() -> None:
    """Inside a Jupyter kernel (JupyterLab, Colab, nbclient) choose the forms of a figure."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell = get_ipython()
    if hasattr(shell, "kernel"):
        inline: Any = import_module("matplotlib_inline.backend_inline")
        inline.set_matplotlib_formats("retina", bbox_inches=None)
        shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, plots.svg)
