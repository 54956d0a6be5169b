"""Each fact stands once, and the house is the one that the owner drew."""

import importlib.metadata
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from sphinxcontrib import katex

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    *("book", "notebooks", "dsconv_lib", "tests", "benchmarks"),
    *("_config.yml", "_toc.yml", "README.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"),
    *("Makefile", "pyproject.toml", "requirements.lock", "package.json", "package-lock.json"),
}


def tracked():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout
    return [Path(line) for line in listed.splitlines() if (ROOT / line).is_file()]


def locked():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines)


def normalised(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_top_level_is_the_owners():
    assert {path.parts[0] for path in tracked() if path.parts[0][0] != "."} == TOP_LEVEL


def test_the_lock_holds_versions_and_no_addresses():
    assert all(re.fullmatch(r"[\w.]+", version) for version in locked().values())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_every_installed_package_has_the_locked_version():
    lock = {normalised(name): version for name, version in locked().items()}
    own = {"dsconv-lib", "pip", "setuptools"}
    for package in importlib.metadata.distributions():
        name = normalised(package.name)
        # PyPI's torch for Linux brings CUDA libraries, each pinned by torch itself.
        if name not in own and not name.startswith(("nvidia-", "cuda-", "triton")):
            assert package.version.split("+")[0] == lock.get(name), name


def test_katex_draws_formulas_for_the_styles_that_are_shipped():
    package = json.loads((ROOT / "package.json").read_text())
    assert package["devDependencies"]["katex"] == katex.katex_version


def test_the_version_is_that_of_the_project():
    import dsconv_lib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert dsconv_lib.__version__ == project["version"]


def test_help_lists_every_command():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"\.PHONY: (.*?)\n\n", makefile, re.DOTALL)[1].split()) - {"\\"}
    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True)
    assert {line.split()[0] for line in shown.stdout.splitlines()} == targets - {"pages"}


@pytest.mark.parametrize("name", ["_toc.yml", "README.md", "pyproject.toml", "CITATION.cff"])
def test_the_repository_address_stands_only_in_the_configuration(name):
    assert "github.com" not in (ROOT / name).read_text()
