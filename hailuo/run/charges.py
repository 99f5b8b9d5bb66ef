"""What the vendor charges, compared with what was granted: the rest of the run is priced anew, or buying stops.

A charge beyond the tolerance stops buying at once, and goes on record for every campaign of the store. A smaller
difference prices what is not bought yet in that cell anew; where the caps do not allow that, buying stops too.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from hailuo.campaign.catalog import Billing
from hailuo.campaign.job import Job
from hailuo.campaign.pricing import (
    ChargeKey,
    PriceKey,
    charge_key_of,
    is_credible,
    price_key_of,
    recent_price,
    usd,
)
from hailuo.errors import LedgerError, StoreError, StoreUnavailableError
from hailuo.ledger.fact_json import RESTORE
from hailuo.ledger.facts import JobState, PaidTask
from hailuo.ledger.prices import OddCharge, new_nonce, record_price
from hailuo.plan.plan import Plan, PricedJob
from hailuo.plan.problems import price_command
from hailuo.run.balances import Balances, billing_of
from hailuo.run.bill import Bill, Unexplained
from hailuo.run.events import Event, EventKind
from hailuo.run.polls import ENDED_PATIENCE_SECONDS
from hailuo.run.probes import PriceProbes
from hailuo.run.spending import SpendingGrant
from hailuo.run.tools import Tools, retry_until_recorded
from hailuo.run.watching import Announcer
from hailuo.store.layout import GRANTS
from hailuo.vendor import TaskPhase, TaskStatus

_RECORDS_REMEDY: Final = (
    f"the clip is collected; have the store answer, and where records are missing {RESTORE}"
)


class ChargeWatch:
    """The charges of one run, and the prices that follow from them. `stop` ends buying, with a reason for people."""

    def __init__(
        self,
        plan: Plan,
        tools: Tools,
        *,
        announce: Announcer,
        stop: Callable[[str], None],
        spending: SpendingGrant,
    ) -> None:
        self._plan = plan
        self._tools = tools
        self._announce = announce
        self._stop = stop
        self._spending = spending
        self._tolerance = spending.tolerance_percent / 100
        self._held = {p.job.creative_id: p.price_usd for p in plan.priced}
        possible = (*plan.everything, *(standby.planned for standby in plan.standby))
        self._jobs = {p.job.creative_id: p.job for p in possible}
        quotes = {charge_key_of(p.job.variant): p.quote for p in possible}
        self._known = {key: {quote.price_usd, quote.recent_usd} - {None} for key, quote in quotes.items()}
        self._amounts: defaultdict[ChargeKey, list[Decimal]] = defaultdict(list)
        self._charged: dict[str, Decimal] = {}
        self._reports = reports_amounts(plan)
        self._charged_at_submit = all(
            billing_of(job, tools.catalog) is Billing.AT_SUBMIT for job in self._jobs.values()
        )
        self._is_uncounted = False
        self._is_unexplained = False
        self.balances = Balances(tools, spending)
        self._bill = Bill(tools, spending)
        self.probes = PriceProbes(
            priced_cells(plan), needed=lambda: self.measures and not self.balances.is_hidden
        )
        self._repricing = asyncio.Lock()

    @property
    def measures(self) -> bool:
        """Whether the balance is read around jobs that go alone: the vendor names no amounts, as far as is known."""
        return self._reports is not True

    def priced(self, planned: PricedJob) -> PricedJob:
        """The job at what its next attempt costs by now."""
        return replace(planned, price_usd=self._held.get(planned.job.creative_id, planned.price_usd))

    async def submitting(self, job: Job, *, alone: bool) -> None:
        """The job is about to be submitted; `alone` says that nothing else of this run is at the vendor."""
        if self.measures:
            await self._bill.open()
        if alone and self.measures:
            await self.balances.before(job)

    async def submitted(self, priced: PricedJob, *, is_quiet: Callable[[], bool]) -> None:
        """The submit has its answer. If the balance fell by the price, the others of the cell need not wait for the clip.

        `is_quiet` says whether no other submit of this run is under way.
        """
        cid = priced.job.creative_id
        await self.balances.submitted(cid)
        fall = self.balances.fell_by(cid)
        if fall and self._is_near(fall, priced.price_usd):
            self.probes.measured(priced.job)
        watches = self.measures and self._charged_at_submit and not self._is_unexplained
        found = await self._bill.submitted(is_quiet) if watches else None
        if isinstance(found, Unexplained):
            await self._unexplained(found)
        elif found:
            text = (
                f"the balance fell by {usd(found.usd)} more than this run bought, and the next clip cost what was "
                "granted: something else uses this account"
            )
            self._announce(Event(kind=EventKind.CHARGED, creative_id=cid, text=text))

    async def finish(self) -> None:
        """Compare what the balance lost over the whole run with its records; what they do not explain asks a person."""
        await self._compare_bill()

    async def _compare_bill(self, completed: str | None = None) -> None:
        """The same so far; the clip of the job `completed` is not recorded yet."""
        found = (
            await self._bill.unexplained(completed) if self.measures and not self._is_unexplained else None
        )
        if found:
            await self._unexplained(found)

    async def _unexplained(self, found: Unexplained) -> None:
        self._is_unexplained = True
        jobs = {charge_key_of(self._jobs[cid].variant): self._jobs[cid] for cid in found.clips}
        commands = sorted({f"{price_command(key.cell)} USD" for key in jobs})
        self._stop(
            f"the balance fell by {usd(found.fall_usd)}, and the records explain {usd(found.expected_usd)}; the vendor "
            f"named no amount for {len(found.clips)} clips. What was bought is still collected. Compare with the vendor's "
            f"bill, record the right price with {' and '.join(commands)}, then run again. Should something else use this "
            "account, give this project a key of its own account"
        )
        for job in jobs.values():
            amount = found.factor * (self._held.get(job.creative_id) or Decimal(0))
            await self._put_on_record(job, amount, unexplained=True)

    async def completed(
        self, job: Job, task: PaidTask, status: TaskStatus, *, ended_since: float
    ) -> TaskStatus:
        """The status with its amount, which may come late; the run goes on by what it says. Raises: StoppedError.

        Also of a failed task whose clip was there all the same. A job that has been completed before has its charge on
        record: nothing is counted again. `ended_since` is when the run knew of the end, in the clock's monotonic seconds.
        """
        if self._tools.ledger.record(job.creative_id).done:
            return status
        if status.phase is TaskPhase.COMPLETED:
            status = await self._with_amount(task, status, ended_since=ended_since)
        status = await self._by_balance(job, task, status)
        amount = status.amount_usd
        if status.amount_text or (amount is not None and not is_credible(amount, task.price_usd)):
            shown = status.amount_text or usd(amount or Decimal(0))
            text = f"the vendor reports {shown} for it, which is not credible: it counts at {usd(task.price_usd)}"
            self._announce(Event(kind=EventKind.CHARGED, creative_id=job.creative_id, text=text))
        if amount:
            await self._compare(job, task, amount)
        if amount and is_credible(amount, task.price_usd):
            self.probes.measured(job)
        elif self.probes.not_measured(job):
            # What was left at the vendor can hide a price from this clip's readings, but only makes the balance rise: if
            # it fell by more than the records say, that is seen before the next clip is bought, and not at the end.
            await self._compare_bill(job.creative_id)
        return status

    async def failed(self, job: Job, task: PaidTask, status: TaskStatus) -> TaskStatus:
        """The status with its refund, where the balance shows it; a refund counts for the run that bought the clip."""
        if status.refunded is None and (taken := await self.balances.ended(job.creative_id)):
            status = replace(status, refunded=taken.refunded)
        if status.refunded:
            await self._settle(job, task, Decimal(0))
        return status

    async def _by_balance(self, job: Job, task: PaidTask, status: TaskStatus) -> TaskStatus:
        """With the price that the balance shows, where the vendor named none, or one that is not as granted."""
        if status.amount_usd and self._is_near(status.amount_usd, task.price_usd):
            return status
        taken = await self.balances.ended(job.creative_id)
        price, fall = taken.price_usd if taken else None, self.balances.fell_by(job.creative_id)
        if price is None and fall and self._is_near(fall, task.price_usd):
            price = fall  # others came later, when this much had been taken
        if price is None or not is_credible(price, task.price_usd):
            return status
        return replace(status, amount_usd=price, amount_text=None, amount_by="balance")

    def _is_near(self, amount: Decimal, price: Decimal) -> bool:
        return abs(amount - price) <= price * self._tolerance

    async def _with_amount(self, task: PaidTask, status: TaskStatus, *, ended_since: float) -> TaskStatus:
        """Ask again while the amount may be late: not at a vendor that reported none before.

        One patience is for the amount and the clip's URL: while the URL was asked for, the amount was too.
        """
        clock, every = self._tools.clock, self._tools.schedule.every_seconds
        until = ended_since + ENDED_PATIENCE_SECONDS
        while not status.amount_usd and not status.amount_text and self._reports is not False:
            if clock.monotonic() >= until:
                self._reports = self._reports or False  # what was reported before may be late again
                return status
            await clock.sleep(every)
            answer = await self._tools.client.status(task.submitted.task_id)
            if isinstance(answer, TaskStatus) and answer.phase is status.phase:
                status = replace(answer, clip_urls=answer.clip_urls or status.clip_urls)
        self._reports = bool(status.amount_usd) or self._reports
        return status

    async def _compare(self, job: Job, task: PaidTask, amount: Decimal) -> None:
        key = charge_key_of(job.variant)
        if is_credible(amount, task.price_usd):
            self._charged[job.creative_id] = amount
            self._amounts[key].append(amount)
            await self._settle(job, task, amount)
        known = {task.price_usd, *self._known.get(key, ())}
        if not any(self._is_near(amount, price) for price in known if price is not None):
            self._stop(self._odd(job, task, amount))
            await self._put_on_record(job, amount)
        elif amount > task.price_usd:
            await self._reprice(key)

    def _odd(self, job: Job, task: PaidTask, amount: Decimal) -> str:
        cell, price = charge_key_of(job.variant).cell, task.price_usd
        percent = f" ({100 * (amount - price) / price:+,.0f} %)" if price else ""
        return (
            f"the vendor charged {usd(amount)} for {job.creative_id} ({cell}), and {usd(price)} was granted{percent}; "
            "what was bought is still collected. Compare with the vendor's bill, record the right price with "
            f"{price_command(cell)} USD, then run again"
        )

    async def _put_on_record(self, job: Job, amount: Decimal, *, unexplained: bool = False) -> None:
        key = charge_key_of(job.variant)
        odd = OddCharge(
            nonce=new_nonce(),
            at=self._tools.clock.now(),
            cell=key.cell,
            with_frame=key.with_frame,
            parameters=key.parameters,
            amount_usd=amount,
            creative_id=job.creative_id,
            unexplained=unexplained,
        )
        with contextlib.suppress(StoreUnavailableError, StoreError):  # the ledger has it, too
            await record_price(self._tools.store, odd)

    async def _settle(self, job: Job, task: PaidTask, amount: Decimal) -> None:
        """Count the charge in the month and the run in which the clip was bought, where that was another run.

        Money records that cannot be read or written are announced once: the clip is collected all the same.
        """
        spending, record = self._spending, self._tools.ledger.record(job.creative_id)
        if amount == task.price_usd:
            return
        try:
            await retry_until_recorded(
                self._tools.clock,
                lambda: spending.settle(record, attempt=task.attempt, amount_usd=amount),
                about=f"job {job.creative_id} was charged {usd(amount)}",
            )
        except (StoreUnavailableError, StoreError, LedgerError) as error:
            if not self._is_uncounted:
                self._is_uncounted = True
                text = f"{GRANTS} cannot take what it was charged ({error}), so caps count its price; {_RECORDS_REMEDY}"
                self._announce.alarm(job.creative_id, text)

    async def _reprice(self, key: ChargeKey) -> None:
        """Price what is not collected yet in this cell by the charges so far, and hold that where the caps allow it."""
        recent = recent_price(self._amounts[key]) or Decimal(0)
        async with self._repricing:
            for cid, price in self._held.items():
                open_ = self._tools.ledger.state(cid, failed_retries=0) is not JobState.STORED
                if open_ and charge_key_of(self._jobs[cid].variant) == key:
                    self._held[cid] = max(price, recent)
            prices: Mapping[str, Decimal] = {
                **self._held,
                **{c: a for c, a in self._charged.items() if c in self._held},
            }
            try:
                reason = await self._spending.reprice(self._plan, prices)
            except StoreUnavailableError as error:
                reason = f"the store cannot say whether the new price fits the caps: {error}; run again"
            if reason:
                self._stop(reason)


def reports_amounts(plan: Plan) -> bool | None:
    """Whether the vendor names what it charges, by the clips of this edition; None where that is not known.

    An amount that the balance showed was not named. Facts of earlier versions do not say where theirs came from.
    """
    dones = [planned.record.done for planned in plan.everything if planned.record.done]
    origins = {done.amount_by if done.amount_usd else "no one" for done in dones}
    if origins == {"vendor"}:
        return True
    return None if not origins or origins & {"vendor", None} else False


def priced_cells(plan: Plan) -> frozenset[PriceKey]:
    """The cells of which it is known what a clip was charged, since a person last answered for them."""
    possible = (*plan.everything, *(standby.planned for standby in plan.standby))
    return frozenset(price_key_of(p.job.variant) for p in possible if p.quote.recent_usd is not None)
