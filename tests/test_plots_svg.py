"""A figure's SVG: the same each time, small, its text text, its colours those of the book."""

import base64
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import FIGURES
from matplotlib.figure import Figure
from PIL import Image

from dsconv_lib import plots
from dsconv_lib.plots import style
from dsconv_lib.plots.svg import MOST_MARKS

ROOT = Path(__file__).parents[1]
NAMESPACE = "{http://www.w3.org/2000/svg}"
BOOK = {*style.COLORS.values(), style.PAPER, style.INK, style.MUTED, style.FAINT}
BOOK = {color.lower() for color in BOOK | {style.INK_ON_COLOR}}


def parsed(text):
    return ElementTree.fromstring(text)


def found(root, kind):
    return list(root.iter(NAMESPACE + kind))


@pytest.fixture(params=FIGURES, scope="module")
def written(request):
    return plots.svg(FIGURES[request.param]())


def test_colours_are_the_few_of_the_book(written):
    assert set(re.findall(r"#[0-9a-f]{6}\b", written)) <= BOOK
    for mark in parsed(written).iter():
        if mark.tag in (f"{NAMESPACE}text", f"{NAMESPACE}path"):
            assert mark.get("fill"), ElementTree.tostring(mark)  # else black in every theme


def test_labels_are_text_in_the_font_of_the_page(written):
    root = parsed(written)
    assert root.attrib["font-family"] == style.FONT_STACK
    assert found(root, "text")
    assert not found(root, "tspan")  # letters with fixed places fit one font only
    assert all(mark.get("font-family") is None for mark in found(root, "text"))


def test_the_first_mark_is_the_paper(written):
    root = parsed(written)
    width, height = root.attrib["viewBox"].split()[2:]
    assert root[0].attrib == {
        "class": "paper",
        "width": width,
        "height": height,
        "fill": style.PAPER,
    }
    assert float(root.attrib["width"]) == pytest.approx(float(width) * 96 / 72, abs=0.02)
    assert float(root.attrib["height"]) == pytest.approx(float(height) * 96 / 72, abs=0.02)


def test_labels_have_contrast_with_what_they_stand_on_in_both_themes(written):
    kinds = {color.lower(): kind for kind, color in style.COLORS.items()}
    grounds = []
    for mark in parsed(written):
        if mark.tag == f"{NAMESPACE}path" and mark.get("fill") in {*kinds, style.PAPER}:
            points = outline(mark)
            opacity = float(mark.get("fill-opacity", 1))
            grounds.append((points.min(axis=0), points.max(axis=0), mark.attrib["fill"], opacity))
        if mark.tag != f"{NAMESPACE}text" or mark.get("transform"):
            continue
        place = np.array([float(mark.attrib["x"]), float(mark.attrib["y"]) - 3])
        below = [g for g in grounds if (g[0] <= place).all() and (place <= g[1]).all()]
        fill, opacity = below[-1][2:] if below else (style.PAPER, 1)
        dark = {style.INK: style.DARK["ink"], style.MUTED: "#a9b2bd"}
        for paper, ink in (
            (style.PAPER, mark.attrib["fill"]),
            (style.DARK["paper"], dark.get(mark.attrib["fill"], mark.attrib["fill"])),
        ):
            ground = style.blend(kinds[fill], opacity, paper) if fill in kinds else paper
            assert style.contrast(ink, ground) >= 4.4, (mark.text, fill, opacity, paper)


def outline(path):
    """The corners of a path of M, L, H and V."""
    points = []
    for command, rest in re.findall(r"([MLHVC])([^A-Za-z]*)", path.attrib["d"]):
        values = [float(value) for value in re.findall(r"-?[\d.]+", rest)]
        if command == "H":
            values = [values[0], points[-1][1]]
        if command == "V":
            values = [points[-1][0], values[0]]
        points += zip(values[::2], values[1::2], strict=True)
    return np.array(points)


def test_names_are_unique_and_used(written):
    names = re.findall(r'id="(\w+)"', written)
    assert len(names) == len(set(names))
    assert set(names) == set(re.findall(r"url\(#(\w+)\)", written))


def test_it_is_small(written):
    assert len(written) < 45_000
    assert len(written.splitlines()) < MOST_MARKS


def test_another_process_writes_the_same_bytes():
    code = (
        "import sys; from dsconv_lib import plots;"
        "sys.stdout.write(plots.svg(plots.dilated_kernels([[1, 2], [3, 4]], [(1, 1), (2, 3)])))"
    )
    run = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(run, cwd=ROOT, check=True, capture_output=True).stdout for _ in range(2)
    )
    assert first == second == plots.svg(FIGURES["dilated_kernels"]()).encode()
    assert b"hatch" not in first
    assert b"<pattern" in first
    assert not re.search(rb"20\d\d-\d\d", first)


def drawn(figure):
    figure.set_layout_engine("none")
    return plots.svg(figure)


def axes_over_all(size=(2, 1)):
    figure = Figure(figsize=size)  # inches: 144 by 72 points
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 144), ylim=(72, 0))
    axes.set_axis_off()
    return figure, axes


