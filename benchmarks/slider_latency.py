"""How long from a slider's event to the picture: the book's widgets beside ipywidgets.interact.

Both draw the same pictures of the same settings in the same headless Chromium. The widgets run in
the built book; `interact` draws with matplotlib through a kernel in a JupyterLab of this Python.
No time is printed unless both showed the library's number for every setting.

    make bench
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
sys.path[:0] = [str(ROOT / "book" / "_tools"), str(ROOT / "benchmarks")]

from matplotlib_pictures import READ  # noqa: E402

WIDGET_EVENTS, KERNEL_EVENTS = 240, 60
LIMIT_MS = 16.0

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
class Subject:
    """One picture in both forms: the moves of its sliders, and the code for the kernel."""

    name: str
    widget: str
    readout: str
    preset: str
    start: dict[str, int]
    round_trip: list[tuple[str, int]]
    code: str

    def settings(self, events: int) -> list[dict[str, int]]:
        """Return the setting after each of so many moves, by one step of one slider each."""
        there_and_back = self.round_trip + [(label, -by) for label, by in self.round_trip[::-1]]
        moves = [there_and_back[i % len(there_and_back)] for i in range(events)]
        steps = accumulate(
            moves, lambda now, move: {**now, move[0]: now[move[0]] + move[1]}, initial=self.start
        )
        return list(steps)[1:]

    def moves(self, events: int) -> list[tuple[str, int, int]]:
        """Return (slider, value, direction) of each move."""
        states = [self.start, *self.settings(events)]
        changed = []
        for before, after in pairwise(states):
            (label,) = (key for key in after if after[key] != before[key])
            changed.append((label, after[label], after[label] - before[label]))
        return changed

    def truth(self, setting: dict[str, int]) -> str:
        """Return the library's number for a setting."""
        from dsconv_lib import ConvSpec, output_size, receptive_field
        from dsconv_lib.widgets import ReceptiveFieldExplorer

        if self.readout == "output-size":
            return str(output_size(*setting.values()))
        if self.preset == "vgg16":
            return str(ReceptiveFieldExplorer(preset="vgg16").receptive_field.size)
        keys = ("kernel", "stride", "dilation")
        layers = [[setting[f"layer {i} {key}"] for key in keys] for i in (1, 2, 3)]
        return str(receptive_field([ConvSpec(k, s, 0, d) for k, s, d in layers]).size)


def code(name: str, ranges: dict[str, tuple[int, int]], start: dict[str, int]) -> str:
    """Write a cell that makes `interact` draw a widget's picture and print its number."""
    sliders = ", ".join(
        f'"{label}": IntSlider({start[label]}, {least}, {most}, description="{label}")'
        for label, (least, most) in ranges.items()
    )
    return f"@interact(**{{{sliders}}})\ndef show(**setting):\n    draw({name!r}, setting)"


def subjects() -> list[Subject]:
    """Return the pictures that are compared, as wide as they are on a desktop page."""
    size = {"input": 7, "kernel": 3, "stride": 2, "padding": 0, "dilation": 1}
    bounds = {"input": (1, 32), "kernel": (1, 9), "stride": (1, 5), "padding": (0, 8)}
    bounds["dilation"] = (1, 6)
    reach = {"kernel": (1, 7), "dilation": (1, 16), "stride": (1, 3)}
    stack = {f"layer {i} {key}": 3 if key == "kernel" else 1 for i in (1, 2, 3) for key in reach}
    limits = {label: reach[label.split()[2]] for label in stack}
    strip, three, vgg = (
        "output-size explorer",
        "receptive-field explorer, 3 layers",
        "receptive-field explorer, VGG-16",
    )
    return [
        Subject(
            name=strip,
            widget="output-size-explorer",
            readout="output-size",
            preset="",
            start=size,
            round_trip=[
                *[("input", 1)] * 14,
                *[("kernel", 1)] * 3,
                *[("padding", 1)] * 3,
                *[("dilation", 1)] * 2,
                *[("stride", 1)] * 2,
            ],
            code=code(strip, bounds, size),
        ),
        Subject(
            name=three,
            widget="receptive-field-explorer",
            readout="receptive-field",
            preset="plain",
            start=stack,
            round_trip=[
                *[("layer 2 dilation", 1)] * 3,
                *[("layer 3 dilation", 1)] * 4,
                *[("layer 1 stride", 1), ("layer 2 kernel", 1), ("layer 1 kernel", 1)],
            ],
            code=code(three, limits, stack),
        ),
        Subject(
            name=vgg,
            widget="receptive-field-explorer",
            readout="receptive-field",
            preset="vgg16",
            start={"output": 0},
            round_trip=[("output", 1)] * 4,
            code=code(vgg, {"output": (0, 4)}, {"output": 0}),
        ),
    ]


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


def percentile(times: list[float], share: int) -> float:
    """Return a percentile of some times."""
    return statistics.quantiles(times, n=100, method="inclusive")[share - 1]


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


def main() -> int:
    """Measure and print the table."""
    from browser import launch
    from lab import jupyter_lab, open_notebook, run_cell

    compared = subjects()
    rows: list[dict[str, Any]] = []
    pictures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        for subject in compared:
            handled, drawn = time_widget(page, subject)
            rows.append({"name": subject.name, "handled": handled, "drawn": drawn})
            pictures[subject.name] = pictures_of(page, subject)
        file = Path(home) / "pictures.json"
        file.write_text(json.dumps(pictures), encoding="utf-8")
        setup = SETUP.format(folder=str(ROOT / "benchmarks"), pictures=str(file))
        cells = [setup, *(one.code for one in compared)]
        with jupyter_lab(Path(home) / "lab", cells) as address:
            open_notebook(page, address)
            run_cell(page, 0)
            for cell, (row, subject) in enumerate(zip(rows, compared, strict=True), 1):
                run_cell(page, cell)
                row["kernel"] = time_kernel(page, subject, cell)
            page.goto("about:blank")
        described = machine(browser)
        browser.close()
    print(described)
    print(f"milliseconds; {WIDGET_EVENTS} events in the page, {KERNEL_EVENTS} through the kernel")
    print(
        "| picture | handled p50 | p95 | drawn p50 | p95 | interact p50 | p95 | ratio p50 | p95 |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        numbers = [percentile(row[k], p) for k in ("handled", "drawn", "kernel") for p in (50, 95)]
        ratios = [numbers[4] / numbers[2], numbers[5] / numbers[3]]
        cells_of_row = [f"{n:.1f}" for n in numbers] + [f"{ratio:.0f}×" for ratio in ratios]
        print(f"| {row['name']} | {' | '.join(cells_of_row)} |")
    worst = max(percentile(row["drawn"], 95) for row in rows)
    verdict = "met" if worst < LIMIT_MS else "NOT met"
    print(f"limit of {LIMIT_MS:.0f} ms at the 95th percentile: {verdict} ({worst:.1f} ms at worst)")
    return 0 if worst < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
