"""Reads the facts of a ledger: what a listing shows of each job, and the facts that are needed of it."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import MissingKeyError, Place, Problem
from hailuo.ledger.fact_json import (
    DONE,
    DOUBT,
    END,
    INTENT,
    ORPHAN,
    OUTCOME,
    RESTORE,
    damaged,
    is_litter,
    missing,
    stranger,
)
from hailuo.ledger.facts import Attempt, Done, JobRecord, Orphan
from hailuo.store import Entry, Store
from hailuo.store.layout import RecordKey

_READS_AT_ONCE: Final = 32
DONE_NAME: Final = re.compile(r"done(?:-[0-9]{3,})?")
"""The name of a fact that a clip is in the store; the n-th time, after the first ones were lost."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The keys of one job: its facts by name, with the store's time of each, and what holds the job."""

    facts: dict[str, datetime] = field(default_factory=dict)
    damage: list[Problem] = field(default_factory=list)


class FactReader:
    """Reads facts below a prefix, a few at a time. Make one for each reading: it belongs to one event loop."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._gate = asyncio.Semaphore(_READS_AT_ONCE)

    async def listing(self, creative_id: str = "") -> tuple[dict[str, Listed], tuple[Problem, ...]]:
        """What is listed by job, or of one job alone, and the findings about keys that are no facts.

        Raises: StoreUnavailableError.
        """
        prefix = f"{self._prefix}{creative_id}/" if creative_id else self._prefix
        return _group(await self._store.listing(prefix))

    async def read(
        self,
        creative_id: str,
        listed: Listed,
        *,
        full: bool = True,
        done: Done | None = None,
    ) -> JobRecord:
        """The job's record; `done` is what a rollup holds of it."""
        facts, damage = listed.facts, list(listed.damage)
        dones = sorted(name for name in facts if DONE_NAME.fullmatch(name))
        if not dones:
            done = None  # the listing is the authority
        elif done is None or len(dones) > 1:
            done = await self.fact(creative_id, dones[-1], DONE, damage)
        done_at = facts[dones[0]] if done else None
        attempts = attempt_times(facts)
        if damage and not full and done is None:
            full = True
        late = any("/orphan-" in name for name in facts)  # what was paid twice must always be read
        restored = max(0, len(dones) - 1)
        if done and not full and not late:
            bare = tuple(Attempt(number=number, recorded_at=at) for number, at in attempts.items())
            return JobRecord(
                creative_id=creative_id, attempts=bare, done=done, done_at=done_at, restored=restored
            )
        damage += self._missing(creative_id, facts)
        read = [await self._read_attempt(creative_id, n, facts, damage) for n in attempts]
        return JobRecord(
            creative_id=creative_id,
            attempts=tuple(read),
            done=done,
            done_at=done_at,
            damage=tuple(damage),
            restored=restored,
        )

    def _missing(self, creative_id: str, facts: Mapping[str, datetime]) -> list[Problem]:
        """The first intent that must have been there: attempts count from one, and each begins with its intent."""
        numbers = set(attempt_times(facts))
        names = [f"a{n:03}/intent" for n in range(1, max(numbers, default=0) + 1)]
        left = ", ".join(sorted(facts))
        return [
            missing(f"{self._prefix}{creative_id}/{name}", left=left) for name in names if name not in facts
        ][:1]

    async def _read_attempt(
        self,
        creative_id: str,
        number: int,
        facts: Mapping[str, datetime],
        damage: list[Problem],
    ) -> Attempt:
        folder = f"a{number:03}/"

        async def fact(name: str, kind: TypeAdapter[T]) -> T | None:
            if name not in facts:
                return None
            return await self.fact(creative_id, name, kind, damage)

        intent = await fact(f"{folder}intent", INTENT)
        doubt, outcome = await fact(f"{folder}doubt", DOUBT), await fact(f"{folder}outcome", OUTCOME)
        end = await fact(f"{folder}end", END)
        names = [name for name in facts if name.startswith(f"{folder}orphan-")]
        orphans = list[Orphan]()
        for name in names:
            if orphan := await self.fact(creative_id, name, ORPHAN, damage):
                orphans.append(orphan)
        return Attempt(
            number=number,
            recorded_at=attempt_times(facts)[number],
            intent=intent,
            doubt=doubt,
            outcome=outcome,
            end=end,
            orphans=tuple(orphans),
        )

    async def fact(
        self,
        creative_id: str,
        name: str,
        kind: TypeAdapter[T],
        damage: list[Problem],
    ) -> T | None:
        """The fact; None where it cannot be read, and then `damage` says why."""
        key = f"{self._prefix}{creative_id}/{name}"
        content = b""
        try:
            async with self._gate:
                content = await self._store.read(key)
            return kind.validate_json(content)
        except MissingKeyError:
            damage.append(Problem(Place(key), "was deleted", RESTORE))
        except ValidationError as error:
            damage.append(damaged(key, content, error))
        return None


def _group(entries: Iterable[Entry]) -> tuple[dict[str, Listed], tuple[Problem, ...]]:
    """What is listed, by job, and the findings about keys that are no facts.

    A job that is not stored is held by a key that a newer version, or a second machine, may have written among its facts.
    """
    by_job: defaultdict[str, Listed] = defaultdict(Listed)
    strangers: list[Problem] = []
    for entry in entries:
        record = RecordKey.of(entry.key)
        if record and record.is_fact:
            by_job[record.creative_id].facts[record.in_job] = entry.modified_at
            continue
        strangers.append(stranger(entry.key))
        if record and not is_litter(entry.key):
            by_job[record.creative_id].damage.append(strangers[-1])
    return dict(by_job), tuple(strangers)


def attempt_times(facts: Mapping[str, datetime]) -> dict[int, datetime]:
    """Attempt numbers in order, each with the time of its intent, or of its first fact where that is missing."""
    times: dict[int, datetime] = {}
    for name, at in facts.items():
        if not DONE_NAME.fullmatch(name):
            number = int(name[1:].partition("/")[0])
            times[number] = min(at, times.get(number, at))
    intents = {number: facts.get(f"a{number:03}/intent", at) for number, at in times.items()}
    return dict(sorted(intents.items()))
