"""Debian's Chromium, driven by Playwright, kept from talking to anybody but us."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")

ARGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A microphone that beeps, and a person who allows its use."""


def speaking(wav: Path) -> tuple[str, ...]:
    """A microphone that plays a file once, from the moment it is opened."""
    return (*MICROPHONE, f"--use-file-for-fake-audio-capture={wav}%noloop")


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            browser.close()


def visit(page: Page, url: str) -> None:
    """Open the page and wait until it knows its tenant."""
    page.goto(url)
    page.locator("body[data-ready=yes]").wait_for()


def until(page: Page, function: str, argument: Any = None, *, seconds: float = 30.0) -> Any:
    """The function's first true answer, asked again and again.

    ``page.wait_for_function`` polls with ``eval`` inside the page, which our content security
    policy forbids.
    """
    deadline = time.monotonic() + seconds
    while not (answer := page.evaluate(function, argument)):
        assert time.monotonic() < deadline, f"not true within {seconds} s: {function}"
        page.wait_for_timeout(20)
    return answer
