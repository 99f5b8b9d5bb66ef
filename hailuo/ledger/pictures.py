"""Pictures registered with the vendor, remembered for all nights: write-once facts for each picture.

    tasks/pictures/v1/{SHA-256 of address, upload model and picture}/n001-intent   before the one request
                                                                     n001-asset    the vendor's id of the picture
                                                                     n001-end      it is usable, or never will be

The same facts hold the group of the pictures, for which the name of the group is the picture. A number follows another
only where that one came to nothing: it was not sent, or nothing of it is at the vendor.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from hailuo.lazy import DEFERRED
from hailuo.store import Store, read_many
from hailuo.store.layout import picture_of

_FACT: Final = re.compile(r"n(?P<number>\d{3,})-(?P<kind>intent|asset|end)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureIntent:
    """The right to register a picture once. The vendor knows it by `name`, which no other registration has."""

    nonce: str
    worker: str
    at: datetime
    name: str
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureAsset:
    """The vendor's id of the picture. `note` says how it was found, where its answer was lost."""

    asset_id: str
    at: datetime
    note: str | None = None
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureEnd:
    """What became of the registration. `refused`: the vendor will never take this picture."""

    usable: bool
    refused: bool = False
    code: str | None = None
    message: str | None = None
    at: datetime
    __pydantic_config__ = DEFERRED


PictureFact = PictureIntent | PictureAsset | PictureEnd
_Fact = TypeVar("_Fact")
_INTENT, _ASSET, _END = TypeAdapter(PictureIntent), TypeAdapter(PictureAsset), TypeAdapter(PictureEnd)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRecord:
    """What is known of the newest registration of a picture; `number` is 0 where there was none.

    `recorded_at` is the store's time of its intent. A fact that cannot be read counts as absent: registering is free.
    """

    number: int = 0
    intent: PictureIntent | None = None
    asset: PictureAsset | None = None
    end: PictureEnd | None = None
    recorded_at: datetime | None = None


class PictureLedger:
    """The facts about one picture at one vendor."""

    def __init__(self, store: Store, *, base_url: str, upload_model: str | None, picture: str) -> None:
        """`picture` is the SHA-256 of the picture, or the name of a group."""
        about = f"{base_url}\n{upload_model or ''}\n{picture}"
        self._store = store
        self._folder = picture_of(hashlib.sha256(about.encode()).hexdigest())

    async def read(self) -> PictureRecord:
        """The newest registration: one listing, and its facts. Raises: StoreUnavailableError."""
        entries = await self._store.listing(self._folder)
        facts = {
            (int(found["number"]), found["kind"]): entry
            for entry in entries
            if (found := _FACT.fullmatch(entry.key.removeprefix(self._folder)))
        }
        number = max((number for number, _ in facts), default=0)
        newest = {kind: entry for (own, kind), entry in facts.items() if own == number}
        contents = await read_many(self._store, [entry.key for entry in newest.values()])
        texts = {kind: contents.get(entry.key, b"") for kind, entry in newest.items()}
        return PictureRecord(
            number=number,
            intent=_read(_INTENT, texts.get("intent")),
            asset=_read(_ASSET, texts.get("asset")),
            end=_read(_END, texts.get("end")),
            recorded_at=newest["intent"].modified_at if "intent" in newest else None,
        )

    async def intend(self, number: int, *, name: str, worker: str, at: datetime) -> bool:
        """Take the right to register the picture as `number`: True if this call, and no other, got it."""
        intent = PictureIntent(nonce=secrets.token_hex(8), worker=worker, at=at, name=name)
        return await self._store.create(f"{self._folder}n{number:03}-intent", _INTENT.dump_json(intent))

    async def name_asset(self, number: int, asset: PictureAsset) -> None:
        """Keep the vendor's id; another worker's is as good."""
        await self._store.create(f"{self._folder}n{number:03}-asset", _ASSET.dump_json(asset))

    async def end(self, number: int, end: PictureEnd) -> None:
        """Keep what became of it; what another worker wrote says the same."""
        await self._store.create(f"{self._folder}n{number:03}-end", _END.dump_json(end))


def _read(adapter: TypeAdapter[_Fact], content: bytes | None) -> _Fact | None:
    if content is None:
        return None
    try:
        return adapter.validate_json(content)
    except ValidationError:
        return None
