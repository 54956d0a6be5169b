"""The widgets' views and their output: one module each, one visual language, words in tables."""

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_widgets import IMPOSSIBLE, NODE, WIDGETS, examples, shown

import static_widgets
from dsconv_lib.plots import COLORS
from dsconv_lib.widgets import OutputSizeExplorer, ReceptiveFieldExplorer
from dsconv_lib.widgets.base import STATIC, bundle

THEME = (STATIC / "theme.css").read_text(encoding="utf-8")
MIMES = {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
VIEWS = sorted(STATIC.glob("*.js"))


def drawing(widget):
    """Number of shapes of each kind in a widget's first drawing, and its texts."""
    (still,) = shown([widget])
    svg = ElementTree.fromstring(f"<div>{still['html']}</div>").find(".//svg")
    kinds = {path.get("class").removeprefix("dsconv-"): path.get("d") for path in svg.iter("path")}
    return kinds, [text.text for text in svg.iter("text")]


def count(kinds, name, command="z"):
    return kinds.get(name, "").count(command)


def test_the_strip_shows_each_kind_of_cell():
    kinds, _ = drawing(OutputSizeExplorer(8, 3, 2, 1, 2))
    # Input 0..7 with a cell of padding: output 0 of 3 reads padding, 1, 3; 0, 2, 4, 6 are not read.
    found = {name: count(kinds, name) for name in ("tap", "tap-pad", "hole", "input", "pad")}
    assert found == {"tap": 2, "tap-pad": 1, "hole": 4, "input": 2, "pad": 1}
    assert (count(kinds, "chosen"), count(kinds, "output")) == (1, 2)
    assert [count(kinds, name) for name in ("start-chosen", "start", "skipped")] == [1, 2, 3]
    assert (count(kinds, "taps", "M"), count(kinds, "mesh", "M")) == (3, 6)
    assert "hole-hatch" in kinds
    assert "ghost" not in kinds
    ghost, words = drawing(IMPOSSIBLE)
    assert [count(ghost, name) for name in ("ghost", "tap", "ghost-tap", "output")] == [4, 2, 1, 0]
    assert words.count("none") == 2


def test_the_tree_shows_reached_cells_and_holes():
    kinds, words = drawing(ReceptiveFieldExplorer(preset="2-2-2"))
    found = [count(kinds, name) for name in ("chosen", "reached", "field-input", "hole")]
    assert found == [1, 3 + 5, 7, 6]
    assert count(kinds, "taps", "M") == 3 + 9 + 15
    assert count(kinds, "cell") == (5 - 1) + (9 - 3) + (13 - 5) + (17 - 13)
    assert {"output", "input", "receptive field 13", "jump 1"} <= set(words)


def test_what_is_too_fine_to_be_drawn_singly_is_drawn_as_shares():
    fine = [{"kernel_size": 41, "dilation": 20, "stride": 1}, {"kernel_size": 10, "dilation": 2}]
    kinds, _ = drawing(ReceptiveFieldExplorer(fine))
    assert (count(kinds, "field-input"), count(kinds, "hole")) == (1, 1)
    assert "band" in kinds


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_still_form_stands_alone(widget):
    for still, one in zip(shown(examples(widget)), examples(widget), strict=True):
        root = ElementTree.fromstring(still["html"])
        numbers = {n.get("data-readout"): n.text for n in root.iter() if n.get("data-readout")}
        assert numbers == one.readouts, one
        for node in root.iter():
            assert not {"id", "src"} & {*node.attrib}
            assert node.get("href", "data:").startswith("data:")
            assert node.tag not in {"script", "style", "button", "input", "select"}
        for svg in root.iter("svg"):
            assert svg.get("role") == "img"
            assert len(svg.get("aria-label")) > 20
        assert still["code"] in "".join(root.itertext())


@pytest.mark.parametrize("widget", WIDGETS)
def test_every_kind_of_mark_has_its_style(widget):
    html = "".join(still["html"] for still in shown(examples(widget)))
    kinds = set(re.findall(r'<(?:path|text) class="dsconv-([\w-]+)"', html)) - {"label"}
    assert kinds
    for kind in kinds:
        assert re.search(rf"\.dsconv-{kind}\b[^-]", THEME), kind


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_output_is_text_with_its_state_and_the_same_every_time(widget):
    for one in examples(widget):
        data, _ = one._repr_mimebundle_()
        assert {*data} == MIMES
        assert data["text/plain"] == repr(one)
        assert data["text/html"] == widget(**one.state).static_html()
        # ipywidgets 7 would show the widget through this, without its text.
        assert not callable(getattr(one, "_ipython_display_", None))
        root = ElementTree.fromstring(data["text/html"])
        assert (root.get("class"), root.get("data-widget")) == ("dsconv-widget", widget.name)
        assert widget(**json.loads(root.get("data-state"))).state == one.state
        assert {node.tag for node in root.iter()} <= {"div", "p", "code", "ul", "li", "b"}
        numbers = {n.get("data-readout"): n.text for n in root.iter("b")}
        assert numbers == one.readouts
        for item in root.iter("li"):
            assert re.fullmatch(r"[\w -]+: .+", "".join(item.itertext()))


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_view_is_one_module_that_node_reads(widget, tmp_path):
    source = widget.bundle()
    assert re.findall(r"^export .*", source, re.M) == ["export default widget({"]
    assert not re.findall(r"^import\b", source, re.M)
    module = tmp_path / "view.mjs"
    module.write_text(source, encoding="utf-8")
    program = f"import view from {str(module)!r}; console.log(typeof view.render)"
    command = [*NODE, "--input-type=module", "--eval", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "function"


def test_a_bundle_holds_every_module_once():
    source = bundle("receptive_field.js")
    for module in ("conv_math.js", "shapes.js", "controls.js", "receptive_field_scene.js"):
        head = (STATIC / module).read_text(encoding="utf-8").splitlines()[0]
        assert source.count(head) == 1, module
    assert source.count("const TABLE = ") == source.count("const WIDGET = ") == 1


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.name)
def test_views_use_no_ids_and_ask_no_host(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\.id\b|\"id\"|getElementById|fetch\(|XMLHttp|@import|https?://", source)
    assert "</script" not in source


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.name)
def test_no_view_holds_words_of_its_own(path):
    source = path.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(//|/\*\*|\*).*$|//.*$", "", source, flags=re.M)
    literals = re.findall(r"[\"`]([^\"`\n]*)[\"`]", code)
    sentences = [text for text in literals if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{2,}", text)]
    assert not [text for text in sentences if "dsconv-" not in text]


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.json")), ids=lambda path: path.name)
def test_every_word_of_a_table_is_used(path):
    table = json.loads(path.read_text(encoding="utf-8"))
    own = [file for file in VIEWS if file.name.startswith(path.stem)]
    host = Path(static_widgets.__file__).with_name("widget_host.js")
    files = [*VIEWS, host] if path.name == "widget.json" else [*own, STATIC / "shapes.js"]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r"\b\w+\b", source)) | {"reads_one_padding", "reads_many_padding"}
    words = table.get("words", table)
    assert words.keys() <= used, words.keys() - used


