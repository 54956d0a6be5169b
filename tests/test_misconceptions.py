"""The page of slips: each with its truth, and a proof that exists or a chapter that is coming."""

import re
from pathlib import Path

import nbformat
import pytest

import chapters

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "book" / "misconceptions.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^\*\*“(.+)”\*\*\n: (.+)$", PAGE, re.MULTILINE)
COMING = {int(c.number) for c in chapters.read() if not c.docname}
# A word or two of every slip that the curriculum lists; one that is missing fails the test.
LISTED = """
6, 8, 8, 9 · extracts the original pixels · centre of a 2 × 2 · compute is convolution ·
im2col · whatever the dilation · keeps the resolution · 224 stays 224 · is a mode ·
translation invariant · position embeddings · reduces the number of parameters · grows linearly ·
captures local features · two words for one thing · in its title · keeps the size, pointwise ·
layer by layer · never changes the number of channels · sums over the channels · 2s of its three ·
raise the capacity · is unknown · more time and resources · ReLU6 · produces the output ·
training again · space and time · static graphs · Python 3.6 · narrow use · Graph-Structured ·
without Forgetting
"""


def test_every_listed_slip_is_there_once():
    words = [word.strip() for word in LISTED.split("·")]
    for word in words:
        assert sum(word in said for said, _ in ENTRIES) == 1, word
    assert len(words) == len(ENTRIES)


@pytest.mark.parametrize(("said", "truth"), ENTRIES, ids=lambda text: text[:30])
def test_every_slip_has_a_proof(said, truth):
    if seen := re.search(r"\]\(\.\./(notebooks/\w+\.ipynb)\), section (\d+\.\d+)\.$", truth):
        cells = nbformat.read(ROOT / seen[1], as_version=4).cells
        headings = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert re.search(rf"^## {re.escape(seen[2])} ", headings, re.MULTILINE), seen[2]
    elif coming := re.search(r"\*Coming in chapter (\d+)\.\*$", truth):
        assert int(coming[1]) in COMING, "the chapter is written: name its section"
    else:
        assert re.search(
            r"(\]\(bibliography\.md#\w+\)\.|\*A matter of record: .+\*|In depth A\d\.\*)$", truth
        )
