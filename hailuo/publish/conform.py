"""Upload-ready copies of an edition's stored clips: made once each, kept beside the clips, which are only read."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import DamagedClipError, MissingKeyError
from hailuo.ledger.facts import Done
from hailuo.media.conformed import Conformed, keep_conformed, read_conformed
from hailuo.media.credentials import Credentials, sign
from hailuo.media.inspection import Facts
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA, add_mark
from hailuo.media.placements import placement_book, verdicts
from hailuo.media.recipe import ConformError, Recipe, Wish, recipe_for_aspect, recipe_for_placement
from hailuo.plan.file import StoredEdition
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformWish:
    """What copies to make: for which placements, of which shapes, and how. `audio` is the file that `wish` names."""

    placements: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    wish: Wish = field(default_factory=Wish)
    audio: Path | None = None
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClip:
    """A job whose clip lies in the store."""

    job: Job
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What became of one copy: made now, there already, or impossible, and then why."""

    creative_id: str
    name: str
    state: Literal["made", "kept", "impossible"]
    conformed: Conformed | None = None
    why: str | None = None


async def stored_clips(
    store: Store, clock: Clock, edition: Edition, *, only: Mapping[str, frozenset[str]]
) -> list[StoredClip]:
    """Every clip of the edition with one of the labels named on each axis of `only`.

    Raises: AdmissionError when nothing ever ran, StoreUnavailableError, LedgerError.
    """
    known = await StoredEdition.read(store, clock, edition, worker="conform")
    found = [(job, known.ledger.record(cid).done) for cid, job in known.jobs.items()]
    return [StoredClip(job=job, done=done) for job, done in found if done and _is_chosen(job, only)]


def _is_chosen(job: Job, only: Mapping[str, frozenset[str]]) -> bool:
    return all(job.levels.get(axis) in labels for axis, labels in only.items())


def copy_names(wish: ConformWish) -> tuple[str, ...]:
    """The copies of each clip by the names that end their keys."""
    return (*wish.placements, *(_aspect_name(aspect) for aspect in wish.aspects))


def _aspect_name(aspect: str) -> str:
    return aspect.replace(":", "x")


