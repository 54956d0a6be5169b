"""The book's widgets: alive in the HTML book, in JupyterLab and on Colab.

This list is the only one: the book's build and the tests go by it.
"""

from dsconv_lib.widgets.base import StaticWidget as StaticWidget
from dsconv_lib.widgets.conv_stepper import ConvStepper as ConvStepper
from dsconv_lib.widgets.cost_calculator import CostCalculator as CostCalculator
from dsconv_lib.widgets.image_filter import ImageFilter as ImageFilter
from dsconv_lib.widgets.output_size import OutputSizeExplorer as OutputSizeExplorer
from dsconv_lib.widgets.receptive_field import ReceptiveFieldExplorer as ReceptiveFieldExplorer
from dsconv_lib.widgets.separable_cube import SeparableCube as SeparableCube

ALL: tuple[type[StaticWidget], ...] = tuple(StaticWidget.__subclasses__())
"""Every widget class of the book."""
