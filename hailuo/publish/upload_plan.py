"""Upload plans, from the newest manifest: sheets for a platform, and `ads.csv` to come back filled."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hailuo.campaign.model import SyntheticPerformer
from hailuo.clock import Clock
from hailuo.named_files import read_named
from hailuo.publish import manifest, uploads
from hailuo.publish.publish import publish
from hailuo.publish.uploads import PlatformName, UploadFile
from hailuo.publish.uploads.platforms import refused
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """What to upload where. `platform` None: the one whose sheet the template is. `constants` fill columns by header.

    `synthetic_performer` is the answer of today's campaign file; None: the answer of the newest run.
    """

    template: Path
    platform: PlatformName | None = None
    link: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    synthetic_performer: SyntheticPerformer | None = None


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

    Raises: UploadError, before anything is written for the upload; AdmissionError when nothing ever ran.
    """
    known = uploads.platforms()
    if options.config:
        known = uploads.read_platforms(await _read(options.config), name=str(options.config))
    sheet = uploads.read_sheet(await _read(options.template), name=str(options.template), known=known)
    platform = options.platform or uploads.platform_of(sheet, known)
    made = await publish(store, clock, edition)  # with what was picked and conformed since the last run
    rows = manifest.plain_rows(made.all_rows)
    performer = _synthetic_performer(rows, options.synthetic_performer, place=str(edition))
    files = uploads.files_to_upload(rows, platform, known)
    if not files:
        raise refused(
            str(edition), "has no stored clip to upload", "run it, or take back some of the rejects"
        )
    filled = uploads.fill(sheet, known[platform], files, link=options.link, constants=options.constants)
    contents = {
        f"{edition.uploads}{platform}/sheet.csv": filled.content,
        f"{edition.uploads}{platform}/ads.csv": uploads.ads_csv(
            files, platform, synthetic_performer=performer.value
        ),
    }
    for key, content in contents.items():
        await target.put(key, content, content_type="text/csv")
    return UploadPlan(
        platform=platform, uploads=files, keys=tuple(contents), filled=filled.filled, left=filled.left
    )


def _synthetic_performer(
    rows: Sequence[Mapping[str, object]], today: SyntheticPerformer | None, *, place: str
) -> SyntheticPerformer:
    """Whether the clips show a synthetic performer. Raises: UploadError if no person has said."""
    recorded = (SyntheticPerformer(str(row["synthetic_performer"])) for row in rows)
    answer = today or next(recorded, SyntheticPerformer.UNDECLARED)
    if answer is SyntheticPerformer.UNDECLARED:
        reason = "you have not said whether the clips show a human performer who does not exist"
        remedy = (
            "look at them, then write `disclosure: {synthetic_performer: no}`, or yes, into the campaign file"
        )
        raise refused(place, reason, remedy)
    return answer


async def _read(path: Path) -> bytes:
    remedy = "name a file that can"
    return await asyncio.to_thread(read_named, path, refuse=uploads.UploadError, remedy=remedy)