def file_sha256(path: Path) -> str:
    """Of the file's bytes. Raises: OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def conform(
    clips: Sequence[StoredClip], wish: ConformWish, store: Store, clock: Clock
) -> AsyncIterator[Copy]:
    """Make the copies that are not there yet, one after the other, and tell of each.

    A clip that is damaged, or that cannot become what a placement takes, is told as impossible; the others go on.
    Raises: StoreUnavailableError.
    """
    if not clips:
        return
    job = clips[0].job
    there = await read_conformed(store, job.this_edition)
    conformer = _Conformer(wish, store, clock, {copy.key: copy for copy in there})
    for clip in clips:
        with tempfile.TemporaryDirectory(prefix="hailuo-") as folder:
            async for copy in conformer.copies(clip, Path(folder)):
                yield copy


class _Conformer:
    """Makes the copies of one clip after the other; `there` are those that the edition has, by key."""

    def __init__(self, wish: ConformWish, store: Store, clock: Clock, there: Mapping[str, Conformed]) -> None:
        self._wish = wish
        self._store = store
        self._clock = clock
        self._there = there
        self._book = placement_book()

    async def copies(self, clip: StoredClip, folder: Path) -> AsyncIterator[Copy]:
        creative_id = clip.job.creative_id
        source = _Source(clip, self._store, folder, facts=self._known_facts(clip))
        for name in copy_names(self._wish):
            try:
                recipe = self._recipe(name, await source.facts())
                old = self._there.get(self._key(clip, name))
                if old and (old.recipe, old.source_sha256) == (recipe, clip.done.sha256):
                    yield Copy(creative_id=creative_id, name=name, state="kept", conformed=old)
                    continue
                made = await self._make(name, recipe, source)
                yield Copy(creative_id=creative_id, name=name, state="made", conformed=made)
            except (ConformError, DamagedClipError) as error:
                yield Copy(creative_id=creative_id, name=name, state="impossible", why=str(error))

    def _known_facts(self, clip: StoredClip) -> Facts | None:
        """From an earlier copy: what is there already is not fetched again to find that out."""
        keys = [self._key(clip, name) for name in copy_names(self._wish)]
        earlier = (copy for key in keys if (copy := self._there.get(key)))
        return next((copy.source for copy in earlier if copy.source_sha256 == clip.done.sha256), None)

    def _key(self, clip: StoredClip, name: str) -> str:
        job = clip.job
        return job.this_edition.conformed_copy(job.creative_id, name)

    def _recipe(self, name: str, facts: Facts) -> Recipe:
        if name in self._book.placements:
            return recipe_for_placement(self._book.placements[name], facts, self._wish.wish, self._book)
        return recipe_for_aspect(name.replace("x", ":"), facts, self._wish.wish, self._book)

    async def _make(self, name: str, recipe: Recipe, source: "_Source") -> Conformed:
        job = source.clip.job
        path = await asyncio.to_thread(_written, await source.path(), recipe, self._wish, job)
        facts = await asyncio.to_thread(_measured, path)
        conformed = Conformed(
            derived_from=job.creative_id,
            name=name,
            placement=name if name in self._book.placements else None,
            recipe=recipe,
            source_sha256=source.clip.done.sha256,
            source=await source.facts(),
            key=self._key(source.clip, name),
            sha256=await asyncio.to_thread(file_sha256, path),
            made_at=self._clock.now(),
            facts=facts,
            placements=verdicts(facts, book=self._book),
            placements_version=self._book.version,
            digital_source_type=TRAINED_ALGORITHMIC_MEDIA if recipe.marked else None,
            c2pa_state="signed" if recipe.signed_by else "none",
        )
        await self._store.put_file(conformed.key, path, sha256=conformed.sha256, content_type="video/mp4")
        await keep_conformed(self._store, conformed)
        return conformed


class _Source:
    """The clip that copies are made of: fetched once, when first needed, and never written to."""

    def __init__(self, clip: StoredClip, store: Store, folder: Path, *, facts: Facts | None) -> None:
        self.clip = clip
        self._store = store
        self._path = folder / "clip.mp4"
        self._facts = facts

    async def path(self) -> Path:
        """Raises: DamagedClipError when the store does not hold the bytes that were bought."""
        if not self._path.exists():
            try:
                content = await self._store.read(self.clip.done.key)
            except MissingKeyError as error:
                raise DamagedClipError(f"{self.clip.done.key} is gone from the store") from error
            if hashlib.sha256(content).hexdigest() != self.clip.done.sha256:
                raise DamagedClipError(f"{self.clip.done.key} is not the clip that was stored")
            await asyncio.to_thread(self._path.write_bytes, content)
        return self._path

    async def facts(self) -> Facts:
        if self._facts is None:
            self._facts = await asyncio.to_thread(_measured, await self.path())
        return self._facts


def _measured(path: Path) -> Facts:
    from hailuo.media.conform import measure  # noqa: PLC0415 (only who makes copies loads the codecs)

    return measure(path)


def _written(source: Path, recipe: Recipe, wish: ConformWish, job: Job) -> Path:
    """The copy beside the clip: made, then marked, then signed, for a signature covers what is there."""
    from hailuo.media.conform import make_copy  # noqa: PLC0415 (the same)

    copy, signed = source.with_name("copy.mp4"), source.with_name("signed.mp4")
    make_copy(source, copy, recipe, audio=wish.audio)
    if recipe.marked:
        add_mark(copy)
    if wish.credentials is None:
        return copy
    signed.unlink(missing_ok=True)
    sign(copy, signed, wish.credentials, title=job.creative_id, agent=job.variant.model)
    return signed
