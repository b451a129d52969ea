"""The system's Chromium, one for all tests of a process: a second Playwright would not start."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.machine import absent

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Chromium takes the last list of features to do without: here are Playwright's own, and then the
# pages of the browser's own frame, which each new window loads into a process of its own.
WITHOUT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser, without anybody's profile."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        absent("no Chromium is installed (on Debian: apt install chromium)")
    try:
        playwright = sync_playwright().start()
    except Exception as stopped:  # noqa: BLE001  the driver's end has no class of its own
        absent(f"Playwright does not start: {stopped} (on Debian: apt install libatomic1)")
    try:
        browser = playwright.chromium.launch(
            executable_path=program, args=[*QUIET, f"--disable-features={','.join(WITHOUT)}"]
        )
        yield browser
        browser.close()
    finally:
        playwright.stop()
