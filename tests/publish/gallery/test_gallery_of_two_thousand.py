"""The largest usual edition in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.gallery import Size, measure

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]


def test_two_thousand_variants_open_and_filter_at_once(browser: Browser, tmp_path: Path) -> None:
    """At most 10 MB, 1.5 s to open, 100 ms from a press to the picture (medians), and no policy violation."""
    opened = measure(browser, Size(jobs=2000), folder=tmp_path)

    assert opened.page_bytes <= 10_000_000
    assert opened.load_ms <= 1500
    assert opened.filter_ms <= 100
    assert opened.violations == 0
