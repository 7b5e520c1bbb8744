"""A real browser for the tests of the page: Debian's chromium, driven headless."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

# What the browser would otherwise ask of the network on its own.
QUIET = (
    "disable-background-networking",
    "disable-component-update",
    "disable-quic",
    "disable-sync",
    "no-first-run",
)


@contextmanager
def opened_browser(profile: Path) -> Iterator[Chrome]:
    """Start the browser with an empty profile; skip the test where there is none, unless CI requires it."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        message = "no chromium and chromedriver on the path: the page is not tested in a browser"
        if os.environ.get("CI_REQUIRES_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    options = ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    needed = ("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={profile}")
    for argument in (*needed, *QUIET):
        options.add_argument(f"--{argument}")
    chrome = Chrome(options, Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def read_log(chrome: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has noted since this was last read: `browser` complaints, or `performance`."""
    entries: list[dict[str, Any]] = chrome.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def requested(chrome: Chrome) -> list[str]:
    """Return the addresses that the page asked for since this was last read."""
    events = [json.loads(entry["message"])["message"] for entry in read_log(chrome, "performance")]
    sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
    return [event["params"]["request"]["url"] for event in sent]


def show(chrome: Chrome, page: Path, width: int, *, dark: bool = False) -> None:
    """Open a page in a window of this width, light or dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    chrome.get(page.as_uri())
