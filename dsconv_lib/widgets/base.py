"""What every widget of the book shares: one view, bundled from small modules, and a form as text.

A widget is an anywidget: in JupyterLab and on Colab it lives beside its kernel. Its output also
holds its numbers in HTML, for readers who see neither; the book puts the view's own drawing in
their place and brings it to life, with the same view and no kernel.
"""

import html
import json
import re
from abc import abstractmethod
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Self

import anywidget

STATIC = Path(__file__).parent / "static"
"""Folder of the views' source modules, their words and the style sheet."""

_IMPORT = re.compile(r'^import (?P<names>.+) from "\./(?P<file>[\w.]+)"(?: with \{.*\})?;\n', re.M)


def bundle(entry: str) -> str:
    """Join a view and the modules that it imports into one ES module.

    Parameters
    ----------
    entry : str
        File name of the view's module in `STATIC`.

    Returns
    -------
    str
        The imported modules first, each once, with their ``export`` taken away; JSON files become
        constants. Only the default export of ``entry`` is left.
    """
    parts: dict[str, str] = {}
    _collect(entry, parts)
    *modules, view = parts.values()
    return "\n".join([*(re.sub(r"^export ", "", text, flags=re.M) for text in modules), view])


def _collect(file: str, parts: dict[str, str], name: str = "") -> None:
    """Put a module behind those that it imports."""
    if file in parts:
        return
    text = (STATIC / file).read_text(encoding="utf-8")
    if file.endswith(".json"):
        parts[file] = f"const {name} = {text.strip()};\n"
        return
    for found in _IMPORT.finditer(text):
        _collect(found["file"], parts, found["names"])
    parts[file] = _IMPORT.sub("", text)


def read_json(file: str) -> Any:
    """Read a table that Python and the views share."""
    return json.loads((STATIC / file).read_text(encoding="utf-8"))


class StaticWidget(anywidget.AnyWidget):
    """An anywidget with a form as text.

    Subclasses give ``name`` (kebab-case), ``file`` (of the view and of its table, without ending),
    ``table`` (that table: its ``traits`` are the state), ``_esm`` (the view), a trait for each part
    of the state, and `readouts`.
    """

    name: ClassVar[str]
    file: ClassVar[str]
    table: ClassVar[dict[str, Any]]
    _css = (STATIC / "theme.css").read_text(encoding="utf-8")
    # ipywidgets 7 would display through this and leave out the form as text.
    _ipython_display_ = None

    @classmethod
    def bundle(cls) -> str:
        """Return the view as one ES module in anywidget's form."""
        return str(cls._esm)

    @classmethod
    def sample(cls, roll: Random) -> Self:
        """Return a widget in a state drawn at random."""
        traits = cls.class_traits()
        return cls(**{name: traits[name].sample(roll) for name in cls.table["traits"]})

    @classmethod
    def presets(cls) -> dict[str, Self]:
        """Return a widget for every state that has a name."""
        return {name: cls(preset=name) for name in cls.table.get("presets", {})}

    @property
    def state(self) -> dict[str, Any]:
        """The widget's state, ready for JSON."""
        return {name: getattr(self, name) for name in self.table["traits"]}

    @property
    @abstractmethod
    def readouts(self) -> dict[str, str]:
        """The numbers that the widget shows, by key, worked out by the library."""

    @property
    def problem(self) -> str:
        """Why the setting is impossible and what helps; empty if it is possible."""
        return ""

    @property
    @abstractmethod
    def code(self) -> str:
        """The setting as a line of code."""

    def static_html(self) -> str:
        """Return the form as text: the setting and its numbers, and the state for the view."""
        labels = {key: row["label"] for key, row in self.table["readouts"].items()}
        numbers = "".join(
            f'<li>{html.escape(labels[key])}: <b data-readout="{key}">{html.escape(value)}</b></li>'
            for key, value in self.readouts.items()
        )
        state = html.escape(json.dumps(self.state))
        problem = f"<p>{html.escape(self.problem)}</p>" if self.problem else ""
        return (
            f'<div class="dsconv-widget" data-widget="{self.name}" data-state="{state}">'
            f"<p><code>{html.escape(self.code)}</code></p>{problem}<ul>{numbers}</ul></div>"
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.state.items())
        return f"{type(self).__name__}({shown})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled if isinstance(bundled, tuple) else (bundled, {})
        return {**data, "text/html": self.static_html()}, metadata
