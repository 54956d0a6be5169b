"""A widget in a page as a reader uses it: its sliders, its numbers, its drawing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from book_site import WIDGETS
from playwright.sync_api import Locator, Page

OUTPUT_SIZE, RECEPTIVE_FIELD = "output-size-explorer", "receptive-field-explorer"
Setting = dict[str, int]
Numbers = dict[str, str]

READ = """(root) => Object.fromEntries([...root.querySelectorAll("[data-readout]")]
  .map((el) => [el.dataset.readout, el.textContent]))"""
# Sets sliders one after the other, as dragging does, and reads the numbers of the frame after.
APPLY = """async (root, settings) => {
  const answers = [];
  for (const setting of settings) {
    for (const [label, value] of Object.entries(setting)) {
      const slider = root.querySelector(`input[type=range][aria-label="${label}"]`);
      if (!slider) throw new Error(`there is no slider '${label}'`);
      slider.value = value;
      if (slider.valueAsNumber !== value) throw new Error(`slider '${label}' refuses ${value}`);
      if (slider.closest("[hidden]")) throw new Error(`slider '${label}' is hidden`);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    answers.push(Object.fromEntries([...root.querySelectorAll("[data-readout]")]
      .map((el) => [el.dataset.readout, el.textContent])));
  }
  return answers;
}"""
RANGES = """(root) => Object.fromEntries(
  [...root.querySelectorAll("input[type=range]")]
    .map((el) => [el.getAttribute("aria-label"), [Number(el.min), Number(el.max)]]))"""
# Text that is cut off by its drawing, or lies on other text of it; boxes are a little smaller than
# the lines of text that they stand for, since a line has room above and below its letters.
TEXT_FAULTS = """(root) => [...root.querySelectorAll("svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  const stage = svg.parentElement.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].filter((el) => el.textContent).map((el) => {
    const { left, right, top, bottom } = el.getBoundingClientRect();
    const trim = (bottom - top) * 0.2;
    return { text: el.textContent, left, right, top: top + trim, bottom: bottom - trim };
  });
  const cut = boxes.filter((box) =>
    box.left < Math.max(frame.left, stage.left) - 1
    || box.right > Math.min(frame.right, stage.right) + 1
    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
    .map(({ text }) => `'${text}' is cut off`);
  const overlap = boxes.flatMap((a, i) => boxes.slice(i + 1)
    .filter((b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5)
    .map((b) => `'${a.text}' lies on '${b.text}'`));
  return [...cut, ...overlap];
})"""

# Goes to an address and waits until the widget has taken it.
FOLLOW = """async ([hash, widget]) => {
  const root = document.querySelector(`[data-widget="${widget}"]`);
  const link = [...root.querySelectorAll("a")].at(-1);
  location.hash = hash;
  const asked = new URLSearchParams(hash.slice(hash.indexOf(":") + 1));
  const taken = () => [...new URLSearchParams(link.hash.slice(link.hash.indexOf(":") + 1))]
    .every(([key, value]) => asked.get(key).replaceAll(" ", "") === value.replaceAll(" ", ""));
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  for (let tries = 0; !taken(); tries++) {
    if (tries > 100) throw new Error(`${link.hash} shows, not ${hash}`);
    await new Promise(requestAnimationFrame);
  }
}"""


def page_of(widget: str) -> str:
    """Return the first page that holds a widget: a chapter, or else the page of all widgets."""
    chapters_first = sorted(WIDGETS.items(), key=lambda held: not held[0].startswith("notebooks/"))
    for page, names in chapters_first:
        if widget in names:
            return page
    raise LookupError(f"no page of the book holds a {widget}; found {WIDGETS}")


def first(page: Page, widget: str) -> Locator:
    """Return the first widget of a kind on a page."""
    return page.locator(f'[data-widget="{widget}"]').first


def read(root: Locator) -> Numbers:
    """Return the numbers that a widget shows."""
    numbers: Numbers = root.evaluate(READ)
    return numbers


def apply(root: Locator, settings: list[Setting]) -> list[Numbers]:
    """Set a widget's sliders, setting by setting, and return the numbers after each."""
    answers: list[Numbers] = root.evaluate(APPLY, settings)
    return answers


def ranges(root: Locator) -> dict[str, tuple[int, int]]:
    """Return the least and the greatest value of every slider."""
    found: dict[str, Any] = root.evaluate(RANGES)
    return {label: (least, most) for label, (least, most) in found.items()}


def text_faults(root: Locator) -> list[str]:
    """Return what is wrong with the text in a widget's drawings."""
    faults: list[str] = root.evaluate(TEXT_FAULTS)
    return faults


def show(page: Page, widget: str, state: dict[str, Any]) -> None:
    """Bring a page's first widget of a kind into a state, by its address."""
    words = {key: v if isinstance(v, str) else json.dumps(v) for key, v in state.items()}
    page.evaluate(FOLLOW, [f"{widget}-1:{urlencode(words)}", widget])
