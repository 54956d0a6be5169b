"""Find the Chromium that the browser tests and the benchmark drive, and install it where missing.

`make browser`, `make lab-test` and `make bench` run this first. A machine without a browser is an
error that says what was tried, never a test left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A page that asks for another host must fail at once, and Chromium itself must ask for none.
FLAGS = (
    "--no-sandbox",  # root, as in containers, cannot use the sandbox; only our own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class BrowserMissingError(RuntimeError):
    """No Chromium was found, or the one that was found does not start."""


def version(path: str) -> str | None:
    """Return what a browser says of its version; None if it does not start."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def candidates() -> Iterator[str]:
    """Yield the paths of the browsers that may be there, the system's before Playwright's."""
    yield from filter(None, map(shutil.which, NAMES))
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).is_file():
        yield own


def chromium_path() -> str:
    """Return the path of a Chromium that starts.

    Returns
    -------
    str
        What the environment's DSCONV_CHROMIUM names, else the first of chromium,
        chromium-browser and google-chrome on the PATH, else the one that Playwright installed.

    Raises
    ------
    BrowserMissingError
        If there is none that starts.
    """
    if named := os.environ.get("DSCONV_CHROMIUM"):
        if version(named) is None:
            raise BrowserMissingError(
                f"DSCONV_CHROMIUM is {named!r}, which does not start; name a Chromium, or unset it"
            )
        return named
    for path in candidates():
        if version(path) is not None:
            return path
    raise BrowserMissingError(
        f"none of {', '.join(NAMES)} on the PATH and none from Playwright starts; install a "
        "Chromium or name one with DSCONV_CHROMIUM=/path/to/chromium"
    )


def install_commands() -> list[list[str]]:
    """Return the ways to install a Chromium here, in the order to try them."""
    playwright = [sys.executable, "-m", "playwright", "install"]
    if not shutil.which("apt-get") or (os.getuid() != 0 and not shutil.which("sudo")):
        return [[*playwright, "chromium"]]
    root = [] if os.getuid() == 0 else ["sudo", "-n"]
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    packages = ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    line = f"{' '.join([*apt, 'update'])} && {' '.join([*apt, *packages])}"
    return [["sh", "-c", line], [*playwright, "--with-deps", "chromium"], [*playwright, "chromium"]]


def ensure_chromium() -> str:
    """Return the path of a Chromium, installed first where there is none.

    Raises
    ------
    BrowserMissingError
        If there is none and none of the ways to install it works.
    """
    try:
        return chromium_path()
    except BrowserMissingError:
        if os.environ.get("DSCONV_CHROMIUM"):
            raise
    failures = []
    for command in install_commands():
        print(f"browser: no Chromium yet; running {' '.join(command)}", flush=True)
        try:
            subprocess.run(command, check=True, timeout=900, stdout=subprocess.DEVNULL)
            return chromium_path()
        except (OSError, subprocess.SubprocessError, BrowserMissingError) as error:
            failures.append(f"  {' '.join(command)}: {error}")
    raise BrowserMissingError("no Chromium could be installed:\n" + "\n".join(failures))


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium of `chromium_path`, headless and cut off from every other host."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))


def main() -> int:
    """Find or install a Chromium and print one line about it."""
    try:
        path = ensure_chromium()
    except BrowserMissingError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    print(f"browser: {version(path)} at {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
