"""The built book as the browser tests see it: its pages, a server, a page under watch."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request, Response

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
DESKTOP, PHONE, SMALL_PHONE = 1280, 390, 360
HEIGHT = 900
# What a prediction keeps closed until somebody guesses.
REVEAL = "() => { for (const el of document.querySelectorAll('.reveal')) el.open = true; }"
# A widget starts when it comes near the screen: go to each and come back. Named so that a time-out
# says what was waited for.
WAKE = """async function startEveryWidget() {
  const asleep = [...document.querySelectorAll("[data-widget]")]
    .filter((el) => !("mounted" in el.dataset) && el.checkVisibility());
  const place = [scrollX, scrollY];
  for (const el of asleep) {
    el.scrollIntoView({ behavior: "instant" });
    while (!("mounted" in el.dataset)) await new Promise(requestAnimationFrame);
  }
  if (asleep.length) scrollTo({ left: place[0], top: place[1], behavior: "instant" });
}"""


def page_names() -> list[str]:
    """Return the pages of the built book, relative to it; the redirect at the root is none."""
    names = sorted(
        path.relative_to(HTML).as_posix()
        for path in HTML.rglob("*.html")
        if not path.relative_to(HTML).parts[0].startswith("_")
    )
    if "index.html" not in names:
        raise RuntimeError(f"there is no built book in {HTML}; run `make pages` first")
    return [name for name in names if name != "index.html"]


PAGES = page_names()
CHAPTERS = [name for name in PAGES if name.startswith("notebooks/")]
WIDGET = re.compile(r'<div class="dsconv-widget" data-widget="([a-z0-9-]+)"')
# The widgets of each page that has some, in their order.
WIDGETS = {
    name: found
    for name in PAGES
    if (found := WIDGET.findall((HTML / name).read_text(encoding="utf-8")))
}


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each on the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder from a thread on a free port; yields its address, which ends in a slash."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@dataclass
class Watch:
    """What a page did that it must not do: ask another host, fail to load, complain."""

    name: str
    base: str
    problems: list[str] = field(default_factory=list)

    def start(self, page: Page) -> None:
        """Listen to everything that the page reports."""
        page.on("request", self.on_request)
        page.on("requestfailed", self.on_failure)
        page.on("response", self.on_response)
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.note(f"uncaught error: {error}"))

    def note(self, problem: str) -> None:
        """Add one problem."""
        self.problems.append(f"{self.name}: {problem}")

    def on_request(self, request: Request) -> None:
        """A page may ask for its own book, and for what it holds itself."""
        if not request.url.startswith((self.base, "blob:", "data:")):
            self.note(f"asks for {request.url}")

    def on_failure(self, request: Request) -> None:
        """Everything that a page asks for must arrive."""
        self.note(f"{request.url} did not load: {request.failure}")

    def on_response(self, response: Response) -> None:
        """Everything that a page asks for must be there."""
        if response.status >= 400:
            self.note(f"{response.url} answers {response.status}")

    def on_console(self, message: ConsoleMessage) -> None:
        """A page has nothing to complain about."""
        if message.type in ("error", "warning"):
            self.note(f"console {message.type}: {message.text}")
