"""Every result finds its creative, or is listed with the reason: none is left out, none is guessed.

Evidence in the order of `JoinMethod`: what a person filled into ads.csv, the platform's video, then what names carry. The
first that names any creative decides, also where it names one of another campaign: a name copied from an old ad is
no reason to believe the link beneath it. What later evidence says against it is written down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from hailuo.report.cells import ValueColumn, together
from hailuo.report.findings import JoinMethod
from hailuo.report.metrics import AdPlatform
from hailuo.report.tokens import bare_ids, base_name, id_like, readable, tokens, tracked

CONTRADICTED: Final = "contradicted by"
"""In `join_note` where later evidence names another creative."""

MISREAD: Final = "O, I or L read as a digit"
"""In `join_note` where an id was found only so."""

_WORDS: Final = {
    JoinMethod.AD_ID: "the ad id in ads.csv",
    JoinMethod.VIDEO_ID: "the video id in ads.csv",
    JoinMethod.NAME_TOKEN: "the ad name",
    JoinMethod.UTM_CONTENT: "utm_content",
    JoinMethod.FILE_NAME: "the file name",
}
_OTHERS: Final = "no creative of this manifest (another campaign or edition, or edited since)"
_NOTHING: Final = "nothing in the row names a creative"
_SEVERAL_CLIPS: Final = "the ad shows several clips, the video id says which"

_Owners = Mapping[tuple[str, str], frozenset[str]]


class _ResultKeys(NamedTuple):
    """What a result can be joined by; the names are the columns."""

    platform: str
    ad_id: str
    platform_video_id: str
    ad_name: str
    utm_content: str
    file_name: str


class _Match(NamedTuple):
    creative_id: str | None
    method: JoinMethod
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """The ids that results are matched with. `originals`: creative id -> id that its results count for."""

    originals: Mapping[str, str]
    ads: _Owners
    videos: _Owners
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """The creatives of this manifest that one column names, and the `strange` ones that are not of it."""

    method: JoinMethod
    ids: frozenset[str]
    strange: frozenset[str] = frozenset()
    misread: bool = False

    @property
    def named(self) -> list[str]:
        return sorted(self.ids | self.strange)


def join(results: pd.DataFrame, variants: pd.DataFrame, ads: pd.DataFrame | None = None) -> pd.DataFrame:
    """The results, row by row in their order, with `creative_id` (None without one), `join_method`, `join_note`.

    A copy's results are its original's, but for copies with a finish. `ads` is a filled ads.csv; an ad id counts on the platform of its row, or on
    any where that is blank. An ad that it gives to several creatives is ambiguous, unless a video id tells them apart.
    """
    originals = original_of(variants)
    listed = partial(_table, pd.DataFrame() if ads is None else ads, originals)
    index = _Index(
        originals=originals,
        ads=listed("ad_id"),
        videos=listed("platform_video_id"),
        files=_files(variants, originals),
    )
    keys = [_cells(results, name) for name in _ResultKeys._fields]
    answers = together(keys, len(results)).map(lambda row: _decided(_ResultKeys(*row), index))
    joined = results.copy(deep=False)  # pandas copies a column when it is written
    found: dict[str, ValueColumn[str | None]] = {
        "creative_id": answers.map(lambda one: one.creative_id),
        "join_method": answers.map(lambda one: one.method.value),
        "join_note": answers.map(lambda one: one.note),
    }
    for name, cells in found.items():
        joined[name] = pd.Series(cells.array(), index=joined.index, dtype="object")
    return joined


def original_of(variants: pd.DataFrame) -> dict[str, str]:
    """Every creative id of the manifest, to the one its results count for.

    A copy's is that of the clip it copies. Copies with a finish are creatives of their own: those of one clip with the
    same finish count for the first of them that was made.
    """
    names = ("creative_id", "derived_from", "finish_id", "stored_at")
    rows = sorted(
        zip(*(_texts(variants, name) for name in names), strict=True), key=lambda row: (row[3], row[0])
    )
    known, first = {row[0] for row in rows}, dict[tuple[str, str], str]()
    for one, source, finish, _ in rows:
        if source and finish:
            first.setdefault((source, finish), one)
    return {
        one: first.get((source, finish)) or (source if source in known else one)
        for one, source, finish, _ in rows
    }


def clip_of(variants: pd.DataFrame) -> dict[str, str]:
    """Every creative id of the manifest, to that of the clip as it was delivered."""
    ids, sources = _texts(variants, "creative_id"), _texts(variants, "derived_from")
    return {one: source or one for one, source in zip(ids, sources, strict=True)}


def _decided(row: _ResultKeys, index: _Index) -> _Match:
    evidence = [found for found in _evidence(row, index) if found.named]
    if not evidence:
        return _Match(None, JoinMethod.UNMATCHED, _NOTHING)
    first, *later = evidence
    if shown := _clip_shown(first, later):
        return _Match(shown, JoinMethod.VIDEO_ID, _SEVERAL_CLIPS)
    named = ", ".join(first.named)
    if len(first.named) > 1:
        return _Match(None, JoinMethod.AMBIGUOUS, f"{_WORDS[first.method]} names several creatives: {named}")
    against = _against(first, later)
    if first.strange:
        note = f"{_WORDS[first.method]} names {named}, {_OTHERS}"
        return _Match(None, JoinMethod.UNMATCHED, "; ".join([note, *against]))
    return _Match(named, first.method, "; ".join([*([MISREAD] if first.misread else []), *against]))


def _clip_shown(first: _Evidence, later: list[_Evidence]) -> str | None:
    """Which clip of an ad with several: platforms report such ads clip by clip."""
    if first.method is not JoinMethod.AD_ID or len(first.ids) < 2 or not later:
        return None
    shown = later[0].ids & first.ids if later[0].method is JoinMethod.VIDEO_ID else frozenset()
    return next(iter(shown)) if len(shown) == 1 else None


def _against(first: _Evidence, later: list[_Evidence]) -> list[str]:
    chosen = set(first.named)
    return [
        f"{CONTRADICTED} {_WORDS[other.method]}: {', '.join(other.named)}"
        for other in later
        if chosen.isdisjoint(other.named)
    ]


def _evidence(row: _ResultKeys, index: _Index) -> Iterator[_Evidence]:
    """In the order of preference."""
    yield _listed(JoinMethod.AD_ID, index.ads, row.platform, row.ad_id, index)
    yield _listed(JoinMethod.VIDEO_ID, index.videos, row.platform, row.platform_video_id, index)
    yield _written(JoinMethod.NAME_TOKEN, row.ad_name, index)
    yield _written(JoinMethod.UTM_CONTENT, tracked(row.utm_content), index)
    name = base_name(row.file_name)
    known = index.files.get(name.lower())
    if known is None:
        yield _written(JoinMethod.FILE_NAME, name, index)
    else:
        yield _Evidence(method=JoinMethod.FILE_NAME, ids=frozenset({known}))


def _listed(method: JoinMethod, table: _Owners, platform: str, text: str, index: _Index) -> _Evidence:
    key = _bare(text)
    named = table.get((platform, key), frozenset()) | table.get(("", key), frozenset())
    ids = frozenset(index.originals[one] for one in named if one in index.originals)
    return _Evidence(method=method, ids=ids, strange=frozenset(named - index.originals.keys()))


def _written(method: JoinMethod, text: str, index: _Index) -> _Evidence:
    """Creatives by their ids in a text. A strange one counts only with its `HV-`: ten characters are soon found."""
    if not text:
        return _Evidence(method=method, ids=frozenset())
    plain = readable(text)
    found = tokens(plain)
    known = bare_ids(plain, index.originals) | bare_ids(" ".join(found).lower(), index.originals)
    return _Evidence(
        method=method,
        ids=frozenset(index.originals[one] for one in known),
        strange=frozenset(one for one in found if id_like(one) and one not in index.originals),
        misread=any(one.lower() not in plain for one in known),
    )


def _files(variants: pd.DataFrame, originals: Mapping[str, str]) -> dict[str, str]:
    """Names of clips and copies as they were uploaded, where a name is one creative's alone."""
    owners: dict[str, set[str]] = {}
    for uri, one in zip(_texts(variants, "s3_uri"), _texts(variants, "creative_id"), strict=True):
        owners.setdefault(base_name(uri).lower(), set()).add(originals[one])
    return {name: owner for name, ids in owners.items() if name and len(ids) == 1 for owner in ids}


