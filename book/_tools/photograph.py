"""Writes the photograph that the image filter holds: dsconv_lib/widgets/static/photograph.json."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np

from dsconv_lib.data import photograph

FILE = Path(__file__).parents[2] / "dsconv_lib" / "widgets" / "static" / "photograph.json"
SIZE = (192, 192)


def pixels() -> np.ndarray:
    """Return the photograph's grey values, 0 to 254."""
    return np.rint(photograph("temple", SIZE) * 254).astype(np.uint8)


def packed() -> dict[str, int | str]:
    """Return its size, and the steps from pixel to pixel, deflated, as text."""
    steps = np.diff(pixels().ravel(), prepend=np.uint8(0))
    deflated = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
    return {"rows": SIZE[0], "columns": SIZE[1], "deflated": deflated}


if __name__ == "__main__":
    FILE.write_text(json.dumps(packed()) + "\n", encoding="utf-8")
