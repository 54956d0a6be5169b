"""Every page, light and dark, on a desktop and on a phone: axe, no sideways scrolling."""

from __future__ import annotations

from book_site import DESKTOP, PHONE, ROOT, SMALL_PHONE

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Only colours depend on the theme, and they do not depend on the width. Comparing them takes axe
# longer than all else together: on the phone it compares those of the header and of the widgets.
RUN_AXE = """async ([light, wide]) => {
  const options = { resultTypes: ["violations"], preload: false };
  const colours = axe.getRules(["cat.color"]).filter(({ tags }) => !tags.includes("wcag2aaa"))
    .map(({ ruleId }) => ruleId);
  const parts = wide ? [["body"]] : [[".bd-header-article"], ["[data-widget]"]];
  const include = parts.filter(([css]) => document.querySelector(css));
  const off = Object.fromEntries(colours.map((id) => [id, { enabled: false }]));
  const runs = [
    ...light ? [await axe.run(document, { ...options, rules: off })] : [],
    ...include.length ? [await axe.run({ include },
      { ...options, runOnly: colours })] : [],
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


def test_axe_finds_nothing_serious(opened):
    opened.page.add_script_tag(path=AXE)
    found = []
    for width in (DESKTOP, PHONE):
        opened.resize(width)
        run = opened.page.evaluate(RUN_AXE, [opened.theme == "light", width == DESKTOP])
        found += [f"{opened}, {width} px: {text}" for text in run]
    assert not found, "\n".join(found)


def test_a_phone_never_scrolls_sideways(opened):
    found = []
    for width in (PHONE, SMALL_PHONE):
        opened.resize(width)
        found += [f"{opened} at {width} px: {text}" for text in opened.page.evaluate(OVERFLOW)]
    assert not found, "\n".join(found)
