"""The figures show what they claim, in one visual language, and nothing is cut off."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import drawn
import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import FIGURES, words
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from dsconv_lib import plots
from dsconv_lib.plots.style import WIDEST, blend, contrast

ROOT = Path(__file__).parents[1]
PRIMITIVES = {"bracket", "canvas", "cell", "figure", "frame", "grid", "heading", "link", "note"}
PRIMITIVES |= {"panels", "pixels", "ramp", "strip", "svg", "tint"}


@pytest.fixture(params=FIGURES, scope="module")
def figure(request):
    return FIGURES[request.param]()


# The language, for every figure


def test_every_public_figure_is_in_the_table():
    others = {"COLORS", "INK", "MUTED", "TEXT_SIZE", "use_style"}
    assert set(plots.__all__) - PRIMITIVES - others == set(FIGURES)


def test_figures_are_not_left_open_in_pyplot(figure):
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []


def test_figures_fit_a_phone_and_their_text_can_be_read(figure):
    assert figure.get_size_inches()[0] <= WIDEST
    assert min(text.get_fontsize() for text in words(figure)) >= 9


def test_texts_are_not_cut_off_and_do_not_run_into_each_other(figure):
    figure.draw_without_rendering()
    whole = figure.get_tightbbox()
    frame = figure.bbox.transformed(figure.dpi_scale_trans.inverted())
    assert whole.x0 >= frame.x0 - 0.02
    assert whole.y0 >= frame.y0 - 0.02
    assert whole.x1 <= frame.x1 + 0.02
    assert whole.y1 <= frame.y1 + 0.02
    boxes = [(t.get_text(), t.get_window_extent()) for t in words(figure)]
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[:i]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= 2 or high <= 3, (first, second)


def test_hatching_and_the_fault_colour_go_together(figure):
    for axes in figure.axes:
        for patch in axes.patches:
            if patch.get_hatch():
                assert to_hex(patch.get_edgecolor()) == plots.COLORS["hole"].lower()


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_has_the_same_bytes(name):
    pictures = []
    for _ in range(2):
        drawn.rng = np.random.default_rng(1)
        picture = BytesIO()
        FIGURES[name]().savefig(picture, format="png", dpi=40)
        pictures.append(picture.getvalue())
    assert pictures[0] == pictures[1]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast(plots.MUTED, "#ffffff") >= 4.5


def test_tint_goes_from_the_paper_to_the_colour():
    color = plots.COLORS["kernel"].lower()
    assert plots.tint("kernel", 0) == f"{color}00"
    assert plots.tint("kernel", 1) == f"{color}ff"
    assert (blend("kernel", 0), blend("kernel", 1)) == ("#ffffff", color)
    assert blend("kernel", 0.5, "#000000") == "#735000"


def test_too_wide_a_figure_is_refused():
    with pytest.raises(ValueError, match=r"width=7\.5 .* at most 7\.0"):
        plots.figure(7.5)


def test_a_wide_canvas_shrinks_its_cells():
    drawing, _ = plots.canvas(2, 40)
    assert drawing.get_size_inches() == pytest.approx((WIDEST, WIDEST / 20))


def test_rows_run_down():
    _, axes = plots.canvas(3, 5)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_a_cell_keeps_text_as_it_is_and_gives_numbers_a_true_minus():
    drawing, axes = plots.canvas(1, 2)
    plots.cell(axes, 0, 0, text="a-b")
    plots.cell(axes, 0, 1, text=-3)
    assert [t.get_text() for t in words(drawing)] == ["a-b", "−3"]


def test_the_style_is_complete_without_setup_and_nothing_leaks():
    plt.get_backend()
    before = dict(plt.rcParams)
    drawing, axes = plots.figure()
    assert not axes[0, 0].spines["top"].get_visible()
    assert drawing.get_facecolor()[:3] == (1, 1, 1)
    assert dict(plt.rcParams) == before


def test_use_style_reaches_figures_made_with_pyplot():
    with plt.rc_context():
        plots.use_style()
        drawing, axes = plt.subplots()
        assert not axes.spines["right"].get_visible()
        assert FontProperties(family=["sans-serif"]).get_name() == "DejaVu Sans"
        plt.close(drawing)


def test_plots_do_not_import_torch():
    code = "import sys, dsconv_lib.plots; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
