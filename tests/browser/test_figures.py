"""Figures in the built pages: readable on a small phone, in both themes, and nothing moves."""

from __future__ import annotations

import pytest
from book_site import CHAPTERS, PAGES, SMALL_PHONE

WITH_FIGURES = [name for name in CHAPTERS if "/t" not in name]  # self-tests have none
LEAST_LABEL = 9
LABELS = """() => [...document.querySelectorAll(".book-figure > svg")].flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll("text")].map((text) => [
    text.textContent, scale * parseFloat(getComputedStyle(text).fontSize),
  ]);
})"""
BOXES = """() => [...document.querySelectorAll(".book-figure")].map((box) => {
  const svg = box.firstElementChild, { width, height } = svg.getBoundingClientRect();
  const [, , wide, high] = svg.getAttribute("viewBox").split(" ");
  return {
    name: svg.getAttribute("aria-label"), role: svg.getAttribute("role"),
    scrolls: box.scrollWidth > box.clientWidth, reached: box.tabIndex === 0,
    stretched: Math.abs(width / height - wide / high) > 0.01,
    sized: ["width", "height"].every((side) => svg.hasAttribute(side)),
  };
})"""
UNSIZED = """() => [...document.images]
  .filter((img) => !img.hasAttribute("width") || !img.hasAttribute("height"))
  .map((img) => img.src)"""
TWICE = """() => {
  const names = [...document.querySelectorAll(".book-figure [id]")].map((el) => el.id);
  return names.filter((name) => document.querySelectorAll(`[id="${name}"]`).length > 1);
}"""
COLOURS = """() => {
  const style = (el, key) => getComputedStyle(el)[key];
  const of = (key, name) => {
    const marks = document.querySelectorAll(`.book-figure [fill="var(--figure-${name})"]`);
    return [...marks].map((el) => style(el, key));
  };
  return {
    page: style(document.body, "backgroundColor"), paper: [...new Set(of("fill", "paper"))],
    ink: [...new Set(of("fill", "ink"))], input: [...new Set(of("fill", "input"))],
  };
}"""


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_labels_can_be_read_on_a_small_phone(visit, name):
    with visit(name, width=SMALL_PHONE) as page:
        labels = page.evaluate(LABELS)
        boxes = page.evaluate(BOXES)
    assert labels, f"{name} has no figures"
    small = [label for label in labels if label[1] < LEAST_LABEL - 0.01]
    assert not small, f"{name}: labels under {LEAST_LABEL} px: {small}"
    for box in boxes:
        assert box["role"] == "img", box
        assert len(box["name"]) > 20, box
        assert box["sized"], box
        assert not box["stretched"], box
        assert box["reached"] or not box["scrolls"], f"scrolls, and no key reaches it: {box}"


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_figures_have_the_colours_of_the_theme(visit, name):
    seen = {}
    for theme in ("light", "dark"):
        with visit(name, theme=theme) as page:
            seen[theme] = page.evaluate(COLOURS)
            assert page.evaluate(TWICE) == []
        assert seen[theme]["paper"] in ([], [seen[theme]["page"]]), (theme, seen)
    assert seen["light"]["page"] != seen["dark"]["page"]
    assert len(seen["light"]["ink"]) == len(seen["dark"]["ink"]) == 1
    assert seen["light"]["ink"] != seen["dark"]["ink"]
    assert seen["light"]["input"] == seen["dark"]["input"]


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_its_size_before_it_loads(visit, name):
    with visit(name) as page:
        unsized = page.evaluate(UNSIZED)
    assert not unsized, f"{name}: pictures without width and height: {unsized}"
