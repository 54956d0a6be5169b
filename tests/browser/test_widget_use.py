"""A reader with a mouse, a keyboard, a phone, without JavaScript: every widget serves each."""

from __future__ import annotations

import re

import pytest
from book_site import DESKTOP, PHONE, WIDGETS
from widget_page import OUTPUT_SIZE, RECEPTIVE_FIELD, apply, first, page_of, read, text_faults

PRESETS = {  # receptive field, jump, reached
    "plain": (7, 1, 7),
    "doubling": (31, 1, 31),
    "2-2-2": (13, 1, 7),
    "1-2-5": (17, 1, 17),
    "vgg16": (212, 32, 212),
    "wavenet": (1024, 1, 1024),
}
IMPOSSIBLE = {"input": 4, "kernel": 3, "stride": 1, "padding": 0, "dilation": 3}
DEFAULT = {"input": 7, "kernel": 3, "stride": 2, "padding": 0, "dilation": 1}
CROWDED = [
    DEFAULT,
    IMPOSSIBLE,
    {"input": 32, "kernel": 9, "stride": 1, "padding": 8, "dilation": 6},
    {"input": 32, "kernel": 1, "stride": 5, "padding": 0, "dilation": 1},
    {"input": 14, "kernel": 2, "stride": 1, "padding": 1, "dilation": 6},
    {"input": 1, "kernel": 9, "stride": 1, "padding": 0, "dilation": 6},
    {"input": 20, "kernel": 3, "stride": 1, "padding": 2, "dilation": 2},
]
STACKS = [
    {"layers": 1, "layer 1 kernel": 1, "layer 1 dilation": 1, "layer 1 stride": 1},
    {"layers": 2, "layer 2 kernel": 7, "layer 2 dilation": 16, "layer 2 stride": 3},
    {"layers": 5, "layer 3 stride": 2, "layer 4 dilation": 2, "output": 0},
    {"layers": 8, "layer 8 stride": 3, "output": 4},
]
# The words and the drawing as one text, which a reader sees change, and the numbers in it.
SHOWN = """(root) => [root.innerText + root.querySelector("svg").innerHTML,
  Object.fromEntries([...root.querySelectorAll("[data-readout]")]
    .map((el) => [el.dataset.readout, el.textContent]))]"""
# The sliders that can be moved, each with the two keys that move it and bring it back.
SLIDERS = """(root) => [...root.querySelectorAll("input[type=range]")]
  .filter((el) => el.checkVisibility() && !el.disabled)
  .map((el) => [el.getAttribute("aria-label"), el.value === el.max
    ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"]])"""
TAPS = """(root) => [...root.querySelectorAll("svg text.dsconv-num-tap")]
  .map((el) => Number(el.textContent))"""
# What a drawing has names for, where it is not input and output.
NAMED = {"cost-calculator": {"depthwise", "pointwise", "standard", "GFLOP/s", "FLOP per byte"}}
VISIBLE_NUMBERS = """(root) => [...root.querySelectorAll("[data-readout]")]
  .every((el) => el.checkVisibility() && el.getBoundingClientRect().height > 8)"""


@pytest.mark.parametrize("transport", ["http", "file"])
@pytest.mark.parametrize("name", WIDGETS)
def test_every_slider_of_every_widget_answers_the_keyboard(visit, name, transport):
    with visit(name, transport) as page:
        roots = page.locator("[data-widget]").all()
        assert len(roots) == len(WIDGETS[name]), f"{name}: {len(roots)} widgets, not one each"
        for root in roots:
            where = f"{name} over {transport}: {root.get_attribute('data-widget')}"
            before, numbers = root.evaluate(SHOWN)
            states = [numbers]
            for label, (there, back) in root.evaluate(SLIDERS):
                root.get_by_label(label, exact=True).focus()
                page.keyboard.press(there)
                after, numbers = root.evaluate(SHOWN)
                states.append(numbers)
                assert after != before, f"{where}: nothing moves with the slider '{label}'"
                page.keyboard.press(back)
                assert root.evaluate(SHOWN)[0] == before, f"{where}: '{label}' does not come back"
            assert len(states) > 2, f"{where} has no sliders"
            changed = [key for key in numbers if len({state[key] for state in states}) > 1]
            assert changed, f"{where}: no slider changes a number of {numbers}"


