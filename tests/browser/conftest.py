"""One browser for the whole run, the built book over http and from disk, pages under watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from book_site import DESKTOP, HEIGHT, HTML, PAGES, REVEAL, WAKE, Watch, served
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from browser import launch

Visit = Callable[..., AbstractContextManager[Page]]
# How each page is opened, once each: both transports and both themes.
WAYS = (("http", "light"), ("file", "dark"))
UNFOLD = """async () => {
  document.querySelectorAll("details").forEach((el) => { el.open = true; });
  await Promise.all(document.getAnimations().map((animation) => animation.finished));
}"""


@dataclass(frozen=True)
class Opened:
    """A page of the book, unfolded, and how it was opened, for the one who reads a failure."""

    name: str
    transport: str
    theme: str
    page: Page

    def __str__(self) -> str:
        """Name the page and the way it was opened."""
        return f"{self.name} over {self.transport}, {self.theme}"

    def resize(self, width: int) -> None:
        """Give the window a width; the theme makes wide code focusable 0.3 s after that."""
        if self.page.viewport_size["width"] != width:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.wait_for_timeout(450)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one page in one process, where they share it."""
    for item in items:
        called = getattr(item, "callspec", None)
        if called and "opened" in called.params:
            item.add_marker(pytest.mark.xdist_group("-".join(called.params["opened"])))


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
                page.wait_for_function("() => document.fonts.status === 'loaded'")
            yield page
        except TimeoutError as error:
            pytest.fail("\n".join([f"{where}: {error.message}", *watch.problems]))
        finally:
            context.close()
        if watch.problems:
            pytest.fail("\n".join(dict.fromkeys(watch.problems)), pytrace=False)

    return open_page


@pytest.fixture(
    scope="session",
    params=[(name, *way) for name in PAGES for way in WAYS],
    ids=lambda param: "-".join(param),
)
def opened(request: pytest.FixtureRequest, visit: Visit) -> Iterator[Opened]:
    """A page of the book, which stays open for all tests that ask for it."""
    name, transport, theme = request.param
    with visit(name, transport, theme=theme) as page:
        shown = page.evaluate("() => document.documentElement.dataset.theme")
        assert shown == theme, f"{name}: asked for {theme}, the page is {shown}"
        page.evaluate(UNFOLD)
        yield Opened(name, transport, theme, page)
