"""A small report with valid values: three prompts on two models, two takes each, on two platforms.

A test names only what it is about: `make_findings(design=Design.PLATFORM_AB_TEST)`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from math import sqrt
from typing import Final

from hailuo.report.findings import (
    Change,
    CreativeFinding,
    CreativeStanding,
    Difference,
    Estimate,
    Factor,
    FactorLevel,
    Health,
    HeatCell,
    Interval,
    JoinMethod,
    MethodTally,
    PlatformFindings,
    PlatformVerdict,
    Proposal,
    ProposedRow,
    Recommendation,
    ReportFindings,
    SampleNeeded,
    Srm,
    UnmatchedAd,
    VerdictOutcome,
)
from hailuo.report.metrics import AdPlatform, Count, Design, Metric

MADE_AT: Final = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
PROMPTS: Final = ("desert-dawn", "rain-street", "studio-spin")
MODELS: Final = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
_IDS: Final = tuple(f"7KQ2M9X{n:03d}" for n in range(1, 13))
_CTR: Final = {"desert-dawn": 0.016, "rain-street": 0.0125, "studio-spin": 0.011}


def make_rate(metric: Metric, events: float, trials: float) -> Estimate:
    """Events of trials with Wilson's interval."""
    low, high = _wilson(events, trials)
    return Estimate(
        metric=metric,
        value=events / trials,
        interval=Interval(low, high),
        top=events,
        bottom=trials,
        n=trials,
    )


def make_creative(index: int = 0, *, impressions: float = 24_000.0, **changes: object) -> CreativeFinding:
    """The n-th of twelve: prompt by prompt, model by model, take by take; the first prompt does best."""
    prompt, model, take = list(product(PROMPTS, MODELS, (1, 2)))[index]
    clicks = float(round(impressions * _CTR[prompt] * (1 + 0.02 * (index % 4))))
    counts = _counts(impressions, clicks)
    finding = CreativeFinding(
        creative_id=_IDS[index],
        label=f"{prompt} · {model.removeprefix('MiniMax-')} · take {take}",
        cell_id=f"CELL{index // 2:06d}",
        model=model,
        prompt=prompt,
        duration_s=6,
        take=take,
        is_control=index == 8,
        factors={"prompt": prompt, "model": model},
        ads=1,
        days=7,
        counts=counts,
        estimates=_estimates(counts),
        shrunk=make_rate(Metric.CTR, clicks * 0.97, impressions),
        p_best=(0.01, 0.01, 0.02, 0.96)[index] if index < 4 else 0.0,
        expected_loss=0.0002 * index,
        against_control=None if index == 8 else _difference(clicks / impressions, impressions),
        standing=CreativeStanding.LEADS
        if index == 3
        else CreativeStanding.IN_THE_RUNNING
        if index < 4
        else CreativeStanding.BEHIND,
        render_usd=0.28,
        looks={"motion_flow_mean": 0.8 + 0.3 * index, "sharpness_lapvar": 120.0 + 15 * index},
    )
    return replace(finding, **changes)  # type: ignore[arg-type]  # a test names any field


def make_platform(platform: AdPlatform = AdPlatform.META, **changes: object) -> PlatformFindings:
    """Twelve creatives, of which the first prompt leads."""
    creatives = tuple(make_creative(index) for index in (3, 2, 1, 0, *range(4, 12)))
    found = PlatformFindings(
        platform=platform,
        metric=Metric.CTR,
        hook_count=Count.V3S,
        hold_counts=(Count.THRUPLAY, Count.V3S),
        verdict=_winner(creatives[0]),
        creatives=creatives,
        factors=_factors(),
        heat=tuple(_heat_cell(prompt, model) for prompt, model in product(PROMPTS, MODELS)),
        heat_note="2 creatives a cell: an interaction is not estimated",
        dispersion=1.7,
        widened=True,
        srm=Srm(p_value=0.41, flagged=False, note="288,000 impressions over 12 creatives"),
        power=tuple(_need(lift) for lift in (0.05, 0.1, 0.2, 0.3, 0.5)),
        unsafe_metrics=(),
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # a test names any field


def make_health(**changes: object) -> Health:
    """Nearly everything found its creative."""
    health = Health(
        rows=172,
        rows_matched=168,
        spend=2_450.5,
        spend_matched=2_401.25,
        currency="USD",
        attribution="7-day click or 1-day view",
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 29),
        days=7,
        by_method=(
            MethodTally(method=JoinMethod.AD_ID, rows=84, spend=1_200.25),
            MethodTally(method=JoinMethod.NAME_TOKEN, rows=84, spend=1_201.0),
            MethodTally(method=JoinMethod.UNMATCHED, rows=4, spend=49.25),
        ),
        unmatched=(
            UnmatchedAd(
                source="meta.csv:171 and 3 more rows",
                platform=AdPlatform.META,
                ad="Brand film 2025 - Copy",
                spend=49.25,
                reason="nothing in the row names a creative",
            ),
        ),
        duplicates=7,
        missing=(_IDS[11],),
        notes=("Reach is not summed: who saw an ad on two days would count twice.",),
    )
    return replace(health, **changes)  # type: ignore[arg-type]  # a test names any field


