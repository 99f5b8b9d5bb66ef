"""The browsers that the pages are tested in: Debian's chromium, and its Firefox with `--page-browser firefox`."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Playwright

from tests.support import firefox

CHROMIUM: Final = "/usr/bin/chromium"
_QUIET: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def launch(playwright: Playwright, name: str) -> Browser:
    """`chromium` or `firefox`, without a window."""
    if name == "firefox":
        return playwright.firefox.launch(channel="moz-firefox", executable_path=_firefox())
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))


def launch_person(playwright: Playwright, name: str, profile: Path) -> BrowserContext:
    """The browser of one person, with a profile on disk: what it saved is there when it is opened again."""
    if name == "firefox":
        return playwright.firefox.launch_persistent_context(
            profile, channel="moz-firefox", executable_path=_firefox()
        )
    return playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=list(_QUIET))


def _firefox() -> Path:
    """A program that starts `firefox.py` with this Python."""
    program = Path(tempfile.mkdtemp(prefix="firefox-")) / "firefox"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{firefox.__file__}" "$@"\n')
    program.chmod(0o700)
    return program
