"""Claims on tasks: a task id belongs to one attempt at a time, in the whole store.

    tasks/v1/{SHA-256 of base URL and task id}/c001      the attempt that the task is said to be of

A submit that was accepted writes one, and so does an adoption. A claim is valid until its attempt has an
outcome that does not name the task (another task, or abandoned): then the next number may be taken. Claims are
created once, and say the same whoever writes them: an adoption repeated after a crash finds its own claim.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import MissingKeyError
from hailuo.lazy import DEFERRED
from hailuo.ledger.ledger import HORIZON
from hailuo.ledger.rollups import Rollups
from hailuo.store import Entry, Store, read_many
from hailuo.store.layout import CLAIMS, Edition, RecordKey, claims_of, is_attempt, is_claim

_NAME_A_TASK: Final = ("done", "outcome", "orphan-")
_DONE_AT_ONCE: Final = 2
"""The facts that name a task, of a job whose first attempt has its clip: one outcome and `done` name the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A task, and the attempt it is said to be of: its key in the ledger, `{campaign}/.../{creative_id}/a001`."""

    task_id: str
    base_url: str
    attempt: str
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Ledger keys that name a task, and attempts whose POST may yet be answered with it."""

    named: tuple[str, ...]
    under_way: tuple[str, ...]


_ADAPTER: Final = TypeAdapter(Claim)


async def claim_task(store: Store, wanted: Claim) -> str | None:
    """Claim a task. None if the claim is valid now; else the holder of the task.

    The holder is the attempt of the claim that was there before, or the key of a claim that cannot be read: whose that is,
    is not known, so the task is taken. Raises: StoreUnavailableError.
    """
    content = _ADAPTER.dump_json(wanted)
    for number in count(1):
        key = f"{_folder(wanted)}c{number:03}"
        if await store.create(key, content):
            return None
        other = await _read_claim(store, key)
        if other is None:
            return key
        if await _is_valid(store, other):
            return other.attempt
    raise AssertionError("there is always a next number")


async def _read_claim(store: Store, key: str) -> Claim | None:
    """The claim under the key; None where it is damaged, or was deleted since it was found there."""
    try:
        claim = _ADAPTER.validate_json(await store.read(key))
    except (MissingKeyError, ValidationError):
        return None
    return claim if is_attempt(claim.attempt) else None


async def claims_for(
    store: Store, attempts: Mapping[str, datetime]
) -> Mapping[str, tuple[str, Claim, datetime]]:
    """Attempt without outcome -> its claim, the claim's key and its time; `attempts` are the times of their intents.

    Whoever wrote the claim died before the outcome. An attempt with claims on two tasks has none here. Raises:
    StoreUnavailableError.
    """
    if not attempts:
        return {}
    since = min(attempts.values())
    listed = await store.listing(CLAIMS)
    entries = [entry for entry in listed if is_claim(entry.key) and entry.modified_at >= since]
    contents = await read_many(store, [entry.key for entry in entries])
    found: dict[str, list[tuple[str, Claim, datetime]]] = {}
    for entry in entries:
        try:
            claim = _ADAPTER.validate_json(contents[entry.key])
        except (KeyError, ValidationError):  # no claim: it settles nothing
            continue
        if claim.attempt in attempts and entry.key.startswith(_folder(claim)):
            found.setdefault(claim.attempt, []).append((entry.key, claim, entry.modified_at))
    return {attempt: claims[0] for attempt, claims in found.items() if len(claims) == 1}


async def tasks_before_claims(store: Store) -> Mapping[str, str]:
    """Task id -> the ledger key that names it, for facts that are older than the store's first claim.

    Earlier versions wrote no claims. One listing; of stored clips the rollups are read, where they have them.
    Raises: StoreUnavailableError.
    """
    entries = await store.listing("")
    first = min((entry.modified_at for entry in entries if is_claim(entry.key)), default=None)
    jobs: dict[tuple[Edition, str], list[str]] = {}
    for entry in entries:
        key = RecordKey.of(entry.key) if first is None or entry.modified_at < first else None
        if key and key.is_fact and key.name.startswith(_NAME_A_TASK):
            jobs.setdefault((key.edition, key.creative_id), []).append(entry.key)
    found, keys = dict[str, str](), list[str]()
    for edition in {edition for edition, _ in jobs}:
        done = await Rollups(store, edition).read()
        for (_, cid), named in ((job, named) for job, named in jobs.items() if job[0] == edition):
            if cid in done and len(named) == _DONE_AT_ONCE:
                found[done[cid].task_id] = named[0]
            else:
                keys += named
    for at, content in (await read_many(store, keys)).items():
        with contextlib.suppress(ValueError, AttributeError):  # what cannot be read names nothing
            found[json.loads(content).get("task_id")] = at
    return found


async def traces_of(store: Store, task_id: str, *, since: datetime | None, until: datetime | None) -> Traces:
    """What the ledgers of the whole store know of the task: one listing, and a read of each fact of its time.

    `since`: facts that the store got earlier cannot name it; `until`: attempts opened later cannot be its own. None:
    no such bound is known.
    """
    entries, now = await store.listing(""), await store.now()
    records = [(entry, key) for entry in entries if (key := RecordKey.of(entry.key)) and key.is_fact]
    naming = [e.key for e, key in records if key.name.startswith(_NAME_A_TASK) and _from(e, since)]
    contents = await read_many(store, naming)
    named = (key for key in naming if key in contents and _names(contents[key], task_id))
    opened = (key for e, key in records if e.modified_at > now - HORIZON and _up_to(e, until))
    intents = [key.folder for key in opened if key.name == "intent"]
    ended = {entry.key for entry in entries}
    under_way = (at for at in intents if ended.isdisjoint({f"{at}/doubt", f"{at}/outcome"}))
    return Traces(named=tuple(named), under_way=tuple(under_way))


def _folder(claim: Claim) -> str:
    about = hashlib.sha256(f"{claim.base_url}\n{claim.task_id}".encode()).hexdigest()
    return claims_of(about)


async def _is_valid(store: Store, claim: Claim) -> bool:
    try:
        outcome = await store.read(f"{claim.attempt}/outcome")
    except MissingKeyError:
        return True
    return _names(outcome, claim.task_id) is not False


def _names(fact: bytes, task_id: str) -> bool | None:
    """Whether the fact names the task; None where it cannot be read."""
    try:
        content = json.loads(fact)
    except ValueError:
        return None
    return content.get("task_id") == task_id if isinstance(content, dict) else None


def _from(entry: Entry, since: datetime | None) -> bool:
    return since is None or entry.modified_at >= since


def _up_to(entry: Entry, until: datetime | None) -> bool:
    return until is None or entry.modified_at <= until