def token_blocks():
    """Custom properties of each rule for the root, in order: light, dark, dark by the system."""
    rules = re.findall(r"\.dsconv-widget \{([^}]*--dsconv-surface[^}]*)\}", THEME)
    return [dict(re.findall(r"--(dsconv-[\w-]+): (#\w{6});", rule)) for rule in rules]


def test_widgets_and_figures_have_the_same_colours():
    light, dark, system = token_blocks()
    assert {name: light[f"dsconv-{name}"].upper() for name in COLORS} == {
        name: color.upper() for name, color in COLORS.items()
    }
    assert dark == system
    assert not {f"dsconv-{name}" for name in COLORS} & {*dark}


def luminance(color):
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(color, ground, share):
    """A colour laid over a ground."""
    pairs = ((int(color[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def test_text_stands_out_from_its_ground_in_both_themes():
    light, dark, _ = token_blocks()
    for tokens in (light, {**light, **dark}):
        surface, raised = tokens["dsconv-surface"], tokens["dsconv-raised"]
        ink, muted = tokens["dsconv-ink"], tokens["dsconv-muted"]
        for ground in (surface, raised):
            assert contrast(ink, ground) >= 7
            assert contrast(muted, ground) >= 4.5
        for name in ("input", "kernel", "output", "gradient"):
            share = 0.3 if name in ("input", "output") else 0.2
            assert contrast(ink, mixed(tokens[f"dsconv-{name}"], surface, share)) >= 4.5
        assert contrast(ink, mixed(tokens["dsconv-hole"], surface, 0.1)) >= 4.5
        for name in ("input", "kernel", "output", "gradient", "hole"):
            edge = tokens.get(f"dsconv-{name}-edge")
            assert contrast(edge, surface) >= 3, name
    assert contrast("#10151b", COLORS["kernel"]) >= 4.5
    assert contrast("#10151b", COLORS["output"]) >= 4.5
    assert contrast("#10151b", COLORS["gradient"]) >= 4.5
    assert contrast("#ffffff", COLORS["input"]) >= 4.5
