"""Give every entry of the bibliography an anchor equal to its key, and a label as readers cite it.

Chapters cite with plain links, `[Araujo, Norris & Sim (2019)](../book/bibliography.md#araujo2019)`,
so that the text also reads well outside the book. MyST checks such a link against the anchors that
it knows of a page: `register_anchors` adds the entries to them, so a wrong key fails the build.
Left alone, an entry's anchor would be a number that changes with every new work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from string import ascii_lowercase
from typing import Any

from docutils import nodes
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.unsrt import Style as UnsortedStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator


def citation(entry: Entry) -> str:
    """Return an entry as the text cites it: one name, two, three, or the first and 'et al.'."""
    names = [
        str(Text.from_latex(" ".join(person.prelast_names + person.last_names)))
        for person in entry.persons["author"]
    ]
    if len(names) > 3 or names[-1] == "others":
        authors = f"{names[0]} et al."
    elif len(names) == 1:
        authors = names[0]
    else:
        authors = f"{', '.join(names[:-1])} & {names[-1]}"
    return f"{authors} ({entry.fields['year']})"


class CitationLabels(BaseLabelStyle):
    """Labels such as `Luo et al. (2016)`; equal ones are told apart by a letter."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """Yield one label per entry."""
        labels = [citation(entry) for entry in sorted_entries]
        count, seen = Counter(labels), Counter[str]()
        for label in labels:
            letter = ascii_lowercase[seen[label]] if count[label] > 1 else ""
            seen[label] += 1
            yield label[:-1] + letter + ")"


class CitationOrder(BaseSortingStyle):
    """The order in which a reader looks for a label."""

    def sorting_key(self, entry: Entry) -> tuple[str, str]:
        """Return the label in small letters; the key decides between equal ones."""
        return citation(entry).casefold(), entry.key


class BookStyle(UnsortedStyle):
    """Entries labelled and sorted as the chapters cite them."""

    default_label_style = CitationLabels
    default_sorting_style = CitationOrder


def configure(app: Sphinx, config: Config) -> None:
    """Make keys the anchors, and `BookStyle` the style."""
    config.bibtex_cite_id = "{key}"
    config.bibtex_default_style = "book"


def register_anchors(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Tell MyST the anchor of every entry on the page that lists it."""
    for cited in env.get_domain("cite").data["citations"]:
        anchors = env.metadata[cited.bibliography_key.docname].setdefault("myst_slugs", {})
        anchors[cited.key] = (0, cited.citation_id, cited.formatted_entry.label)
    return []


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry as an item of its list; the role that docutils gives it fits no list."""
    HTML5Translator.visit_citation(self, node)
    self.body[-1] = self.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; the anchors after sphinxcontrib-bibtex has chosen the entries."""
    register_plugin("pybtex.style.formatting", "book", BookStyle)
    app.connect("config-inited", configure)
    app.add_node(
        nodes.citation, override=True, html=(visit_citation, HTML5Translator.depart_citation)
    )
    app.connect("env-updated", register_anchors, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