def test_a_slider_follows_the_mouse_on_a_phone(visit):
    with visit(page_of(OUTPUT_SIZE), width=PHONE) as page:
        root = first(page, OUTPUT_SIZE)
        slider = root.get_by_label("dilation", exact=True)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=5)
        page.mouse.up()
        assert slider.input_value() == "6", "dragging to the end does not give dilation 6"
        assert read(root)["effective-kernel"] == "13", f"dragged to dilation 6: {read(root)}"


def test_an_output_shows_its_taps_under_the_mouse_and_by_keyboard(visit):
    with visit(page_of(OUTPUT_SIZE)) as page:
        root = first(page, OUTPUT_SIZE)
        for setting in ({**DEFAULT, "input": 9}, {**DEFAULT, "input": 11, "dilation": 2}):
            (numbers,) = apply(root, [setting])
            stride, dilation = setting["stride"], setting["dilation"]
            picture = root.locator("svg").first
            picture.scroll_into_view_if_needed()
            for output in range(int(numbers["output-size"])):
                taps = [output * stride + tap * dilation for tap in range(setting["kernel"])]
                cell = picture.get_by_text(str(output), exact=True)
                boxes = [one.bounding_box() for one in cell.all()]
                top = min(boxes, key=lambda box: box["y"])
                page.mouse.move(top["x"] + top["width"] / 2, top["y"] + top["height"] / 2)
                marked = root.evaluate(TAPS)
                assert marked == taps, f"{setting}: output {output} marks {marked}, not {taps}"
                page.mouse.move(0, 0)
                slider = root.get_by_label("output position")
                slider.fill(str(output))
                marked = root.evaluate(TAPS)
                assert marked == taps, f"{setting}: by keyboard {output} marks {marked}, not {taps}"
                words = root.locator(".dsconv-reading").inner_text()
                named = [int(number) for number in re.findall(r"\d+", words)]
                assert named == [output, *taps], f"{setting}: output {output} reads '{words}'"


@pytest.mark.parametrize("transport", ["http", "file"])
def test_the_line_of_code_can_be_copied(visit, transport):
    with visit(page_of(OUTPUT_SIZE), transport) as page:
        root = first(page, OUTPUT_SIZE)
        apply(root, [{"input": 9, "kernel": 4, "stride": 3, "padding": 2, "dilation": 5}])
        line = "nn.Conv2d(1, 1, kernel_size=4, stride=3, padding=2, dilation=5)"
        assert root.locator("code").inner_text() == line
        root.get_by_role("button", name="Copy").click()
        root.get_by_text("Copied").wait_for()
        page.evaluate("() => document.body.append(document.createElement('textarea'))")
        field = page.locator("body > textarea")
        field.press("ControlOrMeta+v")
        assert field.input_value() == line, f"over {transport} something else was copied"


def test_an_impossible_setting_says_why_and_what_helps(visit):
    with visit(page_of(OUTPUT_SIZE)) as page:
        root = first(page, OUTPUT_SIZE)
        possible, refused, mended = apply(root, [DEFAULT, IMPOSSIBLE, {"padding": 2}])
        assert possible["output-size"] == "3", f"{DEFAULT}: {possible}"
        assert refused["output-size"] == refused["unread"] == "none", f"{IMPOSSIBLE}: {refused}"
        assert mended["output-size"] == "2", f"{IMPOSSIBLE} with padding 2: {mended}"
        apply(root, [IMPOSSIBLE])
        words = root.locator("[aria-live]").inner_text()
        for part in ("spans 7 cells", "only 4", "PyTorch refuses", "padding of at least 2"):
            assert part in words, f"{IMPOSSIBLE}: '{part}' is not said in '{words}'"
        apply(root, [DEFAULT])
        assert "refuses" not in root.inner_text(), "the reason stays when the setting is possible"


