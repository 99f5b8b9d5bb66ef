"""Grants: what each run may spend, in one order that every machine sees, so that no cap is overshot.

    money/v1/00000001      grant    run, campaign, edition, month, price of every job it may buy
    money/v1/00000002      close    run, what its attempts really cost or hold
    money/v1/00000003      late     run, what attempts of it turned out to cost in a later run
    money/rollup.json.gz   the facts 1 to n in one object: a cache, rebuilt when it is missing or damaged

Facts are numbered and created once. A run reads all of them, checks the caps with its own plan added, and
takes the next number; if another run was first it reads that and checks again. So of two runs that would
overshoot together, the later is refused, on whatever machine they are. Two runs of the same plan share:
a job granted twice counts once. A run that dies leaves its grant counted in full: too much is reserved, never
too little. A run buys only while its grant is younger than `LIFETIME`; the next run of the edition closes
grants that are older, by what the ledger says their attempts cost or reserve. Where a cap binds, the grants of processes
that are known to be dead are closed in the same way at once. An attempt that a person abandoned
counts as well, also beside a new attempt for its job, though the plan takes that person's word.

A fact that cannot be read may hold any amount, so nothing is bought until it is restored. Everything else goes on.
"""

import contextlib
import gzip
import re
import secrets
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hailuo.errors import (
    AdmissionError,
    LedgerError,
    MissingKeyError,
    Place,
    Problem,
    StoreUnavailableError,
)
from hailuo.lazy import DEFERRED
from hailuo.ledger.fact_json import damaged, stranger
from hailuo.store import Store, read_many
from hailuo.store.layout import GRANTS, GRANTS_ROLLUP, MONEY, Edition

LIFETIME: Final = timedelta(hours=24)
"""How long a run may buy on its grant, by the store's time."""

