"""Fixtures of tests that drive a real Chromium.

page                    a fresh page in Chinese on the live server; fails the test on a JavaScript error,
                        and on anything the page's content security policy refused
log_in(page, user)      makes the page that user's
screenshot(page, name)  saves var/screenshots/<name>-<width>.png for each width
live                    the running server; `live.url`

Without Chromium these tests are skipped; TANGRAM_BROWSER=required makes that a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "var" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def assets():
    """The editors' scripts and styles, built unless they are up to date."""
    subprocess.run([sys.executable, "project/build_assets.py"], cwd=ROOT, check=True)


@pytest.fixture
def live(assets, live_server):
    return live_server


@pytest.fixture(scope="session")
def browser():
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not executable:
        sentence = "No Chromium found: install chromium, or set CHROMIUM to its path."
        if os.environ.get("TANGRAM_BROWSER") == "required":
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop running in this thread, which makes Django suspect async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, live):
    context = browser.new_context(base_url=live.url, locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    mistakes = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda line: mistakes.append(line.text) if is_refusal(line) else None)
    yield page
    context.close()
    assert not mistakes, f"The browser complained: {mistakes}"


def is_refusal(line):
    return line.type == "error" and "Content Security Policy" in line.text


@pytest.fixture
def log_in(live):
    """log_in(page, user): the page's next request is that user's."""

    def log_in(page, user):
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live.url}])

    return log_in


@pytest.fixture
def screenshot():
    """screenshot(page, "tickets"): the whole page at each width, for people to look at."""

    def screenshot(page, name, widths=(1440, 360)):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            # Hiding the caret leaves an empty style on the inputs, which htmx copies and the CSP refuses.
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True, caret="initial")
        page.set_viewport_size(before)

    return screenshot
