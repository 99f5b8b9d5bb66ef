"""Upload plans, from the newest manifest: sheets for a platform, and `ads.csv` to come back filled."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hailuo.campaign.files.finish_schema import NO_FINISH
from hailuo.campaign.model import SyntheticPerformer
from hailuo.clock import Clock
from hailuo.named_files import read_named
from hailuo.publish import manifest, uploads
from hailuo.publish.picks import Choice, chosen
from hailuo.publish.publish import publish
from hailuo.publish.uploads import PlatformName, UploadFile
from hailuo.publish.uploads.platforms import refused
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.text import quoted, suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """What to upload where. `platform` None: the one whose sheet the template is. `constants` fill columns by header.

    `synthetic_performer` is the answer of today's campaign file, and `own_answers` those of its rows, by creative id;
    without them the answers of the newest run count. `choice` says which judged clips are uploaded, and `versions` which
    versions of their finish; empty for all, where `none` is the clip without one.
    """

    template: Path
    platform: PlatformName | None = None
    link: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    synthetic_performer: SyntheticPerformer | None = None
    own_answers: Mapping[str, SyntheticPerformer] = field(default_factory=dict)
    choice: Choice = field(default_factory=Choice)
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """What was written, under which keys; which columns were filled, and which were left blank."""

    platform: PlatformName
    uploads: tuple[UploadFile, ...]
    keys: tuple[str, ...]
    filled: tuple[str, ...]
    left: tuple[str, ...]


async def plan_upload(
    store: Store, clock: Clock, options: UploadOptions, *, edition: Edition, target: Store
) -> UploadPlan:
    """Publish anew, fill the sheet, and write it and `ads.csv` into the target.

    Raises: UploadError, before anything is written for the upload; AdmissionError when nothing ever ran, or no clip is
    chosen.
    """
    known = uploads.platforms()
    if options.config:
        known = uploads.read_platforms(await _read(options.config), name=str(options.config))
    sheet = uploads.read_sheet(await _read(options.template), name=str(options.template), known=known)
    platform = options.platform or uploads.platform_of(sheet, known)
    made = await publish(store, clock, edition)  # with what was picked and conformed since the last run
    rows = manifest.plain_rows(made.all_rows)
    kept = await chosen(store, edition, options.choice)
    if kept is not None:
        rows = [row for row in rows if (row["derived_from"] or row["creative_id"]) in kept]
    _check_versions(
        options.versions, {str(row["finish"]) for row in rows if row["finish"]}, place=str(edition)
    )
    files = uploads.files_to_upload(rows, platform, known, versions=options.versions)
    if not files:
        raise refused(
            str(edition), "has no stored clip to upload", "run it, or take back some of the rejects"
        )
    files = tuple(_answered(file, options) for file in files)
    _check_answers(files, place=str(edition))
    filled = uploads.fill(sheet, known[platform], files, link=options.link, constants=options.constants)
    contents = {
        f"{edition.uploads}{platform}/sheet.csv": filled.content,
        f"{edition.uploads}{platform}/ads.csv": uploads.ads_csv(files, platform),
    }
    for key, content in contents.items():
        await target.put(key, content, content_type="text/csv")
    return UploadPlan(
        platform=platform, uploads=files, keys=tuple(contents), filled=filled.filled, left=filled.left
    )


def _answered(file: UploadFile, options: UploadOptions) -> UploadFile:
    """With today's answer about synthetic performers: that of its row, else that of the file."""
    answer = (
        options.own_answers.get(file.original_id) or options.synthetic_performer or file.synthetic_performer
    )
    return replace(file, synthetic_performer=answer)


def _check_answers(files: Sequence[UploadFile], *, place: str) -> None:
    """Raises: UploadError if no person has said whether some clip shows a synthetic performer."""
    open_ones = [file for file in files if file.synthetic_performer is SyntheticPerformer.UNDECLARED]
    if not open_ones:
        return
    some = "the clips show" if len(open_ones) == len(files) else f"{len(open_ones)} of the clips show"
    reason = f"you have not said whether {some} a human performer who does not exist"
    remedy = (
        "look at them, then write `disclosure: {synthetic_performer: no}`, or yes, into the campaign file"
    )
    raise refused(place, reason, remedy)


def _check_versions(asked: Sequence[str], made: Collection[str], *, place: str) -> None:
    """Raises: UploadError for a version of which there is no copy."""
    for version in asked:
        if version not in {*made, NO_FINISH}:
            reason = f"there is no copy with the finish {quoted(version)}; {suggestion(version, [*sorted(made), NO_FINISH])}"
            raise refused(place, reason, f"make it with `hailuo conform FILE --finish {version}`")


async def _read(path: Path) -> bytes:
    remedy = "name a file that can"
    return await asyncio.to_thread(read_named, path, refuse=uploads.UploadError, remedy=remedy)
