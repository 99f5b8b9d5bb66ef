"""What is uploaded: the stored clips of the manifest for one platform, each with what its ad must carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from string import Template
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from hailuo.campaign.model import SyntheticPerformer
from hailuo.publish.uploads.platforms import Platform, PlatformName

Row = Mapping[str, object]
_TAGS: Final = {"campaign": "campaign_id", "edition": "edition", "utm_content": "utm_content"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFile:
    """One file to upload. `placement` is the one that a copy was made for; `unfit` are the placements of the platform,
    if all of them would refuse it. `columns` are what travels with the row; `original_id` is the clip's own id.
    """

    creative_id: str
    ad_name: str
    uri: str
    placement: str | None
    url_tags: str
    disclosure: str
    unfit: tuple[str, ...] = ()
    original_id: str = ""
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNDECLARED
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.uri).name


def files_to_upload(
    rows: Iterable[Row], name: PlatformName, known: Mapping[PlatformName, Platform]
) -> tuple[UploadFile, ...]:
    """Stored clips in the manifest's order, without those that a reviewer rejected.

    A clip is replaced by its copies for a placement of the platform, or for an aspect; copies for other platforms are
    left out.
    """
    stored = [row for row in rows if row["status"] == "stored" and row["s3_uri"]]
    rejected = {row["creative_id"] for row in stored if row["pick"] == "reject"}
    foreign = {one for other, platform in known.items() if other is not name for one in platform.placements}
    kept = [
        row
        for row in stored
        if not {row["creative_id"], row["derived_from"]} & rejected and _copy_name(row) not in foreign
    ]
    replaced = {row["derived_from"] for row in kept}
    return tuple(_file(row, known[name]) for row in kept if row["creative_id"] not in replaced)


def with_tags(link: str, tags: str) -> str:
    """The landing page with the tags after what its query has already."""
    parts = urlsplit(link)
    query = f"{parts.query}&{tags}" if parts.query else tags
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _copy_name(row: Row) -> str:
    """The placement or aspect that ends a copy's file name; empty for a clip as delivered."""
    if row["derived_from"] is None:
        return ""
    return PurePosixPath(str(row["s3_uri"])).stem.partition("-")[2]


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
        synthetic_performer=SyntheticPerformer(str(row["synthetic_performer"] or "unknown")),
        columns=columns if isinstance(columns := row.get("columns"), dict) else {},
    )
