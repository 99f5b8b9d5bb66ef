"""A statement: what every attempt of a campaign cost, over all its editions, read from the ledger alone."""

from dataclasses import dataclass
from decimal import Decimal

from hailuo.clock import Clock, SystemClock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.ledger.grants import Grants
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.money import JobMoney, money_of
from hailuo.ledger.store_vendor import is_simulated
from hailuo.settings import Settings, load_settings
from hailuo.store import Store
from hailuo.store.layout import Edition, Folder, editions_with
from hailuo.store.open import nothing_bought_without_store, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The calendar month (UTC) now, over everything in the store; `cap_usd` is HAILUO_MAX_USD_PER_MONTH.

    `committed_usd` is what the cap counts, by the month in which a run started: what closed runs spent, hold or
    abandoned, and all that was granted to runs still open.
    """

    name: str
    committed_usd: Decimal
    cap_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Every job for which an attempt was made, with its bill; `findings` are records that are missing or cannot be read.

    If `is_simulated`, a simulator made the clips, and nothing was billed.
    """

    campaign: str
    editions: tuple[str, ...]
    bills: tuple[JobMoney, ...]
    month: Month
    findings: tuple[Problem, ...] = ()
    is_simulated: bool = False


async def read_statement(
    campaign: str,
    settings: Settings | None = None,
    *,
    edition: str | None = None,
    clock: Clock | None = None,
) -> Statement:
    """Read what every attempt of a campaign cost, over all its editions or one, from the ledger alone.

    `settings` are those of the environment and `clock` is the system's unless given.

    Raises: AdmissionError when nothing was ever bought, SettingsError, LedgerError.
    """
    settings, clock = settings or load_settings(), clock or SystemClock()
    with nothing_bought_without_store():
        store = open_store(settings)
        keys = [entry.key for entry in await store.listing(f"{campaign}/")]
        editions = [name for name in editions_with(keys, Folder.LEDGER) if edition in {None, name}]
        if not editions:
            raise AdmissionError([_nothing(store, campaign, edition)])
        ledgers = [await _ledger(store, clock, Edition(campaign, name)) for name in editions]
        grants, name = Grants(store), f"{await store.now():%Y-%m}"
        await grants.load(to_show=True)
        simulated = await is_simulated(store)
    records = (record for ledger in ledgers for record in ledger.records.values())
    committed = grants.committed(lambda grant: grant.month == name)
    return Statement(
        campaign=campaign,
        editions=tuple(editions),
        bills=tuple(money_of(record.job, record) for record in records if record.job),
        month=Month(name=name, committed_usd=committed, cap_usd=settings.max_usd_per_month),
        findings=(*(problem for ledger in ledgers for problem in ledger.findings), *grants.findings),
        is_simulated=simulated,
    )


async def _ledger(store: Store, clock: Clock, edition: Edition) -> Ledger:
    ledger = Ledger(store, clock, edition, worker="statement")
    await ledger.load()
    return ledger


def _nothing(store: Store, campaign: str, edition: str | None) -> Problem:
    which = f"{campaign}, edition {edition}" if edition else campaign
    return Problem(
        Place(campaign),
        f"nothing was ever bought for {which} in {store.uri}",
        "run it first, or set HAILUO_STORE",
    )
