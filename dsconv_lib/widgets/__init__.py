"""The book's widgets: alive in the HTML book, in JupyterLab and on Colab."""

from dsconv_lib.widgets.base import STATIC, StaticWidget
from dsconv_lib.widgets.output_size import OutputSizeExplorer
from dsconv_lib.widgets.receptive_field import ReceptiveFieldExplorer

ALL: tuple[type[StaticWidget], ...] = (OutputSizeExplorer, ReceptiveFieldExplorer)
"""Every widget class of the book."""

__all__ = ["ALL", "STATIC", "OutputSizeExplorer", "ReceptiveFieldExplorer", "StaticWidget"]
