"""What you must know about the data before you believe a number, in plain sentences, the most important first."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import pandas as pd

from hailuo.report.formatting import date_range, plural
from hailuo.report.join import CONTRADICTED, MISREAD, clip_of
from hailuo.report.metrics import CONVERSION_DAYS, PLATFORM_NAMES, AdPlatform, Count
from hailuo.report.no_match import no_match
from hailuo.report.substitutes import substitutes_of
from hailuo.report.texts import say
from hailuo.text import printable

APART_DAYS: Final = 3
"""A creative that starts or stops so many days from the rest is named: weekdays and seasons are in its rates."""

_MOST_NAMED: Final = 5
_DAYS: Final = re.compile(r"(\d{1,2})[- _]?d(?:ay)?", re.IGNORECASE)


def cautions(joined: pd.DataFrame, variants: pd.DataFrame, *, duplicates: int = 0) -> tuple[str, ...]:
    """Sentences for a report about joined results; none where there is nothing to say.

    `joined.attrs` may have `totals`, as `read_exports` sets it: rows that were left out are mentioned too.
    """
    return tuple(_cautions(joined, joined[joined["creative_id"].notna()], variants, duplicates))


def _cautions(
    joined: pd.DataFrame, matched: pd.DataFrame, variants: pd.DataFrame, duplicates: int
) -> Iterator[str]:
    yield from no_match(joined, variants)
    if joined["spend"].notna().any() and joined["currency"].isna().all():
        yield say("caution.no_currency")
    if joined["currency"].nunique() > 1:
        yield say("caution.currencies", values=_by_platform(joined, "currency"))
    yield from _some_silent(joined[joined["spend"] > 0], "currency")
    if contradictions := int(joined["join_note"].str.contains(CONTRADICTED, regex=False).sum()):
        yield say("caution.contradictions", rows=plural(contradictions, "row names", "rows name"))
    yield from _other_days(matched)
    yield from _day_rows(matched)
    yield from _attributions(matched)
    yield from _late(matched)
    yield from _of_reading(joined)
    yield from _kinds_of_conversions(matched)
    yield from _parts(matched)
    for platform, rows in matched.groupby("platform", sort=False):
        if unknown := int(rows[Count.IMPRESSIONS.value].isna().sum()):
            say_rows = plural(unknown, "row has no impressions", "rows have no impressions")
            yield say("caution.no_impressions", platform=_platform(platform), rows=say_rows)
    yield from _clips(matched, variants)
    if misread := int(joined["join_note"].str.contains(MISREAD, regex=False).sum()):
        yield say("caution.misread", rows=plural(misread, "row was", "rows were"))
    yield from _counted_once(matched, duplicates, int(joined.attrs.get("totals", 0)))


def _some_silent(rows: pd.DataFrame, column: str) -> Iterator[str]:
    """Rows without a value that the rest of their platform has."""
    for name, same in rows.groupby("platform", sort=False):
        known = same[column].dropna()
        if len(known) and (silent := len(same) - len(known)):
            yield say(
                "caution.some_silent",
                platform=_platform(name),
                rows=plural(silent, "row has", "rows have"),
                column=column,
                value=printable(str(known.iloc[0])),
            )


def _other_days(matched: pd.DataFrame) -> Iterator[str]:
    """Creatives that came late, or left early."""
    shown = matched[~(matched[Count.IMPRESSIONS.value] == 0) & matched["date_start"].notna()]
    for platform, rows in shown.groupby("platform", sort=False):
        creatives = rows.groupby("creative_id", sort=False)
        for days, verb, when, sign in (
            (creatives["date_start"].min(), "started", "after", 1),
            (creatives["date_end"].max(), "stopped", "before", -1),
        ):
            typical = sorted(days)[(len(days) - 1) // 2]
            far = [str(name) for name, day in days.items() if sign * (day - typical).days >= APART_DAYS]
            if far:
                yield say(
                    "caution.apart",
                    platform=_platform(platform),
                    creatives=len(far),
                    all=len(days),
                    verb=verb,
                    days=APART_DAYS,
                    when=when,
                    names=_named(far),
                )


def _day_rows(matched: pd.DataFrame) -> Iterator[str]:
    """How results vary from day to day is only seen in rows of single days."""
    starts, ends = matched["date_start"], matched["date_end"]
    if undated := int((starts.isna() | ends.isna()).sum()):
        yield say("caution.undated", rows=plural(undated, "row has no dates", "rows have no dates"))
    if longer := int((starts.notna() & ends.notna() & (starts != ends)).sum()):
        yield say("caution.long", rows=plural(longer, "row covers", "rows cover"))


def _attributions(matched: pd.DataFrame) -> Iterator[str]:
    mixed = [p for p, rows in matched.groupby("platform", sort=False) if rows["attribution"].nunique() > 1]
    for platform in mixed:
        values = _by_platform(matched[matched["platform"] == platform], "attribution")
        yield say("caution.mixed_attribution", platform=_platform(platform), values=values)
    converted = matched[matched[Count.CONVERSIONS.value].notna()]
    if converted.empty:
        return
    if converted["attribution"].isna().all():
        yield say("caution.no_attribution")
    if converted["attribution"].nunique() > 1:
        yield say("caution.attributions", values=_by_platform(converted, "attribution"))
    yield from _some_silent(converted, "attribution")


def _of_reading(joined: pd.DataFrame) -> Iterator[str]:
    """What was left out when the exports were read, as `read_exports` notes it."""
    for file, headers in dict(joined.attrs.get("unread_money", {})).items():
        if headers:
            names = _named([f'"{printable(header)}"' for header in headers])
            yield say("caution.unread_money", file=printable(file), names=names)
    for file, headers in dict(joined.attrs.get("blank", {})).items():
        names = _named([f'"{printable(header)}"' for header in headers])
        yield say("caution.blank", file=printable(file), names=names)
    for platform, currencies in dict(joined.attrs.get("set_apart", {})).items():
        for currency, rows in currencies.items():
            counted = plural(rows, "row is", "rows are")
            yield say("caution.set_apart", platform=_platform(platform), rows=counted, currency=currency)
    if replaced := int(joined.attrs.get("restated", 0)):
        yield say("caution.restated", rows=plural(replaced, "row was", "rows were"))


def _kinds_of_conversions(joined: pd.DataFrame) -> Iterator[str]:
    """What rows count as conversions, where that is not the platform's own column."""
    for platform, rows in joined.groupby("platform", sort=False) if "conversion" in joined else ():
        kinds = [printable(str(kind)) for kind in rows["conversion"].dropna().unique()]
        if kinds:
            is_known = rows[Count.CONVERSIONS.value].notna().any()
            which = "caution.conversion" if is_known else "caution.conversions"
            yield say(which, platform=_platform(platform), kinds=_named(kinds))


