"""The records of upload-ready copies: where a copy is, what it was made of and how.

{campaign}/{edition}/conformed/{creative_id}-{placement}.mp4     or -{shape}.mp4, such as -9x16.mp4
{campaign}/{edition}/conformed/{creative_id}-{placement}.json    its record, written after it
{campaign}/{edition}/conformed/{creative_id}-{placement}-{version}-{finish_id}.mp4    a copy with a finish
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import TypeAdapter

from hailuo.campaign.finish import Finish
from hailuo.logs import quiet_logger
from hailuo.media.inspection import Facts
from hailuo.media.placement_rules import PlacementVerdict
from hailuo.media.recipe import Recipe
from hailuo.store import Store, read_many
from hailuo.store.layout import Edition

_log = quiet_logger(__name__)


Series = tuple[str, str, str | None]
"""Creative id of the clip, placement or shape, and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishOfCopy:
    """What a copy was finished with: the version's name, the id of what was drawn, and what is written on it.

    `asked_at` is when it was last asked for: of the copies of one version, the newest counts.
    """

    name: str
    finish_id: str
    text: str
    asked_at: datetime

    @classmethod
    def of(cls, finish: Finish, *, asked_at: datetime) -> "FinishOfCopy":
        """Of a finish whose texts are filled."""
        return cls(name=finish.name, finish_id=finish.finish_id, text=finish.text, asked_at=asked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformed:
    """One copy: a row of its own in the manifest, and never a job: nothing was bought for it.

    `name` ends its keys, and is the placement it was made for, or else its shape, with its finish. `source` are the facts of the clip
    it was made of; `placements` judges the copy for every placement.
    """

    schema: Literal["hailuo.conformed/1.0"] = "hailuo.conformed/1.0"
    derived_from: str
    name: str
    placement: str | None
    recipe: Recipe
    source_sha256: str
    source: Facts
    key: str
    sha256: str
    made_at: datetime
    facts: Facts
    placements: Mapping[str, PlacementVerdict]
    placements_version: str
    digital_source_type: str | None
    c2pa_state: Literal["none", "signed"] = "none"
    finish: FinishOfCopy | None = None

    @property
    def series(self) -> Series:
        """Clip, place and version: of several copies of one series, an earlier one has another text or picture."""
        place = self.placement or self.name.partition("-")[0]
        return self.derived_from, place, self.finish.name if self.finish else None

    @property
    def derivation(self) -> str:
        """The recipe in one line."""
        return str(self.recipe)


_ADAPTER: Final = TypeAdapter(Conformed)


async def keep_conformed(store: Store, conformed: Conformed) -> None:
    """Write the record beside its copy, atomically. Raises: StoreUnavailableError."""
    content = _ADAPTER.dump_json(conformed, indent=1)
    await store.put(_record_key(conformed.key), content, content_type="application/json")


async def read_conformed(store: Store, edition: Edition) -> list[Conformed]:
    """Every copy that is stored in full, sorted by key. Raises: StoreUnavailableError."""
    bytes_of = {entry.key: entry.bytes for entry in await store.listing(edition.conformed)}
    return [copy for copy in await _read(store, bytes_of) if copy.facts.bytes == bytes_of.get(copy.key)]


async def read_records(store: Store, edition: Edition) -> list[Conformed]:
    """The record of every copy, also where the copy is missing. Raises: StoreUnavailableError."""
    return await _read(store, [entry.key for entry in await store.listing(edition.conformed)])


async def _read(store: Store, keys: Iterable[str]) -> list[Conformed]:
    found = []
    for key, content in (await read_many(store, [key for key in keys if key.endswith(".json")])).items():
        try:
            found.append(_ADAPTER.validate_json(content))
        except ValueError:  # of another version of this program, or edited by hand: the copy is made again
            _log.warning("hailuo.conformed.not_readable", extra={"key": key})
    return found


def _record_key(copy_key: str) -> str:
    return f"{copy_key.removesuffix('.mp4')}.json"
