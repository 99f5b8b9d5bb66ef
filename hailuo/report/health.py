"""The data before the judgement: what was joined, what was not, and what to know before believing a number."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from hailuo.report.cautions import cautions
from hailuo.report.findings import Health, JoinMethod, MethodTally, UnmatchedAd
from hailuo.report.metrics import AdPlatform
from hailuo.text import printable

_NAMES = ("ad_name", "file_name", "platform_video_id", "utm_content", "adset_name", "campaign_name")
_NO_NAME = "a row without any name"
_GROUP = ["platform", "ad", "join_note", "source_file"]


def health(joined: pd.DataFrame, variants: pd.DataFrame, *, duplicates: int = 0) -> Health:
    """Counts of a joined frame, held against the manifest; `duplicates` are rows that stood in several exports.

    Days are those of the rows that found a creative, or of all where none did. Spend that an export does not tell
    adds nothing. Currency and attribution are None where rows tell none, or several: then a note says which.
    """
    matched = joined["creative_id"].notna()
    spend = joined["spend"].fillna(0.0)
    days = _days(joined[matched] if matched.any() else joined)
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
        by_method=_tallies(joined["join_method"], spend),
        unmatched=_unmatched(joined[~matched]),
        duplicates=duplicates,
        missing=_missing(variants, joined),
        notes=cautions(joined, variants, duplicates=duplicates),
    )


def _days(rows: pd.DataFrame) -> set[date]:
    """Every day that some row covers."""
    known = rows[rows["date_start"].notna() & rows["date_end"].notna()]
    spans = set(zip(known["date_start"], known["date_end"], strict=True))
    return {
        date.fromordinal(day)
        for first, last in spans
        for day in range(first.toordinal(), last.toordinal() + 1)
    }


def _only(cells: pd.Series) -> str | None:
    """What all cells that tell something tell alike."""
    told = cells.dropna().unique()
    return printable(str(told[0])) if len(told) == 1 else None


def _tallies(methods: pd.Series, spend: pd.Series) -> tuple[MethodTally, ...]:
    """The methods that occur, in the order of preference."""
    tallies = (
        MethodTally(method=method, rows=int(same.sum()), spend=float(spend[same].sum()))
        for method in JoinMethod
        if (same := methods == method.value).any()
    )
    return tuple(tallies)


def _unmatched(rows: pd.DataFrame) -> tuple[UnmatchedAd, ...]:
    """One entry per ad, file and reason, most spend first: an ad of 30 days is one problem, not 30."""
    named = rows.assign(ad=_names(rows), spend=rows["spend"].fillna(0.0))
    groups = named.groupby(_GROUP, sort=False, dropna=False)
    table = groups.agg(first=("source_row", "min"), rows=("source_row", "size"), spend=("spend", "sum"))
    ordered = table.reset_index().sort_values(
        ["spend", "source_file", "first"], ascending=[False, True, True]
    )
    cells = (ordered[name].tolist() for name in [*_GROUP, "first", "rows", "spend"])
    return tuple(
        UnmatchedAd(
            source=printable(_source(file, first, count)),
            platform=AdPlatform(platform),
            ad=printable(ad),
            spend=amount,
            reason=printable(reason),
        )
        for platform, ad, reason, file, first, count, amount in zip(*cells, strict=True)
    )


def _source(file: str, line: int, rows: int) -> str:
    place = f"{file}:{line}"
    return place if rows == 1 else f"{place} and {rows - 1} more row{'s' if rows > 2 else ''}"


def _names(rows: pd.DataFrame) -> pd.Series:
    """What a person would find the ad by."""
    names: pd.Series = pd.Series(None, index=rows.index, dtype=object)
    for column in _NAMES:
        names = names.where(names.notna(), rows[column])
    ids = rows["ad_id"].map(lambda cell: f"ad {cell}", na_action="ignore")
    return names.where(names.notna(), ids).fillna(_NO_NAME)


def _missing(variants: pd.DataFrame, joined: pd.DataFrame) -> tuple[str, ...]:
    """Creatives with a clip and without a row, in the manifest's order."""
    expected: Sequence[str] = variants.loc[
        (variants["status"] == "stored") & variants["derived_from"].isna(), "creative_id"
    ].tolist()
    found = set(joined["creative_id"].dropna())
    return tuple(str(one) for one in expected if one not in found)
