"""What is different since the last report: `hailuo.report.changes`."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from hailuo.report.changes import MOVED, changes
from hailuo.report.findings import CreativeStanding, VerdictOutcome
from hailuo.report.metrics import AdPlatform, Design, Metric
from tests.report.factories import make_findings, make_health, make_platform
from tests.report.strategies import findings
from tests.support.examples import examples

META = make_platform()
BEST, SECOND = META.creatives[:2]


def said(now, before):
    """The sentences."""
    return [change.sentence for change in changes(now, before)]


def meta(**changed):
    """A report of one platform with fields of it changed."""
    return make_findings(platforms=(replace(META, **changed),))


def judged(outcome, **names):
    """Its verdict replaced."""
    empty = {"creative_id": None, "factor": None, "level": None}
    return meta(verdict=replace(META.verdict, outcome=outcome, **{**empty, **names}))


def with_first(**changed):
    """Its first creative changed."""
    return meta(creatives=(replace(BEST, **changed), *META.creatives[1:]))


def test_the_first_report_changes_nothing():
    """Without a report before there is nothing to tell."""
    assert changes(make_findings(), None) == ()


@pytest.mark.slow
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(findings())
def test_the_same_again_says_that_nothing_changed(report):
    """A report against itself: one sentence, whatever it says."""
    assert said(report, report) == ["Nothing changed since the last report."]


@pytest.mark.slow
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(findings(), findings())
def test_any_two_reports_can_be_compared(now, before):
    """Something is always said, in whole sentences."""
    last = replace(before, campaign=now.campaign, edition=now.edition)

    sentences = said(now, last)

    assert sentences
    assert all(sentence.endswith((".", "?")) for sentence in sentences)


def test_reports_of_two_editions_are_not_compared():
    """A new edition has new clips: what its report says is no change of the old one's."""
    assert said(make_findings(edition="spring"), make_findings()) == [
        "The last report was about sneaker-launch/main: nothing can be compared."
    ]


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        (
            judged(VerdictOutcome.WINNER, creative_id=BEST.creative_id),
            judged(VerdictOutcome.NOT_ENOUGH_DATA),
            "Meta: the verdict was “not enough data”, now “one creative leads”: there is enough data now.",
        ),
        (
            judged(VerdictOutcome.WINNER, creative_id=BEST.creative_id),
            judged(VerdictOutcome.DIFFERENT),
            f"Meta: {BEST.label} leads.",
        ),
        (
            judged(VerdictOutcome.WINNER, creative_id=BEST.creative_id),
            judged(VerdictOutcome.WINNER, creative_id=SECOND.creative_id),
            f"Meta: {BEST.label} leads now, before {SECOND.label}.",
        ),
        (
            judged(VerdictOutcome.NO_DIFFERENCE),
            judged(VerdictOutcome.WINNER, creative_id=BEST.creative_id),
            f"Meta: {BEST.label} leads no longer.",
        ),
        (
            judged(VerdictOutcome.FACTOR, factor="prompt", level="dawn"),
            judged(VerdictOutcome.FACTOR, factor="prompt", level="rain"),
            "Meta: prompt dawn stands out now, before prompt rain.",
        ),
        (
            make_findings(platforms=(META, make_platform(AdPlatform.SNAP))),
            make_findings(platforms=(META,)),
            "Snap has results for the first time.",
        ),
        (
            make_findings(platforms=(META,)),
            make_findings(platforms=(META, make_platform(AdPlatform.SNAP))),
            "Snap has no results any more: is an export missing?",
        ),
        (
            meta(),
            meta(creatives=META.creatives[1:]),
            f"Meta: 1 creative has results for the first time ({BEST.label}).",
        ),
        (
            meta(creatives=META.creatives[:8]),
            meta(),
            "Meta: 4 creatives have no results any more "
            f"({', '.join(one.label for one in META.creatives[8:11])} and others): is an export missing?",
        ),
        (
            with_first(standing=CreativeStanding.BEHIND),
            with_first(standing=CreativeStanding.TOO_LITTLE_DATA),
            f"Meta: 1 creative has enough data now to be judged ({BEST.label}).",
        ),
        (
            with_first(p_best=0.5),
            with_first(p_best=0.5 - MOVED),
            f"Meta: the chance that {BEST.label} is the best is 50 %, before 40 %.",
        ),
        (
            make_findings(health=make_health(days=9, last_day=date(2026, 12, 1))),
            make_findings(),
            "2 more days of data: 9 in all, until 1 December 2026.",
        ),
        (
            make_findings(health=make_health(days=6, last_day=None)),
            make_findings(),
            "1 fewer day of data: 6 in all.",
        ),
        (
            make_findings(health=make_health(spend=3000.0, spend_matched=2901.25)),
            make_findings(),
            "500.00 USD more spend, 2,901.25 in all.",
        ),
        (
            make_findings(health=make_health(spend=4802.5)),
            make_findings(),
            "50 % of the spend found its creative, before 98 %.",
        ),
        (
            make_findings(metric=Metric.CVR),
            make_findings(),
            "Judged by CVR, before by CTR: the two verdicts answer different questions.",
        ),
        (
            make_findings(design=Design.RANDOMISED_SPLIT),
            make_findings(),
            "The design is now randomised split, before auction: other claims are allowed.",
        ),
        (make_findings(confidence=0.9), make_findings(), "Intervals hold 90 % now, before 95 %."),
    ],
)
def test_what_a_buyer_would_act_on_is_said(now, before, sentence):
    """Each kind of change has its sentence."""
    assert sentence in said(now, before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (with_first(p_best=0.5), with_first(p_best=0.41)),
        (with_first(p_best=0.5), with_first(p_best=None)),
        (make_findings(health=make_health(spend_matched=2401.2501)), make_findings()),
        (make_findings(seed=2, version="9"), make_findings()),
    ],
)
def test_what_is_within_the_noise_is_not_said(now, before):
    """A chance that moved by a few points, a fraction of a cent, another seed: nothing changed."""
    assert said(now, before) == ["Nothing changed since the last report."]


def test_what_matters_most_comes_first():
    """Another question, then the verdict, then the data, then the chances."""
    now = replace(
        judged(VerdictOutcome.WINNER, creative_id=BEST.creative_id),
        metric=Metric.CVR,
        health=make_health(days=9),
    )
    before = judged(VerdictOutcome.NOT_ENOUGH_DATA)
    chances = replace(before.platforms[0], creatives=(replace(BEST, p_best=0.1), *META.creatives[1:]))

    sentences = said(now, replace(before, platforms=(chances,)))

    assert [sentence.partition(" ")[0] for sentence in sentences] == [
        "Judged",
        "Meta:",
        "Meta:",
        "2",
        "Meta:",
    ]


def test_different_currencies_are_not_subtracted():
    """Spend in euros is not more or less than spend in dollars."""
    euros = make_findings(health=make_health(currency="EUR", spend_matched=9000.0, spend=9183.6))

    assert not any("spend," in sentence for sentence in said(euros, make_findings()))


def test_another_metric_moves_no_chances():
    """A chance to be the best by CVR is no change of the one by CTR."""
    other = replace(with_first(p_best=0.1).platforms[0], metric=Metric.CVR)

    assert said(make_findings(platforms=(other,)), make_findings(platforms=(META,))) == [
        "Nothing changed since the last report."
    ]
