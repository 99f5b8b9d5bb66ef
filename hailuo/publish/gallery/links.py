"""Where the page finds clips, previews, copies and the ad report: beside itself, inside itself, or by signed links."""

from collections.abc import Callable
from dataclasses import dataclass


def clip_beside(creative_id: str) -> str:
    """The link from the gallery to a clip in the same store; it works from disk and over http."""
    return f"clips/{creative_id}.mp4"


def preview_beside(uri: str) -> str:
    """The link from the gallery to a preview in the same store, from the manifest's URI of it."""
    return f"previews/{uri.rpartition('/')[2]}"


def copy_beside(uri: str) -> str:
    """The link from the gallery to a conformed copy in the same store, from the manifest's URI of it."""
    return f"conformed/{uri.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What the page loads or leads to: a clip by its creative id, a preview or a copy by the manifest's URI, the newest
    ad report by its place in the edition's folder.

    None: no link. Then a clip's proxy plays in its place, and a copy or a report is shown without a link.
    """

    clip: Callable[[str], str | None] = clip_beside
    preview: Callable[[str], str | None] = preview_beside
    copy: Callable[[str], str | None] = copy_beside
    report: Callable[[str], str | None] = str


def reached(reach: Callable[[str], str | None]) -> Links:
    """The same files, each by the link that `reach` makes of its place beside the page, such as a signed URL."""
    return Links(
        clip=lambda creative_id: reach(clip_beside(creative_id)),
        preview=lambda uri: reach(preview_beside(uri)),
        copy=lambda uri: reach(copy_beside(uri)),
        report=reach,
    )


def inside(find: Callable[[str], str | None]) -> Links:
    """Only previews, by file name (`data_uris(...).get`): for a page in one file."""
    return Links(
        clip=lambda _: None,
        preview=lambda uri: find(uri.rpartition("/")[2]),
        copy=lambda _: None,
        report=lambda _: None,
    )
