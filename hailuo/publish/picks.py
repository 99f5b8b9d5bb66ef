"""Judgements: what a gallery exported, stored once and never changed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, MissingKeyError, Place, Problem
from hailuo.logs import quiet_logger
from hailuo.named_files import read_named
from hailuo.plan.file import read_plan
from hailuo.publish import manifest
from hailuo.store import Store, read_many
from hailuo.store.layout import Edition

_MOST_SHOWN: Final = 10
_CLOCKS_DIFFER: Final = timedelta(days=1)
_log = quiet_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which judged clips go on: those that fulfil all that is asked. By default it asks for nothing.

    `picked`: more people are for the clip (pick, finalist) than against it (reject). `rated`: the mean rating is at
    least this, 1 to 5. `tags`: somebody gave the clip one of them; upper and lower case are the same.
    """

    picked: bool = False
    rated: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it leaves out any clip at all."""
        return self.picked or self.rated is not None or bool(self.tags)

    def keeps(self, judgements: Sequence[manifest.Judgement]) -> bool:
        """Whether a clip with these judgements goes on: the newest of every person."""
        votes = [_VOTES[one.pick] for one in judgements]
        ratings = [one.rating for one in judgements if one.rating]
        wanted = {tag.casefold() for tag in self.tags}
        given = {tag.casefold() for one in judgements for tag in one.tags}
        return (
            (not self.picked or sum(votes) > 0)
            and (self.rated is None or (bool(ratings) and sum(ratings) >= self.rated * len(ratings)))
            and (not wanted or bool(wanted & given))
        )

    def __str__(self) -> str:
        words = [*(["picked"] if self.picked else []), *([f"rated {self.rated}+"] if self.rated else [])]
        return " and ".join([*words, *([f"tagged {' or '.join(self.tags)}"] if self.tags else [])])


_VOTES: Final = {
    manifest.Pick.PICK: 1,
    manifest.Pick.FINALIST: 1,
    manifest.Pick.NONE: 0,
    manifest.Pick.REJECT: -1,
}


async def chosen(store: Store, edition: Edition, choice: Choice) -> frozenset[str] | None:
    """The creative ids that the choice keeps; None if it asks for nothing.

    Raises: AdmissionError if it keeps no clip; StoreUnavailableError.
    """
    if not choice.asks:
        return None
    judged = await judgements_of(store, edition)
    kept = frozenset(creative_id for creative_id, given in judged.items() if choice.keeps(given))
    if not kept:
        reason = f"{len(judged)} of its clips are judged, and none of them is {choice}"
        remedy = "import judgements with `hailuo judge`, or ask for less"
        raise AdmissionError([Problem(Place(str(edition)), reason, remedy)])
    return kept


async def judge(
    store: Store, paths: Sequence[Path], edition: Edition, *, clock: Clock, reviewer: str | None = None
) -> int:
    """Store the judgements in the files, all of them or none; returns how many they are.

    A file that was stored before changes nothing. `reviewer` says whose all files are. Without it two files in which
    different people seem to have one name are refused, also if one was stored earlier.
    Raises: JudgementError, StoreUnavailableError.
    """
    given = {}
    for path in paths:
        content = await asyncio.to_thread(
            read_named, path, refuse=manifest.JudgementError, remedy="name the exported file"
        )
        given[Place(str(path))] = manifest.read_judgements(content, name=str(path))
    desk = Desk(
        edition=edition,
        known=await creatives_of(store, edition),
        stored=[] if reviewer else await stored_files(store, edition),
        now=clock.now(),
    )
    check_files(given, desk, trusts_names=reviewer is not None)
    return await keep_files(
        store, edition, [_by(reviewer, file) if reviewer else file for file in given.values()]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a file is held against: the creatives of the edition, what was taken in before, and the time."""

    edition: Edition
    known: frozenset[str]
    stored: Sequence[manifest.JudgementFile]
    now: datetime


class EqualNamesError(manifest.JudgementError):
    """Different people seem to have one name: say that they are one, or give one of them another name."""


def check_files(
    given: Mapping[Place, manifest.JudgementFile], desk: Desk, *, trusts_names: bool = False
) -> None:
    """See that every file can be taken in. `trusts_names`: equal names are one person's.

    Raises: JudgementError with every problem; EqualNamesError if only names are in doubt.
    """
    problems: list[Problem] = []
    doubts: list[Problem] = []
    seen = list(desk.stored)
    for place, file in given.items():
        problems += _problems(place, file, desk.known, desk.edition)
        problems += _times_to_come(place, file, desk.now)
        doubts += [] if trusts_names else _equal_names(place, file, seen)
        seen.append(file)
    if problems:
        raise manifest.JudgementError([*problems, *doubts])
    if doubts:
        raise EqualNamesError(doubts)


