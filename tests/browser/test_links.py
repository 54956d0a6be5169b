"""Every link of the built book leads to a file that is there, and to an element of that page."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from book_site import HTML, PAGES


class Links(HTMLParser):
    """The ids of a page and the addresses that it links or shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one element."""
        values = {key: value for key, value in attrs if value is not None}
        self.ids |= {values[key] for key in ("id", "name") if key in values}
        if tag in ("a", "img", "link", "script"):
            self.targets += [values[key] for key in ("href", "src") if key in values]


PARSED = {name: Links((HTML / name).read_text(encoding="utf-8")) for name in PAGES}


def broken(name: str) -> Iterator[str]:
    """Yield what is wrong with the links of a page; other hosts are not asked."""
    for target in PARSED[name].targets:
        url, fragment = urldefrag(target)
        scheme = urlsplit(url).scheme
        if scheme in ("http", "https", "mailto", "data"):
            continue
        path = (HTML / name).parent / unquote(urlsplit(url).path) if url else HTML / name
        if scheme or not path.is_file():
            yield f"{target} leads to no file"
        elif fragment and path.suffix == ".html":
            other = path.resolve().relative_to(HTML.resolve()).as_posix()
            if unquote(fragment) not in PARSED[other].ids:
                yield f"{target} names no element of that page"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    assert PARSED[name].targets, f"{name} has no links"
    wrong = list(broken(name))
    assert not wrong, f"{name}: {wrong}"
