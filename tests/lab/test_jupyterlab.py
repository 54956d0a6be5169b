"""The widgets in a real JupyterLab with a kernel: sliders reach Python, Python reaches the view."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, sync_playwright

from browser import launch
from lab import jupyter_lab, open_notebook, run_cell

CREATE, SHOW_OUTPUT, SHOW_FIELD, ASK_OUTPUT, ASK_FIELD, SET_OUTPUT, SET_FIELD = range(7)
ARRIVAL_SECONDS = 20
CELLS = [
    "from dsconv_lib.widgets import OutputSizeExplorer, ReceptiveFieldExplorer\n"
    "w = OutputSizeExplorer(input_size=9, kernel_size=3, stride=2)\n"
    "r = ReceptiveFieldExplorer(preset='plain')",
    "w",
    "r",
    "print(w.dilation, w.output_size, w.spec)",
    "print(r.preset, r.receptive_field, r.specs[1].dilation)",
    "w.stride = 3",
    "r.preset = 'vgg16'",
]


@dataclass
class Lab:
    """An open notebook, and what its page complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def run(self, cell: int) -> str:
        """Run one cell of CELLS and return what it printed."""
        return run_cell(self.page, cell)

    def wait_for_answer(self, cell: int, start: str) -> str:
        """Run a cell until it prints what is expected, and return that.

        While the kernel is busy, ipywidgets holds a slider's last value back: a cell that runs at
        once may run before it arrives.
        """
        end = time.monotonic() + ARRIVAL_SECONDS
        while not (answer := self.run(cell)).startswith(start):
            if time.monotonic() > end:
                pytest.fail(f"Python has {answer}, not {start}", pytrace=False)
        return answer

    def widget(self, name: str) -> Locator:
        """Return the one widget of a kind; none or two are an error."""
        root = self.page.locator(f'[data-widget="{name}"]')
        root.locator("svg").first.wait_for()
        assert root.count() == 1, f"{root.count()} roots of {name} in the notebook"
        return root

    def wait_for_number(self, root: Locator, key: str, value: str) -> None:
        """Wait until a widget shows a number."""
        number = root.locator(f'[data-readout="{key}"]')
        try:
            number.filter(has_text=value).wait_for(timeout=10_000)
        except TimeoutError:
            pytest.fail(f"{key} shows {number.text_content()}, not {value}", pytrace=False)
        assert number.text_content() == value


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("jupyter")
    with jupyter_lab(home, CELLS) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        lab = Lab(page)
        own = address.split("/lab/")[0]
        page.on("pageerror", lambda error: lab.complaints.append(f"uncaught error: {error}"))
        page.on(
            "request",
            lambda request: (
                request.url.startswith((own, own.replace("http", "ws"), "data:", "blob:"))
                or lab.complaints.append(f"asks for {request.url}")
            ),
        )
        page.on(
            "console",
            lambda message: (
                message.type == "error" and lab.complaints.append(f"console error: {message.text}")
            ),
        )
        open_notebook(page, address)
        for cell in (CREATE, SHOW_OUTPUT, SHOW_FIELD):
            lab.run(cell)
        yield lab
        browser.close()


def test_a_slider_in_the_page_sets_the_trait_in_python(opened):
    root = opened.widget("output-size-explorer")
    opened.wait_for_answer(ASK_OUTPUT, "1 4 ")
    slider = root.get_by_label("dilation", exact=True)
    slider.focus()
    for _ in range(2):
        opened.page.keyboard.press("ArrowRight")
    opened.wait_for_number(root, "effective-kernel", "7")
    expected = "3 2 ConvSpec(kernel_size=3, stride=2, padding=0, dilation=3)"
    assert opened.wait_for_answer(ASK_OUTPUT, expected) == expected
    assert root.locator('[data-readout="output-size"]').text_content() == "2"


def test_a_stack_in_the_page_is_the_stack_in_python(opened):
    root = opened.widget("receptive-field-explorer")
    opened.wait_for_answer(ASK_FIELD, "plain ReceptiveField(size=7, jump=1,")
    root.get_by_label("layer 2 dilation").fill("4")
    opened.wait_for_number(root, "receptive-field", "13")
    after = opened.wait_for_answer(ASK_FIELD, "ReceptiveField(size=13,")
    assert after.endswith("4"), f"the slider says dilation 4, Python {after}"
    root.get_by_label("preset").select_option("wavenet")
    opened.wait_for_number(root, "receptive-field", "1024")
    opened.wait_for_answer(ASK_FIELD, "wavenet ReceptiveField(size=1024, jump=1,")


def test_a_trait_set_in_python_moves_the_page(opened):
    root = opened.widget("output-size-explorer")
    root.get_by_label("dilation", exact=True).fill("1")
    opened.run(SET_OUTPUT)
    opened.wait_for_number(root, "output-size", "3")
    assert root.get_by_label("stride", exact=True).input_value() == "3"
    field = opened.widget("receptive-field-explorer")
    opened.run(SET_FIELD)
    opened.wait_for_number(field, "receptive-field", "212")
    opened.wait_for_number(field, "jump", "32")
    assert field.get_by_label("preset").input_value() == "vgg16"


def test_a_cell_run_again_leaves_one_view_in_step_with_python(opened):
    opened.run(CREATE)
    opened.run(SHOW_OUTPUT)
    root = opened.widget("output-size-explorer")
    opened.wait_for_number(root, "output-size", "4")
    root.get_by_label("kernel", exact=True).fill("5")
    opened.wait_for_number(root, "output-size", "3")
    opened.wait_for_answer(ASK_OUTPUT, "1 3 ConvSpec(kernel_size=5,")


def test_the_notebooks_theme_is_the_widgets_theme(opened):
    root = opened.widget("output-size-explorer")
    colour = "(el) => getComputedStyle(el).backgroundColor"
    light = root.evaluate(colour)
    change = "(name) => jupyterapp.commands.execute('apputils:change-theme', { theme: name })"
    opened.page.evaluate(change, "JupyterLab Dark")
    opened.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    dark = root.evaluate(colour)
    opened.page.evaluate(change, "JupyterLab Light")
    assert light == "rgb(255, 255, 255)", f"in the light theme the widget is {light}"
    assert sum(map(int, dark[4:-1].split(","))) < 150, f"in the dark theme the widget is {dark}"


def test_the_page_asked_no_other_host_and_complained_of_nothing(opened):
    assert not opened.complaints, "\n".join(dict.fromkeys(opened.complaints))
