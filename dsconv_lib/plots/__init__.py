"""Figures of the book: values in, a matplotlib ``Figure`` out.

No function here calls ``show()`` and none imports torch. A figure that is the last value of a
notebook cell is displayed once. What figures share is in ``style`` (colours, sizes, empty figures
and canvases), ``cells`` (the drawing language), ``panels`` (images side by side) and ``svg``. Each
other module has the figures of one topic, whichever chapters show them.
"""

from dsconv_lib.plots.blocks import block_diagrams
from dsconv_lib.plots.cells import bracket, cell, grid, link, note, strip
from dsconv_lib.plots.connections import convolution_matrix, groups
from dsconv_lib.plots.curves import curves
from dsconv_lib.plots.dilation import (
    dilated_kernels,
    interleaved_images,
    kernel_strips,
    stripes,
    taps_inside,
    taps_on_image,
)
from dsconv_lib.plots.effective_field import gradient_maps, path_counts, pattern_bars
from dsconv_lib.plots.output_size import centring, positions, shared_sizes
from dsconv_lib.plots.panels import frame, heading, panels, pixels
from dsconv_lib.plots.photographs import cue_images, fields_on_photo, filter_responses, pictures
from dsconv_lib.plots.receptive_field import centre_rulers, field_growth, fields_on_image
from dsconv_lib.plots.style import (
    COLORS,
    INK,
    MUTED,
    TEXT_SIZE,
    canvas,
    figure,
    ramp,
    tint,
    use_style,
)
from dsconv_lib.plots.svg import svg
from dsconv_lib.plots.transposed import overlap_2d, stamps
from dsconv_lib.plots.tree import dependency_tree

__all__ = [
    "COLORS",
    "INK",
    "MUTED",
    "TEXT_SIZE",
    "block_diagrams",
    "bracket",
    "canvas",
    "cell",
    "centre_rulers",
    "centring",
    "convolution_matrix",
    "cue_images",
    "curves",
    "dependency_tree",
    "dilated_kernels",
    "field_growth",
    "fields_on_image",
    "fields_on_photo",
    "figure",
    "filter_responses",
    "frame",
    "gradient_maps",
    "grid",
    "groups",
    "heading",
    "interleaved_images",
    "kernel_strips",
    "link",
    "note",
    "overlap_2d",
    "panels",
    "path_counts",
    "pattern_bars",
    "pictures",
    "pixels",
    "positions",
    "ramp",
    "shared_sizes",
    "stamps",
    "strip",
    "stripes",
    "svg",
    "taps_inside",
    "taps_on_image",
    "tint",
    "use_style",
]
