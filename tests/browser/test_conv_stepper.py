"""The convolution stepper in a page: stepping, playing, pointing, editing, forward and backward."""

from __future__ import annotations

import json
from random import Random

import pytest
from book_site import DESKTOP, SMALL_PHONE
from widget_page import apply, first, page_of, read, show, text_faults

from dsconv_lib.widgets import ConvStepper

NAME = "conv-stepper"
STATES = 12


def number(root, text, nth=0):
    """A number in the drawing."""
    return root.locator("svg text", has_text=text).and_(root.get_by_text(text, exact=True)).nth(nth)


def test_the_page_shows_what_the_library_says(visit):
    roll = Random(5)
    samples = [*ConvStepper.presets().values(), *(ConvStepper.sample(roll) for _ in range(STATES))]
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        for one in samples:
            show(page, NAME, one.state)
            assert read(root) == one.readouts, one


def test_steps_go_round_by_button_and_by_keyboard(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        values = []
        for _ in range(4):
            root.get_by_role("button", name="Step").click()
            values.append(read(root)["value"])
        assert values == ["47", "67", "77", "37"]
        root.get_by_role("button", name="Back").click()
        assert read(root)["position"] == "1, 1"
        root.get_by_label("step", exact=True).press("Home")
        assert read(root)["position"] == "0, 0"


def test_it_plays_and_pauses(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        root.get_by_role("button", name="Play").click()
        for value in ("67", "77"):
            root.locator("[data-readout=value]").get_by_text(value).wait_for()
        root.get_by_role("button", name="Pause").click()
        assert root.get_by_role("button", name="Play").is_visible()
        before = read(root)
        page.wait_for_timeout(1200)
        assert read(root) == before


def test_a_click_chooses_an_output_and_backward_a_pixel_or_a_weight(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        number(root, "77").click()
        assert (read(root)["value"], read(root)["position"]) == ("77", "1, 1")
        words = root.locator("[aria-live]")
        assert "5·1 + 6·2 + 8·3 + 9·4 = 77" in words.inner_text()
        root.get_by_label("mode").select_option("backward")
        shown = read(root)
        assert shown["gradient-input"] == "[[1, 3, 2], [4, 10, 6], [3, 7, 4]]"
        assert shown["gradient-kernel"] == "[[12, 16], [24, 28]]"
        number(root, "9").click()  # the last pixel
        assert (read(root)["value"], read(root)["position"]) == ("4", "2, 2")
        assert "read by one output" in words.inner_text()
        number(root, "16").click()  # a weight's gradient
        assert (read(root)["value"], read(root)["position"]) == ("16", "0, 1")
        assert "1·2 + 1·3 + 1·5 + 1·6 = 16" in words.inner_text()


def test_numbers_and_sizes_can_be_changed(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        root.get_by_text("Change the numbers").click()
        root.get_by_label("kernel, channel 0, row 0, column 1").fill("-5")
        assert read(root)["output"] == "[[23, 26], [32, 35]]"
        assert root.get_by_label("example").input_value() == ""
        (numbers,) = apply(root, [{"kernel columns": 1}])
        assert numbers["output"] == "[[13, 17, 21], [25, 29, 33]]"
        apply(root, [{"input channels": 2}])
        assert read(root)["output"] == "none"
        assert "as many channels" in root.locator("[aria-live]").inner_text()
        root.get_by_role("button", name="Reset").click()
        root.get_by_label("mode").select_option("backward")
        root.get_by_label("upstream gradient, channel 0, row 1, column 1").fill("4")
        assert read(root)["gradient-kernel"] == "[[27, 34], [48, 55]]"
        root.get_by_label("input, channel 0, row 0, column 0").fill("100")  # more than is drawn
        assert read(root)["gradient-kernel"] == "[[27, 34], [48, 55]]"


@pytest.mark.parametrize("width", [DESKTOP, SMALL_PHONE])
def test_its_text_is_neither_cut_nor_covered(visit, width):
    wide = [[[(-1) ** j * 99] * 8] * 8 for j in range(3)]
    large = ConvStepper(wide, [[[-99] * 5] * 5] * 3, padding=3)
    roll = Random(6)
    faults = []
    with visit(page_of(NAME), width=width) as page:
        root = first(page, NAME)
        for one in [large, *(ConvStepper.sample(roll) for _ in range(STATES))]:
            show(page, NAME, one.state)
            faults += [f"{json.dumps(one.state)}: {fault}" for fault in text_faults(root)]
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:8])
