"""The book in one zip: small enough, and alive where it was unpacked."""

from __future__ import annotations

from zipfile import ZipFile

from playwright.sync_api import Browser, expect

import carry


def test_the_unpacked_book_opens_from_its_index(chromium: Browser, tmp_path):
    size = carry.write(tmp_path / "book.zip")
    assert size < carry.LARGEST
    place = tmp_path / "a folder with spaces"
    with ZipFile(tmp_path / "book.zip") as zipped:
        zipped.extractall(place)
    page = chromium.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto((place / carry.FOLDER / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.goto((place / carry.FOLDER / "notebooks" / "02_output_size.html").as_uri())
    panel = page.locator("[data-exercise='02-1'] .python-panel")
    panel.scroll_into_view_if_needed()
    panel.get_by_role("button", name="Run", exact=True).click()
    verdict = page.locator("[data-exercise='02-1'] [data-verdict]")
    expect(verdict).to_contain_text("Not answered.", timeout=90_000)
    assert faults == []
    page.close()
