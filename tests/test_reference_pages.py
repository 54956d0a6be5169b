"""The library's reference: every public name stands on one page, with an example that runs."""

import doctest
import importlib
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "book" / "api").glob("*.md"))
MODULES = ("arithmetic", "receptive_field", "functional", "layers", "reference", "cost", "trace")
MODULES += ("measure", "models")
DIRECTIVE = re.compile(r"^\.\. auto(module|function|class):: (\S+)\n((?: +:.*\n)*)", re.M)


def module(name):
    return importlib.import_module(f"dsconv_lib.{name}")


def full_name(thing):
    """Where a thing is defined, so that it is the same from wherever it is imported."""
    return f"{thing.__module__}.{thing.__qualname__}"


PUBLIC = {
    full_name(getattr(module(name), thing)): getattr(module(name), thing)
    for name in MODULES
    for thing in module(name).__all__
}


def described(page):
    """Full names of what the directives of a page describe, as often as they do."""
    for kind, name, options in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
        given = dict(re.findall(r":([\w-]+): *(.*)", options))
        if kind != "module":
            home, thing = name.rsplit(".", 1)
            yield full_name(getattr(importlib.import_module(home), thing))
        elif "members" in given:
            home = importlib.import_module(name)
            left_out = given.get("exclude-members", "").split(", ")
            for thing in filter(None, given["members"].split(", ")):
                yield full_name(getattr(home, thing))
            if not given["members"]:
                yield from (full_name(getattr(home, n)) for n in home.__all__ if n not in left_out)


def section(thing, *titles):
    """The text of a numpydoc section, or an empty one."""
    found = re.search(
        rf"^(?:{'|'.join(titles)})\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)",
        inspect.getdoc(thing),
        re.M | re.S,
    )
    return found[1] if found else ""


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_there(name):
    assert len(set(module(name).__all__)) == len(module(name).__all__) > 0
    assert all(hasattr(module(name), thing) for thing in module(name).__all__)


def test_every_public_name_stands_on_exactly_one_page():
    counts = Counter(name for page in PAGES for name in described(page))
    assert counts == Counter(PUBLIC.keys())


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_an_example(name):
    """`make unit` runs them."""
    assert doctest.DocTestParser().get_examples(section(PUBLIC[name], "Examples")), name


@pytest.mark.parametrize("name", PUBLIC)
def test_every_parameter_is_described_here_or_where_the_text_points(name):
    thing = PUBLIC[name]
    parameters = set(inspect.signature(thing).parameters)
    given = section(thing, "Parameters", "Attributes")
    found = {
        word.strip("* ")
        for line in re.findall(r"^(\S.*?)(?: : .*)?$", given, re.M)
        for word in line.split(",")
    }
    elsewhere = {other.rpartition(".")[2] for other in PUBLIC} & set(
        re.findall(r"`([\w.]+)`", inspect.getdoc(thing))
    )
    assert parameters <= found or (not given and elsewhere), parameters - found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_is_in_the_contents(page):
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    files = [chapter.get("file") for part in parts for chapter in part["chapters"]]
    assert f"book/api/{page.stem}" in files


def test_the_code_of_the_guide_runs():
    guide = ROOT / "book" / "api" / "use.md"
    result = doctest.testfile(str(guide), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


def test_the_guide_shows_the_stored_times():
    guide = (ROOT / "book" / "api" / "use.md").read_text(encoding="utf-8")
    report = (ROOT / "benchmarks" / "report.md").read_text(encoding="utf-8")
    start, end = re.findall(r"^:(?:start-after|end-before): (.+)$", guide, re.M)
    shown = report.split(start)[1].split(end)[0]
    assert shown.count("\n|") > 10
