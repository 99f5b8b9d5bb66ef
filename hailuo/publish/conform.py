"""Upload-ready copies of an edition's stored clips: each made once, stored beside the clips, which are only read."""

import asyncio
import hashlib
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hailuo.campaign.expand import TAKE, is_chosen, only_problems
from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, DamagedClipError, MissingKeyError, Place
from hailuo.ledger.facts import Done
from hailuo.media.conformed import Conformed, keep_conformed, read_conformed
from hailuo.media.credentials import Credentials, sign
from hailuo.media.inspection import Facts
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA, add_mark
from hailuo.media.placements import placement_book, verdicts
from hailuo.media.recipe import (
    RECIPES,
    ConformError,
    CopyOptions,
    Recipe,
    recipe_for_aspect,
    recipe_for_placement,
)
from hailuo.plan.file import StoredEdition
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformOptions:
    """Which copies to make of each clip, and how. `audio` is the file that `copy.audio` names by its hash."""

    placements: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    copy: CopyOptions = field(default_factory=CopyOptions)
    audio: Path | None = None
    credentials: Credentials | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The copies of each clip, by the names that end their keys: a placement, or an aspect such as 9x16."""
        return (*self.placements, *(aspect.replace(":", "x") for aspect in self.aspects))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClip:
    """A job whose clip is in the store."""

    job: Job
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """One copy: made now, kept from before, or impossible, with the reason."""

    creative_id: str
    name: str
    state: Literal["made", "kept", "impossible"]
    conformed: Conformed | None = None
    why: str | None = None


async def stored_clips(
    store: Store, clock: Clock, edition: Edition, *, only: Mapping[str, frozenset[str]]
) -> list[StoredClip]:
    """The edition's clips that have one of the labels named for each axis of `only`, in the order of the plan.

    Raises: AdmissionError when nothing ever ran, or has such an axis or label; StoreUnavailableError, LedgerError.
    """
    known = await StoredEdition.read(store, clock, edition, worker="conform")
    values: defaultdict[str, set[str]] = defaultdict(set)
    for job in known.jobs.values():
        for axis, label in {TAKE: str(job.take), **job.levels}.items():
            values[axis].add(label)
    if problems := only_problems(only, values, Place(str(edition))):
        raise AdmissionError(problems)
    return [
        StoredClip(job=job, done=done)
        for cid, job in known.jobs.items()
        if (done := known.ledger.record(cid).clip) and is_chosen(job, only)
    ]


def file_sha256(path: Path) -> str:
    """Of the file's bytes. Raises: OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def conform(
    clips: Sequence[StoredClip], options: ConformOptions, store: Store, clock: Clock
) -> AsyncIterator[CopyResult]:
    """Make the copies that are missing, one after the other, and report each.

    For a clip that is damaged, or that cannot become what a placement accepts, the copy is impossible; the others are
    made. Raises: StoreUnavailableError.
    """
    if not clips:
        return
    existing = {copy.key: copy for copy in await read_conformed(store, clips[0].job.this_edition)}
    for clip in clips:
        with tempfile.TemporaryDirectory(prefix="hailuo-") as folder:
            conformer = _Conformer(clip, options, store, clock, existing=existing, folder=Path(folder))
            for name in options.names:
                yield await conformer.result(name)


class _Conformer:
    """Makes the copies of one clip. The clip is fetched once, when first needed, and only read."""

    def __init__(
        self,
        clip: StoredClip,
        options: ConformOptions,
        store: Store,
        clock: Clock,
        *,
        existing: Mapping[str, Conformed],
        folder: Path,
    ) -> None:
        self._job, self._done = clip.job, clip.done
        self._options = options
        self._store = store
        self._clock = clock
        self._existing = existing
        self._path = folder / "clip.mp4"
        self._book = placement_book()
        # An earlier copy has the clip's facts: a clip whose copies all exist is not fetched.
        earlier = [existing[key] for name in options.names if (key := self._key(name)) in existing]
        self._facts = next(
            (
                c.source
                for c in earlier
                if c.source_sha256 == clip.done.sha256 and c.recipe.version == RECIPES
            ),
            None,
        )

    async def result(self, name: str) -> CopyResult:
        """Make the copy of that name, unless it exists."""
        result = CopyResult(creative_id=self._job.creative_id, name=name, state="kept")
        try:
            if self._facts is None:
                self._facts = await asyncio.to_thread(_measured, await self._source_path())
            facts = self._facts
            if name in self._book.placements:
                placement = self._book.placements[name]
                recipe = recipe_for_placement(placement, facts, self._options.copy, self._book)
            else:
                aspect = name.replace("x", ":")
                recipe = recipe_for_aspect(aspect, facts, self._options.copy, self._book)
            old = self._existing.get(self._key(name))
            if old and (old.recipe, old.source_sha256) == (recipe, self._done.sha256):
                return replace(result, conformed=old)
            return replace(result, state="made", conformed=await self._make(name, recipe, facts))
        except (ConformError, DamagedClipError) as error:
            return replace(result, state="impossible", why=str(error))

    def _key(self, name: str) -> str:
        return self._job.this_edition.conformed_copy(self._job.creative_id, name)

    async def _make(self, name: str, recipe: Recipe, source: Facts) -> Conformed:
        path = await asyncio.to_thread(
            _write_copy, await self._source_path(), recipe, self._options, self._job
        )
        facts = await asyncio.to_thread(_measured, path)
        conformed = Conformed(
            derived_from=self._job.creative_id,
            name=name,
            placement=name if name in self._book.placements else None,
            recipe=recipe,
            source_sha256=self._done.sha256,
            source=source,
            key=self._key(name),
            sha256=await asyncio.to_thread(file_sha256, path),
            made_at=self._clock.now(),
            facts=facts,
            placements=verdicts(facts),
            placements_version=self._book.version,
            digital_source_type=TRAINED_ALGORITHMIC_MEDIA if recipe.marked else None,
            c2pa_state="signed" if recipe.signed_by else "none",
        )
        await self._store.put_file(conformed.key, path, sha256=conformed.sha256, content_type="video/mp4")
        await keep_conformed(self._store, conformed)
        return conformed

    async def _source_path(self) -> Path:
        """Fetch the clip. Raises: DamagedClipError if the store does not have the bytes that were bought."""
        if not self._path.exists():
            try:
                content = await self._store.read(self._done.key)
            except MissingKeyError as error:
                raise DamagedClipError(f"{self._done.key} is no longer in the store") from error
            if hashlib.sha256(content).hexdigest() != self._done.sha256:
                raise DamagedClipError(f"{self._done.key} is not the clip that was stored")
            await asyncio.to_thread(self._path.write_bytes, content)
        return self._path


def _measured(path: Path) -> Facts:
    from hailuo.media.conform import measure  # noqa: PLC0415 (loads the codecs: only to make copies)

    return measure(path)


def _write_copy(source: Path, recipe: Recipe, options: ConformOptions, job: Job) -> Path:
    """Write the copy beside the clip: made, then marked, then signed, because a signature covers what is there."""
    from hailuo.media.conform import make_copy  # noqa: PLC0415 (the same)

    copy, signed = source.with_name("copy.mp4"), source.with_name("signed.mp4")
    make_copy(source, copy, recipe, audio=options.audio)
    if recipe.marked:
        add_mark(copy)
    if options.credentials is None:
        return copy
    signed.unlink(missing_ok=True)
    sign(copy, signed, options.credentials, title=job.creative_id, agent=job.variant.model)
    return signed
