"""Every page, light and dark, on a desktop and on a phone: axe, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from book_site import DESKTOP, HEIGHT, PAGES, PHONE, ROOT, SMALL_PHONE
from playwright.sync_api import Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("light", "dark")
# What is unfolded fades in, and half faded in it has too little contrast.
UNFOLD = """async () => {
  document.querySelectorAll("details").forEach((el) => { el.open = true; });
  await Promise.all(document.getAnimations().map((animation) => animation.finished));
}"""
# Colours do not depend on the width, and comparing them takes axe longer than all else together:
# on the phone it compares those of the header and of the widgets only.
RUN_AXE = """async (wide) => {
  const options = { resultTypes: ["violations"], preload: false };
  const contrast = { runOnly: ["color-contrast"] };
  const part = { include: [[".bd-header-article"], ["[data-widget]"]].filter(([css]) =>
    document.querySelector(css)) };
  const runs = wide ? [await axe.run(document, options)] : [
    await axe.run(document, { ...options, rules: { "color-contrast": { enabled: false } } }),
    ...part.include.length ? [await axe.run(part, { ...options, ...contrast })] : [],
  ];
  const violations = runs.flatMap((run) => run.violations);
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, help, nodes }) => `${impact} ${id} (${help}), ${nodes.length}x, e.g. `
      + nodes.slice(0, 3).map(({ target, any }) =>
        `${target.join(" ")} ${any.map(({ message }) => message).join(" ")}`).join("; "));
}"""
# What sticks out of the window and cannot be reached by scrolling its own box.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const found = document.documentElement.scrollWidth > wide
    ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [];
  for (const el of document.querySelectorAll("article *")) {
    if (el.closest(".katex-mathml") || !el.checkVisibility()) continue;
    const { right, width } = el.getBoundingClientRect();
    if (!width || right <= wide + 1) continue;
    let box = el; // what scrolls or clips inside the article does not widen the page
    while (box.tagName !== "ARTICLE" && getComputedStyle(box).overflowX === "visible") {
      box = box.parentElement;
    }
    if (box.tagName !== "ARTICLE") continue;
    found.push(`${el.tagName} ${el.className} reaches to ${Math.round(right)}`);
  }
  return found.slice(0, 5);
}"""


def resize(page: Page, width: int) -> None:
    """Give the window another width; the theme makes wide code focusable 0.3 s after that."""
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.wait_for_timeout(450)


@pytest.fixture(
    scope="module",
    params=[(name, theme) for name in PAGES for theme in THEMES],
    ids=lambda param: "-".join(param),
)
def opened(request, visit) -> Iterator[tuple[str, Page]]:
    """A page of the book in one theme, unfolded, with a name for the one who reads the failure."""
    name, theme = request.param
    with visit(name, theme=theme) as page:
        shown = page.evaluate("() => document.documentElement.dataset.theme")
        assert shown == theme, f"{name}: asked for {theme}, the page is {shown}"
        page.evaluate(UNFOLD)
        yield f"{name}, {theme}", page


def test_axe_finds_nothing_serious(opened):
    where, page = opened
    page.add_script_tag(path=AXE)
    found = []
    for width in (DESKTOP, PHONE):
        resize(page, width)
        found += [
            f"{where}, {width} px: {text}" for text in page.evaluate(RUN_AXE, width == DESKTOP)
        ]
    assert not found, "\n".join(found)


def test_a_phone_never_scrolls_sideways(opened):
    where, page = opened
    found = []
    for width in (PHONE, SMALL_PHONE):
        resize(page, width)
        found += [f"{where} at {width} px: {text}" for text in page.evaluate(OVERFLOW)]
    assert not found, "\n".join(found)
