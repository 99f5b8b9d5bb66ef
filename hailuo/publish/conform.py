"""Upload-ready copies of an edition's stored clips: each made once, stored beside the clips, which are only read."""

import asyncio
import hashlib
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from hailuo.campaign.expand import TAKE, is_chosen, only_problems
from hailuo.campaign.finish import Finish
from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, DamagedClipError, MissingKeyError, Place, Problem
from hailuo.ledger.facts import Done
from hailuo.media.composition import Composition, compose
from hailuo.media.conformed import Conformed, FinishOfCopy, Series, keep_conformed, read_conformed
from hailuo.media.credentials import Credentials, sign
from hailuo.media.finishing import canvas_of, filled_finish
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
    """Which copies to make of each clip, and how. `audio` is the file that `copy.audio` names by its hash.

    There is one copy for each of `finishes`; None is the copy without one. `columns` are today's cells of the rows, by
    creative id, for the texts of finishes.
    """

    placements: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    copy: CopyOptions = field(default_factory=CopyOptions)
    audio: Path | None = None
    credentials: Credentials | None = None
    finishes: tuple[Finish | None, ...] = (None,)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

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
    """One copy: made now, kept from before, or impossible, with the reason. `finish` is its version."""

    creative_id: str
    name: str
    finish: str | None = None
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
    existing = _Existing.of(await read_conformed(store, clips[0].job.this_edition))
    for clip in clips:
        with tempfile.TemporaryDirectory(prefix="hailuo-") as folder:
            conformer = _Conformer(clip, options, store, clock, existing=existing, folder=Path(folder))
            for name in options.names:
                for finish in options.finishes:
                    yield await conformer.result(name, finish)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One copy, before it is made."""

    name: str
    placement: str | None
    recipe: Recipe
    key: str
    finish: Finish | None
    drawn: Composition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Existing:
    """The copies that are there, by key; the facts of their clips, by id and hash; when each series was asked for last."""

    copies: Mapping[str, Conformed]
    sources: Mapping[tuple[str, str], Facts]
    newest: Mapping[Series, datetime]

    @classmethod
    def of(cls, copies: Sequence[Conformed]) -> "_Existing":
        newest: dict[Series, datetime] = {}
        for copy in copies:
            if copy.finish:
                newest[copy.series] = max(copy.finish.asked_at, newest.get(copy.series, copy.finish.asked_at))
        current = (copy for copy in copies if copy.recipe.version == RECIPES)
        return cls(
            copies={copy.key: copy for copy in copies},
            sources={(copy.derived_from, copy.source_sha256): copy.source for copy in current},
            newest=newest,
        )


class _Conformer:
    """Makes the copies of one clip. The clip is fetched once, when first needed, and only read."""

    def __init__(
        self,
        clip: StoredClip,
        options: ConformOptions,
        store: Store,
        clock: Clock,
        *,
        existing: _Existing,
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
        self._facts = existing.sources.get((clip.job.creative_id, clip.done.sha256))

    async def result(self, name: str, asked: Finish | None) -> CopyResult:
        """Make the copy of that name, with that finish, unless it exists."""
        result = CopyResult(
            creative_id=self._job.creative_id, name=name, finish=asked.name if asked else None, state="kept"
        )
        try:
            finish = self._filled(asked) if asked else None
            if self._facts is None:
                self._facts = await asyncio.to_thread(_measured, await self._source_path())
            wanted = self._wanted(name, finish, self._facts)
            old = self._existing.copies.get(wanted.key)
            if old and (old.recipe, old.source_sha256) == (wanted.recipe, self._done.sha256):
                return replace(result, conformed=await self._asked_again(old))
            return replace(result, state="made", conformed=await self._make(wanted, self._facts))
        except (ConformError, DamagedClipError) as error:
            return replace(result, state="impossible", why=str(error))

    def _filled(self, finish: Finish) -> Finish:
        """Raises: ConformError where the row lacks a column."""
        columns = self._options.columns.get(self._job.creative_id)
        filled, missing = filled_finish(finish, self._job, columns=columns)
        _refuse(missing)
        return filled

    def _wanted(self, name: str, finish: Finish | None, facts: Facts) -> _Wanted:
        """The copy to make. Raises: ConformError where the placement takes none, or the finish does not fit."""
        options, placement = self._options.copy, self._book.placements.get(name)
        if finish:
            options = replace(options, finish=finish.finish_id, added_s=finish.added_s)
        if placement:
            recipe = recipe_for_placement(placement, facts, options, self._book)
        else:
            recipe = recipe_for_aspect(name.replace("x", ":"), facts, options, self._book)
        drawn = None
        if finish:
            drawn = compose(finish, canvas_of(recipe, facts, self._book))
            _refuse(drawn.problems)
        ending = f"{name}-{finish.name}-{finish.finish_id}" if finish else name
        key = self._job.this_edition.conformed_copy(self._job.creative_id, ending)
        return _Wanted(
            name=ending,
            placement=name if placement else None,
            recipe=recipe,
            key=key,
            finish=finish,
            drawn=drawn,
        )

    async def _asked_again(self, old: Conformed) -> Conformed:
        """The copy that exists; if a newer one of its version was made since, it counts again from now on."""
        if old.finish is None or self._existing.newest[old.series] <= old.finish.asked_at:
            return old
        newest = replace(old, finish=replace(old.finish, asked_at=self._clock.now()))
        await keep_conformed(self._store, newest)
        return newest

    async def _make(self, wanted: _Wanted, source: Facts) -> Conformed:
        path = await asyncio.to_thread(
            _write_copy, await self._source_path(), wanted, self._options, self._job
        )
        facts, now, finish = await asyncio.to_thread(_measured, path), self._clock.now(), wanted.finish
        conformed = Conformed(
            derived_from=self._job.creative_id,
            name=wanted.name,
            placement=wanted.placement,
            recipe=wanted.recipe,
            source_sha256=self._done.sha256,
            source=source,
            key=wanted.key,
            sha256=await asyncio.to_thread(file_sha256, path),
            made_at=now,
            facts=facts,
            placements=verdicts(facts),
            placements_version=self._book.version,
            digital_source_type=TRAINED_ALGORITHMIC_MEDIA if wanted.recipe.marked else None,
            c2pa_state="signed" if wanted.recipe.signed_by else "none",
            finish=FinishOfCopy.of(finish, asked_at=now) if finish else None,
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


def _refuse(problems: Sequence[Problem]) -> None:
    """Raises: ConformError that names them all."""
    if problems:
        raise ConformError("; ".join(f"{problem.reason} ({problem.place})" for problem in problems))


def _write_copy(source: Path, wanted: _Wanted, options: ConformOptions, job: Job) -> Path:
    """Write the copy beside the clip: made, then marked, then signed, because a signature covers what is there."""
    from hailuo.media.conform import Finishing, make_copy  # noqa: PLC0415 (the same)

    copy, signed = source.with_name("copy.mp4"), source.with_name("signed.mp4")
    asked, drawn = wanted.finish, wanted.drawn
    finish = Finishing(drawn=drawn, sound=asked.sound) if asked and drawn else None
    make_copy(source, copy, wanted.recipe, audio=options.audio, finish=finish)
    if wanted.recipe.marked:
        add_mark(copy)
    if options.credentials is None:
        return copy
    signed.unlink(missing_ok=True)
    sign(copy, signed, options.credentials, title=job.creative_id, agent=job.variant.model)
    return signed
