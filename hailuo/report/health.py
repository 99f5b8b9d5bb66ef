"""The data before the verdict: what was matched, what was not, and what to know before you believe a number."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from hailuo.report.cautions import cautions
from hailuo.report.findings import Health, JoinMethod, MethodTally, UnmatchedAd
from hailuo.report.formatting import plural
from hailuo.report.join import clip_of
from hailuo.report.metrics import AdPlatform
from hailuo.text import printable

_NAMES = ["ad_name", "file_name", "platform_video_id", "utm_content", "adset_name", "campaign_name"]
_GROUP = ["platform", "ad", "join_note", "source_file"]


def health(joined: pd.DataFrame, variants: pd.DataFrame, *, duplicates: int = 0) -> Health:
    """Counts of a joined frame, compared with the manifest; `duplicates` are rows that were in several exports.

    Days are those of the rows that found a creative, or of all where none did. Spend that an export does not have adds
    nothing. Currency and attribution are None where rows have none, or several: then a note says which.
    """
    matched = joined["creative_id"].notna()
    spend = joined["spend"].fillna(0.0)
    days = _days(joined[matched] if matched.any() else joined)
    expected: Sequence[str] = variants.loc[
        (variants["status"] == "stored") & variants["derived_from"].isna(), "creative_id"
    ].tolist()
    clips = clip_of(variants)
    found = {clips.get(one, one) for one in joined["creative_id"].dropna()}
    tallies = ((method, joined["join_method"] == method.value) for method in JoinMethod)
    return Health(
        rows=len(joined),
        rows_matched=int(matched.sum()),
        spend=float(spend.sum()),
        spend_matched=float(spend[matched].sum()),
        currency=_only(joined["currency"]),
        attribution=_only(joined["attribution"]),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        days=len(days),
        by_method=tuple(
            MethodTally(method=method, rows=int(same.sum()), spend=float(spend[same].sum()))
            for method, same in tallies
            if same.any()
        ),
        unmatched=_unmatched(joined[~matched]),
        duplicates=duplicates,
        missing=tuple(str(one) for one in expected if one not in found),
        notes=cautions(joined, variants, duplicates=duplicates),
    )


def _days(rows: pd.DataFrame) -> set[date]:
    """Every day that some row covers."""
    known = rows[rows["date_start"].notna() & rows["date_end"].notna()]
    return {
        date.fromordinal(day)
        for first, last in set(zip(known["date_start"], known["date_end"], strict=True))
        for day in range(first.toordinal(), last.toordinal() + 1)
    }


def _only(cells: pd.Series) -> str | None:
    """The value that all cells with one share."""
    known = cells.dropna().unique()
    return printable(str(known[0])) if len(known) == 1 else None


def _unmatched(rows: pd.DataFrame) -> tuple[UnmatchedAd, ...]:
    """One entry per ad, file and reason, most spend first: an ad of 30 days is one problem, not 30."""
    ids = rows["ad_id"].map(lambda cell: f"ad {cell}", na_action="ignore")
    names = rows[_NAMES].astype(object).assign(ids=ids).bfill(axis="columns").iloc[:, 0]
    named = rows.assign(ad=names.fillna("a row without any name"), spend=rows["spend"].fillna(0.0))
    groups = named.groupby(_GROUP, sort=False, dropna=False)
    table = groups.agg(first=("source_row", "min"), rows=("source_row", "size"), spend=("spend", "sum"))
    ordered = table.reset_index().sort_values(
        ["spend", "source_file", "first"], ascending=[False, True, True]
    )
    cells = (ordered[name].tolist() for name in [*_GROUP, "first", "rows", "spend"])
    return tuple(
        UnmatchedAd(
            source=printable(
                f"{file}:{first}" + (f" and {plural(count - 1, 'more row')}" if count > 1 else "")
            ),
            platform=AdPlatform(platform),
            ad=printable(ad),
            spend=amount,
            reason=printable(reason),
        )
        for platform, ad, reason, file, first, count, amount in zip(*cells, strict=True)
    )