_MARGIN: Final = timedelta(hours=1)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The right of one run to buy these jobs at these prices; `month` is of its start, UTC, as 2026-11.

    `abandoned` is what earlier attempts of these jobs, made on grants that are still open, may have cost: a person
    gave them up, and the price of the new attempt comes on top of theirs. `spared` is what is held already for the jobs
    that substitutes would replace: of the two only one is paid. `process` is the only one that buys on the
    grant (`hailuo.ledger.processes`); None where several machines do, or where it has no name.
    """

    kind: Literal["grant"] = "grant"
    run: str
    campaign: str
    edition: str
    month: str
    at: datetime
    prices: Mapping[str, Decimal]
    abandoned: Mapping[str, Decimal] | None = None
    spared: Mapping[str, Decimal] | None = None
    process: str | None = None

    def at_most_usd(self, creative_id: str) -> Decimal:
        """What this job's attempts may have cost when the new one is bought too, beyond what is held in its place."""
        price = self.prices[creative_id] - (self.spared or {}).get(creative_id, _ZERO)
        return max(_ZERO, price) + (self.abandoned or {}).get(creative_id, _ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """What the attempts of a run cost or hold, by job; what it did not buy is free again."""

    kind: Literal["close"] = "close"
    run: str
    nonce: str
    at: datetime
    spent: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCost:
    """What the attempts of a run for each job cost, as a later run found out; it counts in the month of the grant."""

    kind: Literal["late"] = "late"
    run: str
    nonce: str
    at: datetime
    spent: Mapping[str, Decimal]


_Fact = Grant | Close | LateCost
_Entry = Annotated[_Fact, Field(discriminator="kind")]
_ADAPTER: Final[TypeAdapter[_Fact]] = TypeAdapter(_Entry, config=DEFERRED)
_ROLLUP: Final[TypeAdapter[list[_Fact]]] = TypeAdapter(list[_Entry], config=DEFERRED)
_FACT: Final = re.compile(re.escape(GRANTS) + r"(\d{8,})")
_FACTS_BESIDE_ROLLUP: Final = 16
"""The facts that are read one by one at most: more are rolled up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `usd` over all grants that `covers`; `name` is for people."""

    name: str
    usd: Decimal
    covers: Callable[[Grant], bool]


class OverCapError(LedgerError):
    """The grant would overshoot a cap: nothing was taken."""

    def __init__(self, cap: Cap, committed: Decimal, asked: Decimal) -> None:
        self.cap, self.committed, self.asked = cap, committed, asked
        super().__init__(f"{cap.name}: {committed} committed, with this run {asked}, at most {cap.usd}")


class Grants:
    """The grants of one store, as last read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[int, _Fact] = {}
        self._damaged: dict[int, Problem] = {}
        self._strangers: tuple[Problem, ...] = ()
        self._missing: tuple[Problem, ...] = ()
        self._loaded = False

    @property
    def findings(self) -> tuple[Problem, ...]:
        """What is in the folder and is no fact, or one that cannot be read."""
        return (*self._missing, *self._damaged.values(), *self._strangers)

    async def load(self, *, to_show: bool = False) -> None:
        """Read what is new: one listing, the rollup, and the facts beside it.

        Raises: StoreUnavailableError, LedgerError where numbers are missing; `to_show`, that is one of the findings.
        """
        keys = await self._listed(to_show=to_show)
        numbers = {int(found[1]): key for key in keys if (found := _FACT.fullmatch(key))}
        self._strangers = tuple(
            stranger(key) for key in keys if key != GRANTS_ROLLUP and not _FACT.fullmatch(key)
        )
        if not self._entries and GRANTS_ROLLUP in keys:
            self._entries.update(await self._rolled_up(at_most=len(numbers)))
        beside = {number: key for number, key in numbers.items() if number not in self._entries}
        contents = await read_many(self._store, list(beside.values()))
        self._damaged = {}
        for number, key in beside.items():
            try:
                self._entries[number] = _ADAPTER.validate_json(contents[key])
            except KeyError:
                self._damaged[number] = Problem(Place(key), "was deleted just now", "restore it")
            except ValidationError as error:
                self._damaged[number] = damaged(key, contents[key], error)
        self._loaded = True
        if len(beside) > _FACTS_BESIDE_ROLLUP and not self._damaged:
            await self._roll_up()

    async def _listed(self, *, to_show: bool) -> list[str]:
        keys = [entry.key for entry in await self._store.listing(MONEY)]
        if _gaps(keys):  # a folder's listing may miss a fact that was created meanwhile, and have the next
            keys = [entry.key for entry in await self._store.listing(MONEY)]
        self._missing = ()
        if _gaps(keys):
            reason, remedy = "has gaps: grants were deleted", "restore them before anything is bought"
            if not to_show:
                raise LedgerError(f"{GRANTS} {reason}; {remedy}")
            self._missing = (Problem(Place(GRANTS), reason, remedy),)
        return keys

    async def check(self, grant: Grant, caps: Iterable[Cap]) -> None:
        """Whether the grant could be taken now; it is not.

        Raises: OverCapError, AdmissionError where a fact cannot be read, StoreUnavailableError.
        """
        await self.load()
        self._require(grant, caps)

    async def take(self, grant: Grant, caps: Iterable[Cap]) -> None:
        """Add the grant if no cap is overshot by it. Raises: as `check`.

        Facts that others added since the last `load` are noticed: their number is taken then.
        """
        caps = tuple(caps)
        if not self._loaded:
            await self.load()
        while True:
            self._require(grant, caps)
            if await self._append(grant):
                return
            await self.load()

    async def close(self, run: str, spent: Mapping[str, Decimal], *, at: datetime) -> None:
        """Give back what a run did not spend. Closing twice adds nothing: only the first close counts."""
        close = Close(run=run, nonce=secrets.token_hex(8), at=at, spent=spent)
        if not self._loaded:
            await self.load()
        while not await self._append(close):
            await self.load()

    async def add_late(self, run: str, spent: Mapping[str, Decimal], *, at: datetime) -> None:
        """Count these amounts for a run's jobs in place of what was granted or given account of. Raises: as `load`."""
        late = LateCost(run=run, nonce=secrets.token_hex(8), at=at, spent=spent)
        if not self._loaded:
            await self.load()
        while not await self._append(late):
            await self.load()

    def committed(self, covers: Callable[[Grant], bool]) -> Decimal:
        """US dollars: what closed runs spent, and for open ones the dearest price granted for each job."""
        return self._sum([grant for grant in self._grants if covers(grant)])

    def open_grant(self, run: str) -> Grant | None:
        """The grant of a run, while it is not closed, at the dearest price that the run holds for each job."""
        held = [grant for grant in self._grants if grant.run == run and run not in self._closes]
        if not held:
            return None
        prices = {cid: max(g.prices[cid] for g in held if cid in g.prices) for g in held for cid in g.prices}
        return replace(held[0], prices=prices)

    def paid_jobs(self, edition: Edition) -> frozenset[str]:
        """The jobs of an edition for which closed runs spent or hold money."""
        closes = self._closes
        own = (g for g in self._grants if Edition(g.campaign, g.edition) == edition and g.run in closes)
        return frozenset(cid for grant in own for cid, amount in closes[grant.run].spent.items() if amount)

    def was_alone(
        self,
        run: str,
        *,
        store_now: datetime,
        gone: Collection[str] = (),
        but_for: Edition | None = None,
    ) -> bool:
        """Whether no other run of the store had an open grant at any time since this run took its own.

        Runs that were `gone` by then, and those of the edition `but_for`, are passed over.
        """
        dead = store_now - LIFETIME - _MARGIN
        began, others = (
            None,
            dict[str, datetime](),
        )  # other runs that may buy, with the time of their newest grant
        for _, entry in sorted(self._entries.items()):
            if isinstance(entry, Grant) and entry.run == run:
                began = began or entry
            elif isinstance(entry, Grant) and entry.run not in gone:
                if Edition(entry.campaign, entry.edition) != but_for:
                    others[entry.run] = entry.at
            elif isinstance(entry, Close) and began is None:
                others.pop(entry.run, None)
        return began is not None and not self._damaged and all(at < dead for at in others.values())

    def open_grants(self, covers: Callable[[Grant], bool]) -> list[Grant]:
        """The grants of runs that are not closed, the newest of each run, in the order of their records."""
        closed = self._closes
        newest = {grant.run: grant for grant in self._grants if covers(grant) and grant.run not in closed}
        return list(newest.values())

    def open_runs(self, edition: Edition) -> frozenset[str]:
        """The runs of an edition whose grants are not closed."""
        own = (grant.run for grant in self._grants if Edition(grant.campaign, grant.edition) == edition)
        return frozenset(own) - self._closes.keys()

    def stale(self, edition: Edition, *, store_now: datetime) -> list[Grant]:
        """Open grants of an edition that have expired."""
        closed = self._closes
        return [
            grant
            for grant in self._grants
            if Edition(grant.campaign, grant.edition) == edition
            and grant.run not in closed
            and store_now - grant.at > LIFETIME + _MARGIN
        ]

    @property
    def _grants(self) -> list[Grant]:
        return [entry for entry in self._entries.values() if isinstance(entry, Grant)]

    @property
    def _closes(self) -> dict[str, Close]:
        """The first close of every run."""
        found: dict[str, Close] = {}
        for _, entry in sorted(self._entries.items()):
            if isinstance(entry, Close):
                found.setdefault(entry.run, entry)
        return found

    def _require(self, grant: Grant, caps: Iterable[Cap]) -> None:
        if self._damaged:
            raise AdmissionError(list(self._damaged.values()))
        for cap in caps:
            if not cap.covers(grant):
                continue
            before = [other for other in self._grants if cap.covers(other)]
            asked = self._sum([*before, grant])
            if asked > cap.usd:
                raise OverCapError(cap, self._sum(before), asked)

    def _costs(self) -> dict[str, dict[str, Decimal]]:
        """By run and job, what its attempts cost or hold by its close and by late records, in the order of the records.

        A late record replaces what is known of its jobs. A close may come from a ledger that was read before, so it
        lowers nothing that was recorded before it.
        """
        found, closed = defaultdict[str, dict[str, Decimal]](dict), set[str]()
        for _, entry in sorted(self._entries.items()):
            if isinstance(entry, LateCost):
                found[entry.run].update(entry.spent)
            elif isinstance(entry, Close) and entry.run not in closed:
                closed.add(entry.run)
                costs = found[entry.run]
                costs.update({job: max(amount, costs.get(job, _ZERO)) for job, amount in entry.spent.items()})
        return found

    def _sum(self, grants: Iterable[Grant]) -> Decimal:
        closes, costs = self._closes, self._costs()
        closed, open_prices = dict[str, Decimal](), defaultdict[tuple[str, str, str], Decimal](Decimal)
        for grant in grants:
            known = costs.get(grant.run, {})
            if grant.run in closes:  # once, however many grants the run took
                closed[grant.run] = sum(known.values(), _ZERO)
                continue
            for job in grant.prices:
                key = (grant.campaign, grant.edition, job)
                open_prices[key] = max(open_prices[key], grant.at_most_usd(job), known.get(job, _ZERO))
        return sum(closed.values(), _ZERO) + sum(open_prices.values(), _ZERO)

    async def _append(self, entry: _Fact) -> bool:
        number = len(self._entries) + len(self._damaged) + 1
        won = await self._store.create(f"{GRANTS}{number:08}", _ADAPTER.dump_json(entry, exclude_none=True))
        if won:
            self._entries[number] = entry
        return won

    async def _rolled_up(self, *, at_most: int) -> Mapping[int, _Fact]:
        """The facts in the rollup; none where it is missing, damaged or longer than the facts listed."""
        try:
            found = _ROLLUP.validate_json(gzip.decompress(await self._store.read(GRANTS_ROLLUP)))
        except (MissingKeyError, ValidationError, OSError, EOFError, zlib.error):
            return {}
        return dict(enumerate(found, start=1)) if len(found) <= at_most else {}

    async def _roll_up(self) -> None:
        """Replace the rollup. Whoever writes it last may know less: that costs reads, and nothing else."""
        facts = [self._entries[number] for number in sorted(self._entries)]
        content = gzip.compress(_ROLLUP.dump_json(facts, exclude_none=True), mtime=0)
        with contextlib.suppress(StoreUnavailableError):
            await self._store.put(GRANTS_ROLLUP, content, content_type="application/gzip")


def _gaps(keys: Collection[str]) -> bool:
    numbers = sorted(int(found[1]) for key in keys if (found := _FACT.fullmatch(key)))
    return numbers != list(range(1, len(numbers) + 1))
