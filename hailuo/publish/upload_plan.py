"""Upload plans, from the newest manifest: sheets for a platform, and `ads.csv` to come back filled."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hailuo.campaign.model import SyntheticPerformer
from hailuo.clock import Clock
from hailuo.errors import Place, Problem
from hailuo.publish import manifest, uploads
from hailuo.publish.publish import publish
from hailuo.publish.uploads import Creative, PlatformName, UploadError
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. `platform` None: the one whose sheet the template is. `constants` fill columns by header.

    `synthetic_performer` is the answer of the campaign file of today; None: the one that the newest run was given.
    """

    template: Path
    platform: PlatformName | None = None
    link: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    synthetic_performer: SyntheticPerformer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """What was written, under which keys; which columns were filled and which were left; what would be refused."""

    platform: PlatformName
    creatives: tuple[Creative, ...]
    keys: tuple[str, ...]
    filled: tuple[str, ...]
    left: tuple[str, ...]


async def plan_upload(
    store: Store, clock: Clock, wish: Wish, *, edition: Edition, target: Store
) -> UploadPlan:
    """Publish anew, fill the sheet, and write it and `ads.csv` into the target; `names` are campaign and edition.

    Raises: UploadError, before anything is written for the upload; AdmissionError when nothing ever ran.
    """
    known = await _platforms(wish.config)
    content = await _read(wish.template)
    sheet = uploads.read_sheet(content, name=str(wish.template), known=known)
    platform = wish.platform or uploads.platform_of(sheet, known)
    rows = await _rows(store, clock, edition=edition)
    answer = _answer(rows, wish.synthetic_performer, place=str(edition))
    creatives = uploads.creatives_for(rows, platform, known)
    if not creatives:
        reason = "has no stored clip to upload"
        raise _refused(str(edition), reason, "run it, or take back some of the rejects")
    filled = uploads.fill(sheet, known[platform], creatives, link=wish.link, constants=wish.constants)
    ads = uploads.ads_csv(creatives, platform, synthetic_performer=answer.value)
    keys = await _put(
        target, {f"{platform}/sheet.csv": filled.content, f"{platform}/ads.csv": ads}, edition=edition
    )
    return UploadPlan(
        platform=platform, creatives=creatives, keys=keys, filled=filled.filled, left=filled.left
    )


async def _put(target: Store, files: Mapping[str, bytes], *, edition: Edition) -> tuple[str, ...]:
    keys = {f"{edition.uploads}{name}": content for name, content in files.items()}
    for key, content in keys.items():
        await target.put(key, content, content_type="text/csv")
    return tuple(keys)


async def _rows(store: Store, clock: Clock, *, edition: Edition) -> Sequence[Mapping[str, object]]:
    """With what was picked and conformed since the last run."""
    made = await publish(store, clock, edition)
    rows = manifest.read_jsonl(await store.read(made.edition.manifest_jsonl)).to_dict("records")
    return [{str(column): value for column, value in row.items()} for row in rows]


def _answer(
    rows: Sequence[Mapping[str, object]], today: SyntheticPerformer | None, *, place: str
) -> SyntheticPerformer:
    """Whether the clips show a synthetic performer. Raises: UploadError where nobody has said."""
    told = {SyntheticPerformer(str(row["synthetic_performer"])) for row in rows}
    answer = today or next(iter(told), SyntheticPerformer.UNKNOWN)
    if answer is SyntheticPerformer.UNKNOWN:
        reason = "nobody has said whether the clips show a human performer who does not exist"
        remedy = (
            "look at them, then write `disclosure: {synthetic_performer: no}`, or yes, into the campaign file"
        )
        raise _refused(place, reason, remedy)
    return answer


async def _platforms(config: Path | None) -> Mapping[PlatformName, uploads.Platform]:
    if config is None:
        return uploads.platforms()
    return uploads.read_platforms(await _read(config), name=str(config))


async def _read(path: Path) -> bytes:
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise _refused(str(path), f"cannot be read ({error.strerror})", "name a file that can") from error


def _refused(place: str, reason: str, remedy: str) -> UploadError:
    return UploadError([Problem(Place(place), reason, remedy)])
