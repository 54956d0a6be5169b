"""Signatures in the library's reference say `ArrayLike`, not the long union that it stands for."""

from typing import Any

import numpy.typing as npt
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

SHORT = {
    stringify_annotation(npt.ArrayLike, "smart"): "~numpy.typing.ArrayLike",
    stringify_annotation(npt.NDArray[Any], "smart"): "~numpy.ndarray",
}


def shortened(text: str | None) -> str | None:
    """A signature, or what it returns, with short names for NumPy's types."""
    for long, short in SHORT.items():
        text = text and text.replace(long, short)
    return text


def shorten(
    _app: Sphinx, _what: str, _name: str, _obj: Any, _options: Any, given: str, returned: str
) -> tuple[str | None, str | None]:
    """Answer autodoc, which asks before it writes a signature."""
    return shortened(given), shortened(returned)


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to autodoc."""
    app.connect("autodoc-process-signature", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
