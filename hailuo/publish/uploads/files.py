"""What is uploaded: the stored clips of the manifest for one platform, each with what its ad must carry."""

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from string import Template
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from hailuo.campaign.files.finish_schema import NO_FINISH
from hailuo.campaign.model import SyntheticPerformer
from hailuo.publish.uploads.platforms import Platform, PlatformName, refused
from hailuo.text import quoted

Row = Mapping[str, object]
_KEPT: Final = ":/?#[]@!$&'()*+,;=%-._~{}|"
"""What an address may hold as it is (RFC 3986), and what the macros of platforms are written with."""
_TAGS: Final = {"campaign": "campaign_id", "edition": "edition", "utm_content": "utm_content"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFile:
    """One file to upload. `placement` is the one that a copy was made for; `unfit` are the placements of the platform,
    if all of them would refuse it. `columns` are what travels with the row; `original_id` is the clip's own id, `finish`
    the version of a copy's finish.
    """

    creative_id: str
    ad_name: str
    uri: str
    placement: str | None
    url_tags: str
    disclosure: str
    unfit: tuple[str, ...] = ()
    original_id: str = ""
    finish: str | None = None
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNDECLARED
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.uri).name


def files_to_upload(
    rows: Iterable[Row],
    name: PlatformName,
    known: Mapping[PlatformName, Platform],
    *,
    versions: Collection[str] = (),
) -> tuple[UploadFile, ...]:
    """Stored clips in the manifest's order, without those that a reviewer rejected.

    A clip is replaced by its copies for a placement of the platform, or for an aspect; copies for other platforms are
    left out, and so are copies of a version whose text or picture was changed since. Copies with a finish replace the
    copy without one. `versions` are the versions of the finish to upload, and those alone; `none` is the clip without a
    finish.
    """
    stored = [row for row in rows if row["status"] == "stored" and row["s3_uri"]]
    rejected = {row["creative_id"] for row in stored if row["pick"] == "reject"}
    foreign = {one for other, platform in known.items() if other is not name for one in platform.placements}
    kept = [
        row
        for row in stored
        if not {row["creative_id"], row["derived_from"]} & rejected
        and _copy_name(row) not in foreign
        and row.get("is_newest_finish") is not False
        and (not versions or (row.get("finish") or NO_FINISH) in versions)
    ]
    replacing = [row for row in kept if not (versions and row.get("finish"))]
    replaced = {row["derived_from"] for row in replacing}
    finished = {(row["derived_from"], _copy_name(row)) for row in replacing if row.get("finish")}
    return tuple(
        _file(row, known[name])
        for row in kept
        if row["creative_id"] not in replaced
        and (row.get("finish") or (row["derived_from"], _copy_name(row)) not in finished)
    )


def landing_page(link: str, *, place: str) -> str:
    """A landing page as an address that ads take, with blanks and letters of other alphabets encoded.

    Raises: UploadError for what is no http(s) address; `place` is where it was written.
    """
    text = link.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s\x00-\x1f]", parts.netloc):
        remedy = "write a whole address, as https://shop.example/page"
        raise refused(place, f"the landing page is {quoted(link)}", remedy)
    with contextlib.suppress(UnicodeError):  # a name that has no spelling in ASCII stays as it is
        text = urlunsplit(parts._replace(netloc=parts.netloc.encode("idna").decode()))
    return quote(text, safe=_KEPT)


def with_tags(link: str, tags: str) -> str:
    """The landing page with the tags after what its query has already. What it has under the tags' own keys is replaced."""
    parts = urlsplit(link)
    ours = {tag.partition("=")[0] for tag in tags.split("&")}
    theirs = [pair for pair in parts.query.split("&") if pair and unquote(pair.partition("=")[0]) not in ours]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join([*theirs, tags]), parts.fragment))


def _copy_name(row: Row) -> str:
    """The placement or aspect that ends a copy's file name; empty for a clip as delivered."""
    if row["derived_from"] is None:
        return ""
    # {creative_id}-{placement}, or {creative_id}-{placement}-{version}-{finish_id}
    return PurePosixPath(str(row["s3_uri"])).stem.partition("-")[2].partition("-")[0]


def _file(row: Row, platform: Platform) -> UploadFile:
    copy_name = _copy_name(row)
    placement = copy_name if copy_name in platform.placements else None
    field = platform.disclosure if row["ai_generated"] else None
    # Ours are percent-encoded; the platform's macros stay as it spells them.
    ours = {name: quote(str(row[column]), safe="") for name, column in _TAGS.items()}
    tags = {key: Template(value).safe_substitute(ours) for key, value in platform.utm.tags.items()}
    placements = [placement] if placement else platform.placements
    judged = row["placements"] if isinstance(row["placements"], dict) else {}
    failed = [
        one for one in placements if isinstance(found := judged.get(one), dict) and found["verdict"] == "fail"
    ]
    return UploadFile(
        creative_id=str(row["creative_id"]),
        ad_name=str(row["ad_name"]),
        uri=str(row["s3_uri"]),
        placement=placement,
        url_tags="&".join(f"{key}={value}" for key, value in tags.items()),
        disclosure=f"{field.field}={field.value}" if field else "",
        unfit=tuple(failed) if len(failed) == len(placements) else (),
        original_id=str(row["derived_from"] or row["creative_id"]),
        finish=str(row["finish"]) if row.get("finish") else None,
        synthetic_performer=SyntheticPerformer(str(row["synthetic_performer"] or "unknown")),
        columns=columns if isinstance(columns := row.get("columns"), dict) else {},
    )
