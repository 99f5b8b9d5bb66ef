"""The largest usual edition in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.gallery import Size, measure

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.enable_socket]


def test_two_thousand_variants_open_and_filter_at_once(browser: Browser, tmp_path: Path) -> None:
    """At most 10 MB. Ten times the jobs open in at most ten times the time, and a filter takes less than opening."""
    few = measure(browser, Size(jobs=200), folder=tmp_path)
    many = measure(browser, Size(jobs=2000), folder=tmp_path)

    assert many.page_bytes <= 10_000_000
    assert many.load_ms <= 10 * few.load_ms
    assert many.filter_ms <= many.load_ms
    assert many.violations == 0
