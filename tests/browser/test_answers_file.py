"""What a reader answered: saved to a file, loaded from it, and kept over editions of the book."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect


def test_answers_are_saved_to_a_file_and_loaded_from_it(visit, tmp_path):
    chapter = "notebooks/02_output_size.html"
    with visit(chapter, "file") as page:
        exercise = page.locator("[data-exercise='02-4']")
        exercise.get_by_role("textbox").fill("32")
        exercise.get_by_role("button", name="Check").click()
        expect(page.locator("[data-done]")).to_contain_text("1 of ")
        page.goto(page.url.replace("notebooks/02_output_size", "book/index"))
        shows(page, ".chapter-map .done", "1/")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save all my answers to a file").click()
        download.value.save_as(tmp_path / "answers.json")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with visit("book/index.html", "file") as page:
        expect(page.locator(".chapter-map .done", has_text="1/")).to_have_count(0)
        load(page, tmp_path / "other.json")
        expect(page.get_by_text("This file holds no answers of this book.")).to_be_visible()
        load(page, tmp_path / "answers.json")
        expect(page.locator(".chapter-map .done", has_text="1/")).to_have_count(1)
        page.goto(page.url.replace("book/index", "notebooks/02_output_size"))
        shows(page, "[data-done]", "1 of ")
        expect(page.locator("[data-exercise='02-4'] [data-verdict]")).to_contain_text("Correct.")


def shows(page: Page, selector: str, text: str) -> None:
    """Reload until a page shows what another kept: a browser may write that down a little later."""
    for _ in range(100):
        page.wait_for_function("() => 'questionsReady' in document.documentElement.dataset")
        if page.locator(selector, has_text=text).count():
            return
        page.reload()
    raise AssertionError(f"{page.url} shows no {text!r}")


def load(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load my answers from a file").click()
    chooser.value.set_files(file)


def test_what_an_older_book_kept_is_there_in_a_newer_one(visit):
    """The keys and their form are a promise: they stand in the browsers of readers."""
    kept = {
        "answer.02-4": {"typed": "32", "right": True},
        "code.02-1": "def starts(n, k, d):\n    return []  # mine\n",
        "guess.02-places": {"guess": "7"},
    }
    with visit("book/index.html", "file") as page:
        for name, value in kept.items():
            entry = [f"see-farther.1.{name}", json.dumps(value)]
            page.evaluate("([key, value]) => localStorage.setItem(key, value)", entry)
        page.goto(page.url.replace("book/index", "notebooks/02_output_size"))
        shows(page, "[data-done]", "1 of ")
        expect(page.locator("[data-exercise='02-4'] [data-verdict]")).to_contain_text("Correct.")
        expect(page.locator("[data-prediction='02-places'] dd").first).to_have_text("7")
        page.locator("[data-exercise='02-1']").scroll_into_view_if_needed()
        expect(page.locator("[data-exercise='02-1'] .python-panel")).to_contain_text("# mine")
