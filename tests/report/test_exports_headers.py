"""The data about headers holds together."""

from collections import Counter

import pytest

from hailuo.report.exports import ExportError, formats_that_ship, read_formats
from hailuo.report.metrics import HOLD_COUNTS, HOOK_COUNTS, AdPlatform
from hailuo.sheets import key_of

_PLATFORMS = [platform for platform in AdPlatform if platform is not AdPlatform.OTHER]
_EVERY = pytest.mark.parametrize("platform", _PLATFORMS)


@_EVERY
def test_a_header_means_one_thing_on_a_platform(platform: AdPlatform) -> None:
    """No header belongs to two fields, or to a field and a breakdown, or is both read and ignored."""
    form = formats_that_ship().platforms()[platform]
    fields = {(key_of(header), field) for header, field in form.columns()}
    parts = {
        (key_of(header), f"by {name}") for name, headers in form.breakdowns.items() for header in headers
    }
    ignored = {(key_of(header), "ignored") for header in form.ignored}

    meanings = Counter(key for key, _ in fields | parts | ignored)

    assert [key for key, times in meanings.items() if times > 1] == []


@_EVERY
def test_a_platform_knows_what_its_metrics_need(platform: AdPlatform) -> None:
    """Impressions, link clicks, spend, conversions, and the counts that hook and hold are made from."""
    known = {field for _, field in formats_that_ship().platforms()[platform].columns()}
    hook = HOOK_COUNTS[platform]
    hold = HOLD_COUNTS[platform] or ()

    needed = {
        "impressions",
        "clicks_link",
        "spend",
        "conversions",
        "revenue",
        *([hook.value] if hook else []),
        *hold,
    }

    assert needed - known == set()


@_EVERY
def test_scales_are_of_known_headers(platform: AdPlatform) -> None:
    """A misspelt one would leave micros as they are."""
    form = formats_that_ship().platforms()[platform]
    keys = {key_of(header) for header, _ in form.columns()}

    assert {key_of(header) for header in form.scale or {}} <= keys


def test_micros_are_scaled() -> None:
    """Every header that says so."""
    forms = formats_that_ship().platforms().values()
    named = [(header, form) for form in forms for header, _ in form.columns() if "micro" in header.casefold()]

    assert [(form.scale or {}).get(header) for header, form in named] == [1e-6] * len(named)


def test_an_edited_file_with_a_mistake_is_refused() -> None:
    """Naming every place."""
    with pytest.raises(ExportError, match="version"):
        read_formats(b'version = "exports/9"\n', name="mine.toml")