def test_a_mark_stands_where_it_was_put():
    figure, axes = axes_over_all()
    axes.add_patch(plt.Rectangle((10, 20), 30, 40, facecolor="#0072b2", alpha=0.5, linewidth=0))
    axes.plot([100], [30], "s", markersize=8, color="#009e73", markeredgewidth=0)
    axes.text(50, 36, "x", ha="left", color="#1b1f24")
    rect, square = found(parsed(drawn(figure)), "path")
    assert numbers(rect) == {10, 20, 40, 60}
    assert numbers(square) == {96, 104, 26, 34}
    (label,) = found(parsed(drawn(figure)), "text")
    assert (label.attrib["x"], label.text) == ("50", "x")
    assert float(label.attrib["y"]) == 36


def numbers(path):
    return {round(float(value), 1) for value in re.findall(r"-?[\d.]+", path.attrib["d"])}


def test_a_clip_stays_only_where_it_cuts():
    figure = Figure(figsize=(2, 1))
    axes = figure.add_axes((0.25, 0.25, 0.5, 0.5))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.plot([0.2, 0.8], [0.5, 0.5], color="#0072b2")
    axes.plot([-3, 3], [0.5, 0.5], color="#d55e00")
    paths = found(parsed(drawn(figure)), "path")
    lines = {path.get("stroke"): path.get("clip-path") for path in paths}
    assert lines["#0072b2"] is None
    assert re.fullmatch(r"url\(#\w+\)", lines["#d55e00"])


def test_an_image_keeps_its_pixels_and_its_place():
    figure, axes = axes_over_all()
    with plt.rc_context({"image.interpolation": "none"}):
        axes.imshow(
            np.array([[0.0, 0.5, 1.0], [1.0, 0.0, 0.5]]), extent=(36, 108, 60, 12), cmap="gray"
        )
        axes.set(xlim=(0, 144), ylim=(72, 0), aspect="auto")
    (image,) = found(parsed(drawn(figure)), "image")
    pixels = decoded(image)
    assert np.abs(pixels - np.array([[0, 127.5, 255], [255, 0, 127.5]])).max() < 1
    scale = [float(value) for value in re.findall(r"-?[\d.]+", image.attrib["transform"])]
    assert scale == pytest.approx([24, 0, 0, 24, 36, 12], abs=0.02)


def decoded(image):
    return np.asarray(Image.open(BytesIO(base64.b64decode(image.attrib["href"].split(",")[1]))))


@pytest.mark.parametrize(("count", "images"), [(MOST_MARKS, 0), (MOST_MARKS + 1, 1)])
def test_a_dense_axes_becomes_pixels(count, images):
    figure, axes = axes_over_all()
    axes.scatter(range(count), range(count), color="#0072b2")
    order = axes.get_rasterization_zorder()
    assert len(found(parsed(drawn(figure)), "image")) == images
    assert axes.get_rasterization_zorder() == order


def test_a_readers_own_figure_with_a_formula_is_written_too():
    figure, axes = axes_over_all()
    axes.text(20, 20, "$x^2$ & <b>")
    axes.text(20, 40, "a < b & c", rotation=90)
    texts = found(parsed(drawn(figure)), "text")
    assert "".join(texts[0].itertext()).replace("\xa0", " ").count("x") == 1
    assert texts[1].text == "a < b & c"


# --- colours are defined once ---


def tokens(css, prefix):
    return {
        name: color.lower()
        for name, color in re.findall(rf"--{prefix}-([\w-]+):\s*(#[0-9A-Fa-f]{{6}})", css)
    }


def themes(path, prefix, dark):
    css = (ROOT / path).read_text()
    light, rest = css.split("}", 1)
    return tokens(light, prefix), tokens(rest.split(dark, 1)[1].split("}")[0], prefix)


def test_python_pages_and_widgets_have_the_same_colours():
    widgets = themes("dsconv_lib/widgets/static/theme.css", "dsconv", 'html[theme="dark"]')
    pages = themes("book/_static/figures.css", "figure", 'html[data-theme="dark"]')
    for light in (widgets[0], pages[0]):
        for kind, color in style.COLORS.items():
            assert light[kind] == color.lower()
        assert (light["ink"], light["muted"]) == (style.INK, style.MUTED)
    assert widgets[1]["ink"] == pages[1]["ink"] == style.DARK["ink"]
    assert widgets[1]["muted"] == pages[1]["muted"]
    assert (pages[0]["faint"], pages[0]["ink-on-color"]) == (style.FAINT, style.INK_ON_COLOR)


def test_no_other_file_defines_a_colour_of_the_book():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, text=True, capture_output=True
    )
    homes = {"dsconv_lib/plots/style.py", "dsconv_lib/widgets/static/theme.css"}
    homes |= {"book/_static/figures.css", "dsconv_lib/exercises/static/questions.css"}
    homes |= {"book/_tools/house_drawing.py"}  # its picture stands alone, without the pages' styles
    for name in listed.stdout.splitlines():
        if name.endswith((".css", ".js", ".mjs", ".py")) and name not in homes:
            path = ROOT / name
            if path.is_file() and not name.startswith("tests/"):
                text = path.read_text(encoding="utf-8").lower()
                assert not [kind for kind, c in style.COLORS.items() if c.lower() in text], name
