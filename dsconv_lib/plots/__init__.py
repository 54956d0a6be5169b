"""Figures of the book: values in, a matplotlib ``Figure`` out.

No function here calls ``show()`` and none imports torch. A figure that is the last value of a
notebook cell is displayed once. What figures share is in ``style`` (colours, sizes, empty figures
and canvases) and ``cells`` (the drawing language); each topic has one module with the figures of
its chapter:

- ``output_size``: chapter 2
- ``receptive_field`` and ``effective_field``: chapter 8
- ``dilation`` and ``dilation_maps``: chapter 9
- ``photographs``: first screens
"""

from dsconv_lib.plots.blocks import block_diagrams
from dsconv_lib.plots.cells import bracket, cell, grid, heading, link, note, strip
from dsconv_lib.plots.connections import convolution_matrix, groups
from dsconv_lib.plots.dilation import (
    dilated_kernels,
    interleaved_images,
    kernel_strips,
    stripes,
    taps_on_image,
)
from dsconv_lib.plots.dilation_maps import dilation_growth, filter_responses, taps_inside
from dsconv_lib.plots.effective_field import (
    cue_images,
    field_against_effective,
    gradient_maps,
    loss_curves,
    path_counts,
    pattern_bars,
)
from dsconv_lib.plots.output_size import (
    centring,
    matrix_and_transpose,
    overlap,
    overlap_2d,
    positions,
    shared_sizes,
    stamps,
)
from dsconv_lib.plots.photographs import fields_on_photo, pictures
from dsconv_lib.plots.receptive_field import (
    centre_rulers,
    dependency_tree,
    field_growth,
    fields_on_image,
)
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
    "dependency_tree",
    "dilated_kernels",
    "dilation_growth",
    "field_against_effective",
    "field_growth",
    "fields_on_image",
    "fields_on_photo",
    "figure",
    "filter_responses",
    "gradient_maps",
    "grid",
    "groups",
    "heading",
    "interleaved_images",
    "kernel_strips",
    "link",
    "loss_curves",
    "matrix_and_transpose",
    "note",
    "overlap",
    "overlap_2d",
    "path_counts",
    "pattern_bars",
    "pictures",
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
