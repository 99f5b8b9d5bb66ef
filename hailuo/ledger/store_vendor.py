"""Which vendor the clips and the money of a store belong to: one alone, whether it is real or a simulator."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hailuo.errors import LedgerError, MissingKeyError
from hailuo.settings import is_simulator
from hailuo.store import Store
from hailuo.store.layout import STORE_VENDOR

_SCHEMA: Final = "hailuo.store-vendor/1"


class StoreVendor(BaseModel):
    """The record, created once: `vendor` is the name or the address of the API that everything was bought at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_name: str = Field(default=_SCHEMA, alias="schema")
    vendor: str
    at: datetime


async def read_vendor(store: Store) -> str | None:
    """The vendor of a store; None where nothing was bought yet, or by an earlier version only.

    Raises: StoreUnavailableError, LedgerError for a damaged record.
    """
    try:
        content = await store.read(STORE_VENDOR)
    except MissingKeyError:
        return None
    try:
        return StoreVendor.model_validate_json(content).vendor
    except ValidationError as error:
        raise LedgerError(f"{STORE_VENDOR} is no record of this store's vendor: {error}") from error


async def record_vendor(store: Store, vendor: str, *, at: datetime) -> str:
    """Record the vendor unless there is one; the vendor on record afterwards.

    Raises: StoreUnavailableError, LedgerError for a damaged record.
    """
    record = StoreVendor(vendor=vendor, at=at)
    if await store.create(STORE_VENDOR, record.model_dump_json(by_alias=True).encode()):
        return vendor
    return await read_vendor(store) or vendor


async def is_simulated(store: Store) -> bool:
    """Whether its clips are from a simulator, so that nothing was billed; False where the record is damaged.

    Raises: StoreUnavailableError.
    """
    try:
        return is_simulator(await read_vendor(store) or "")
    except LedgerError:
        return False
