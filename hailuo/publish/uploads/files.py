"""What is uploaded: the manifest's stored clips that a platform shall get, each with what its ad must carry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Template
from urllib.parse import quote, urlsplit, urlunsplit

from hailuo.publish.uploads.platforms import Platform, PlatformName

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFile:
    """One file to upload. `placement` is the one that a copy was made for; `unfit` says where it would be refused."""

    creative_id: str
    ad_name: str
    uri: str
    placement: str | None
    url_tags: str
    disclosure: str
    unfit: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.uri).name


def files_to_upload(
    rows: Iterable[Row], name: PlatformName, known: Mapping[PlatformName, Platform]
) -> tuple[UploadFile, ...]:
    """Stored clips in the manifest's order, without those that somebody rejected.

    A clip gives way to its copies for a placement of the platform, or for a shape; copies for others are left out.
    """
    stored = [row for row in rows if row["status"] == "stored" and row["s3_uri"]]
    rejected = {row["creative_id"] for row in stored if row["pick"] == "reject"}
    platform, foreign = known[name], _foreign(name, known)
    kept = [
        row
        for row in stored
        if not {row["creative_id"], row["derived_from"]} & rejected and _copy_name(row) not in foreign
    ]
    replaced = {row["derived_from"] for row in kept}
    return tuple(_creative(row, platform) for row in kept if row["creative_id"] not in replaced)


def with_tags(link: str, tags: str) -> str:
    """The landing page with the tags behind whatever its query says already."""
    parts = urlsplit(link)
    query = f"{parts.query}&{tags}" if parts.query else tags
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _foreign(name: PlatformName, known: Mapping[PlatformName, Platform]) -> frozenset[str]:
    others = (platform.placements for other, platform in known.items() if other is not name)
    return frozenset(placement for placements in others for placement in placements)


def _copy_name(row: Row) -> str:
    """The placement or shape that ends a copy's file name; empty for a clip as delivered."""
    if row["derived_from"] is None:
        return ""
    return PurePosixPath(str(row["s3_uri"])).stem.partition("-")[2]


def _creative(row: Row, platform: Platform) -> UploadFile:
    copy_name = _copy_name(row)
    told = platform.disclosure if row["ai_generated"] else None
    return UploadFile(
        creative_id=str(row["creative_id"]),
        ad_name=str(row["ad_name"]),
        uri=str(row["s3_uri"]),
        placement=copy_name if copy_name in platform.placements else None,
        url_tags=_tags(row, platform),
        disclosure=f"{told.field}={told.value}" if told else "",
        unfit=tuple(_unfit(row, [copy_name] if copy_name in platform.placements else platform.placements)),
    )


def _tags(row: Row, platform: Platform) -> str:
    """Ours are percent-encoded; the platform's macros stay as it spells them."""
    ours = {
        "campaign": quote(str(row["campaign_id"]), safe=""),
        "edition": quote(str(row["edition"]), safe=""),
        "utm_content": quote(str(row["utm_content"]), safe=""),
    }
    return "&".join(
        f"{key}={Template(value).safe_substitute(ours)}" for key, value in platform.utm.tags.items()
    )


def _unfit(row: Row, placements: Sequence[str]) -> Iterable[str]:
    """Placements of the platform that refuse the file, where every one of them does."""
    judged = row["placements"] if isinstance(row["placements"], dict) else {}
    failed = [
        name for name in placements if isinstance(one := judged.get(name), dict) and one["verdict"] == "fail"
    ]
    return failed if len(failed) == len(placements) else []
