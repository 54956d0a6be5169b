"""Predictions and exercises in the page: questions that listen, and answers that wait for a guess.

A notebook says where they are. `predict("02-places")` is a question, and the cells after it that
are tagged `reveal-02-places` show its answer; `check("02-1", answer)` is an exercise. When a
notebook is read, this extension puts HTML around such cells: a fold around what shows an answer, a
root around an exercise. The page gets the questions, sealed, from the exercises' own modules
(`dsconv_lib.exercises`), and one script that asks them. Without scripts the folds and the cells
stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from dsconv_lib.exercises import framework, page
from dsconv_lib.exercises.words import WORDS
from offline_assets import colab_address

HERE = Path(__file__).parent / "questions"
OWN = ("kept.js", "carried.js", "answers_file.js", "page.js")
MODULES: tuple[Path | str, ...] = (*page.VIEW, *(HERE / name for name in OWN))
CHECK = re.compile(r'^check\("([\w-]+)", \w+\)$', re.MULTILINE)
REVEAL = "reveal-"
HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
FOLD = re.compile(r"\A<details>")
NAMES = re.compile(r'data-(?:prediction|exercise)="([\w-]+)"')
ASKS = re.compile(r'data-(?:prediction|exercise|names)="')

Cell = dict[str, Any]


def text_of(cell: Cell) -> str:
    """Return a cell's source as one text."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def html_cell(html: str) -> Cell:
    """Return a cell that is a piece of HTML."""
    return {"cell_type": "markdown", "metadata": {}, "source": html}


def revealed_by(cell: Cell) -> str:
    """Return the prediction whose answer a cell shows, or an empty text."""
    tags = cell["metadata"].get("tags", [])
    return next((tag.removeprefix(REVEAL) for tag in tags if tag.startswith(REVEAL)), "")


def fold(name: str, cells: list[Cell]) -> Iterator[Cell]:
    """Yield cells that show an answer, in a fold that opens with the guess.

    The folds in them, which GitHub and Colab need, are open inside.
    """
    yield html_cell(
        f'<details class="reveal" data-reveal="{name}">\n<summary>{WORDS["fold"]}</summary>\n'
    )
    for cell in cells:
        if cell["cell_type"] == "markdown":
            if HEADING.search(text_of(cell)):
                raise ExtensionError(f"{name}: a heading cannot stand in an answer that is folded")
            cell = {**cell, "source": FOLD.sub("<details open>", text_of(cell))}
        yield cell
    yield html_cell("</details>")


def exercise(name: str, cell: Cell, docname: str) -> Iterator[Cell]:
    """Yield an exercise's cell in its root; the page's script puts a form in the cell's place."""
    found = framework.find(name)
    title = WORDS["exercise"].format(label=framework.label(name))
    root = f'class="dsconv-question" role="group" aria-label="{title}" data-exercise="{name}"'
    said = '<p data-verdict="" role="status"></p>'
    if found.form is not None:
        yield html_cell(f"<div {root}>\n{said}\n")
    elif found.python:
        code = text_of(cell).partition("\ncheck(")[0].rstrip() + "\n"
        starter = json.dumps(code).replace("<", r"\u003c")
        script = f'<script type="application/json" data-starter="">{starter}</script>'
        yield html_cell(f'<div {root} data-python="">\n{script}\n{said}\n')
    else:
        yield html_cell(f'<div {root} data-elsewhere="">\n')
    yield cell
    note = "" if found.form or found.python else elsewhere(docname)
    yield html_cell(f"{note}</div>")


def elsewhere(docname: str) -> str:
    """Return the words that lead from the page to the notebook."""
    up = "../" * docname.count("/")
    link = f'<a href="{up}_sources/{docname}.ipynb" download>{WORDS["download"]}</a>'
    return f'<p>{WORDS["elsewhere"]} {link}<span data-colab=""></span>.</p>\n'


def with_progress(cell: Cell, names: list[str]) -> Cell:
    """Put the line that tells how much is done below the chapter's title."""
    title, _, rest = text_of(cell).partition("\n")
    chapter = names[0].split("-")[0]
    line = (
        f'<div class="progress-line" data-progress="{chapter}" hidden '
        f"data-names='{json.dumps(names)}'>"
        f'<meter min="0" max="{len(names)}" value="0" aria-hidden="true"></meter>'
        '<span data-done="" role="status"></span></div>'
    )
    return {**cell, "source": f"{title}\n\n{line}\n\n{rest.lstrip()}"}


