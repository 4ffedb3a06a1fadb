"""The browser of the tests: Chromium as the system installs it, driven by playwright.

A module of tests that takes the fixture `browser` imports `running_browser`, and conftest.py marks its tests
`browser`. Without Chromium they are skipped, and pytest's last lines say so; where COURSE_CHROMIUM names one,
as in CI, they run or fail.
"""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome"]
# No sandbox: containers often run as root. The rest keeps Chromium from looking for updates.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


def chromium() -> str:
    """Return the path of Chromium; skip the test where there is none and none was asked for."""
    if asked_for := os.environ.get("COURSE_CHROMIUM"):
        assert Path(asked_for).is_file(), f"COURSE_CHROMIUM is {asked_for!r}, and there is no such file"
        return asked_for
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("needs Chromium; install it (Debian: apt install chromium), or set COURSE_CHROMIUM")
    return found


@pytest.fixture(scope="module", name="browser")
def running_browser():
    """Return a running headless Chromium."""
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield running
        running.close()
