"""Figures that follow the page: the stored SVG, inline, in the page's colours and font.

A notebook stores each figure as SVG on white paper, and as PNG. In the pages the SVG stands without
its paper, its colours are the variables of `book/_static/figures.css`, and its names are unique. It
says its size, so nothing moves while the page loads. Where there is room it is drawn larger than
stored, with labels as large as the text; where there is little, it shrinks until its smallest label
has nine pixels, then its box scrolls. Every other picture gets its width and height from its file.
"""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from dsconv_lib.plots import style

PALETTE = {
    color.lower(): f"var(--figure-{name})"
    for name, color in [
        *style.COLORS.items(),
        ("paper", style.PAPER),
        ("ink", style.INK),
        ("muted", style.MUTED),
        ("faint", style.FAINT),
        ("ink-on-color", style.INK_ON_COLOR),
    ]
}
LEAST_LABEL = 9
"""CSS pixels of the smallest label on the smallest screen."""
PHONE = 296
"""CSS pixels that the text of a page is wide on a screen of 360."""
PIXELS_PER_POINT = 96 / 72
ENLARGED = 1.25
"""How much larger than stored a figure is drawn where there is room."""

OPENING = re.compile(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)" viewBox="([^"]+)"[^>]*>\n')
PAPER = re.compile(r'<rect class="paper"[^>]*/>\n')
COLOR = re.compile(r"#[0-9a-f]{6}\b")
NAME = re.compile(r'(?<=id=")|(?<=url\(#)')
LABEL = re.compile(r'font-size[=:] ?"?([\d.]+)px')
VIEW_BOX = re.compile(r'<svg[^>]*?viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')
IMG = re.compile(r'<img (?![^>]*\bheight=)[^>]*\bsrc="([^":?#]+)[^>]*>')


def inline(stored: str, alternative: str, prefix: str) -> str:
    """Return a stored SVG as the HTML of a page."""
    opening = OPENING.match(stored)
    if not opening:
        raise ExtensionError(f"not an SVG of dsconv_lib.plots: {stored[:80]!r}")
    width, height = (float(side) for side in opening.groups()[:2])
    labels = [float(size) * PIXELS_PER_POINT for size in LABEL.findall(stored)]
    least = math.ceil(width * min([1, LEAST_LABEL / min(labels)])) if labels else 0
    body = NAME.sub(f"{prefix}-", PAPER.sub("", stored[opening.end() :]))
    body = COLOR.sub(lambda color: PALETTE.get(color[0], color[0]), body)
    name = f'role="img" aria-label="{escape(alternative)}"'
    scrolls = ' tabindex="0"' if least > PHONE else ""
    return (
        f'<div class="book-figure"{scrolls}>\n'
        f'<svg {name} width="{ENLARGED * width:.2f}" height="{ENLARGED * height:.2f}"'
        f' viewBox="{opening[3]}"'
        f' style="min-width: {least}px">\n{body}\n</div>'
    )


class InlineFigures(SphinxTransform):
    """Put the SVG of a notebook's output into the page, in place of links to pictures."""

    default_priority = 400

    def apply(self, **_: Any) -> None:
        """Go through the outputs of the document."""
        bundles = [
            bundle
            for bundle in self.document.findall(nodes.container)
            if bundle.get("nb_element") == "mime_bundle"
        ]
        for number, bundle in enumerate(bundles):
            for form in bundle.children:
                if isinstance(form, nodes.Element) and form.get("mime_type") == "image/svg+xml":
                    (image,) = form.findall(nodes.image)
                    stored = Path(self.app.srcdir, image["uri"].lstrip("/")).read_text(
                        encoding="utf-8"
                    )
                    html = inline(stored, image.get("alt", ""), f"figure-{number}")
                    bundle.replace_self(nodes.raw("", html, format="html"))


def size(file: Path) -> tuple[str, str]:
    """Return the width and height of a picture."""
    if file.suffix == ".svg":
        box = VIEW_BOX.search(file.read_text(encoding="utf-8"))
        if not box:
            raise ExtensionError(f"{file.name} has no viewBox")
        return box[1], box[2]
    with Image.open(file) as picture:
        return str(picture.width), str(picture.height)


def size_pictures(app: Sphinx, exception: Exception | None) -> None:
    """Write width and height into every picture that a page links to."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")

        def sized(img: re.Match[str], page: Path = page) -> str:
            width, height = size(page.parent / img[1])
            return img[0].replace("<img ", f'<img width="{width}" height="{height}" ', 1)

        if (new := IMG.sub(sized, text)) != text:
            page.write_text(new, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_transform(InlineFigures)
    app.connect("build-finished", size_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