def prepared(cells: list[Cell], docname: str) -> list[Cell]:
    """Return a notebook's cells with the HTML around its questions."""
    made: list[Cell] = []
    asked = [name for cell in cells if cell["cell_type"] == "code" for name in exercises_in(cell)]
    for name, group in groupby(cells, revealed_by):
        if name:
            made += fold(name, list(group))
            continue
        for cell in group:
            found = exercises_in(cell) if cell["cell_type"] == "code" else []
            made += exercise(found[0], cell, docname) if found else [cell]
    if asked:
        made[0] = with_progress(made[0], asked)
    return [{"id": f"html-{place}", **cell} for place, cell in enumerate(made)]


def exercises_in(cell: Cell) -> list[str]:
    """Name the exercises that a cell checks."""
    return CHECK.findall(text_of(cell))


def read_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the HTML around the questions of a notebook that is being read."""
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        notebook = json.loads(source[0])
        notebook["cells"] = prepared(notebook["cells"], docname)
        source[0] = json.dumps(notebook)


@dataclass
class Files:
    """The script and the style, each with its content's hash in its name."""

    script: str = ""
    style: str = ""

    def prepare(self, app: Sphinx) -> None:
        """Read them; the view's default export is for notebooks only."""
        joined = page.script(*MODULES).replace("export default {", "const view = {")
        self.script = f"(() => {{\n{joined}\n}})();\n"
        self.style = page.STYLE.read_text(encoding="utf-8")
        self.style += (HERE / "page.css").read_text(encoding="utf-8")
        app.config.questions_files = [self.script_name, self.style_name]

    @property
    def script_name(self) -> str:
        """Name of the script's file."""
        return f"questions.{digest(self.script)}.js"

    @property
    def style_name(self) -> str:
        """Name of the style's file."""
        return f"questions.{digest(self.style)}.css"

    def add(
        self,
        app: Sphinx,
        pagename: str,
        templatename: str,
        context: dict[str, Any],
        doctree: nodes.document,
    ) -> None:
        """Add the style, the questions and the script to a page that asks."""
        body = context.get("body", "")
        if doctree is None or not ASKS.search(body):
            return
        app.add_css_file(self.style_name)
        # The style hides at once what the script will replace.
        app.add_js_file(None, body='document.documentElement.dataset.scripts = "";')
        table = json.dumps({name: sealed for name in NAMES.findall(body) if (sealed := seal(name))})
        where = context["pathto"](f"_static/{self.script_name}", resource=True)
        body = body.replace('<span data-colab=""></span>', colab(app, pagename))
        context["body"] = (
            f'{body}<script type="application/json" data-questions="">{table}</script>'
            f'<script defer src="{where}"></script>'
        )

    def copy(self, app: Sphinx, exception: Exception | None) -> None:
        """Put both files into the built pages and remove those of earlier builds."""
        if exception or app.builder.format != "html":
            return
        static = Path(app.outdir) / "_static"
        for old in (*static.glob("questions.*.js"), *static.glob("questions.*.css")):
            old.unlink()
        (static / self.script_name).write_text(self.script, encoding="utf-8")
        (static / self.style_name).write_text(self.style, encoding="utf-8")


def seal(name: str) -> str:
    """Return a question of a page, sealed; an empty text where Python judges."""
    if name.split("-")[1].isdigit() and framework.find(name).form is None:
        return ""
    return page.seal(name, page.question(name))


def colab(app: Sphinx, pagename: str) -> str:
    """Return a link that opens the notebook on Colab, once the repository has an address."""
    if (address := colab_address(app, pagename)) is None:
        return ""
    return f', <a href="{escape(address)}">{WORDS["colab"]}</a>'


def digest(text: str) -> str:
    """Return a short name for a text."""
    return sha256(text.encode()).hexdigest()[:12]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    files = Files()
    app.add_config_value("questions_files", [], "html")
    app.connect("source-read", read_notebook)
    app.connect("builder-inited", files.prepare)
    app.connect("html-page-context", files.add)
    app.connect("build-finished", files.copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
