"""Facts as JSON: the keys and values of version 0.1 and all later ones.

An outcome is written with the keys of all its kinds, as ever; those of other kinds are empty.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from hailuo.errors import Place, Problem
from hailuo.lazy import DEFERRED
from hailuo.ledger.facts import (
    Abandoned,
    Done,
    Doubt,
    End,
    Fact,
    Intent,
    Orphan,
    Outcome,
    Refused,
    Submitted,
    Unsent,
)

INTENT: Final = TypeAdapter(Intent)
DOUBT: Final = TypeAdapter(Doubt)
OUTCOME: Final[TypeAdapter[Outcome]] = TypeAdapter(
    Annotated[Outcome, Field(discriminator="kind")], config=DEFERRED
)
END: Final = TypeAdapter(End)
DONE: Final = TypeAdapter(Done)
ORPHAN: Final = TypeAdapter(Orphan)

RESTORE: Final = "restore it from a backup or from an earlier version in the bucket"

_DONE_KEYS_IF_KNOWN: Final = ("amount_text", "amount_by")
"""Earlier versions did not write them: where there is nothing to say, the bytes are as ever."""

_OF_A_ROW: Final = ("columns", "synthetic_performer", "ad_name_columns", "asked", "fallback_for", "per_take")
"""Keys of a job that are only written where its row has them, as in facts of earlier versions."""

_OUTCOME_KEYS: Final[Mapping[str, object]] = {
    "kind": None,
    "at": None,
    "task_id": None,
    "base_url": None,
    "request_id": None,
    "cause": None,
    "code": None,
    "message": None,
    "repeatable": True,
    "by": None,
}


def dump_fact(fact: Fact | Orphan) -> bytes:
    """The fact as JSON."""
    match fact:
        case Intent():
            empty = {name for name in _OF_A_ROW if not getattr(fact.job, name)}
            return INTENT.dump_json(fact, exclude={"job": empty})
        case Doubt():
            return DOUBT.dump_json(fact)
        case End():
            return END.dump_json(fact)
        case Done():
            absent = {name for name in _DONE_KEYS_IF_KNOWN if getattr(fact, name) is None}
            return DONE.dump_json(fact, exclude=absent)
        case Orphan():
            return ORPHAN.dump_json(fact)
        case Submitted() | Refused() | Unsent() | Abandoned():
            return to_json({**_OUTCOME_KEYS, **OUTCOME.dump_python(fact, mode="json")})


def damaged(key: str, content: bytes, error: ValidationError) -> Problem:
    """What is wrong with the record under the key, and the way to have it back."""
    if not content.strip():
        return Problem(Place(key), "is empty", RESTORE)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return Problem(Place(key), "is no JSON: it is damaged", RESTORE)
    where = ".".join(str(part) for part in first["loc"]) or "its whole"
    reason = f"is no valid fact ({where}: {first['msg']}): a newer version wrote it, or it is damaged"
    return Problem(Place(key), reason, f"use the newest version of hailuo on every machine, or {RESTORE}")


def missing(key: str, *, left: str) -> Problem:
    """The problem of a missing fact. `left` lists the facts of the job that are there, which cannot be without it."""
    return Problem(Place(key), f"is missing: the ledger has {left}", RESTORE)


def stranger(key: str) -> Problem:
    """A key among the records that no version up to this one wrote."""
    if is_litter(key):
        return Problem(Place(key), "is no record: a program or a network file system left it", "delete it")
    reason = "is no record that this version knows: a copy made by a sync program, or of a newer version"
    remedy = "move it out of the store if no newer version wrote it; sync programs must not write here"
    return Problem(Place(key), reason, remedy)


def name_of(fact: Fact) -> str:
    """The last part of the key under which the fact is stored."""
    match fact:
        case Submitted() | Refused() | Unsent() | Abandoned():
            return "outcome"
        case Intent() | Doubt() | End() | Done():
            return type(fact).__name__.lower()


def is_litter(key: str) -> bool:
    """Whether the name shows that a program or a network file system left it, and no version of this one did."""
    name = key.rpartition("/")[2]
    return name.startswith((".", "~")) or name in {"Thumbs.db", "desktop.ini"}
