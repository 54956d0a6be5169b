"""Predictions and exercises in the built pages: they ask, hide, judge, remember and can forget."""

from __future__ import annotations

import json
import re
import sys

import pytest
from book_site import CHAPTERS, HTML, ROOT
from playwright.sync_api import Locator, Page, expect

sys.path.append(str(ROOT / "tests"))

from answers import ANSWERS, FORMS, GUESSES, typed, typed_answers

from dsconv_lib.exercises import framework
from dsconv_lib.exercises.framework import verdict

READY = "() => 'questionsReady' in document.documentElement.dataset"
PAGE_OF = {name.removeprefix("notebooks/").split("_")[0]: name for name in CHAPTERS}
FIRST = "02-places"


def page_of(name: str) -> str:
    return PAGE_OF[name.split("-")[0]]


def ready(page: Page) -> None:
    page.wait_for_function(READY)


def prediction(page: Page, name: str) -> tuple[Locator, Locator]:
    """A prediction's root and the fold that shows its answer."""
    root = page.locator(f'[data-prediction="{name}"]')
    fold = page.locator(f'details[data-reveal="{name}"]')
    assert root.count() == fold.count() == 1, name
    return root, fold


def is_open(fold: Locator) -> bool:
    return bool(fold.evaluate("(fold) => fold.open"))


def enter(root: Locator, name: str, answer: str) -> None:
    """Give an answer by the control that the question has."""
    form = FORMS[name] if name in FORMS else framework.find_prediction(name).form
    if form.kind in ("choice", "mark"):
        for part in re.findall(r"\w+" if form.kind == "mark" else r"\w", answer):
            root.locator(f'input[value="{part}"]').check()
    else:
        root.get_by_role("textbox").fill(answer)


@pytest.mark.parametrize("transport", ["http", "file"])
def test_an_answer_waits_for_the_guess_and_is_never_asked_twice(visit, transport):
    with visit(page_of(FIRST), transport) as page:
        ready(page)
        root, fold = prediction(page, FIRST)
        assert not is_open(fold)
        assert fold.bounding_box()["height"] < 40
        root.get_by_role("button", name="Guess").click()
        expect(root).to_contain_text("Not answered. This asks for a whole number.")
        root.get_by_role("textbox").fill("a few")
        root.get_by_role("button", name="Guess").click()
        expect(root).to_contain_text("Not yet: this asks for a whole number, but this is text.")
        assert not is_open(fold)
        root.get_by_role("textbox").fill("7")
        page.keyboard.press("Enter")
        expect(root.locator("dd").nth(0)).to_have_text("7")
        expect(root.locator("dd").nth(1)).to_have_text("5")
        expect(root).to_contain_text("Not this time. Near the end a start has no room")
        assert is_open(fold)
        assert fold.locator("details").first.evaluate("(fold) => fold.open")
        assert page.evaluate("() => document.activeElement.getAttribute('role')") == "status"
        page.reload()
        ready(page)
        expect(root.locator("dd").nth(0)).to_have_text("7")
        assert is_open(fold)
        root.get_by_role("button", name="Forget my guess").click()
        assert not is_open(fold)
        page.reload()
        ready(page)
        root.get_by_role("button", name="Show it").click()
        expect(root).to_contain_text("Shown without a guess.")
        assert is_open(fold)


@pytest.mark.parametrize("name", GUESSES)
def test_every_prediction_tells_right_from_wrong(visit, name):
    with visit(page_of(name), "file") as page:
        ready(page)
        root, fold = prediction(page, name)
        right, wrong = GUESSES[name]
        for guess, word in [(right[0], "Right."), (wrong[0], "Not this time.")]:
            enter(root, name, typed(guess))
            root.get_by_role("button", name="Guess").click()
            expect(root).to_contain_text(word)
            expect(root).to_contain_text(framework.find_prediction(name).why.replace("`", ""))
            assert is_open(fold)
            root.get_by_role("button", name="Forget my guess").click()


def test_what_shows_an_answer_does_not_show_before(visit):
    with visit(page_of(FIRST)) as page:
        ready(page)
        _, fold = prediction(page, FIRST)
        shown = fold.locator("p, pre, img, svg")
        assert shown.count() >= 3
        for part in shown.all():
            assert not part.is_visible()
        seen = page.locator("main").inner_text()
        assert "Five. The kernel may start" not in seen
        assert "Where does the kernel fit?" not in seen


