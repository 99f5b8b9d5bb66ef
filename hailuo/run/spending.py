"""What a run may spend: the grant that it takes before it buys, and what it gives back at the end."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from hailuo.campaign.pricing import usd
from hailuo.clock import Stopwatch
from hailuo.errors import (
    AdmissionError,
    LedgerError,
    MissingKeyError,
    Place,
    Problem,
    StoreUnavailableError,
)
from hailuo.ledger.fact_json import RESTORE
from hailuo.ledger.facts import JobRecord, JobState
from hailuo.ledger.grants import LIFETIME, Cap, Grant, Grants, OverCapError
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.money import Fate, items_of, sums_of
from hailuo.ledger.processes import has_died, this_process
from hailuo.logs import quiet_logger
from hailuo.plan.plan import Plan
from hailuo.run.tools import Tools
from hailuo.settings import Settings
from hailuo.store.layout import GRANTS, Edition

_log = quiet_logger(__name__)

_UNUSED_SECONDS: Final = 3600.0
"""The end of a grant's life in which nothing is bought on it any more: clocks may differ by so much."""

_ZERO: Final = Decimal(0)
_MOST_NAMED: Final = 5


class SpendingGrant:
    """The right of one run to spend: nothing is reserved before `take`, and nothing after `close`."""

    def __init__(self, tools: Tools, settings: Settings, *, run: str) -> None:
        self._tools = tools
        self._settings = settings
        self._run = run
        self._grants = Grants(tools.store)
        self._granted: Stopwatch | None = None
        self._process: str | None = None
        self._shares_out = 0
        self._was_lent = False
        self._gone: frozenset[str] = frozenset()
        self._spent: dict[str, Decimal] = {}

    @property
    def run(self) -> str:
        """The run that holds the grant."""
        return self._run

    @property
    def tolerance_percent(self) -> Decimal:
        """By how much a charge may differ from the price that was granted."""
        return self._settings.price_tolerance_percent

    def may_buy(self) -> bool:
        """Whether the run may still buy on its grant; not without one. The time of a suspend counts."""
        granted = self._granted
        return granted is not None and granted.seconds <= LIFETIME.total_seconds() - _UNUSED_SECONDS

    async def take(self, plan: Plan, *, shared: bool = False) -> list[Problem]:
        """Take the grant for a plan, or say what forbids it; `shared` with shards that buy on it in other processes.

        Raises: StoreUnavailableError.
        """
        started = Stopwatch(self._tools.clock)
        self._process = None if shared else this_process()
        problems = await self._refusals(plan, self._grants.take)
        if plan.may_be_bought and not problems:
            self._gone = await self._runs_gone()
            self._granted = started
        return problems

    async def problems(self, plan: Plan) -> list[Problem]:
        """What forbids the plan now; nothing is held. Raises: StoreUnavailableError."""
        return await self._refusals(plan, self._grants.check)

    async def _refusals(
        self, plan: Plan, act: Callable[[Grant, Iterable[Cap]], Awaitable[None]]
    ) -> list[Problem]:
        if not plan.may_be_bought:
            return []
        try:
            grant = await self._wanted(plan)
            forgotten = await self._forgotten(plan)
            if not forgotten:
                try:
                    await act(grant, self._caps(plan, grant.month))
                except OverCapError as error:
                    if not await self._close_dead(error.cap.covers):
                        raise
                    await act(grant, self._caps(plan, grant.month))
        except OverCapError as error:
            return [self._problem(plan, error)]
        except AdmissionError as error:
            return list(error.problems)
        except LedgerError as error:
            return [Problem(Place(GRANTS), str(error), RESTORE)]
        return forgotten

    async def _forgotten(self, plan: Plan) -> list[Problem]:
        """Jobs without any fact whose clip is in the store, or that closed runs paid for: their facts were deleted.

        Another run may have bought them since the ledger was listed, so it is listed once more.
        """
        edition, ledger = plan.campaign.this_edition, self._tools.ledger
        known = ledger.unrecorded_clips | (self._grants.paid_jobs(edition) - ledger.records.keys())
        suspects = [p.job.creative_id for p in plan.may_be_bought if p.job.creative_id in known]
        bought = await ledger.without_facts(suspects)
        if not bought:
            return []
        more = f" and {len(bought) - _MOST_NAMED:,} more" if len(bought) > _MOST_NAMED else ""
        reason = (
            f"has no facts of jobs that were bought, by clips/ or the money records: "
            f"{', '.join(bought[:_MOST_NAMED])}{more}"
        )
        remedy = f"{RESTORE}; only in a new edition are these clips bought anew"
        return [Problem(Place(edition.ledger), reason, remedy)]

    async def findings(self) -> tuple[Problem, ...]:
        """What among the money records is no record, is missing or cannot be read. Raises: StoreUnavailableError."""
        try:
            await self._grants.load()
        except LedgerError as error:
            return (Problem(Place(GRANTS), str(error), RESTORE),)
        return self._grants.findings

    async def prices(self) -> Mapping[str, Decimal]:
        """What each job may cost on this run's grant, while a shard may buy on it; empty when it is closed.

        Takes the time of the grant over, for `may_buy`. Raises: StoreUnavailableError, LedgerError.
        """
        await self._grants.load()
        grant = self._grants.open_grant(self._run)
        if grant is None:
            return {}
        age = await self._tools.store.now() - grant.at
        self._granted = Stopwatch(self._tools.clock, started_seconds_ago=age.total_seconds())
        return grant.prices

    async def reprice(self, plan: Plan, prices: Mapping[str, Decimal]) -> str | None:
        """Hold these prices for the jobs of this run too; where a cap does not allow it, the reason to stop buying.

        Raises: StoreUnavailableError.
        """
        try:
            await self._repriced(plan, prices)
        except OverCapError as error:
            return (
                f"{error.cap.name} is {usd(error.cap.usd)}, and at the prices charged now the total would be "
                f"{usd(error.asked)}; what was bought is still collected. Raise the cap or buy less with --only, then run again"
            )
        except (AdmissionError, LedgerError, MissingKeyError) as error:
            return f"the money records cannot be read: {error}"
        return None

    async def _repriced(self, plan: Plan, prices: Mapping[str, Decimal]) -> None:
        await self._grants.load()
        held = self._grants.open_grant(self._run)
        if held is None:
            return
        dearer = {cid: max(prices.get(cid, price), price) for cid, price in held.prices.items()}
        wanted, caps = replace(held, prices=dearer), (*self._caps(plan, held.month), *self._run_cap())
        await (self._grants.check(wanted, caps) if dearer == held.prices else self._grants.take(wanted, caps))

    async def settle(self, record: JobRecord, *, attempt: int, amount_usd: Decimal) -> None:
        """Count what an attempt of another run turned out to cost, in that run's month. Raises: StoreUnavailableError."""
        items = [
            replace(item, amount_usd=amount_usd)
            if item.attempt == attempt and item.fate is Fate.RENDERING
            else item
            for item in items_of(record)
        ]
        worker = next((item.worker for item in items if item.attempt == attempt), None)
        run = (worker or self._run).partition("/")[0]
        if run == self._run:
            return  # counted when this run closes
        total = sums_of(item for item in items if (item.worker or "").partition("/")[0] == run).at_most_usd
        await self._grants.add_late(run, {record.creative_id: total}, at=await self._tools.store.now())

    @property
    def is_shared(self) -> bool:
        """Whether several machines buy on this grant, or did: what those left at the vendor is not known here."""
        return self._was_lent or self._tools.ledger.worker != self._run

    async def was_alone(self) -> bool:
        """Whether no other run of this store bought anything since this run took its grant; not where it cannot be read.

        A run whose grant is open may buy at any time. Of those of this edition the ledger shows whether they did: one
        that was killed opens no attempt any more.
        """
        if self.is_shared or self._granted is None:
            return False
        edition, run, gone = self._tools.ledger.edition, self._run, self._gone
        try:
            await self._grants.load()
            now = await self._tools.store.now()
            if self._grants.was_alone(run, store_now=now, gone=gone):
                return True
            passed = self._grants.was_alone(run, store_now=now, gone=gone, but_for=edition)
            return passed and await self._bought_alone()
        except (StoreUnavailableError, LedgerError, MissingKeyError):
            return False

    async def _bought_alone(self) -> bool:
        """Whether every attempt of this edition since the grant is this run's."""
        ledger, grant = self._tools.ledger, self._grants.open_grant(self._run)
        if grant is None or not await ledger.knows_every_attempt():
            return False
        attempts = (attempt for record in ledger.records.values() for attempt in record.attempts)
        return all(
            attempt.recorded_at < grant.at or (attempt.intent and attempt.intent.worker == self._run)
            for attempt in attempts
        )

    def hold(self) -> None:
        """Keep the grant open for a shard that buys on it, until `release`."""
        self._shares_out += 1
        self._was_lent = True

    def release(self, spent: Mapping[str, Decimal]) -> None:
        """A shard buys no more; `spent` is what its attempts cost or reserve."""
        self._shares_out -= 1
        self._spent.update(spent)

    def note_spent(self) -> None:
        """Keep what this process's attempts cost, before the ledger is read again."""
        self._spent = {**spent_by(self._run, self._tools.ledger), **self._spent}

    async def close(self) -> None:
        """Give back what was not spent.

        A store that does not answer, records that cannot be read, or a shard without account leave the grant open: too
        much is held.
        """
        if self._granted is None or self._shares_out:
            return
        self._granted = None
        try:
            now = await self._tools.store.now()
            self.note_spent()
            await self._grants.close(self._run, self._spent, at=now)
        except (StoreUnavailableError, LedgerError, MissingKeyError) as error:
            _log.warning("hailuo.grant.left_open: %s", error, extra={"run": self._run})

    async def _wanted(self, plan: Plan) -> Grant:
        """The grant that the plan needs; those of dead runs of its edition are closed first."""
        store_now, campaign = await self._tools.store.now(), plan.campaign
        await self._close_stale(campaign.this_edition)
        runs, ids = self._grants.open_runs(campaign.this_edition), [p.job.creative_id for p in plan.priced]
        records = {cid: self._tools.ledger.record(cid) for cid in ids}
        abandoned = {cid: sum((_at_most(records[cid], run) for run in runs), _ZERO) for cid in ids}
        return Grant(
            run=self._run,
            campaign=campaign.name,
            edition=campaign.edition,
            month=f"{store_now:%Y-%m}",
            at=store_now,
            prices={p.job.creative_id: p.price_usd for p in plan.priced},
            abandoned={cid: amount for cid, amount in abandoned.items() if amount} or None,
            spared={one.planned.job.creative_id: one.held_usd for one in plan.standby} or None,
            process=self._process,
        )

    def _problem(self, plan: Plan, error: OverCapError) -> Problem:
        reason = (
            f"{error.cap.name} is {usd(error.cap.usd)}; {usd(error.committed)} is already spent, abandoned or granted "
            f"to runs, and this plan would bring the total to {usd(error.asked)}"
        )
        open_ = [
            f"run {grant.run} of {grant.campaign}/{grant.edition}, begun at {grant.at:%Y-%m-%d %H:%M} UTC"
            for grant in self._grants.open_grants(error.cap.covers)
        ]
        if open_:
            more = f" and {len(open_) - _MOST_NAMED:,} more" if len(open_) > _MOST_NAMED else ""
            reason += f"; not finished: {', '.join(open_[:_MOST_NAMED])}{more}"
        remedy = "raise the cap, buy less with --only, or wait for other runs"
        return Problem(Place(plan.campaign.place.file), reason, remedy)

    async def _close_stale(self, edition: Edition) -> None:
        """Close the grants of dead runs: what they did not buy is free again."""
        await self._grants.load()
        now = await self._tools.store.now()
        for grant in self._grants.stale(edition=edition, store_now=now):
            await self._close(grant, at=now)

    async def _close_dead(self, covers: Callable[[Grant], bool]) -> bool:
        """Close the grants of processes that died on this machine; whether there was one."""
        now = await self._tools.store.now()
        dead = [grant for grant in self._grants.open_grants(covers) if has_died(grant.process)]
        return any([await self._close(grant, at=now) for grant in dead])

    async def _runs_gone(self) -> frozenset[str]:
        """The runs of processes that died on this machine, and that have no submit on its way to the vendor.

        Asked before this run buys: a process that dies later may have bought meanwhile.
        """
        gone, tools = set[str](), self._tools
        for grant in self._grants.open_grants(lambda grant: has_died(grant.process)):
            edition = Edition(grant.campaign, grant.edition)
            ledger = Ledger(tools.store, tools.clock, edition, worker=tools.ledger.worker)
            with contextlib.suppress(StoreUnavailableError):
                await ledger.load_unfinished()
                states = {ledger.state(cid, failed_retries=0) for cid in ledger.records}
                gone |= set() if JobState.IN_DOUBT in states else {grant.run}
        return frozenset(gone)

    async def _close(self, grant: Grant, *, at: datetime) -> bool:
        """Close a dead run's grant by what its attempts cost or hold; False where a fact about them is damaged."""
        tools = self._tools
        ledger = Ledger(
            tools.store, tools.clock, Edition(grant.campaign, grant.edition), worker=tools.ledger.worker
        )
        read = [await ledger.refresh(creative_id) for creative_id in grant.prices]
        if any(record.damage for record in read):
            return False  # what it cost is not known: it stays counted in full
        await self._grants.close(grant.run, spent_by(grant.run, ledger), at=at)
        return True

    def _caps(self, plan: Plan, month: str) -> Iterable[Cap]:
        edition = plan.campaign.this_edition
        if plan.budget_usd is not None:
            yield Cap(
                name="the budget of the edition",
                usd=plan.budget_usd,
                covers=lambda grant: Edition(grant.campaign, grant.edition) == edition,
            )
        if plan.campaign.campaign_budget_usd is not None:
            yield Cap(
                name="the budget of the campaign",
                usd=plan.campaign.campaign_budget_usd,
                covers=lambda grant: grant.campaign == edition.campaign,
            )
        if self._settings.max_usd_per_month is not None:
            yield Cap(
                name=f"HAILUO_MAX_USD_PER_MONTH for {month}",
                usd=self._settings.max_usd_per_month,
                covers=lambda grant: grant.month == month,
            )

    def _run_cap(self) -> Iterable[Cap]:
        if self._settings.max_usd_per_run is not None:
            run = self._run
            yield Cap(
                name="HAILUO_MAX_USD_PER_RUN",
                usd=self._settings.max_usd_per_run,
                covers=lambda grant: grant.run == run,
            )


def spent_by(run: str, ledger: Ledger) -> dict[str, Decimal]:
    """What the attempts of one run cost or hold, by job, as far as the ledger was read; nothing where nothing.

    For a cap: what a person abandoned counts too. Whoever looked may be wrong, and a cap errs to the safe side.
    """
    spent = {cid: _at_most(record, run) for cid, record in ledger.records.items()}
    return {cid: amount for cid, amount in spent.items() if amount}


def _at_most(record: JobRecord, run: str) -> Decimal:
    """Shards are called by their run's name and a number."""
    own = (item for item in items_of(record) if item.worker and item.worker.partition("/")[0] == run)
    return sums_of(own).at_most_usd
