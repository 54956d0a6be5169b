"""Setting back, sharing, thumbs, the keyboard's way past, forced colours, starting late."""

from __future__ import annotations

import re

import pytest
from book_site import PHONE, WIDGETS
from widget_page import OUTPUT_SIZE, RECEPTIVE_FIELD, apply, first, page_of, read

SETTING = {"input": 9, "kernel": 4, "stride": 3, "padding": 2, "dilation": 2}
IN_USE = "() => document.documentElement.classList.contains('slider-in-use')"
TAB_STOPS = """(root) => [...root.querySelectorAll("*")]
  .filter((el) => el.tabIndex >= 0 && !el.disabled && el.checkVisibility())
  .map((el) => el.localName)"""
STOPS = ("input", "select", "button", "a", "ol", "summary")
SMALL = """(root) => [...root.querySelectorAll("input, select, button, a")]
  .filter((el) => el.checkVisibility() && !el.matches(".dsconv-skip"))
  .map((el) => [el.getAttribute("aria-label") ?? el.textContent, el.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < 24).map(([name]) => name)"""
# What a mark looks like, less its shape.
LOOKS = """(root) => Object.fromEntries([...root.querySelectorAll("path")].map((path) => {
  const { fill, fillOpacity, stroke, strokeDasharray } = getComputedStyle(path);
  return [path.getAttribute("class"), [fill, fillOpacity, stroke, strokeDasharray].join()];
}))"""


def test_reset_brings_back_the_stored_setting(visit):
    for widget, label, value in ((OUTPUT_SIZE, "stride", 4), (RECEPTIVE_FIELD, "layers", 6)):
        with visit(page_of(widget)) as page:
            root = first(page, widget)
            stored = read(root)
            (changed,) = apply(root, [{label: value}])
            assert changed != stored, f"{widget}: {label} {value} changes no number"
            root.get_by_role("button", name="Reset").click()
            assert read(root) == stored, f"{widget} does not come back"


IN_SIGHT = """(root) => "mounted" in root.dataset && root.checkVisibility()
  && root.getBoundingClientRect().top < innerHeight"""


@pytest.mark.parametrize("transport", ["http", "file"])
def test_a_link_restores_the_setting(visit, bases, transport):
    name = page_of(OUTPUT_SIZE)
    with visit(name, transport) as page:
        root = first(page, OUTPUT_SIZE)
        (numbers,) = apply(root, [SETTING])
        link = root.get_by_role("link", name="Link to this setting")
        href = link.get_attribute("href")
        assert href.startswith(f"#{OUTPUT_SIZE}-1:"), href
        link.click()
        root.get_by_text("Copied").wait_for()
        assert page.url == bases[transport] + name + href
    with visit(name + href, transport, reveal=False, wake=False) as page:
        root = first(page, OUTPUT_SIZE)
        page.wait_for_function(IN_SIGHT, arg=root.element_handle())
        assert read(root) == numbers, f"{href} shows {read(root)}"
        root.get_by_role("button", name="Reset").click()
        assert read(root) != numbers


def test_a_link_restores_a_stack_and_a_preset(visit):
    name = page_of(RECEPTIVE_FIELD)
    with visit(name) as page:
        root = first(page, RECEPTIVE_FIELD)
        (numbers,) = apply(root, [{"layers": 2, "layer 2 dilation": 7, "layer 1 stride": 2}])
        href = root.get_by_role("link", name="Link to this setting").get_attribute("href")
        page.evaluate("(hash) => { location.hash = hash; }", f"#{RECEPTIVE_FIELD}-1:preset=vgg16")
        root.locator("[data-readout=receptive-field]").get_by_text("212").wait_for()
    with visit(name + href, reveal=False) as page:
        assert read(first(page, RECEPTIVE_FIELD)) == numbers, href


@pytest.mark.parametrize(
    ("widget", "texts"),
    [
        (OUTPUT_SIZE, ["stride=99", "stride=2.5", "stride={"]),
        (
            RECEPTIVE_FIELD,
            [
                *("preset=none", "layers=[]", "layers=7", "layers=[null]"),
                'layers=[{"kernel_size":3,"dilation":0,"stride":1}]',
            ],
        ),
    ],
)
def test_a_link_to_no_setting_changes_nothing(visit, widget, texts):
    with visit(page_of(widget)) as page:
        root = first(page, widget)
        stored = read(root)
        for text in texts:
            page.evaluate("(hash) => { location.hash = hash; }", f"#{widget}-1:{text}")
            page.wait_for_timeout(200)
            assert read(root) == stored, f"{text} shows {read(root)}"


