"""The separable cube in a page: every setting, stepping, pointing."""

from __future__ import annotations

import pytest
from book_site import DESKTOP, SMALL_PHONE
from widget_page import first, page_of, read, show, text_faults

from dsconv_lib.widgets import SeparableCube

NAME = "separable-cube"
SETTINGS = [
    SeparableCube(padding, dilation, relu, step)
    for padding in ("valid", "same")
    for dilation in (1, 2, 3)
    for relu in (False, True)
    for step in (7, 79)
]


@pytest.mark.parametrize("width", [DESKTOP, SMALL_PHONE])
def test_the_page_shows_what_the_library_says_and_its_text_is_whole(visit, width):
    with visit(page_of(NAME), width=width) as page:
        root = first(page, NAME)
        for one in SETTINGS:
            show(page, NAME, one.state)
            assert read(root) == one.readouts, one
            assert not (faults := text_faults(root)), f"{one}: {faults}"
            assert bool(one.problem) == ("PyTorch refuses" in root.inner_text())


def test_steps_say_where_a_number_comes_from(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        words = root.locator("[aria-live]")
        root.get_by_role("button", name="Step").click()
        assert "channel 0, place (0, 1): 2·1 + 3·0 + 4·(−1)" in words.inner_text()
        root.locator("svg text").get_by_text("177", exact=True).first.click()
        assert "output 0, place (0, 0): −6·1 + 66·1 + 117·1 = 177" in words.inner_text()
        root.get_by_label("ReLU between the steps").check()
        assert "0·1 + 66·1 + 117·1 = 183" in words.inner_text()
        root.locator("svg text").get_by_text("132", exact=True).first.click()
        assert "Depthwise, channel 2, place (1, 1)" in words.inner_text()