def test_a_link_into_a_closed_answer_opens_it(visit):
    with visit(page_of(FIRST)) as page:
        ready(page)
        _, fold = prediction(page, FIRST)
        target = fold.locator("[id]").first.get_attribute("id")
        page.evaluate(f"() => (location.hash = '{target}')")
        page.wait_for_function(f"() => document.getElementById('{target}').checkVisibility()")
        assert is_open(fold)


def test_print_shows_all_and_the_page_closes_it_again(visit):
    with visit(page_of(FIRST)) as page:
        ready(page)
        _, fold = prediction(page, FIRST)
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert is_open(fold)
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert not is_open(fold)


def test_without_scripts_an_answer_is_a_fold_and_an_exercise_a_cell(visit):
    with visit(page_of(FIRST), "file", javascript=False) as page:
        _, fold = prediction(page, FIRST)
        summary = fold.locator("summary").first
        assert summary.is_visible()
        assert not fold.locator("pre").first.is_visible()
        summary.click()
        assert fold.locator("pre").first.is_visible()
        assert fold.get_by_text("Five. The kernel may start").is_visible()
        assert page.locator('[data-exercise="02-1"] pre').first.is_visible()
        assert not page.locator("[data-progress]").is_visible()


@pytest.mark.parametrize("chapter", PAGE_OF)
def test_every_exercise_is_judged_in_the_page_as_in_the_notebook(visit, chapter):
    names = [name for name in FORMS if name.startswith(f"{chapter}-")]
    with visit(PAGE_OF[chapter], "file") as page:
        ready(page)
        for name in names:
            root = page.locator(f'[data-exercise="{name}"]')
            said = root.locator("[data-verdict]")
            assert not root.locator(".cell").is_visible()
            button = root.get_by_role("button", name="Check")
            button.click()
            expect(said).to_have_text(verdict(name, ...))
            told = typed_answers(name)
            assert len(told) >= 4, name
            for answer, words in told:
                enter(root, name, answer)
                button.click()
                expect(said).to_have_text(words)
                assert said.get_attribute("data-right") == str(words.startswith("Correct.")).lower()


def test_what_was_done_is_counted_kept_and_can_be_erased(visit):
    with visit(page_of(FIRST), "file") as page:
        ready(page)
        line = page.locator("[data-progress]")
        total = len(framework.names("02"))
        expect(line).to_contain_text(f"0 of {total} exercises done")
        assert not line.get_by_role("button").is_visible()
        for name in ("02-1", "02-3"):
            root = page.locator(f'[data-exercise="{name}"]')
            enter(root, name, typed(ANSWERS[name][0][0]))
            root.get_by_role("button", name="Check").click()
        expect(line).to_contain_text(f"2 of {total} exercises done")
        page.goto(page.url.replace(page_of(FIRST), "book/index.html"))
        ready(page)
        expect(page.locator(".chapter-map [data-names] .done").first).to_have_text(f"2/{total}")
        page.goto(page.url.replace("book/index.html", page_of(FIRST)))
        ready(page)
        expect(page.locator('[data-exercise="02-1"] [data-verdict]')).to_contain_text("Correct.")
        line.get_by_role("button", name="Erase my answers").click()
        expect(line).to_contain_text(f"0 of {total} exercises done")
        expect(page.locator('[data-exercise="02-1"] [data-verdict]')).to_have_text("")


def test_what_a_page_cannot_run_leads_to_the_notebook(visit):
    elsewhere = [
        name
        for chapter in framework.chapters()
        for name in framework.names(chapter)
        if not (framework.find(name).form or framework.find(name).python)
    ]
    for name in elsewhere:
        with visit(page_of(name)) as page:
            ready(page)
            root = page.locator(f'[data-exercise="{name}"]')
            assert root.locator("pre").first.is_visible()
            link = root.get_by_role("link", name="download it").get_attribute("href")
            assert (HTML / "notebooks" / link).resolve().is_file()
            root.get_by_role("checkbox", name="I did it there").check()
            expect(page.locator("[data-progress]")).to_contain_text("1 of ")


def test_no_answer_is_in_a_pages_text():
    for name in CHAPTERS:
        html = (HTML / name).read_text(encoding="utf-8")
        table = re.search(r'<script type="application/json" data-questions="">(.*?)</script>', html)
        for question, sealed in json.loads(table[1]).items():
            assert question in html
            assert re.fullmatch(r"[\w+/=]+", sealed)
        assert "Correct. " not in re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
