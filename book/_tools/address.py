"""Write what follows from the repository's address into the files that show it.

The address stands once, in `_config.yml`. From it come the README's badges, the first page's link
to the zip of the book, the notebooks' lines that install the library on Colab, and the citation's
`repository-code`. While it is empty they are left out. `make address` runs this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)/?")
BADGES = re.compile(r"(?<=<!-- badges -->\n).*?(?=<!-- /badges -->\n)", re.DOTALL)
DOWNLOAD = re.compile(r"(?<=<!-- download -->\n).*?(?=<!-- /download -->\n)", re.DOTALL)
CITATION = re.compile(r"^repository-code: .*\n", re.MULTILINE)
INSTALL = re.compile(r"\A# On Colab, install the library first\.\n.*?%pip [^\n]*\n\n", re.DOTALL)
COLAB = "https://colab.research.google.com"


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub: its owner, its name and the branch that is published."""

    owner: str
    name: str
    branch: str = "main"

    @property
    def url(self) -> str:
        """The address of the repository."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def pages(self) -> str:
        """The address of the published book."""
        return f"https://{self.owner.lower()}.github.io/{self.name}/"

    @property
    def download(self) -> str:
        """The address of the published book in one zip; the workflow `pages.yml` puts it there."""
        return f"{self.pages}see-farther.zip"

    @property
    def requirement(self) -> str:
        """What pip installs: the library at this address."""
        return f"dsconv-lib @ git+{self.url}"

    def colab(self, notebook: str) -> str:
        """Return the address that opens a notebook on Colab."""
        return f"{COLAB}/github/{self.owner}/{self.name}/blob/{self.branch}/{notebook}"


def read_repository(config: Path = ROOT / "_config.yml") -> Repository | None:
    """Return the repository that `_config.yml` names, None while it names none."""
    entry = yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]
    if not entry["url"]:
        return None
    match = ADDRESS.fullmatch(entry["url"])
    if match is None:
        raise ValueError(
            f"repository.url in {config.name} is {entry['url']!r}; it must be empty or of the form "
            "https://github.com/OWNER/NAME"
        )
    return Repository(match[1], match[2], entry["branch"])


def badges(repository: Repository | None, first_chapter: str) -> str:
    """Return the README's badges, one Markdown line each; Colab opens the first chapter."""
    if repository is None:
        return ""
    tests = f"{repository.url}/actions/workflows/cpu.yml"
    shields = [
        ("Tests", f"{tests}/badge.svg", tests),
        ("Book", f"{repository.url}/actions/workflows/pages.yml/badge.svg", repository.pages),
        (
            "Open in Colab",
            f"{COLAB}/assets/colab-badge.svg",
            repository.colab(f"notebooks/{first_chapter}"),
        ),
    ]
    lines = [f"[![{text}]({image})]({target})\n" for text, image, target in shields]
    return "".join([*lines, download(repository)])


def download(repository: Repository | None) -> str:
    """Return the line of Markdown that offers the book as one zip."""
    return f"[Download the book as one zip]({repository.download})\n" if repository else ""


def with_install(source: str, requirement: str) -> str:
    """Return a notebook's first code cell with the lines that install `requirement` on Colab.

    An empty requirement takes the lines out.
    """
    source = INSTALL.sub("", source)
    if not requirement:
        return source
    return (
        "# On Colab, install the library first.\n"
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f'    %pip install --quiet "{requirement}"\n\n'
        f"{source}"
    )


def first_code_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the first code cell of a notebook."""
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def sync(root: Path, repository: Repository | None) -> list[Path]:
    """Write badges, citation and install lines below `root`; return the files that changed."""
    texts = {}
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    readme = root / "README.md"
    lines = badges(repository, notebooks[0].name)
    texts[readme] = BADGES.sub(lines, readme.read_text(encoding="utf-8"))
    front = root / "book" / "index.md"
    texts[front] = DOWNLOAD.sub(download(repository), front.read_text(encoding="utf-8"))
    citation = root / "CITATION.cff"
    texts[citation] = CITATION.sub("", citation.read_text(encoding="utf-8"))
    if repository is not None:
        texts[citation] += f"repository-code: {repository.url}\n"
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        cell = first_code_cell(notebook)
        cell.source = with_install(cell.source, repository.requirement if repository else "")
        texts[path] = nbformat.writes(notebook) + "\n"
    changed = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return changed


def main() -> None:
    """Bring every file in line with `_config.yml`."""
    repository = read_repository()
    changed = sync(ROOT, repository)
    where = repository.url if repository else "none yet"
    print(f"make address: repository {where}; files changed: {len(changed)}")


if __name__ == "__main__":
    main()
