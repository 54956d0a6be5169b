"""Every page of the built book, over http and from disk: whole, drawn, searchable, light."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
import yaml
from book_site import CHAPTERS, DESKTOP, PHONE, ROOT
from formulas import SOURCES, folded, formulas
from playwright.sync_api import Response

HEAVIEST_BYTES = 1_500_000
TEXT = (".html", ".css", ".js", ".mjs", ".json", ".svg")

# Everything that a page loads or prepares to load, by the address that it resolves to.
RESOURCES = """() => [
  ...[...document.querySelectorAll("link[rel]")]
    .filter(({ rel }) => !/^(canonical|prev|next|search|index|author)$/.test(rel))
    .map((el) => el.href),
  ...[...document.querySelectorAll("script[src],img[src],iframe[src],source[src],video[src]")]
    .map((el) => el.src),
]"""
# Text that a reader sees and that still holds LaTeX; code and KaTeX's own MathML are left out.
RAW_LATEX = r"""() => {
  const raw = /\$[^$\n]+\$|\\\(|\\\[|\\(frac|lfloor|rfloor|cdot|times|text|begin)\b/;
  const left = "script,style,noscript,pre,code,textarea,.katex-mathml";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (raw.test(data) && !parentElement.closest(left)) found.push(data.trim().slice(0, 80));
  }
  return found;
}"""
FORMULA_BOXES = """async () => {
  document.querySelectorAll("article details").forEach((el) => { el.open = true; });
  document.body.getBoundingClientRect();
  await document.fonts.ready;
  return [...document.querySelectorAll("article .katex-html")].map((el) => {
    const { width, height } = el.getBoundingClientRect();
    return width * height;
  });
}"""
FOLDED = """() => [...document.querySelectorAll("article details:not([class])")]
  .map((el) => el.querySelectorAll(".katex").length)"""
SEARCH_BOXES = """() => [...document.querySelectorAll(".search-button__button,input[type=search]")]
  .filter((el) => el.checkVisibility() && el.getBoundingClientRect().width > 0)
  .map((el) => el.outerHTML.slice(0, 60))"""
SEARCH_ENDED = """function theSearchHasEnded() {
  return document.querySelector("#search-results .search-summary")?.textContent.trim();
}"""
UNLINKED = """() => [...document.querySelectorAll("#pst-primary-sidebar li")]
  .filter((el) => el.checkVisibility() && !el.querySelector("a"))
  .map((el) => el.textContent.trim())"""


def test_page_is_whole_and_loads_from_no_other_host(opened, bases):
    own = (*bases.values(), "data:", "blob:")
    foreign = [url for url in opened.page.evaluate(RESOURCES) if not url.startswith(own)]
    assert not foreign, f"{opened} loads from elsewhere: {foreign}"
    assert opened.page.title(), f"{opened} has no title"
    blank = opened.page.evaluate(
        "() => [...document.images].filter((el) => !el.naturalWidth).map((el) => el.src)"
    )
    assert not blank, f"{opened}: pictures that were not drawn: {blank}"


def test_formulas_are_drawn(opened):
    page, source = opened.page, SOURCES.get(opened.name, "")
    raw = page.evaluate(RAW_LATEX)
    assert not raw, f"{opened}: raw LaTeX in the text: {raw}"
    refused = page.locator(".katex-error").count()
    assert not refused, f"{opened}: KaTeX refused {refused} formulas"
    expected = formulas(source)
    boxes = page.evaluate(FORMULA_BOXES)
    assert len(boxes) == expected, f"{opened}: {len(boxes)} formulas, {expected} in the source"
    assert all(boxes), f"{opened}: {boxes.count(0)} formulas take no room on the page"
    answers = page.evaluate(FOLDED)
    in_source = folded(source)
    assert answers == in_source, f"{opened}: formulas by folded answer {answers}, not {in_source}"
    fonts = page.evaluate(
        "() => [...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
    )
    assert not expected or any("KaTeX" in font for font in fonts), f"{opened}: no font of KaTeX"


def test_exactly_one_search_box_is_shown(opened):
    for width in (PHONE, DESKTOP):
        opened.resize(width)
        boxes = opened.page.evaluate(SEARCH_BOXES)
        assert len(boxes) == 1, f"{opened} at {width} px shows {len(boxes)} search boxes: {boxes}"


def test_coming_chapters_are_named_without_a_link(opened):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    entries = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    coming = [entry["title"] for entry in entries if "url" in entry]
    opened.resize(DESKTOP)
    named = opened.page.evaluate(UNLINKED)
    assert named == coming, f"{opened}: the contents name {named} without a link, not {coming}"


@pytest.mark.parametrize("transport", ["http", "file"])
def test_search_finds_the_chapter(visit, transport):
    with visit("book/index.html", transport) as page:
        page.locator(".search-button__button:visible").click()
        box = page.locator("input[type=search]:visible")
        box.fill("dilation")
        box.press("Enter")
        page.wait_for_url("**/search.html?q=dilation*")
        results = page.locator("#search-results li a")
        page.wait_for_function(SEARCH_ENDED)
        found = results.evaluate_all("els => els.map((el) => el.href)")
    chapter = "notebooks/09_dilation.html"
    assert any(chapter in url for url in found), f"search over {transport} found only {found}"


def test_the_root_leads_to_the_preface(visit):
    with visit("index.html", "file", reveal=False, wake=False) as page:
        page.wait_for_url("**/book/index.html")
        assert page.locator("article h1").count() == 1, "the preface has no heading"


def transferred(responses: list[Response]) -> dict[str, int]:
    """Return the bytes of each file as a server that compresses text sends it."""
    sizes = {}
    for response in responses:
        path = urlsplit(response.url).path
        body = response.body()
        sizes[path] = len(gzip.compress(body, 6) if path.endswith(TEXT) else body)
    return sizes


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_is_light(chromium, bases, name):
    context = chromium.new_context()
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(bases["http"] + name, wait_until="networkidle")
    sizes = transferred([answer for answer in responses if answer.url.startswith("http")])
    context.close()
    assert f"/{name}" in sizes, f"{name}: nothing was measured"
    assert len(sizes) > 5, f"{name}: only {list(sizes)} were seen"
    total, heaviest = sum(sizes.values()), max(sizes, key=lambda path: sizes[path])
    assert total < HEAVIEST_BYTES, (
        f"{name} transfers {total:,} bytes, the limit is {HEAVIEST_BYTES:,}; "
        f"{heaviest} alone has {sizes[heaviest]:,}"
    )