def _table(ads: pd.DataFrame, originals: Mapping[str, str], column: str) -> _Owners:
    """Platform and id, to the creatives that ads.csv gives it to."""
    found: dict[tuple[str, str], set[str]] = {}
    columns = (_texts(ads, name) for name in ("platform", column, "creative_id"))
    for platform, key, creative in zip(*columns, strict=True):
        if key and creative:
            found.setdefault((_platform(platform), _bare(key)), set()).add(_creative(creative, originals))
    return {key: frozenset(ids) for key, ids in found.items()}


def _creative(text: str, originals: Mapping[str, str]) -> str:
    """As typed into ads.csv, perhaps with its `HV-`, perhaps in small letters."""
    plain = readable(text)
    known = bare_ids(plain, originals) or bare_ids(" ".join(tokens(plain)).lower(), originals)
    return next(iter(known)) if len(known) == 1 else text.upper()


def _platform(text: str) -> str:
    word = text.lower()
    return word if word in {"", *AdPlatform} else AdPlatform.OTHER.value


def _bare(text: str) -> str:
    """An id without what bulk sheets and APIs put before it: `a:1202` and `urn:li:sponsoredCreative:1202` are 1202."""
    return text.rpartition(":")[2]


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    """The column's cells as stripped texts, empty where nothing is known."""
    cells = _cells(frame, column)
    return [cells.distinct[code] for code in cells.codes.tolist()]


def _cells(frame: pd.DataFrame, column: str) -> ValueColumn[str]:
    if column not in frame.columns:
        return ValueColumn(("",), np.zeros(len(frame), dtype=np.int32))
    found = frame[column].astype(object)
    known: ValueColumn[object] = ValueColumn.of(found.where(found.notna(), "").to_numpy())
    return known.map(lambda cell: str(cell).strip())