class Thumb:
    """A finger on a phone."""

    def __init__(self, page) -> None:
        self.send = page.context.new_cdp_session(page).send
        self.frame = lambda: page.evaluate("() => new Promise(requestAnimationFrame)")

    def swipe(self, start, end, *, lift=True):
        """Put down, move in steps, lift."""
        self.touch("touchStart", *start)
        for step in range(1, 9):
            at = [a + (b - a) * step / 8 for a, b in zip(start, end, strict=True)]
            self.touch("touchMove", *at)
            self.frame()  # moves that come faster than the page draws are lost on a busy machine
        if lift:
            self.touch("touchEnd")

    def touch(self, kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        self.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.fixture
def phone(visit):
    """A slider on a phone, where its handle and its end are, and a finger."""
    with visit(page_of(OUTPUT_SIZE), width=PHONE, has_touch=True, is_mobile=True) as page:
        slider = first(page, OUTPUT_SIZE).get_by_label("input", exact=True)
        slider.evaluate("(el) => el.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = slider.bounding_box()
        now, least, most = slider.evaluate("(el) => [el.value, el.min, el.max].map(Number)")
        handle = box["x"] + 12 + (box["width"] - 24) * (now - least) / (most - least)
        yield page, slider, box, handle, Thumb(page)


def test_a_thumb_that_scrolls_leaves_sliders_alone(phone):
    page, slider, box, handle, thumb = phone
    before, middle = slider.input_value(), box["y"] + box["height"] / 2
    for x in (handle, box["x"] + box["width"] - 14):
        top = page.evaluate("() => scrollY")
        thumb.swipe((x, middle), (x + 5, middle - 150))
        assert slider.input_value() == before, f"scrolling at {x} moves the slider"
        page.wait_for_function("(top) => scrollY > top + 50", arg=top)  # and it does scroll
        assert not page.evaluate(IN_USE)
        page.evaluate("(top) => scrollTo({ top, behavior: 'instant' })", top)
        page.wait_for_function("(top) => scrollY === top", arg=top)


def test_a_finger_drags_the_handle_and_taps_the_track(phone):
    page, slider, box, handle, thumb = phone
    before, middle, end = (
        slider.input_value(),
        box["y"] + box["height"] / 2,
        box["x"] + box["width"],
    )
    thumb.swipe((end - 14, middle), (end - 120, middle))
    assert slider.input_value() == before, "a drag that does not begin at the handle moves it"
    thumb.swipe((handle, middle), (end - 3, middle), lift=False)
    assert slider.input_value() == slider.get_attribute("max"), "the handle does not follow"
    assert page.evaluate(IN_USE)
    thumb.touch("touchEnd")
    page.wait_for_function(f"() => !({IN_USE})()")
    thumb.touch("touchStart", box["x"] + 12, middle)
    thumb.touch("touchEnd")
    page.wait_for_function("(el) => el.value === el.min", arg=slider.element_handle())
    page.wait_for_function(f"() => !({IN_USE})()")


@pytest.mark.parametrize("name", WIDGETS)
def test_controls_are_large_enough_for_a_finger(visit, name):
    with visit(name, width=PHONE, has_touch=True, is_mobile=True) as page:
        for root in page.locator("[data-widget]").all():
            assert not (small := root.evaluate(SMALL)), f"{name}: {small} are under 24 px"


@pytest.mark.parametrize("name", WIDGETS)
def test_one_tab_stop_per_control_and_a_way_past(visit, name):
    with visit(name) as page:
        for root in page.locator("[data-widget]").all():
            stops = root.evaluate(TAB_STOPS)
            idle = [tag for tag in stops if tag not in STOPS]
            assert not idle, f"{name}: {idle} can be reached and cannot act"
            page.evaluate("(el) => { el.querySelector('a').focus(); }", root.element_handle())
            assert page.evaluate("() => document.activeElement.textContent") == "Skip this widget"
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            inside = root.evaluate("(root) => root.contains(document.activeElement)")
            assert not inside, f"{name}: after skipping the widget the next stop is in it"


def test_forced_colours_keep_marks_apart(visit):
    impossible = {"input": 4, "kernel": 3, "stride": 1, "padding": 0, "dilation": 3}
    with visit(page_of(OUTPUT_SIZE), forced_colors="active") as page:
        root = first(page, OUTPUT_SIZE)
        looks = []
        for setting in (SETTING, impossible):
            apply(root, [setting])
            looks.append(root.evaluate(LOOKS))
        for marks in looks:
            cells = {k: v for k, v in marks.items() if not re.search("mesh|bracket|start|skip", k)}
            assert len({*cells.values()}) == len(cells), f"marks that look alike: {cells}"


def test_widgets_below_the_fold_start_when_they_come_near(visit):
    name = page_of(RECEPTIVE_FIELD)
    mounted = "(el) => 'mounted' in el.dataset"
    with visit(name, wake=False) as page:
        root = page.locator("[data-widget]").last
        assert root.evaluate("(el) => el.getBoundingClientRect().top") > 2000, "it is no test"
        assert not root.evaluate(mounted), "it starts while it is far below"
        assert root.locator("svg").count(), "it has no drawing before it starts"
        root.scroll_into_view_if_needed()
        page.wait_for_function(mounted, arg=root.element_handle())
