"""The repository's address stands once; everything that shows it follows."""

import shutil
from pathlib import Path

import nbformat
import pytest

import address

ROOT = Path(__file__).parents[1]
NAMED = address.Repository("Some-Owner", "some-book")


@pytest.fixture
def tree(tmp_path):
    """Copy what shows the address, brought to the state without one."""
    copy_to(tmp_path)
    address.sync(tmp_path, None)
    return tmp_path


def copy_to(tree):
    (tree / "book").mkdir()
    for name in ("README.md", "CITATION.cff", "book/index.md"):
        shutil.copyfile(ROOT / name, tree / name)
    shutil.copytree(ROOT / "notebooks", tree / "notebooks")


def contents(tree):
    return {path: path.read_text() for path in tree.rglob("*") if path.is_file()}


def test_the_stored_files_follow_the_configuration(tmp_path):
    copy_to(tmp_path)
    assert address.sync(tmp_path, address.read_repository()) == [], "run `make address`"


def test_without_an_address_nothing_points_nowhere(tree):
    for path, text in contents(tree).items():
        assert "colab.research" not in text, path
        assert "pip install" not in text or path.name == "README.md", path
    assert "<!-- badges -->\n<!-- /badges -->" in (tree / "README.md").read_text()


def test_every_link_comes_out_right_once_it_is_named(tree):
    address.sync(tree, NAMED)
    readme = (tree / "README.md").read_text()
    assert "(https://some-owner.github.io/some-book/)" in readme
    assert "(https://github.com/Some-Owner/some-book/actions/workflows/cpu.yml)" in readme
    colab = "https://colab.research.google.com/github/Some-Owner/some-book/blob/main/notebooks/"
    first = min(path.name for path in (tree / "notebooks").iterdir())
    assert f"({colab}{first})" in readme
    download = "(https://some-owner.github.io/some-book/see-farther.zip)"
    assert download in readme
    assert download in (tree / "book" / "index.md").read_text()
    assert (
        "repository-code: https://github.com/Some-Owner/some-book\n"
        in (tree / "CITATION.cff").read_text()
    )
    for path in (tree / "notebooks").glob("*.ipynb"):
        cell = address.first_code_cell(nbformat.read(path, as_version=4))
        install = '%pip install --quiet "dsconv-lib @ git+https://github.com/Some-Owner/some-book"'
        assert install in cell.source


def test_naming_twice_changes_nothing_and_unnaming_restores_every_byte(tree):
    before = contents(tree)
    assert address.sync(tree, NAMED)
    assert address.sync(tree, NAMED) == []
    address.sync(tree, None)
    assert contents(tree) == before


def test_the_badges_name_workflows_that_exist():
    for line in address.badges(NAMED, "01_first.ipynb").splitlines():
        if "/workflows/" in line:
            name = line.split("/workflows/")[1].split("/")[0]
            assert (ROOT / ".github" / "workflows" / name).is_file()


@pytest.mark.parametrize("url", ["github.com/a/b", "https://github.com/a", "https://x.org/a/b"])
def test_an_address_of_another_form_is_refused(tmp_path, url):
    config = tmp_path / "_config.yml"
    config.write_text(f"repository: {{url: '{url}', branch: main}}\n")
    with pytest.raises(ValueError, match="OWNER/NAME"):
        address.read_repository(config)


def test_an_address_may_end_in_a_slash(tmp_path):
    config = tmp_path / "_config.yml"
    config.write_text("repository: {url: 'https://github.com/a/b-c.d/', branch: dev}\n")
    assert address.read_repository(config) == address.Repository("a", "b-c.d", "dev")