@pytest.mark.parametrize("transport", ["http", "file"])
def test_presets_show_the_published_numbers(visit, transport):
    with visit(page_of(RECEPTIVE_FIELD), transport) as page:
        root = first(page, RECEPTIVE_FIELD)
        choice = root.get_by_label("preset")
        offered = choice.locator("option").evaluate_all("els => els.map((el) => el.value)")
        assert {*offered} - {""} == {*PRESETS}, f"presets on offer: {offered}"
        for preset, numbers in PRESETS.items():
            choice.select_option(preset)
            shown = read(root)
            got = tuple(int(shown[key]) for key in ("receptive-field", "jump", "reached"))
            assert got == numbers, f"{preset}: shows {got}, published {numbers}"
            assert int(shown["holes-2d"]) == numbers[0] ** 2 - numbers[2] ** 2, f"{preset}: {shown}"
        choice.select_option("2-2-2")
        apply(root, [{"layer 3 dilation": 1}])
        assert choice.input_value() == "", "a changed preset still carries its name"


@pytest.mark.parametrize("transport", ["http", "file"])
@pytest.mark.parametrize("name", WIDGETS)
def test_without_javascript_the_drawing_is_complete(visit, name, transport):
    with visit(name, transport) as page:
        alive = [read(root) for root in page.locator("[data-widget]").all()]
        formulas = page.locator("article .katex").count()
    with visit(name, transport, javascript=False) as page:
        roots = page.locator("[data-widget]").all()
        still = [read(root) for root in roots]
        assert still == alive, f"{name}: without JavaScript {still}, with it {alive}"
        assert page.locator("article .katex").count() == formulas, f"{name}: formulas are missing"
        for root in roots:
            where = (
                f"{name} over {transport} without JavaScript: {root.get_attribute('data-widget')}"
            )
            assert root.evaluate(VISIBLE_NUMBERS), f"{where}: numbers are hidden"
            box = root.locator("svg").first.bounding_box()
            assert min(box["width"], 2 * box["height"]) > 200, f"{where}: the drawing is {box}"
            words = root.locator("svg").first.locator("text").all_text_contents()
            named = NAMED.get(root.get_attribute("data-widget"), {"input", "output"})
            bare = {word.rstrip(" 0123456789") for word in words}  # "input 0" of several channels
            assert named <= bare, f"{where}: the drawing says {words}"
            assert root.locator("svg").first.get_attribute("aria-label"), f"{where}: no description"
            assert not (faults := text_faults(root)), f"{where}: {faults}"


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_text_in_the_drawings_is_neither_cut_nor_covered(visit, width):
    faults = []
    with visit(page_of(OUTPUT_SIZE), width=width) as page:
        root = first(page, OUTPUT_SIZE)
        for setting in CROWDED:
            apply(root, [setting])
            faults += [f"{OUTPUT_SIZE}, {setting}: {fault}" for fault in text_faults(root)]
    with visit(page_of(RECEPTIVE_FIELD), width=width) as page:
        root = first(page, RECEPTIVE_FIELD)
        for setting in STACKS:
            apply(root, [setting])
            faults += [f"{RECEPTIVE_FIELD}, {setting}: {fault}" for fault in text_faults(root)]
        for preset in PRESETS:
            root.get_by_label("preset").select_option(preset)
            for output in (0, 2, 4):
                apply(root, [{"output": output}])
                where = f"{RECEPTIVE_FIELD}, {preset}, output {output}"
                faults += [f"{where}: {fault}" for fault in text_faults(root)]
    assert not faults, f"at {width} px, {len(faults)} faults:\n" + "\n".join(faults[:12])


def test_a_slider_in_use_moves_nothing_and_links_still_lead_to_their_section(visit):
    """While a slider is in use, sections out of sight are not drawn, but keep their size."""
    height = "() => document.documentElement.scrollHeight"
    in_use = "() => document.documentElement.classList.contains('slider-in-use')"
    with visit(page_of(OUTPUT_SIZE)) as page:
        slider = first(page, OUTPUT_SIZE).get_by_label("stride", exact=True)
        slider.scroll_into_view_if_needed()
        before = page.evaluate(height)
        slider.press("ArrowRight")
        assert page.evaluate(in_use)
        assert abs(page.evaluate(height) - before) < 100  # what the widget itself grew or shrank
        slider.blur()
        assert not page.evaluate(in_use)
        page.evaluate("() => { location.hash = '#exercises'; }")
        page.wait_for_function(
            "() => Math.abs(document.getElementById('exercises').getBoundingClientRect().top) < 120"
        )
