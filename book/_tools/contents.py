"""Write the README's list of chapters, which follows from `_toc.yml` and the notebooks.

`make contents` runs this.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from chapters import Chapter, read  # noqa: E402

BLOCK = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- /chapters -->\n)", re.DOTALL)
WORDS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)


def listed(chapters: list[Chapter]) -> str:
    """Return the list as Markdown: how many are ready, and a line with a link for each."""
    numbered = [chapter for chapter in chapters if not chapter.is_optional]
    ready = [chapter for chapter in numbered if chapter.docname]
    count, total = WORDS[len(ready)].capitalize(), WORDS[len(numbered)]
    rest = "." if len(ready) == len(numbered) else "; the others are coming."
    verb = "is" if len(ready) == 1 else "are"
    lines = [f"{count} of {total} chapters {verb} ready{rest}", ""]
    lines += [
        f"- [{chapter.number} {chapter.title}]({chapter.docname}.ipynb)"
        for chapter in chapters
        if chapter.docname
    ]
    return "\n".join([*lines, ""])


def updated(readme: str, chapters: list[Chapter]) -> str:
    """Return the README with the list of these chapters."""
    text, count = BLOCK.subn(lambda _: listed(chapters), readme)
    if count != 1:
        raise ValueError(
            f"README.md holds {count} places for the list; it must have one line "
            "<!-- chapters --> and after it one line <!-- /chapters -->"
        )
    return text


def main() -> None:
    """Bring the README in line with the contents."""
    path, chapters = ROOT / "README.md", read()
    path.write_text(updated(path.read_text(encoding="utf-8"), chapters), encoding="utf-8")
    print(f"make contents: {sum(bool(chapter.docname) for chapter in chapters)} chapters listed")


if __name__ == "__main__":
    main()