def _parts(matched: pd.DataFrame) -> Iterator[str]:
    """The breakdowns whose parts are added up."""
    if "breakdown" not in matched:
        return
    for platform, rows in matched.groupby("platform", sort=False):
        names = {
            part.split("=")[0]
            for some in rows["breakdown"].dropna().unique()
            for part in str(some).split("; ")
        }
        if names:
            yield say(
                "caution.breakdowns",
                platform=_platform(platform),
                names=", ".join(sorted(map(printable, names))),
            )


def _late(matched: pd.DataFrame) -> Iterator[str]:
    """Conversions of the last days that an early export does not have yet, by the account's window or the platform's."""
    converted = matched[(matched[Count.CONVERSIONS.value] > 0) & matched["date_end"].notna()]
    for name, rows in converted.groupby("platform", sort=False):
        windows = [
            int(days) for text in rows["attribution"].dropna().unique() for days in _DAYS.findall(str(text))
        ]
        usual = CONVERSION_DAYS.get(AdPlatform(str(name)))
        days = max(windows, default=usual or 0)
        if not days:
            continue
        last: date = matched.loc[matched["platform"] == name, "date_end"].dropna().max()
        first = max(
            matched.loc[matched["platform"] == name, "date_start"].dropna().min(), last - timedelta(days - 1)
        )
        yield say(
            "caution.late",
            platform=_platform(name),
            days=plural(days, "day"),
            whose="as these exports say" if windows else "by the platform's usual window",
            complete=date_range(last + timedelta(days), last + timedelta(days)),
            lacking=date_range(first, last),
        )


def _clips(matched: pd.DataFrame, variants: pd.DataFrame) -> Iterator[str]:
    """Creatives with results that have no stored clip, or that a reviewer rejected."""
    ran = set(matched["creative_id"])
    stored = set(variants.loc[variants["status"] == "stored", "creative_id"])
    if strange := sorted(ran - stored):
        say_creatives = plural(len(strange), "creative has", "creatives have")
        yield say("caution.no_clip", creatives=say_creatives, names=_named(strange))
    picks = variants["pick"] if "pick" in variants.columns else pd.Series(index=variants.index, dtype=object)
    replaced = {
        name: substitutes_of(variants)[name] for name in sorted(ran & substitutes_of(variants).keys())
    }
    if replaced:
        shown = matched[matched["creative_id"].isin(list(replaced))]
        impressions = int(shown[Count.IMPRESSIONS.value].fillna(0).sum())
        say_creatives = plural(len(replaced), "creative replaced another", "creatives replaced others")
        names = _named([f"{name} for {original}" for name, original in replaced.items()])
        yield say("caution.substitutes", creatives=say_creatives, names=names, impressions=f"{impressions:,}")
    refused, clips = set(variants.loc[picks == "reject", "creative_id"]), clip_of(variants)
    if rejected := sorted(one for one in ran if clips.get(one, one) in refused):
        say_creatives = plural(len(rejected), "creative ran", "creatives ran")
        yield say("caution.rejected", creatives=say_creatives, names=_named(rejected))


def _counted_once(matched: pd.DataFrame, duplicates: int, totals: int) -> Iterator[str]:
    ads = matched["ad_id"].where(matched["ad_id"].notna(), matched["ad_name"])
    known = matched.assign(ad=ads)[ads.notna()]
    several = int((known.groupby(["platform", "creative_id"], sort=False)["ad"].nunique() > 1).sum())
    if several:
        ran = plural(several, "creative ran as several ads", "creatives ran as several ads each")
        yield say("caution.several_ads", creatives=ran)
    if duplicates:
        yield say("caution.duplicates", rows=plural(duplicates, "row was", "rows were"))
    if nameless := int(matched.attrs.get("nameless", 0)):
        yield say("caution.nameless", rows=plural(nameless, "of them has", "of them have"))
    if totals:
        left_out = plural(totals, "row was left out as a total", "rows were left out as totals")
        yield say("caution.totals", rows=left_out)
    if int(matched[Count.REACH.value].notna().sum()) > 1:
        yield say("caution.reach")


def _by_platform(rows: pd.DataFrame, column: str) -> str:
    values = rows.dropna(subset=[column]).groupby("platform", sort=False)[column].unique()
    return printable(
        "; ".join(f"{_platform(name)}: {', '.join(sorted(map(str, some)))}" for name, some in values.items())
    )


def _platform(name: object) -> str:
    return PLATFORM_NAMES[AdPlatform(str(name))]


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else shown
