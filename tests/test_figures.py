"""Stored figures become part of the page: in its colours, with unique names, at their own size."""

import re
from pathlib import Path

import pytest
from PIL import Image
from sphinx.errors import ExtensionError

import figures
from dsconv_lib import plots
from dsconv_lib.plots import style

STORED = plots.svg(plots.kernel_strips([1, 2, 3], [1, 2, 3]))


def test_the_figure_has_no_paper_and_no_colour_of_its_own():
    html = figures.inline(STORED, "kernels", "figure-1")
    assert 'class="paper"' not in html
    assert not re.search("#[0-9a-f]{6}", html)
    css = Path(figures.__file__).parents[1].joinpath("_static", "figures.css").read_text()
    for name in re.findall(r"var\((--figure-[\w-]+)\)", html):
        assert f"{name}:" in css


def test_a_colour_that_is_not_the_books_is_kept():
    stored = STORED.replace(style.INK, "#123456")
    assert 'fill="#123456"' in figures.inline(stored, "kernels", "figure-1")


def test_names_of_two_figures_differ():
    pages = [figures.inline(STORED, "kernels", f"figure-{number}") for number in (1, 2)]
    names = [set(re.findall(r'id="([\w-]+)"', page)) for page in pages]
    assert all(names)
    assert not names[0] & names[1]
    for page, own in zip(pages, names, strict=True):
        assert set(re.findall(r"url\(#([\w-]+)\)", page)) == own


def test_the_figure_says_what_it_shows_and_how_large_it_is():
    html = figures.inline(STORED, 'a "kernel" & <more>', "figure-1")
    assert 'role="img" aria-label="a &quot;kernel&quot; &amp; &lt;more&gt;"' in html
    stored, shown = (
        [float(re.search(rf'{side}="([\d.]+)"', text)[1]) for side in ("width", "height")]
        for text in (STORED, html)
    )
    assert shown == pytest.approx([1.25 * side for side in stored], abs=0.5)
    assert re.search('viewBox="[^"]+"', STORED)[0] in html


@pytest.mark.parametrize(("points", "least"), [(10, 338), (9, 375), (6, 500)])
def test_a_figure_shrinks_until_its_smallest_label_has_nine_pixels(points, least):
    stored = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="50" viewBox="0 0 375 37.5">\n'
        f'<rect class="paper"/>\n<text font-size="20px">a</text>\n'
        f'<text font-size="{points}px">b</text>\n</svg>'
    )
    html = figures.inline(stored, "labels", "figure-1")
    assert f"min-width: {least}px" in html
    assert '<div class="book-figure" tabindex="0">' in html  # 360 px do not hold it: it scrolls
    assert "tabindex" not in figures.inline(stored.replace("500", "290"), "labels", "figure-1")


def test_a_foreign_svg_is_refused():
    with pytest.raises(ExtensionError, match="not an SVG of dsconv_lib"):
        figures.inline("<svg><path/></svg>", "none", "figure-1")


def test_pictures_are_measured(tmp_path):
    Image.new("L", (31, 17)).save(tmp_path / "a.png")
    (tmp_path / "b.svg").write_text(
        '<?xml version="1.0"?><svg a="1" viewBox="0 0 40.5 20"><g/></svg>'
    )
    assert figures.size(tmp_path / "a.png") == ("31", "17")
    assert figures.size(tmp_path / "b.svg") == ("40.5", "20")
    (tmp_path / "c.svg").write_text("<svg></svg>")
    with pytest.raises(ExtensionError, match=r"c\.svg has no viewBox"):
        figures.size(tmp_path / "c.svg")
