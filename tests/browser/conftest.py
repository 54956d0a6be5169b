"""One browser for the whole run, the built book over http and from disk, pages under watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from book_site import DESKTOP, HEIGHT, HTML, REVEAL, WAKE, Watch, served
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from browser import launch

Visit = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def bases() -> Iterator[dict[str, str]]:
    """The book's address by transport."""
    with served(HTML) as address:
        yield {"http": address, "file": f"{HTML.as_uri()}/"}


@pytest.fixture(scope="session")
def visit(chromium: Browser, bases: dict[str, str]) -> Visit:
    """Open a page of the book; when it closes it must have done nothing that it must not do."""

    @contextmanager
    def open_page(
        name: str,
        transport: str = "http",
        *,
        width: int = DESKTOP,
        theme: str = "light",
        javascript: bool = True,
        wake: bool = True,
        reveal: bool = True,
        **options: Any,
    ) -> Iterator[Page]:
        context = chromium.new_context(
            **options,
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=javascript,
            reduced_motion="reduce",
            color_scheme="dark" if theme == "dark" else "light",
            offline=transport == "file",
        )
        context.set_default_timeout(15_000)
        context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');"
        )
        page = context.new_page()
        where = f"{name} over {transport}"
        watch = Watch(where, bases[transport])
        watch.start(page)
        try:
            page.goto(bases[transport] + name, wait_until="load")
            if reveal:
                page.evaluate(REVEAL)
            if javascript and wake:
                page.evaluate(WAKE)
            if javascript:
                page.evaluate("() => document.fonts.ready.then(() => true)")
            yield page
        except TimeoutError as error:
            pytest.fail("\n".join([f"{where}: {error.message}", *watch.problems]))
        finally:
            context.close()
        if watch.problems:
            pytest.fail("\n".join(dict.fromkeys(watch.problems)), pytrace=False)

    return open_page
