"""The widgets' static form: the view's own picture, complete, in one visual language."""

import json
import random
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_widgets import NODE

from dsconv_lib.plots import COLORS
from dsconv_lib.widgets import ALL, STATIC, OutputSizeExplorer, ReceptiveFieldExplorer
from dsconv_lib.widgets import output_size_scene as strip
from dsconv_lib.widgets import receptive_field_scene as stack
from dsconv_lib.widgets import receptive_field_words as words
from dsconv_lib.widgets.receptive_field import PLANE, PRESETS, WIDTH
from dsconv_lib.widgets.svg import HOLE, INPUT, KERNEL, OUTPUT, STYLE, hatch

THEME = (STATIC / "theme.css").read_text(encoding="utf-8")
MIMES = {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
IMPOSSIBLE = OutputSizeExplorer(4, 3, 1, 0, 3)
SHOWN = [
    OutputSizeExplorer(8, 3, 2),
    OutputSizeExplorer(13, 2, 5, 3, 4),
    IMPOSSIBLE,
    *(ReceptiveFieldExplorer(preset=name) for name in PRESETS),
    ReceptiveFieldExplorer([{"kernel_size": 2, "dilation": 2}, {"kernel_size": 3, "stride": 2}]),
]


def view(settings):
    """What the views draw and say, from Node."""
    command = [*NODE, str(Path(__file__).parent / "js" / "draw.mjs")]
    drawn = subprocess.run(
        command, input=json.dumps(settings), capture_output=True, text=True, check=True
    )
    return json.loads(drawn.stdout)


def plain(scene):
    """A scene as JSON has it."""
    texts = [list(text) for text in scene.texts]
    return {
        "width": scene.width,
        "height": scene.height,
        "paths": scene.paths,
        "texts": texts,
    }


def parse(widget):
    return ElementTree.fromstring(widget.static_html())


def readouts(widget):
    return {
        node.get("data-readout"): node.text
        for node in parse(widget).iter()
        if "data-readout" in node.attrib
    }


def test_the_output_size_explorer_is_drawn_alike_in_python_and_in_the_view():
    roll = random.Random(0)
    settings, expected = [], []
    for _ in range(300):
        values = (
            roll.randint(1, 32),
            roll.randint(1, 9),
            roll.randint(1, 5),
            roll.randint(0, 8),
            roll.randint(1, 6),
        )
        widget = OutputSizeExplorer(*values)
        chosen, width = roll.randrange(widget.output_size or 1), roll.choice([280, 336, 700])
        names = ("input", "kernel", "stride", "padding", "dilation")
        settings.append({**dict(zip(names, values, strict=True)), "chosen": chosen, "width": width})
        unread = widget.unread
        expected.append(
            {
                "scene": plain(strip.scene(widget.facts, chosen, width)),
                "words": [
                    strip.reading_sentence(widget.facts, chosen),
                    strip.setting_sentence(widget.facts),
                    strip.picture_text(widget.facts, chosen),
                ],
                "formula": strip.formula_parts(widget.facts),
                "code": widget.code,
                "numbers": [
                    widget.output_size,
                    widget.effective_kernel_size,
                    None if unread is None else list(unread),
                ],
            }
        )
    assert sum(one["numbers"][0] is None for one in expected) > 20
    for setting, got, wanted in zip(settings, view(settings), expected, strict=True):
        assert got == wanted, setting


def test_the_receptive_field_explorer_is_drawn_alike_in_python_and_in_the_view():
    roll = random.Random(1)
    stacks = list(PRESETS.values())
    # Too fine to draw run by run: 401 runs in the tree, more stripes than pixels in the plane.
    stacks.append(
        [{"kernel_size": 41, "dilation": 20, "stride": 1}, {"kernel_size": 10, "dilation": 2}]
    )
    for _ in range(60):
        most = roll.choice([1, 4, 16])
        stacks.append(
            [
                {
                    "kernel_size": roll.randint(1, 7),
                    "dilation": roll.randint(1, most),
                    "stride": roll.choice([1, 1, 1, 2, 3]),
                }
                for _ in range(roll.randint(1, 6))
            ]
        )
    settings, expected = [], []
    for layers in stacks:
        output, width = roll.randrange(stack.OUTPUTS), roll.choice([280, 336, 450, 700])
        widget = ReceptiveFieldExplorer(layers)
        specs, field = widget.specs, widget.receptive_field
        plane, clip = stack.plane_scene(specs, PLANE)
        columns, opacity = re.fullmatch(
            r"clip-path:path\('(.*)'\)(?:;opacity:(.*))?", clip
        ).groups()
        settings.append({"layers": widget.layers, "output": output, "width": width, "side": PLANE})
        expected.append(
            {
                "tree": plain(stack.tree_scene(specs, output, width)),
                "plane": plain(plane),
                "clip": columns,
                "opacity": pytest.approx(float(opacity or 1), abs=1e-4),
                "words": [
                    words.field_sentence(field),
                    words.tree_text(specs),
                    words.plane_text(field),
                    *map(words.operation, specs),
                ],
                "counts": words.plane_counts(field),
                "numbers": [field.size, field.jump, field.reached, f"{field.density:.3f}"],
            }
        )
    assert any(one["opacity"] != 1 for one in expected)
    assert any(one["tree"]["paths"]["band"] for one in expected)
    for setting, got, wanted in zip(settings, view(settings), expected, strict=True):
        assert got == wanted, setting


@pytest.mark.parametrize("widget", SHOWN, ids=repr)
def test_the_static_form_is_one_root_with_its_state(widget):
    root = parse(widget)
    roots = [node for node in root.iter() if "data-widget" in node.attrib]
    assert roots == [root]
    assert root.get("class") == "dsconv-widget"
    assert root.get("data-widget") == widget.name
    assert type(widget)(**json.loads(root.get("data-state"))).state == widget.state
    for node in root.iter():
        assert not {"id", "href", "src"} & {*node.attrib}
        assert node.tag not in {"script", "style", "img"}
    for drawing in root.iter("svg"):
        assert drawing.get("role") == "img"
        assert len(drawing.get("aria-label")) > 20


def test_the_static_form_shows_the_numbers():
    assert readouts(OutputSizeExplorer(8, 3, 2)) == {
        "output-size": "3",
        "effective-kernel": "3",
        "unread": "1",
    }
    assert readouts(IMPOSSIBLE) == {
        "output-size": "none",
        "effective-kernel": "7",
        "unread": "none",
    }
    assert readouts(ReceptiveFieldExplorer(preset="2-2-2")) == {
        "receptive-field": "13",
        "jump": "1",
        "reached": "7",
        "density": "0.538",
        "reached-2d": "49",
        "positions-2d": "169",
        "holes-2d": "120",
    }


def test_the_picture_shows_each_kind_of_cell():
    scene = strip.scene(OutputSizeExplorer(8, 3, 2, 1, 2).facts, 1, WIDTH)
    count = {name: d.count("z") for name, d in scene.paths.items()}
    # Input 0..7 with a cell of padding: output 1 of 3 reads 1, 3, 5; 0, 2, 4, 6 are never read.
    assert (count["tap"], count["hole"], count["input"], count["pad"]) == (3, 4, 1, 2)
    assert (count["chosen"], count["output"]) == (1, 2)
    assert (count["start-chosen"], count["start"], count["skipped"]) == (1, 2, 3)
    assert scene.paths["taps"].count("M") == 3
    assert scene.paths["mesh"].count("M") == 6
    assert scene.paths["hole-hatch"]
    assert not scene.paths["ghost"]
    ghost = strip.scene(IMPOSSIBLE.facts, 0, WIDTH).paths
    assert (ghost["ghost"].count("z"), ghost["tap"].count("z")) == (4, 2)
    assert (ghost["ghost-tap"].count("z"), ghost["output"]) == (1, "")


def test_the_tree_shows_reached_cells_and_holes():
    specs = ReceptiveFieldExplorer(preset="2-2-2").specs
    paths = stack.tree_scene(specs, 2, WIDTH).paths
    assert paths["chosen"].count("z") == 1
    assert paths["reached"].count("z") == 3 + 5
    assert (paths["field-input"].count("z"), paths["hole"].count("z")) == (7, 6)
    assert paths["taps"].count("M") == 3 + 9 + 15
    assert paths["cell"].count("z") == (5 - 1) + (9 - 3) + (13 - 5) + (17 - 13)
    plane, clip = stack.plane_scene(specs, PLANE)
    assert (plane.paths["plane"].count("z"), clip.count("z")) == (7, 7)


@pytest.mark.parametrize("widget", SHOWN, ids=repr)
def test_the_output_is_the_same_every_time(widget):
    data, _ = widget._repr_mimebundle_()
    assert {*data} == MIMES
    assert data["text/plain"] == repr(widget)
    assert data["text/html"] == type(widget)(**widget.state).static_html()
    # ipywidgets 7 would show the widget through this, without its static form.
    assert not callable(getattr(widget, "_ipython_display_", None))


def token_blocks():
    """Custom properties of each rule for the root, in order: light, dark, dark by the system."""
    rules = re.findall(r"\.dsconv-widget \{([^}]*--dsconv-surface[^}]*)\}", THEME)
    return [dict(re.findall(r"--(dsconv-[\w-]+): (#\w{6});", rule)) for rule in rules]


def test_widgets_and_figures_have_the_same_colours():
    light, dark, system = token_blocks()
    assert {name: light[f"dsconv-{name}"].upper() for name in COLORS} == {
        name: color.upper() for name, color in COLORS.items()
    }
    for name, color in (("input", INPUT), ("kernel", KERNEL), ("output", OUTPUT), ("hole", HOLE)):
        assert color == COLORS[name], name
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
        for name in ("input", "output"):
            assert contrast(ink, mixed(tokens[f"dsconv-{name}"], surface, 0.3)) >= 4.5
        assert contrast(ink, mixed(tokens["dsconv-hole"], surface, 0.1)) >= 4.5
        for name in ("input", "kernel", "output", "hole"):
            edge = tokens.get(f"dsconv-{name}-edge")
            assert contrast(edge, surface) >= 3, name
    assert contrast("#10151b", COLORS["kernel"]) >= 4.5
    assert contrast("#10151b", COLORS["output"]) >= 4.5
    assert contrast("#ffffff", COLORS["input"]) >= 4.5


def test_every_kind_of_shape_has_a_style_with_and_without_the_sheet():
    scenes = [strip.scene(IMPOSSIBLE.facts, 0, WIDTH), strip.scene(SHOWN[0].facts, 0, 700)]
    for preset in PRESETS:
        specs = ReceptiveFieldExplorer(preset=preset).specs
        scenes += [stack.tree_scene(specs, 0, 700), stack.plane_scene(specs, PLANE)[0]]
    kinds = {kind for scene in scenes for kind in scene.paths}
    marks = {text[0] for scene in scenes for text in scene.texts} - {"label"}
    assert kinds <= STYLE.keys()
    assert marks <= STYLE.keys()
    for kind in kinds | marks:
        assert re.search(rf"\.dsconv-{kind}\b[^-]", THEME), kind


@pytest.mark.parametrize("table", ["output_size", "receptive_field"])
def test_every_word_of_a_table_is_used(table):
    strings = json.loads((STATIC / f"{table}.json").read_text(encoding="utf-8"))
    files = [f"{table}.js", f"{table}_scene.js", "dom.js", "shapes.js"]
    source = "".join((STATIC / file).read_text(encoding="utf-8") for file in files)
    keys = set(re.findall(r"(?:STRINGS|strings)\.(\w+)", source))
    quoted = set(re.findall(r"\"(\w+)\"|(\w+): |key: \"(\w+)\"", source))
    used = keys | {word for group in quoted for word in group}
    forms = {f"{form}_padding" for form in ("reads_one", "reads_many")}
    assert strings.keys() <= used | forms, strings.keys() - used - forms


def test_no_view_holds_words_of_its_own():
    for name in ("output_size.js", "receptive_field.js", "dom.js"):
        source = (STATIC / name).read_text(encoding="utf-8")
        code = re.sub(r"^\s*(//|/\*\*|\*).*$|//.*$", "", source, flags=re.M)
        literals = re.findall(r"[\"`]([^\"`\n]*)[\"`]", code)
        sentences = [text for text in literals if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{2,}", text)]
        assert not [text for text in sentences if "dsconv-" not in text], name


def test_hatching_stays_inside_its_cell():
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", hatch(12, 7, 20, 9, 5))]
    assert len(numbers) == 4 * 6
    assert all(12 <= x <= 32 for x in numbers[::2])
    assert all(7 <= y <= 16 for y in numbers[1::2])


def test_every_widget_has_a_static_form_here():
    assert {widget.name for widget in SHOWN} == {widget.name for widget in ALL}
