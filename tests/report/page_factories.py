"""Reports for the tests of the page: a shoot of twelve clips on two lengths, one of 2,000, and every outcome."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Final

from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    Difference,
    Estimate,
    Factor,
    FactorLevel,
    HeatCell,
    Interval,
    PlatformFindings,
    PlatformVerdict,
    ReportFindings,
    SampleNeeded,
    VerdictOutcome,
)
from hailuo.report.metrics import AdPlatform, Count, Metric
from tests.report.factories import make_creative, make_findings, make_health, make_platform, make_rate

HOSTILE: Final = "</script><img src=x onerror=alert(1)>\"'& {{ 7 * 7 }}"
_CONVERSIONS: Final = 0.034
_TWO_LENGTHS: Final = (Metric.HOLD, Metric.COMPLETION)


def make_shoot() -> ReportFindings:
    """Two prompts, models and lengths, and one or two takes: Meta has a winner, on TikTok a factor is clear."""
    meta = _platform(AdPlatform.META, impressions=24_000, base=0.0115)
    tiktok = replace(
        _platform(AdPlatform.TIKTOK, impressions=9_500, base=0.0082),
        hook_count=Count.V2S,
        hold_counts=(Count.V6S, Count.V2S),
        widened=False,
        dispersion=1.1,
    )
    tiktok = replace(tiktok, verdict=_factor_verdict(tiktok))
    return make_findings(platforms=(meta, tiktok), health=make_health(missing=()))


def make_outcome(outcome: VerdictOutcome) -> ReportFindings:
    """One platform whose verdict is this."""
    verdict = PlatformVerdict(
        outcome=outcome,
        headline="No difference between the 12 clips could be shown",
        sentences=("A difference of 10 % would have shown in four of five tests like this one.",),
        caveat="The platform chose who saw which clip.",
        creative_id=make_creative(3).creative_id if outcome is VerdictOutcome.WINNER else None,
        factor="prompt" if outcome is VerdictOutcome.FACTOR else None,
        level="desert-dawn" if outcome is VerdictOutcome.FACTOR else None,
        need=SampleNeeded(lift=0.1, trials_each=163_095, more_trials=1_669_140, spend=14_187.7),
    )
    return make_findings(platforms=(make_platform(verdict=verdict),))


def make_thousands(number: int = 2_000) -> ReportFindings:
    """As many clips on one platform, with looks."""
    few = make_platform(unsafe_metrics=_TWO_LENGTHS)
    creatives = tuple(
        replace(
            make_creative(at % 12),
            creative_id=f"{at:010d}",
            label=f"a prompt with a name number {at // 8} · Hailuo-2.3 · 6 s · take {at % 8}",
            standing=CreativeStanding.IN_THE_RUNNING,
            looks={"motion_flow_mean": at / number, "sharpness_lapvar": float(at % 97)},
        )
        for at in range(number)
    )
    verdict = replace(few.verdict, creative_id=creatives[0].creative_id)
    return make_findings(platforms=(replace(few, creatives=creatives, verdict=verdict),))


def _platform(platform: AdPlatform, *, impressions: int, base: float) -> PlatformFindings:
    random = Random(platform.value)  # noqa: S311 (a made-up report)
    creatives = sorted(
        (_creative(index, random, impressions, base) for index in range(12)),
        key=lambda one: -(one.shrunk.value or 0.0) if one.shrunk else 0.0,
    )
    leader, *others = creatives
    ranked = (replace(leader, p_best=0.968, expected_loss=0.00002, standing=CreativeStanding.LEADS), *others)
    value = leader.estimates[Metric.CTR].value or 0.0
    verdict = PlatformVerdict(
        outcome=VerdictOutcome.WINNER,
        headline=f"{leader.label} leads with a CTR of {value * 100:.2f} %, and is 97 % likely the best of 12",
        sentences=(
            "It had 38 % more link clicks for each impression than the control (21 to 57 % more).",
            "Its prompt explains most of that: the model and the length hardly matter here.",
        ),
        caveat="The platform chose who saw which clip: this is a strong hint, not proof that the clip causes the clicks.",
        creative_id=leader.creative_id,
        need=SampleNeeded(lift=0.1, trials_each=163_095, more_trials=1_669_140, spend=14_187.7),
    )
    return make_platform(
        platform,
        creatives=ranked,
        verdict=verdict,
        factors=tuple(_factor(name, ranked) for name in ("prompt", "model", "duration")),
        heat=_heat(ranked),
        heat_note="",
        unsafe_metrics=_TWO_LENGTHS,
        srm=None,
    )


def _creative(index: int, random: Random, impressions: int, base: float) -> CreativeFinding:
    plain = make_creative(index)
    seconds, shown = (6, 10)[index % 2], round(impressions * random.uniform(0.35, 1.4))
    lift = {"desert-dawn": 1.35, "rain-street": 1.02, "studio-spin": 0.93}[plain.prompt] * random.uniform(
        0.93, 1.1
    )
    clicks = round(shown * base * lift)
    counts = _counts(plain.counts, shown, clicks, hook=0.24 * random.uniform(0.8, 1.25))
    good = lift > 1.3
    return replace(
        plain,
        label=f"{plain.prompt} · {plain.model.removeprefix('MiniMax-')} · {seconds} s · take {plain.take}",
        duration_s=seconds,
        factors={**plain.factors, "duration": f"{seconds} s"},
        counts=counts,
        estimates={**plain.estimates, **_rates(counts)},
        shrunk=make_rate(Metric.CTR, clicks + 300 * base * 1.1, shown + 300),
        p_best=random.uniform(0.01, 0.02) if good else 0.0,
        expected_loss=base * 0.3 * random.random(),
        standing=CreativeStanding.IN_THE_RUNNING if good else CreativeStanding.BEHIND,
        looks={
            "motion_flow_mean": random.uniform(1, 9),
            "sharpness_lapvar": random.uniform(80, 900),
            "luma_flicker_pct": random.uniform(0.2, 3),
        },
    )


def _counts(before: Mapping[Count, float], shown: float, clicks: float, *, hook: float) -> dict[Count, float]:
    return {
        **before,
        Count.IMPRESSIONS: shown,
        Count.CLICKS_LINK: clicks,
        Count.SPEND: round(shown * 0.0085, 2),
        Count.V3S: round(shown * hook),
        Count.CONVERSIONS: round(clicks * _CONVERSIONS, 1),
    }


def _rates(counts: Mapping[Count, float]) -> dict[Metric, Estimate]:
    shown, clicks = counts[Count.IMPRESSIONS], counts[Count.CLICKS_LINK]
    return {
        Metric.HOOK: make_rate(Metric.HOOK, counts[Count.V3S], shown),
        Metric.CTR: make_rate(Metric.CTR, clicks, shown),
        Metric.CVR: make_rate(Metric.CVR, counts[Count.CONVERSIONS], clicks),
    }


def _factor(name: str, creatives: tuple[CreativeFinding, ...]) -> Factor:
    names = sorted({creative.factors[name] for creative in creatives})
    sums = {level: _sums(creatives, name, level) for level in names}
    mean = sum(clicks / shown for _, clicks, shown in sums.values()) / len(sums)
    return Factor(
        name=name,
        levels=tuple(_level(level, *sums[level], mean=mean) for level in names),
        p_value=0.0004 if name == "prompt" else 0.41,
    )


def _sums(creatives: tuple[CreativeFinding, ...], name: str, level: str) -> tuple[int, float, float]:
    members = [creative for creative in creatives if creative.factors[name] == level]
    clicks = sum(creative.counts[Count.CLICKS_LINK] for creative in members)
    return len(members), clicks, sum(creative.counts[Count.IMPRESSIONS] for creative in members)


def _level(name: str, creatives: int, clicks: float, shown: float, *, mean: float) -> FactorLevel:
    estimate = make_rate(Metric.CTR, clicks, shown)
    gap, half = clicks / shown - mean, 2.1 * (clicks**0.5) / shown
    return FactorLevel(
        name=name,
        creatives=creatives,
        trials=shown,
        events=clicks,
        rate=clicks / shown,
        interval=estimate.interval or Interval(None, None),
        difference=Difference(
            value=gap,
            interval=Interval(gap - half, gap + half),
            lift=gap / mean,
            lift_interval=Interval((gap - half) / mean, (gap + half) / mean),
            p_value=0.01,
            p_adjusted=0.0004 if abs(gap) > half else 0.38,
        ),
    )


def _heat(creatives: tuple[CreativeFinding, ...]) -> tuple[HeatCell, ...]:
    pairs = sorted({(creative.prompt, creative.model) for creative in creatives})
    cells = []
    for prompt, model in pairs:
        members = [one for one in creatives if (one.prompt, one.model) == (prompt, model)]
        number, clicks, shown = _sums(tuple(members), "prompt", prompt)
        rate = make_rate(Metric.CTR, clicks, shown)
        cells.append(
            HeatCell(
                row=prompt,
                column=model,
                rate=clicks / shown,
                interval=rate.interval or Interval(None, None),
                trials=shown,
                creatives=number,
            )
        )
    return tuple(cells)


def _factor_verdict(found: PlatformFindings) -> PlatformVerdict:
    best = max(found.factors[0].levels, key=lambda level: level.rate)
    return PlatformVerdict(
        outcome=VerdictOutcome.FACTOR,
        headline=f"No single clip stands out, but the prompt {best.name} does",
        sentences=(f"{best.creatives} clips have it; take by take they are alike.",),
        caveat="The platform chose who saw which clip.",
        factor="prompt",
        level=best.name,
        need=SampleNeeded(lift=0.1, trials_each=220_000, more_trials=2_526_000, spend=21_471.0),
    )
