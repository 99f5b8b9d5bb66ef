"""A real browser, one for all tests of the gallery."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.support.browsers import launch


@pytest.fixture(scope="session")
def browser_name(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--page-browser"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=60_000)  # ms; a slow machine is no fault of the page
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, browser_name: str) -> Iterator[Browser]:
    browser = launch(playwright, browser_name)
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def _only_chromium(request: pytest.FixtureRequest, browser_name: str) -> None:
    """Skip what playwright can ask of chromium only, such as another colour scheme, a finger or a PDF."""
    if browser_name != "chromium" and request.node.get_closest_marker("chromium"):
        pytest.skip("playwright cannot ask this of Firefox")
