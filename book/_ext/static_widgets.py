"""The static widget host: every widget of the book is alive without a kernel or a server.

A widget's stored output is a `<div data-widget="name" data-state="{json}">` with a drawing inside
that needs no JavaScript. On each page that holds one, this extension adds the style, the views'
modules as inert text, and one host script that mounts them. The modules are inlined because a
browser refuses module *files* from `file://`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from dsconv_lib import widgets

HERE = Path(__file__).parent
STYLE = "theme.css"
ROOT = re.compile(r'data-widget="([a-z0-9-]+)"')


def widget_names(doctree: nodes.document) -> list[str]:
    """Return the names of the widgets on a page, in the order of their first appearance."""
    html = (node.astext() for node in doctree.findall(nodes.raw))
    return list(dict.fromkeys(name for text in html for name in ROOT.findall(text)))


def scripts(names: list[str]) -> str:
    """Return the inert modules of the named widgets and the host script, as HTML."""
    modules = {widget.name: widget.bundle() for widget in widgets.ALL}
    host = (HERE / "widget_host.js").read_text(encoding="utf-8")
    for source in (*modules.values(), host):
        if "</script" in source:
            raise ValueError("a widget's source holds '</script', which would end its element")
    inert = [
        f'<script type="text/plain" data-widget-module="{name}">\n{modules[name]}\n</script>'
        for name in names
    ]
    return "\n".join([*inert, f'<script type="module">\n{host}\n</script>'])


def add_host(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Add the style and the scripts to the pages that hold a widget."""
    if doctree is None or not (names := widget_names(doctree)):
        return
    app.add_css_file(STYLE)
    context["body"] += scripts(names)


def copy_style(app: Sphinx, exception: Exception | None) -> None:
    """Copy the widgets' style sheet into the built pages."""
    if not exception and app.builder.format == "html":
        shutil.copyfile(widgets.STATIC / STYLE, Path(app.outdir) / "_static" / STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", add_host)
    app.connect("build-finished", copy_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