async def keep_files(store: Store, edition: Edition, files: Sequence[manifest.JudgementFile]) -> int:
    """Store each as a record of its own; returns how many judgements and choices they hold."""
    for file in files:
        content = manifest.judgements_json(file)
        await store.create(manifest.judgement_key(content, edition), content)
    return sum(len(file.said) for file in files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people said of an edition: creative id -> the newest judgement of every reviewer, newest first; and the
    newest choice of every reviewer between two clips.
    """

    judgements: Mapping[str, Sequence[manifest.Judgement]] = field(default_factory=dict)
    pairs: Sequence[manifest.PairChoice] = ()


async def said_of(store: Store, edition: Edition) -> Said:
    """All of it, merged from every file that was taken in. Raises: StoreUnavailableError."""
    files = await stored_files(store, edition)
    return Said(
        judgements=manifest.newest(one for file in files for one in file.judgements),
        pairs=manifest.newest_pairs(one for file in files for one in file.pairs),
    )


async def judgements_of(store: Store, edition: Edition) -> Mapping[str, Sequence[manifest.Judgement]]:
    """creative id -> the newest judgement of every reviewer, newest first. Raises: StoreUnavailableError."""
    return (await said_of(store, edition)).judgements


async def stored_files(store: Store, edition: Edition) -> list[manifest.JudgementFile]:
    """Every file that was taken in, in no order; one that cannot be read is left out. Raises: StoreUnavailableError."""
    keys = [entry.key for entry in await store.listing(edition.judgements)]
    found = []
    for key, content in (await read_many(store, keys)).items():
        try:
            found.append(manifest.read_judgements(content, name=key))
        except manifest.JudgementError:  # edited by hand: no reason to stop a manifest
            _log.warning("hailuo.judgements.not_readable", extra={"key": key})
    return found


async def creatives_of(store: Store, edition: Edition) -> frozenset[str]:
    """Every id in the edition's manifest; if there is no manifest yet, those of its plan."""
    try:
        rows = manifest.read_jsonl(await store.read(edition.manifest_jsonl))
    except MissingKeyError:
        plan = await read_plan(store, edition)
        return frozenset(line.job.creative_id for line in plan.lines) if plan else frozenset()
    return frozenset(str(creative_id) for creative_id in rows["creative_id"])


def _problems(
    place: Place, file: manifest.JudgementFile, known: frozenset[str], edition: Edition
) -> list[Problem]:
    if Edition(file.campaign, file.edition) != edition:
        reason = f"judges {file.campaign}/{file.edition}, not {edition}"
        return [Problem(place, reason, "name the campaign file or the edition that it judges")]
    strangers = sorted(file.creative_ids - known)[:_MOST_SHOWN]
    remedy = "rebuild with `hailuo manifest`, or export again from the newest gallery"
    return [Problem(place, f"no creative of the edition is called {cid}", remedy) for cid in strangers]


def _times_to_come(place: Place, file: manifest.JudgementFile, now: datetime) -> list[Problem]:
    """A judgement from the future would count as the newest for as long as it lasts."""
    remedy = "set the clock of the machine that judged, and `reviewed_at` in the file to when it was given"
    return [
        Problem(
            place, f"{_subject(one)} was judged at {one.reviewed_at.isoformat()}, which is to come", remedy
        )
        for one in file.said
        if one.reviewed_at > now + _CLOCKS_DIFFER
    ][:_MOST_SHOWN]


def _subject(one: manifest.Judgement | manifest.PairChoice) -> str:
    return one.creative_id if isinstance(one, manifest.Judgement) else f"{one.left} beside {one.right}"


def _equal_names(
    place: Place, file: manifest.JudgementFile, others: Sequence[manifest.JudgementFile]
) -> list[Problem]:
    """The names in the file under which another person seems to have judged before."""
    problems = []
    for name in dict.fromkeys(one.reviewer for one in file.said):
        known = [
            other
            for other in others
            if any(manifest.folded(one.reviewer) == manifest.folded(name) for one in other.said)
        ]
        if known and not any(manifest.is_one_person(name, file, other) for other in known):
            reason = f"another file differs and is also by {name}"
            remedy = (
                "if it is one person, add --reviewer NAME; if not, give each file a name of its own with it"
            )
            problems.append(Problem(place, reason, remedy))
    return problems


def _by(reviewer: str, file: manifest.JudgementFile) -> manifest.JudgementFile:
    own = {"reviewer": reviewer}
    named = tuple(one.model_copy(update=own) for one in file.judgements)
    pairs = tuple(one.model_copy(update=own) for one in file.pairs)
    return file.model_copy(update={**own, "judgements": named, "pairs": pairs})
