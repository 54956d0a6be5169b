"""Where the repository has an address, each page says where a mistake on it can be reported."""

import re
from pathlib import Path

import yaml
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
FOOTER = CONFIG["html_theme_options"]["footer_content_items"]


def build(source, repository):
    """Build two small pages with the book's theme and footer; return their HTML by name."""
    (source / "book").mkdir()
    (source / "book" / "index.rst").write_text("Book\n====\n\n.. toctree::\n\n   /notebooks/two\n")
    (source / "notebooks").mkdir()
    (source / "notebooks" / "two.rst").write_text("Two\n===\n")
    out = source / "out"
    config = {
        "root_doc": "book/index",
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {"repository_url": repository, "footer_content_items": FOOTER},
        "templates_path": [str(ROOT / folder) for folder in CONFIG["templates_path"]],
    }
    app = Sphinx(source, None, out, source / "doctrees", "html", config, status=None, warning=None)
    app.build()
    return {name: (out / f"{name}.html").read_text() for name in ("book/index", "notebooks/two")}


def test_each_page_links_to_a_report_that_names_it(tmp_path):
    for name, html in build(tmp_path, "https://github.com/Some-Owner/some-book/").items():
        (link,) = re.findall(r'href="([^"]*)">Report a mistake on this page</a>', html)
        new = "https://github.com/Some-Owner/some-book/issues/new?title="
        assert link == f"{new}Mistake%20on%20the%20page%20{name}"


def test_without_an_address_no_page_says_it(tmp_path):
    for html in build(tmp_path, "").values():
        assert "Report a mistake" not in html