def make_proposal(**changes: object) -> Proposal:
    """One row of each wish."""
    proposal = Proposal(
        rows=(
            _proposed(
                Recommendation.KEEP, "desert-dawn", MODELS[1], takes=3, reason="leads with P(best) 96 %"
            ),
            _proposed(
                Recommendation.EXPLORE, "rain-street", MODELS[1], takes=2, reason="may still be the best"
            ),
            _proposed(
                Recommendation.DROP, "studio-spin", MODELS[0], takes=0, reason="behind in 12,000 impressions"
            ),
        ),
        usd=1.4,
        budget_usd=2.0,
        file="next.yaml",
    )
    return replace(proposal, **changes)  # type: ignore[arg-type]  # a test names any field


def make_findings(**changes: object) -> ReportFindings:
    """Meta has a winner, TikTok has too little data."""
    findings = ReportFindings(
        campaign="sneaker-launch",
        edition="main",
        made_at=MADE_AT,
        version="0.1.0",
        design=Design.AUCTION,
        metric=Metric.CTR,
        confidence=0.95,
        seed=1,
        health=make_health(),
        platforms=(make_platform(), _small_platform()),
        proposal=make_proposal(),
        changes=(Change(sentence="Meta: the verdict was not enough data, now one creative leads."),),
        previous="2026-11-27 07:00 UTC",
        thresholds={"p_best that makes a winner": "0.95", "dispersion that widens intervals": "1.5"},
        labels={"gallery": "../gallery/index.html"},
    )
    return replace(findings, **changes)  # type: ignore[arg-type]  # a test names any field


def _small_platform() -> PlatformFindings:
    few = tuple(
        make_creative(
            index,
            impressions=900.0,
            p_best=None,
            expected_loss=None,
            standing=CreativeStanding.TOO_LITTLE_DATA,
        )
        for index in range(4)
    )
    verdict = PlatformVerdict(
        outcome=VerdictOutcome.NOT_ENOUGH_DATA,
        headline="Not enough data to tell the 4 clips apart",
        sentences=("A lift of 20 % needs 31,600 impressions a clip; there are 900.",),
        caveat="Who saw which clip was chosen by the platform.",
        need=_need(0.2),
    )
    return make_platform(
        AdPlatform.TIKTOK,
        hook_count=Count.V2S,
        hold_counts=(Count.V6S, Count.V2S),
        verdict=verdict,
        creatives=few,
        factors=(Factor(name="prompt", levels=(), p_value=None, note="fewer than 100 clicks"),),
        heat=(),
        heat_note="too little data",
        dispersion=None,
        widened=False,
        srm=None,
        unsafe_metrics=(Metric.HOLD, Metric.COMPLETION),
    )


def _winner(leader: CreativeFinding) -> PlatformVerdict:
    return PlatformVerdict(
        outcome=VerdictOutcome.WINNER,
        headline="desert-dawn on Hailuo-2.3 leads: CTR 1.70 % (1.54 to 1.87 %), 96 % likely the best",
        sentences=("Its CTR was 41 % above the mean of the others.",),
        caveat="The platform chose who saw which clip: a lead is no proof of cause.",
        creative_id=leader.creative_id,
        need=_need(0.1),
    )


