"""Python in the page: exercises that are functions, and cells to play with, run where they stand.

Node and esbuild (package-lock.json) bundle three scripts from `python/`: the page's own part, the
editor, and all of Python (pyodide). A fourth holds the pure modules of the library as text. They
lie once in `_static`, with their content's hash in their names; a page loads the first, the editor
when it comes near, Python at the first click. Bundles are kept in `_build/python` between builds.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

import pure_modules
from offline_assets import colab_address, node_binary

HERE = Path(__file__).parent / "python"
STYLE = "python.css"
RUNNABLE = re.compile(r'class="cell[^"]*\btag_python\b|<[^>]*\sdata-python\b')
EXERCISE = re.compile(r"<[^>]*\sdata-python\b[^>]*>")
CHAPTER = re.compile(r'data-exercise="(\w+)-\d+"')
JUDGES = "dsconv_lib.exercises"
# What each bundle is made of, beside `build.mjs` and the locked packages.
BUNDLES = {
    "page": ("page.mjs", "session.mjs", "start.mjs", "digest.mjs", "../questions/kept.js"),
    "editor": ("editor.mjs",),
    "runtime": ("classic.mjs", "worker.mjs"),
}


def digest(*parts: bytes) -> str:
    """Return a short name for contents."""
    return sha256(b"\0".join(parts)).hexdigest()[:12]


def bundle(name: str, project: Path, store: Path) -> Path:
    """Return the file of a bundle; it is built unless one of the same sources is in the store."""
    sources = [HERE / "build.mjs", *(HERE / source for source in BUNDLES[name])]
    lock = project / "package-lock.json"
    key = digest(*(file.read_bytes() for file in (*sources, lock)))
    ready = sorted(store.glob(f"{name}-{key}.*.js"))
    if ready:
        return ready[0]
    store.mkdir(parents=True, exist_ok=True)
    draft = store / f"{name}.draft.js"
    command = [str(node_binary()), str(HERE / "build.mjs"), name, str(draft)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExtensionError(
            f"python_page: {name} was not bundled; run `make book`.\n{done.stderr}"
        )
    for old in store.glob(f"{name}-*.js"):
        old.unlink()
    return draft.replace(store / f"{name}-{key}.{digest(draft.read_bytes())}.js")


def library() -> str:
    """Return the script that holds the library's pure modules and the runner, as text."""
    files = pure_modules.collect(filter(pure_modules.is_pure, pure_modules.all_modules()))
    here = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files}
    elsewhere = [name for name in pure_modules.all_modules() if name not in here]
    files["runner.py"] = (HERE / "runner.py").read_text(encoding="utf-8")
    return f"globalThis.pythonLibrary = {json.dumps({'files': files, 'elsewhere': elsewhere})};"


def first_imports(notebook: Path) -> str:
    """Return the import statements of a notebook's first code cell."""
    if notebook.suffix != ".ipynb":
        return ""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = next(("".join(c["source"]) for c in cells if c["cell_type"] == "code"), "")
    body = ast.parse(code).body
    return "\n".join(
        ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)
    )


@dataclass
class PythonPage:
    """The files of one build."""

    files: dict[str, Path] = field(default_factory=dict)
    library: str = ""

    def prepare(self, app: Sphinx, config: Config) -> None:
        """Bundle what is not in the store; pages that name files of other names are outdated."""
        store = Path(app.outdir).parent / "python"
        self.files = {name: bundle(name, Path(app.srcdir), store) for name in BUNDLES}
        self.library = library()
        contents = {name: file.name.split(".")[-2] for name, file in self.files.items()}
        contents["library"] = digest(self.library.encode())
        config.python_page = {name: f"python-{name}.{key}.js" for name, key in contents.items()}

    def add(
        self,
        app: Sphinx,
        pagename: str,
        templatename: str,
        context: dict[str, Any],
        doctree: nodes.document,
    ) -> None:
        """Add the style and the script to a page with Python that runs."""
        body = context.get("body", "")
        if doctree is None or not RUNNABLE.search(body):
            return
        for root in EXERCISE.findall(body):
            chapter = CHAPTER.search(root)
            if chapter is None:
                raise ExtensionError(f"{pagename}: {root} names no exercise, such as 02-1")
            try:
                pure_modules.needed(f"{JUDGES}.chapter_{chapter[1]}")
            except pure_modules.NotPureError as error:
                raise ExtensionError(
                    f"{pagename}: {root} cannot be judged there: {error}"
                ) from None
        files = {name: f"_static/{file}" for name, file in app.config.python_page.items()}
        paths = {name: context["pathto"](file, resource=True) for name, file in files.items()}
        script = paths.pop("page")
        page = paths | {
            "chapter": Path(pagename).name.split("_")[0],
            "imports": first_imports(Path(app.env.doc2path(pagename))),
            "notebook": context["pathto"](f"_sources/{context['sourcename']}", resource=True),
            "colab": colab_address(app, pagename),
        }
        app.add_css_file(STYLE)
        words = json.dumps(page).replace("<", r"\u003c")
        context["body"] = (
            f'{body}<script type="application/json" data-python-page>{words}</script>'
            f'<script defer src="{script}"></script>'
        )

    def copy(self, app: Sphinx, exception: Exception | None) -> None:
        """Put the scripts and the style into the built pages and remove those of earlier builds."""
        if exception or app.builder.format != "html":
            return
        static = Path(app.outdir) / "_static"
        for old in static.glob("python-*.js"):
            old.unlink()
        names = app.config.python_page
        for name, file in self.files.items():
            shutil.copyfile(file, static / names[name])
        (static / names["library"]).write_text(self.library, encoding="utf-8")
        shutil.copyfile(HERE / STYLE, static / STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; pages last, when other extensions have put their exercises in."""
    python = PythonPage()
    app.add_config_value("python_page", {}, "html")
    app.connect("config-inited", python.prepare)
    app.connect("html-page-context", python.add, priority=900)
    app.connect("build-finished", python.copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
