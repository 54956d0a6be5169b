"""Measure: from a slider's event to the picture, in the book's page and through a kernel.

No time is handed over unless both showed the library's number for every setting.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from .matplotlib_pictures import READ
from .subjects import Subject

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "book" / "_tools"))

from browser import launch  # noqa: E402
from lab import jupyter_lab, open_notebook, run_cell  # noqa: E402

WIDGET_EVENTS, KERNEL_EVENTS = 240, 60

# An event is dispatched at the start of a frame, as Chromium does with those of a real pointer; the
# message comes back when the frame has been styled, laid out and painted.
MEASURE = """async ([selector, key, moves]) => {
  const root = document.querySelector(selector);
  const sliders = new Map([...root.querySelectorAll("input[type=range]")]
    .map((el) => [el.getAttribute("aria-label"), el]));
  const number = root.querySelector(`[data-readout="${key}"]`);
  const answers = [];
  for (const [label, value] of moves) {
    const slider = sliders.get(label);
    answers.push(await new Promise((done) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      const start = performance.now();
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      const handled = performance.now() - start;
      port1.onmessage = () => done([handled, performance.now() - start, number.textContent]);
      port2.postMessage(null);
    })));
  }
  return answers;
}"""
# A key on the handle of an ipywidgets slider; done in the frame that has the new picture, decoded.
MEASURE_KERNEL = """async ([cell, moves]) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const area = panel.content.widgets[cell].node.querySelector(".widget-interact");
  const handles = new Map([...area.querySelectorAll(".widget-slider")].map((row) =>
    [row.querySelector(".widget-label").textContent.trim(), row.querySelector(".noUi-handle")]));
  const frame = () => new Promise(requestAnimationFrame);
  const shown = () => {
    const image = area.querySelector("img");
    return image?.complete && image.naturalWidth ? image.src : null;
  };
  const answers = [];
  for (const [label, key] of moves) {
    const before = shown();
    const start = performance.now();
    handles.get(label).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    while (shown() === null || shown() === before) {
      await frame();
      if (performance.now() - start > 30000) {
        throw new Error(`no new picture after ${key} on '${label}': ${area.innerText.slice(-300)}`);
      }
    }
    const time = performance.now() - start;
    await new Promise((settled) => setTimeout(settled, 100));
    answers.push([time, area.querySelector("pre").textContent.trim()]);
  }
  return answers;
}"""
SETUP = """%config InlineBackend.print_figure_kwargs = {{"bbox_inches": None}}
import sys
sys.path.insert(0, {folder!r})
import json
import matplotlib.pyplot as plt
from ipywidgets import IntSlider, interact
from matplotlib_pictures import picture
with open({pictures!r}) as file:
    pictures = json.load(file)

def draw(subject, setting):
    drawings, number = pictures[subject][json.dumps(setting, sort_keys=True)]
    picture(drawings)
    plt.show()
    print(number)