def _factors() -> tuple[Factor, ...]:
    return (
        Factor(
            name="prompt", levels=tuple(_level(prompt, 4, _CTR[prompt]) for prompt in PROMPTS), p_value=0.004
        ),
        Factor(name="model", levels=tuple(_level(model, 6, 0.0132) for model in MODELS), p_value=0.62),
        Factor(name="size", levels=(), p_value=None, note="only one level has results"),
    )


def _level(name: str, creatives: int, rate: float) -> FactorLevel:
    trials = 24_000.0 * creatives
    low, high = _wilson(rate * trials, trials)
    return FactorLevel(
        name=name,
        creatives=creatives,
        trials=trials,
        events=rate * trials,
        rate=rate,
        interval=Interval(low, high),
        difference=_difference(rate, trials),
    )


def _difference(rate: float, trials: float) -> Difference:
    gap, half = rate - 0.0132, 1.96 * sqrt(2 * 0.0132 / trials)
    return Difference(
        value=gap,
        interval=Interval(gap - half, gap + half),
        lift=gap / 0.0132,
        lift_interval=Interval((gap - half) / 0.0132, (gap + half) / 0.0132),
        p_value=0.01,
        p_adjusted=0.04,
    )


def _heat_cell(prompt: str, model: str) -> HeatCell:
    rate = _CTR[prompt]
    low, high = _wilson(rate * 48_000, 48_000)
    return HeatCell(
        row=prompt, column=model, rate=rate, interval=Interval(low, high), trials=48_000.0, creatives=2
    )


def _need(lift: float) -> SampleNeeded:
    each = round(16 * (1 - 0.013) / (0.013 * lift**2))
    more = max(0, 12 * (each - 24_000))
    return SampleNeeded(lift=lift, trials_each=each, more_trials=more, spend=more * 0.0085)


def _proposed(action: Recommendation, prompt: str, model: str, *, takes: int, reason: str) -> ProposedRow:
    return ProposedRow(
        action=action, cell={"prompt": prompt, "model": model}, takes=takes, usd=0.28 * takes, reason=reason
    )


def _counts(impressions: float, clicks: float) -> dict[Count, float]:
    return {
        Count.IMPRESSIONS: impressions,
        Count.CLICKS_LINK: clicks,
        Count.SPEND: round(impressions * 0.0085, 2),
        Count.V3S: float(round(impressions * 0.27)),
        Count.THRUPLAY: float(round(impressions * 0.09)),
        Count.CONVERSIONS: round(clicks * 0.03, 1),
        Count.REVENUE: round(clicks * 0.03 * 42, 2),
    }


def _estimates(counts: dict[Count, float]) -> dict[Metric, Estimate]:
    conversions, spend = counts[Count.CONVERSIONS], counts[Count.SPEND]
    return {
        Metric.HOOK: make_rate(Metric.HOOK, counts[Count.V3S], counts[Count.IMPRESSIONS]),
        Metric.HOLD: make_rate(Metric.HOLD, counts[Count.THRUPLAY], counts[Count.V3S]),
        Metric.CTR: make_rate(Metric.CTR, counts[Count.CLICKS_LINK], counts[Count.IMPRESSIONS]),
        Metric.CVR: make_rate(Metric.CVR, conversions, counts[Count.CLICKS_LINK]),
        Metric.CPA: _cpa(spend, conversions),
        Metric.ROAS: Estimate(
            metric=Metric.ROAS,
            value=counts[Count.REVENUE] / spend,
            interval=None,
            top=counts[Count.REVENUE],
            bottom=spend,
            n=7.0,
            note="no interval: fewer than 14 days",
        ),
    }


def _cpa(spend: float, conversions: float) -> Estimate:
    """Roughly what the exact limits would be; without a conversion the cost is only known to be more than a value."""
    low = spend / (conversions + 2 * sqrt(conversions) + 3.7)
    few = conversions < 4
    high = None if few else spend / (conversions - 1.9 * sqrt(conversions) + 0.4)
    return Estimate(
        metric=Metric.CPA,
        value=spend / conversions if conversions else None,
        interval=Interval(low, high),
        top=spend,
        bottom=conversions,
        n=conversions,
        note="" if conversions else "no conversion yet",
    )


def _wilson(events: float, trials: float) -> tuple[float, float]:
    z, p = 1.959964, events / trials
    centre, spread = p + z * z / (2 * trials), z * sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), (centre + spread) / scale
