"""What every widget of the book shares: one view, bundled from small modules, and a static form.

A widget is an anywidget: in JupyterLab and on Colab it lives beside its kernel. Its output also
holds a static form in HTML, a complete drawing with its numbers, which the book brings to life with
the same view and no kernel.
"""

import html
import json
import operator
import re
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

STATIC = Path(__file__).parent / "static"
"""Folder of the views' source modules and the style sheet."""

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


def whole(name: str, value: object, least: int, most: int) -> int:
    """Check an integer and its bounds.

    Raises
    ------
    TypeError
        If ``value`` is not an integer (`bool` and `float` are not).
    ValueError
        If it lies outside ``least .. most``.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}={value!r} must be an integer: use one from {least} to {most}")
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(
            f"{name}={number} must be from {least} to {most}: "
            f"use {min(max(number, least), most)}, or work it out with the library's functions"
        )
    return number


class Whole(traitlets.TraitType):
    """A trait that holds an integer between two bounds."""

    def __init__(self, default: int, *, least: int, most: int) -> None:
        super().__init__(default_value=default)
        self.least, self.most = least, most
        self.tag(sync=True)

    def validate(self, obj: Any, value: object) -> int:
        """Check a new value; see `whole`."""
        return whole(str(self.name), value, self.least, self.most)


class StaticWidget(anywidget.AnyWidget):
    """An anywidget with a static form.

    Subclasses give ``name`` (kebab-case), ``traits_shown`` (the traits that are its state),
    ``_esm`` (the view) and ``_drawing`` (a drawing of the state that stands alone, as HTML).
    """

    name: ClassVar[str]
    traits_shown: ClassVar[tuple[str, ...]]
    _css = (STATIC / "theme.css").read_text(encoding="utf-8")
    # ipywidgets 7 would display through this and leave out the static form.
    _ipython_display_ = None

    @classmethod
    def bundle(cls) -> str:
        """Return the view as one ES module in anywidget's form."""
        return str(cls._esm)

    @property
    def state(self) -> dict[str, Any]:
        """The widget's state, ready for JSON."""
        return {name: getattr(self, name) for name in self.traits_shown}

    def static_html(self) -> str:
        """Return the static form: a complete drawing that needs no JavaScript and no style."""
        state = html.escape(json.dumps(self.state), quote=True)
        return (
            f'<div class="dsconv-widget" data-widget="{self.name}" data-state="{state}">'
            f"{self._drawing()}</div>"
        )

    @abstractmethod
    def _drawing(self) -> str: ...

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.state.items())
        return f"{type(self).__name__}({shown})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled if isinstance(bundled, tuple) else (bundled, {})
        return {**data, "text/html": self.static_html()}, metadata
