"""The static widget host: every widget of the book is alive without a kernel or a server.

A widget's stored output is a `<div data-widget="name" data-state="{json}">` with its numbers inside
as text. The build puts the still drawing in their place, which a reader without JavaScript and a
print show: one run of Node draws all of them, with the widgets' own views. On each page that holds
a widget, this extension adds the style, the views' modules as inert text, and one host script that
mounts them. The modules are inlined because a browser refuses module *files* from `file://`.

A page in `book/` gets a widget by a directive, with the arguments of its class as JSON:

    ```{dsconv-widget} receptive-field-explorer
    {"preset": "2-2-2"}
    ```
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from dsconv_lib import widgets
from dsconv_lib.widgets.base import STATIC, read_json
from offline_assets import node_binary

HERE = Path(__file__).parent
STYLE = "theme.css"
CLASSES = {widget.name: widget for widget in widgets.ALL}
HEAD = re.compile(r'<div class="dsconv-widget" data-widget="([a-z0-9-]+)"')
ROOT = re.compile(
    r'(?P<open><div class="dsconv-widget" data-widget="(?P<name>[a-z0-9-]+)" '
    r'data-state="(?P<state>[^"]*)">).*?</div>',
    re.DOTALL,
)

Still = dict[str, Any]
Key = tuple[str, str]
"""A widget's name, and its state as it stands in the attribute."""


def stills(shown: Iterable[tuple[str, dict[str, Any]]]) -> list[Still]:
    """Draw widgets in one run of Node.

    Parameters
    ----------
    shown : iterable of (str, dict)
        Name and state of each.

    Returns
    -------
    list of dict
        Of each what its view shows: ``html``, ``readouts``, ``problem`` and ``code``.
    """
    pairs = [(CLASSES[name].file, state) for name, state in shown]
    run = subprocess.run(
        [str(node_binary()), "--no-warnings", str(HERE / "still_widgets.mjs"), str(STATIC)],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise ExtensionError(f"a widget cannot be drawn: {run.stderr}")
    drawn: list[Still] = json.loads(run.stdout)
    return drawn


def found_in(doctree: nodes.document) -> Iterator[tuple[nodes.raw, re.Match[str]]]:
    """Find the widgets on a page: the node that holds each, and where it stands there."""
    for node in doctree.findall(nodes.raw):
        for found in ROOT.finditer(node.astext()):
            yield node, found


def key(found: re.Match[str]) -> Key:
    """Return what tells a widget's drawing from others."""
    return found["name"], found["state"]


class Drawings:
    """The still drawings of a build."""

    def __init__(self) -> None:
        self.html: dict[Key, str] = {}

    def draw(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Draw every widget of the book, once all pages are read."""
        pages = map(env.get_doctree, sorted(env.found_docs))
        asked = sorted({key(found) for page in pages for _, found in found_in(page)})
        drawn = stills((name, json.loads(html.unescape(state))) for name, state in asked)
        self.html = {one: still["html"] for one, still in zip(asked, drawn, strict=True)}

    def put_in(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Put the drawings where the numbers stand as text."""
        for node in {node for node, _ in found_in(doctree)}:
            text = ROOT.sub(self.drawn, node.astext())
            node.rawsource, node.children = text, []
            node += nodes.Text(text)

    def drawn(self, found: re.Match[str]) -> str:
        """Return a widget with its drawing."""
        return f"{found['open']}{self.html[key(found)]}</div>"


class WidgetDirective(SphinxDirective):
    """A widget in a page that is no notebook."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the widget as a notebook would have stored it."""
        widget = CLASSES[self.arguments[0]](**json.loads("\n".join(self.content) or "{}"))
        return [nodes.raw("", widget.static_html(), format="html")]


def scripts(names: list[str]) -> str:
    """Return the inert modules of the named widgets and the host script, as HTML."""
    modules = {name: CLASSES[name].bundle() for name in names}
    words = json.dumps({"skip": read_json("widget.json")["skip"]})
    host = f"const WORDS = {words};\n{(HERE / 'widget_host.js').read_text(encoding='utf-8')}"
    for source in (*modules.values(), host):
        if "</script" in source:
            raise ExtensionError("a widget's source holds '</script', which would end its element")
    inert = [
        f'<script type="text/plain" data-widget-module="{name}">\n{source}\n</script>'
        for name, source in modules.items()
    ]
    return "\n".join([*inert, f'<script type="module">\n{host}\n</script>'])


def add_host(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Add the style and the scripts to the pages that hold a widget."""
    found = HEAD.findall(context.get("body", ""))
    if doctree is None or not found:
        return
    app.add_css_file(STYLE)
    context["body"] += scripts(list(dict.fromkeys(found)))


def copy_style(app: Sphinx, exception: Exception | None) -> None:
    """Copy the widgets' style sheet into the built pages."""
    if not exception and app.builder.format == "html":
        shutil.copyfile(STATIC / STYLE, Path(app.outdir) / "_static" / STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    drawings = Drawings()
    app.add_directive("dsconv-widget", WidgetDirective)
    app.connect("env-updated", drawings.draw)
    app.connect("doctree-resolved", drawings.put_in)
    app.connect("html-page-context", add_host)
    app.connect("build-finished", copy_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