"""


@dataclass(frozen=True)
class Milliseconds:
    """Times of some events."""

    each: tuple[float, ...]

    def percentile(self, share: int) -> float:
        """The time that so many of a hundred do not pass."""
        return statistics.quantiles(self.each, n=100, method="inclusive")[share - 1]


@dataclass(frozen=True)
class Latency:
    """One picture: until an event was handled, and until it was drawn, here and by `interact`."""

    name: str
    handled: Milliseconds
    drawn: Milliseconds
    kernel: Milliseconds


@dataclass(frozen=True)
class Measured:
    """All pictures, and the machine that drew them."""

    machine: str
    pictures: tuple[Latency, ...]


def page_with(widget: str) -> str:
    """Return the address of the first page of the built book that holds a widget."""
    for path in sorted(HTML.glob("notebooks/*.html")):
        if f'data-widget="{widget}"' in path.read_text(encoding="utf-8"):
            return path.as_uri()
    raise RuntimeError(f"no page below {HTML} holds a {widget}; run `make pages` first")


def check(subject: Subject, how: str, settings: list[dict[str, int]], shown: list[str]) -> None:
    """Refuse to go on if a picture shows another number than the library has."""
    for setting, number in zip(settings, shown, strict=True):
        if number != subject.truth(setting):
            raise RuntimeError(
                f"{subject.name}, {how}, {setting}: shows {number!r}, the library has "
                f"{subject.truth(setting)}; times of different pictures are not compared"
            )


def time_widget(page: Page, subject: Subject) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each event until it was handled, and until it was drawn."""
    selector = f'[data-widget="{subject.widget}"]'
    page.goto(page_with(subject.widget))
    root = page.locator(selector).first
    root.scroll_into_view_if_needed()
    page.wait_for_function(f"() => 'mounted' in document.querySelector('{selector}').dataset")
    if subject.preset:
        root.get_by_label("preset").select_option(subject.preset)
    for label, value in subject.start.items():
        root.get_by_label(label, exact=True).fill(str(value))
    moves = [[label, value] for label, value, _ in subject.moves(WIDGET_EVENTS)]
    arguments = [selector, subject.readout, moves]
    page.evaluate(MEASURE, [*arguments[:2], moves[: len(moves) // 5]])  # warm: the code is compiled
    for label, value in subject.start.items():
        root.get_by_label(label, exact=True).fill(str(value))
    answers: list[tuple[float, float, str]] = page.evaluate(MEASURE, arguments)
    check(subject, "in the page", subject.settings(WIDGET_EVENTS), [text for *_, text in answers])
    return [handled for handled, *_ in answers], [drawn for _, drawn, _ in answers]


def pictures_of(page: Page, subject: Subject) -> dict[str, Any]:
    """Return the widget's drawings and the library's number for each setting that is timed."""
    root = page.locator(f'[data-widget="{subject.widget}"]').first
    found = {}
    for setting in [subject.start, *subject.settings(KERNEL_EVENTS)]:
        for label, value in setting.items():
            root.get_by_label(label, exact=True).fill(str(value))
        spelled = json.dumps(setting, sort_keys=True)
        found[spelled] = [root.evaluate(READ), subject.truth(setting)]
    return found


def time_kernel(page: Page, subject: Subject, cell: int) -> list[float]:
    """Return the milliseconds of each event until `interact`'s new image was in the page."""
    page.locator(".widget-interact img").nth(cell - 1).wait_for()
    keys = {1: "ArrowRight", -1: "ArrowLeft"}
    moves = [[label, keys[step]] for label, _, step in subject.moves(KERNEL_EVENTS)]
    answers: list[tuple[float, str]] = page.evaluate(MEASURE_KERNEL, [cell, moves])
    check(subject, "interact", subject.settings(KERNEL_EVENTS), [text for _, text in answers])
    return [time for time, _ in answers]


def machine(browser: Browser) -> str:
    """Describe the machine and the versions."""
    model = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(": ", 1)[1] if names else model
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("jupyterlab", "ipywidgets", "matplotlib")
    )
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}; headless Chromium "
        f"{browser.version}, Python {platform.python_version()}, {packages}"
    )


def measure(compared: Sequence[Subject]) -> Measured:
    """Time each picture in the page, then all of them through one kernel."""
    pictures: dict[str, Any] = {}
    in_page, by_kernel = [], []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        for subject in compared:
            in_page.append(time_widget(page, subject))
            pictures[subject.name] = pictures_of(page, subject)
        file = Path(home) / "pictures.json"
        file.write_text(json.dumps(pictures), encoding="utf-8")
        setup = SETUP.format(folder=str(Path(__file__).parent), pictures=str(file))
        with jupyter_lab(Path(home) / "lab", [setup, *(one.code for one in compared)]) as address:
            open_notebook(page, address)
            run_cell(page, 0)
            for cell, subject in enumerate(compared, 1):
                run_cell(page, cell)
                by_kernel.append(time_kernel(page, subject, cell))
            page.goto("about:blank")
        described = machine(browser)
        browser.close()
    found = [
        Latency(subject.name, *(Milliseconds(tuple(times)) for times in (*widget, kernel)))
        for subject, widget, kernel in zip(compared, in_page, by_kernel, strict=True)
    ]
    return Measured(described, tuple(found))
