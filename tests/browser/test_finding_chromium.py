"""The browser is found, or installed, or its absence is an error in words; never passed over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from book_site import ROOT

import browser


def find(environment):
    """Ask for a Chromium in a fresh Python with another environment."""
    code = "import browser; print(browser.chromium_path())"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "book" / "_tools"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_browser_that_is_named_is_taken(tmp_path):
    found = find({}).stdout.strip()
    assert browser.version(found), f"{found} does not start"
    named = tmp_path / "my-chromium"
    named.symlink_to(found)
    assert find({"DSCONV_CHROMIUM": str(named)}).stdout.strip() == str(named)


def test_a_named_browser_that_does_not_start_is_an_error(tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    answer = find({"DSCONV_CHROMIUM": str(broken)})
    assert answer.returncode != 0
    assert f"DSCONV_CHROMIUM is '{broken}', which does not start" in answer.stderr


def test_no_browser_at_all_is_an_error(tmp_path):
    nothing = {"DSCONV_CHROMIUM": "", "PATH": str(tmp_path)}
    answer = find({**nothing, "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)})
    assert answer.returncode != 0
    assert "install a Chromium or name one with DSCONV_CHROMIUM" in answer.stderr


@pytest.mark.parametrize(
    ("tools", "user", "first"),
    [
        ({"apt-get"}, 0, "env DEBIAN_FRONTEND"),
        ({"apt-get", "sudo"}, 1000, "sudo -n env DEBIAN_FRONTEND"),
        ({"apt-get"}, 1000, f"{sys.executable} -m playwright install chromium"),
        ({"sudo"}, 1000, f"{sys.executable} -m playwright install chromium"),
    ],
)
def test_the_way_to_install_fits_the_machine(monkeypatch, tools, user, first):
    monkeypatch.setattr(browser.shutil, "which", lambda name: name if name in tools else None)
    monkeypatch.setattr(browser.os, "getuid", lambda: user)
    commands = [" ".join(command).removeprefix("sh -c ") for command in browser.install_commands()]
    assert commands[0].startswith(first)
    assert commands[-1].endswith("playwright install chromium")
