"""What a reader must know of the data before believing a number, in plain sentences, what weighs most first."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import pandas as pd

from hailuo.report.join import CONTRADICTED, MISREAD
from hailuo.report.metrics import PLATFORM_NAMES, AdPlatform, Count
from hailuo.text import printable

APART_DAYS: Final = 3
"""A creative that starts or stops so many days beside the rest is told: weekdays and seasons are in its rates."""

_MOST_NAMED: Final = 5


def cautions(joined: pd.DataFrame, variants: pd.DataFrame, *, duplicates: int = 0) -> tuple[str, ...]:
    """Sentences for a report about joined results; none where there is nothing to say.

    `joined.attrs` may tell `totals`, as `read_exports` has it: what was left out of the data is said too.
    """
    matched = joined[joined["creative_id"].notna()]
    said: list[Iterable[str]] = [
        _currencies(joined),
        _contradictions(joined),
        _other_days(matched),
        _day_rows(matched),
        _attributions(matched),
        _without_impressions(matched),
        _without_clip(matched, variants),
        _not_wanted(matched, variants),
        _misread(joined),
        _several_ads(matched),
        _duplicates(duplicates),
        _totals(int(joined.attrs.get("totals", 0))),
        _reach(matched),
    ]
    return tuple(sentence for sentences in said for sentence in sentences)


def _currencies(joined: pd.DataFrame) -> Iterator[str]:
    if joined["spend"].notna().any() and joined["currency"].isna().all():
        yield "No export tells its currency: money is shown as the bare numbers of the exports."
    if joined["currency"].nunique() > 1:
        told = _by_platform(joined, "currency")
        yield f"Platforms report in different currencies ({told}): sums of spend over platforms mean nothing."
    yield from _silent(joined[joined["spend"] > 0], "currency")


def _silent(rows: pd.DataFrame, column: str) -> Iterator[str]:
    """Rows that leave open what the rest of their platform tells."""
    for name, same in rows.groupby("platform", sort=False):
        told = same[column].dropna()
        silent = len(same) - len(told)
        if silent and len(told):
            say, first = _count(silent, "row tells", "rows tell"), printable(str(told.iloc[0]))
            yield f"{_platform(name)}: {say} no {column}, and counted like the rest ({first})."


def _contradictions(joined: pd.DataFrame) -> Iterator[str]:
    notes = joined["join_note"][joined["join_note"].str.contains(CONTRADICTED, regex=False)]
    if len(notes):
        say = _count(len(notes), "row names", "rows name")
        yield f"{say} two different creatives, say in the ad's id and in its name: the better evidence was believed."


def _other_days(matched: pd.DataFrame) -> Iterator[str]:
    shown = matched[~(matched[Count.IMPRESSIONS.value] == 0) & matched["date_start"].notna()]
    for platform, rows in shown.groupby("platform", sort=False):
        creatives = rows.groupby("creative_id", sort=False)
        starts, ends = creatives["date_start"].min(), creatives["date_end"].max()
        name = _platform(platform)
        yield from _apart(name, starts, "started", _typical(starts), sign=1)
        yield from _apart(name, ends, "stopped", _typical(ends), sign=-1)


def _typical(days: pd.Series) -> date:
    """The middle one."""
    ordered: list[date] = sorted(days)
    return ordered[(len(ordered) - 1) // 2]


def _apart(platform: str, days: pd.Series, verb: str, typical: date, *, sign: int) -> Iterator[str]:
    """Whoever came late, or went early."""
    far = [str(name) for name, day in days.items() if sign * (day - typical).days >= APART_DAYS]
    if far:
        when = "after" if sign > 0 else "before"
        yield (
            f"{platform}: {len(far)} of {len(days)} creatives {verb} {APART_DAYS} or more days {when} the rest "
            f"({_named(far)}): part of any difference may be the days'."
        )


def _day_rows(matched: pd.DataFrame) -> Iterator[str]:
    """Scatter from day to day is only seen in rows of single days."""
    starts, ends = matched["date_start"], matched["date_end"]
    undated = int((starts.isna() | ends.isna()).sum())
    longer = int((starts.notna() & ends.notna() & (starts != ends)).sum())
    if undated:
        say = _count(undated, "row has no dates", "rows have no dates")
        yield f"{say}: how much results change from day to day cannot be seen in them."
    if longer:
        say = _count(longer, "row covers", "rows cover")
        yield f"{say} more than one day: export by day, and the uncertainty is known better."


def _attributions(matched: pd.DataFrame) -> Iterator[str]:
    converted = matched[matched[Count.CONVERSIONS.value].notna()]
    if converted.empty:
        return
    if converted["attribution"].isna().all():
        yield "No export tells how conversions were attributed: be sure that all used the same window."
    if converted["attribution"].nunique() > 1:
        told = _by_platform(converted, "attribution")
        yield f"Conversions are attributed differently ({told}): compare them within a platform only."
    yield from _silent(converted, "attribution")


def _without_impressions(matched: pd.DataFrame) -> Iterator[str]:
    for platform, rows in matched.groupby("platform", sort=False):
        unknown = int(rows[Count.IMPRESSIONS.value].isna().sum())
        if unknown:
            say = _count(unknown, "row has no impressions", "rows have no impressions")
            yield f"{_platform(platform)}: {say}: they count in no rate of impressions."


def _without_clip(matched: pd.DataFrame, variants: pd.DataFrame) -> Iterator[str]:
    stored = set(variants.loc[variants["status"] == "stored", "creative_id"])
    strange = sorted(set(matched["creative_id"]) - stored)
    if strange:
        say = _count(len(strange), "creative has", "creatives have")
        yield f"{say} results though the manifest knows no clip of them: {_named(strange)}."


def _not_wanted(matched: pd.DataFrame, variants: pd.DataFrame) -> Iterator[str]:
    if "pick" not in variants.columns:
        return
    rejected = set(variants.loc[variants["pick"] == "reject", "creative_id"])
    shown = sorted(rejected & set(matched["creative_id"]))
    if shown:
        yield f"{_count(len(shown), 'creative ran', 'creatives ran')} though a reviewer rejected them: {_named(shown)}."


def _misread(joined: pd.DataFrame) -> Iterator[str]:
    read = int(joined["join_note"].str.contains(MISREAD, regex=False).sum())
    if read:
        yield f"{_count(read, 'row was', 'rows were')} joined by an id with O read as 0, or I or L read as 1."


def _several_ads(matched: pd.DataFrame) -> Iterator[str]:
    ads = matched["ad_id"].where(matched["ad_id"].notna(), matched["ad_name"])
    known = matched.assign(ad=ads)[ads.notna()]
    several = int((known.groupby(["platform", "creative_id"], sort=False)["ad"].nunique() > 1).sum())
    if several:
        say = _count(several, "creative ran as several ads", "creatives ran as several ads each")
        yield f"{say}: their counts are summed."


def _duplicates(duplicates: int) -> Iterator[str]:
    if duplicates:
        yield f"{_count(duplicates, 'row', 'rows')} stood in the exports more than once, and count once."


def _totals(totals: int) -> Iterator[str]:
    if totals:
        say = _count(totals, "row was left out as a total", "rows were left out as totals")
        yield f"{say} of others, or as a footnote."


def _reach(matched: pd.DataFrame) -> Iterator[str]:
    if int(matched[Count.REACH.value].notna().sum()) > 1:
        yield "Reach is not summed: who saw an ad on two days would count twice."


def _by_platform(rows: pd.DataFrame, column: str) -> str:
    told = rows.dropna(subset=[column]).groupby("platform", sort=False)[column].unique()
    words = {_platform(name): ", ".join(sorted(map(str, several))) for name, several in told.items()}
    return printable("; ".join(f"{name}: {word}" for name, word in words.items()))


def _platform(name: object) -> str:
    return PLATFORM_NAMES[AdPlatform(str(name))]


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else shown
