"""The cost calculator in a page: typed numbers, sliders, the roofline."""

from __future__ import annotations

from random import Random

import pytest
from book_site import DESKTOP, SMALL_PHONE
from widget_page import apply, first, page_of, read, show, text_faults

from dsconv_lib.widgets import CostCalculator

NAME = "cost-calculator"


@pytest.mark.parametrize("width", [DESKTOP, SMALL_PHONE])
def test_the_page_shows_what_the_library_says_and_its_text_is_whole(visit, width):
    roll = Random(4)
    samples = [
        *CostCalculator.presets().values(),
        *(CostCalculator.sample(roll) for _ in range(20)),
    ]
    with visit(page_of(NAME), width=width) as page:
        root = first(page, NAME)
        for one in samples:
            show(page, NAME, one.state)
            assert read(root) == one.readouts, one
            assert not (faults := text_faults(root)), f"{one}: {faults}"


def test_numbers_are_typed_and_those_out_of_range_are_left(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        for label, value in {"input channels": 3, "output channels": 16, "height": 224}.items():
            root.get_by_label(label, exact=True).fill(str(value))
        root.get_by_label("width", exact=True).fill("224")
        expected = CostCalculator(3, 16, 3, 224, 224).readouts
        assert read(root) == expected
        assert root.get_by_label("example").input_value() == "first"
        root.get_by_label("width", exact=True).fill("0")
        assert read(root) == expected
        apply(root, [{"groups of the standard layer": 2}])
        assert "2 groups must divide both 3 and 16 channels" in root.inner_text()
        assert "What helps: 1 groups" in root.inner_text()


def test_the_ceilings_change_the_time_and_not_the_counts(visit):
    with visit(page_of(NAME)) as page:
        root = first(page, NAME)
        before, words = read(root), root.locator("[aria-live]").inner_text()
        apply(root, [{"memory, GB/s": 30, "arithmetic, GFLOP/s": 40}])
        assert read(root) == before
        assert root.locator("[aria-live]").inner_text() != words
        assert "7.89 times fewer MACs" in words
