"""Reports are kept without loss: `hailuo.report.archive`."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings

from hailuo.errors import RefusedError
from hailuo.report.archive import SCHEMA, ReportError, from_json, to_json
from tests.report.factories import make_findings
from tests.report.strategies import findings
from tests.support.examples import examples

STORED = to_json(make_findings())


def changed(**fields):
    """The stored report with fields of its outermost object changed."""
    return json.dumps({**json.loads(STORED), **fields}).encode()


@pytest.mark.slow
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(findings())
def test_a_report_comes_back_as_it_was(report):
    """Whatever a report says, its file says the same: to the last digit, date, kind and None."""
    assert from_json(to_json(report)) == report


def test_what_comes_back_has_the_types_it_had():
    """Values are the vocabulary's own, not words that look alike."""
    report = make_findings()

    assert repr(from_json(to_json(report)).platforms) == repr(report.platforms)


def test_the_same_report_is_the_same_bytes():
    """Files can be compared, and say which version they are of."""
    assert to_json(from_json(STORED)) == STORED
    assert json.loads(STORED)["schema"] == SCHEMA


def test_a_time_in_another_zone_stays_that_time():
    """An aware time is the same instant, wherever it was written."""
    there = datetime(2026, 11, 30, 8, 0, tzinfo=timezone(timedelta(hours=1)))

    assert from_json(to_json(make_findings(made_at=there))).made_at == there


def test_fields_of_later_versions_are_ignored():
    """A report of a later 1.x is read for what is known of it."""
    later = changed(schema="hailuo.report/1.7", mood="good")

    assert from_json(later) == make_findings()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "not of schema"),
        (b"{}", "not of schema"),
        (changed(schema="hailuo.report/2.0"), "not of schema"),
        (changed(schema="hailuo.manifest/1.0"), "not of schema"),
        (changed(metric="likes"), "first metric"),
        (changed(health=None), "first health"),
    ],
)
def test_what_is_no_report_of_ours_is_refused_by_name(content, reason):
    """The refusal names the file and the way out, and never a half-read report."""
    with pytest.raises(ReportError, match=reason) as refused:
        from_json(content, name="reports/x/findings.json")

    assert isinstance(refused.value, RefusedError)
    assert str(refused.value).startswith("reports/x/findings.json: ")
    assert "delete it or update this program" in str(refused.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_never_written(number):
    """NaN is a defect of the judgement, found before a file tells it."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(make_findings(confidence=number))


def test_half_a_character_does_not_cost_the_report():
    """An export's broken text is written as a question mark."""
    assert from_json(to_json(replace(make_findings(), campaign="a\ud800b"))).campaign == "a?b"
