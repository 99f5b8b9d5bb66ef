"""What a media buyer reads: plain, short, with units, and no more certain than the design allows."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.headlines import LONGEST_HEADLINE
from hailuo.report.analysis.options import DECISION_METRICS, AnalysisOptions
from hailuo.report.findings import PlatformVerdict, VerdictOutcome
from hailuo.report.formatting import name_in_quotes
from hailuo.report.metrics import AdPlatform, Design, Metric
from tests.report.worlds import World, make_health

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
WORLDS = {
    VerdictOutcome.WINNER: World(takes=1, models=1, effects={"prompt-a": 0.9}, impressions=3000.0, cvr=0.3),
    VerdictOutcome.FACTOR: World(effects={"prompt-a": 0.5}, impressions=5000.0, cvr=0.3),
    VerdictOutcome.NO_DIFFERENCE: World(prompts=2, models=1, takes=1, impressions=40_000.0, cvr=0.5),
    VerdictOutcome.NOT_ENOUGH_DATA: World(impressions=50.0),
}
_NUMBER = re.compile(r"(?P<sign>[$€£]|USD )?(?P<number>\d[\d,.]*)(?P<unit>\s?[%a-z-]+)?")
_UNITS = {
    *(
        "%",
        "s",
        "clip",
        "takes",
        "clips",
        "impressions",
        "clicks",
        "link",
        "conversions",
        "early",
        "times",
        "seconds",
        "days",
    ),
}


@cache
def verdict_of(
    outcome: VerdictOutcome, metric: Metric = Metric.CTR, design: Design = Design.AUCTION
) -> PlatformVerdict:
    world = WORLDS[outcome]
    joined, variants, _ = world.draw(1)
    options = AnalysisOptions(metric=metric, design=design)
    found = analyse(joined, variants, options=options, health=make_health(), made_at=AT, version="0.1.0")
    return found.platforms[0].verdict


def everything(verdict: PlatformVerdict) -> list[str]:
    return [verdict.headline, *verdict.sentences, verdict.caveat]


def without_names(text: str) -> str:
    return re.sub("“[^”]*”", "it", text)


@pytest.mark.parametrize("outcome", WORLDS)
def test_the_worlds_come_out_as_meant(outcome: VerdictOutcome) -> None:
    """What follows is about every outcome that can be told."""
    assert verdict_of(outcome).outcome is outcome


@pytest.mark.parametrize("design", Design)
@pytest.mark.parametrize("metric", DECISION_METRICS)
@pytest.mark.parametrize("outcome", WORLDS)
def test_every_number_has_a_unit(outcome: VerdictOutcome, metric: Metric, design: Design) -> None:
    """Per cent, clips, impressions or money: no bare number."""
    verdict = verdict_of(outcome, metric, design)

    bare = [
        (found[0], sentence)
        for sentence in everything(verdict)
        for found in _NUMBER.finditer(without_names(sentence).replace("\u00a0", " "))
        if not found["sign"] and (found["unit"] or "").strip() not in _UNITS
    ]

    assert bare == []


@pytest.mark.parametrize("design", Design)
@pytest.mark.parametrize("metric", DECISION_METRICS)
@pytest.mark.parametrize("outcome", WORLDS)
def test_headlines_are_short_and_words_are_plain(
    outcome: VerdictOutcome, metric: Metric, design: Design
) -> None:
    """One line, and neither "significant" nor "proven"."""
    verdict = verdict_of(outcome, metric, design)

    assert len(verdict.headline) <= LONGEST_HEADLINE
    assert not re.search(r"signific|proven|p-value|null hypothesis|NaN|None", " ".join(everything(verdict)))
    assert all(sentence.endswith(".") for sentence in verdict.sentences)


@pytest.mark.parametrize(
    ("design", "verb", "caveat"),
    [
        (Design.RANDOMISED_SPLIT, "gets", "the clips' doing"),
        (Design.PLATFORM_AB_TEST, "in the platform's test", "audiences may differ"),
        (Design.AUCTION, " had ", "not proof"),
    ],
)
@pytest.mark.parametrize("outcome", [VerdictOutcome.WINNER, VerdictOutcome.FACTOR])
def test_the_design_decides_what_is_claimed(
    outcome: VerdictOutcome, design: Design, verb: str, caveat: str
) -> None:
    """Only people split by chance let a clip be the cause."""
    verdict = verdict_of(outcome, design=design)

    assert verb in verdict.headline
    assert caveat in verdict.caveat
    assert ("gets" in verdict.headline) == (design is Design.RANDOMISED_SPLIT)


def test_a_winner_is_told_with_name_size_and_certainty() -> None:
    """Ten seconds: who, how much, how sure."""
    headline = verdict_of(VerdictOutcome.WINNER).headline.replace("\u00a0", " ")

    assert re.fullmatch(
        r"“prompt-a” had the best CTR: \d\.\d\d % \(\d\.\d\d % to \d\.\d\d %\); "
        r"(more than )?\d\d % likely the best of 4 clips",
        headline,
    )


def test_no_difference_is_told_in_plain_words() -> None:
    """And with what would have been found, or what it takes to find it."""
    none = verdict_of(VerdictOutcome.NO_DIFFERENCE).headline
    little = verdict_of(VerdictOutcome.NOT_ENOUGH_DATA).headline

    assert none.startswith("No difference between the 2 clips could be shown")
    assert "would likely have been found" in none
    assert little.startswith("No difference between the 24 clips could be shown: too few clicks")
    assert "impressions a clip" in little
    assert "$" in little


def test_a_cost_is_told_in_money_and_the_lowest_is_good_news() -> None:
    """CPA 12.30 without a currency would be nobody's money."""
    headline = verdict_of(VerdictOutcome.WINNER, Metric.CPA).headline

    assert "the lowest CPA: $" in headline


