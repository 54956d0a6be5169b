"""Show the chapters that are still to come in the contents, without a link.

`_toc.yml` lists them as `url: coming://N?needs=…`. Wherever such an entry would be drawn as a link
it is drawn as plain text instead.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

SCHEME = "coming://"


def is_coming(node: nodes.reference) -> bool:
    """Tell whether a reference is to a chapter that is not written yet."""
    return node.get("refuri", "").startswith(SCHEME)


def visit_reference(self: HTML5Translator, node: nodes.reference) -> None:
    """Open a plain `<span>` for a coming chapter, the usual link for all else."""
    if is_coming(node):
        self.body.append('<span class="coming">')
    else:
        HTML5Translator.visit_reference(self, node)


def depart_reference(self: HTML5Translator, node: nodes.reference) -> None:
    """Close what `visit_reference` opened."""
    if is_coming(node):
        self.body.append("</span>")
    else:
        HTML5Translator.depart_reference(self, node)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(nodes.reference, override=True, html=(visit_reference, depart_reference))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