def test_money_of_an_unknown_currency_is_told_as_the_accounts() -> None:
    """An export without a currency still has one."""
    joined, variants, _ = WORLDS[VerdictOutcome.WINNER].draw(1)

    found = analyse(
        joined.assign(currency=None),
        variants,
        options=AnalysisOptions(metric=Metric.CPA),
        health=make_health(currency=None),
        made_at=AT,
        version="0.1.0",
    )

    assert "of the account's currency" in " ".join(found.platforms[0].verdict.sentences)


@pytest.mark.parametrize(
    "name", ["x" * 300, "two\nlines\tand a tab", "<script>alert(1)</script>", "“quoted”"]
)
def test_hostile_names_leave_the_headline_one_short_line(name: str) -> None:
    """A label may be anything that a campaign file holds; the page escapes, the headline cuts."""
    joined, variants, _ = WORLDS[VerdictOutcome.WINNER].draw(1)
    levels = [{**one, "prompt": one["prompt"].replace("prompt-a", name)} for one in variants["factors"]]
    renamed = variants.assign(factors=pd.Series(levels, index=variants.index))

    found = analyse(
        joined, renamed, options=AnalysisOptions(), health=make_health(), made_at=AT, version="0.1.0"
    )

    headline = found.platforms[0].verdict.headline
    assert len(headline) <= LONGEST_HEADLINE
    assert headline.splitlines() == [headline]


def test_lengths_that_differ_are_told() -> None:
    """What is greyed out is said in words, and that hook is safe."""
    world = replace(WORLDS[VerdictOutcome.FACTOR], durations=(6, 10), takes=1, platform=AdPlatform.META)
    joined, variants, _ = world.draw(1)

    found = analyse(
        joined,
        variants,
        options=AnalysisOptions(metric=Metric.HOOK),
        health=make_health(),
        made_at=AT,
        version="0",
    )

    told = " ".join(found.platforms[0].verdict.sentences)
    assert "Clips of 6 s and 10 s cannot be compared on hold rate and completion" in told
    assert "mean the same for clips of every length" in told


@given(
    st.lists(
        st.tuples(st.sampled_from(["orbit", "a very long prompt with many words"]), st.integers(1, 99)),
        min_size=2,
        max_size=8,
        unique=True,
    ),
    st.integers(0, 60),
)
def test_names_are_never_cut_so_that_two_read_the_same(parts: list[tuple[str, int]], filler: int) -> None:
    """However long and alike they are: the middle goes first, what tells them apart stays."""
    labels = [f"{word} · {'x' * filler} · 2.3-Fast · take {take}" for word, take in parts]

    assert len({name_in_quotes(one, labels) for one in labels}) == len(labels)
