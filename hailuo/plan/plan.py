"""A plan: what a run would do and cost. Computing it changes nothing and buys nothing."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import Expansion, IllegalCell
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import (
    ChargeKey,
    Quote,
    charge_key_of,
    quote,
    recent_price,
    usd,
)
from hailuo.campaign.variant import canonical_json
from hailuo.errors import Problem
from hailuo.lazy import without_collector
from hailuo.ledger.facts import JobRecord, JobState
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.money import JobMoney, Sums, cost_nothing, money_of, sums_of_jobs
from hailuo.ledger.prices import NO_RECORDS, PriceRecords

if TYPE_CHECKING:
    from hailuo.media.placement_rules import PlacementVerdict

RESERVED_STATES = frozenset({JobState.SUBMITTED, JobState.UNKNOWN, JobState.IN_DOUBT})
"""States of a job whose money may be at the vendor while its clip is not stored yet."""

_KEPT = RESERVED_STATES | {JobState.STORED}
_MAY_FAIL = frozenset({JobState.NEW, JobState.SUBMITTED, JobState.IN_DOUBT})
"""States of a job that may still fail in this run."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedJob:
    """A job that may be bought, at a known price."""

    job: Job
    price_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """One job, its state, and the price of its current or next attempt.

    A job that is not `chosen` is in the file but not part of this run: nothing is bought for it.
    """

    job: Job
    record: JobRecord
    state: JobState
    quote: Quote
    chosen: bool = True

    @property
    def money(self) -> JobMoney:
        """What the job cost, as far as its attempts were read."""
        return money_of(self.job, self.record)

    @property
    def priced(self) -> PricedJob | None:
        """The job at the price of its next attempt; None where that is unknown."""
        price_usd = self.quote.price_usd
        return None if price_usd is None else PricedJob(job=self.job, price_usd=price_usd)

    @property
    def is_retry(self) -> bool:
        """Whether the job would be bought again after a failed and refunded attempt."""
        return self.state is JobState.NEW and self.record.failures > 0

    @property
    def retries(self) -> int | None:
        """The paid retries used so far; None for a finished job whose attempts were not read."""
        last = self.record.last
        unread = last is not None and last.number > 1 and last.intent is None
        return None if unread else self.money.sums.paid_retries


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A substitute that is bought only if the job before it fails for good and costs nothing.

    `after` is the creative id of that job, and `held_usd` what is held for it: the two are never paid both.
    """

    planned: PlannedJob
    after: str
    held_usd: Decimal

    @property
    def extra_usd(self) -> Decimal | None:
        """What it may cost beyond what is held; None where its price is unknown."""
        priced = self.planned.priced
        return max(_ZERO, priced.price_usd - self.held_usd) if priced else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """US dollars of one edition: spent (stored or not refunded), reserved at the vendor, and planned to be bought.

    What is planned is the most that the run may spend: it holds what substitutes may cost beyond the jobs that they replace.

    Abandoned attempts are in none of them, because a person confirmed that they cost nothing. The spending caps of
    `hailuo.ledger.grants` still count them, in case that is wrong, so a run that fits here may be refused there.
    """

    spent: Decimal
    reserved: Decimal
    planned: Decimal

    @property
    def total(self) -> Decimal:
        return self.spent + self.reserved + self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do.

    `orphaned_jobs` were bought and are no longer in the file: their clips are kept or still collected.
    `removed_jobs` are no longer in the file either and have nothing to collect: only their money counts. A substitute is
    one of `jobs` once the job that it replaces has failed; before that it is on `standby`.
    `placements` map creative id and placement of the campaign to the expected verdict. Its repr leaves out what is long:
    asyncio takes the repr of what it ran when it gives Ctrl-C back, which took an eighth of a large plan's time.
    """

    campaign: Campaign = field(repr=False)
    jobs: tuple[PlannedJob, ...] = field(repr=False)
    orphaned_jobs: tuple[PlannedJob, ...] = field(default=(), repr=False)
    removed_jobs: tuple[PlannedJob, ...] = field(default=(), repr=False)
    standby: tuple[Standby, ...] = field(default=(), repr=False)
    illegal: tuple[IllegalCell, ...] = field(default=(), repr=False)
    warnings: tuple[Problem, ...] = field(default=(), repr=False)
    budget_usd: Decimal | None = None
    placements: "Mapping[str, Mapping[str, PlacementVerdict]]" = field(default_factory=dict, repr=False)

    @property
    def everything(self) -> tuple[PlannedJob, ...]:
        """The jobs of the file, then the orphaned ones."""
        return (*self.jobs, *self.orphaned_jobs)

    def in_state(self, *states: JobState) -> tuple[PlannedJob, ...]:
        return tuple([planned for planned in self.everything if planned.state in states])

    @property
    def to_buy(self) -> tuple[PlannedJob, ...]:
        return tuple([p for p in self.everything if p.state is JobState.NEW and p.chosen])

    @property
    def may_be_bought(self) -> tuple[PlannedJob, ...]:
        """What a run buys, and the substitutes that it may buy."""
        return (*self.to_buy, *(standby.planned for standby in self.standby))

    @property
    def left_out(self) -> tuple[PlannedJob, ...]:
        """The jobs that could be bought and are not part of this run."""
        return tuple(planned for planned in self.in_state(JobState.NEW) if not planned.chosen)

    def within(self, limit: int) -> frozenset[str]:
        """The creative ids that a run has to do with if it buys the first `limit` clips of the plan at most."""
        beyond = {
            name
            for planned in self.to_buy[limit:]
            for name in (planned.job.creative_id, planned.job.fallback_for)
        }
        chosen = {planned.job.creative_id for planned in self.everything if planned.chosen}
        return frozenset(chosen - beyond)

    @property
    def priced(self) -> tuple[PricedJob, ...]:
        """Those that may be bought whose price is known. A plan with any other is not admitted."""
        return tuple(priced for planned in self.may_be_bought if (priced := planned.priced))

    @property
    def to_collect(self) -> tuple[PlannedJob, ...]:
        return self.in_state(JobState.SUBMITTED)

    @property
    def driven(self) -> tuple[PlannedJob, ...]:
        """What a run works on: the chosen jobs, and every job submitted before, because it is paid."""
        return tuple(p for p in self.everything if p.chosen or p.state is JobState.SUBMITTED)

    @property
    def bills(self) -> tuple[JobMoney, ...]:
        """What every job of the edition cost."""
        return tuple(planned.money for planned in (*self.everything, *self.removed_jobs))

    @property
    def sums(self) -> Sums:
        """The sums of the edition, column by column."""
        return sums_of_jobs(self.bills)

    @property
    def money(self) -> Money:
        sums = self.sums
        return Money(
            spent=sums.spent_usd,
            reserved=sums.reserved_usd,
            planned=sum((p.price_usd for planned in self.to_buy if (p := planned.priced)), self.standby_usd),
        )

    @property
    def standby_usd(self) -> Decimal:
        """What the substitutes on standby may cost beyond what is held for the jobs before them."""
        return sum((extra for standby in self.standby if (extra := standby.extra_usd)), _ZERO)

    @property
    def standby_in_words(self) -> str:
        """The substitutes that may be bought, and what of the planned money is for them; empty without any."""
        models = Counter(standby.planned.job.variant.model for standby in self.standby)
        named = ", ".join(f"{jobs:,} {model}" for model, jobs in models.items())
        more = f"; {usd(self.standby_usd)} of the amount to buy is for them" if self.standby_usd else ""
        return f"on standby, for jobs that fail for good and cost nothing: {named}{more}" if named else ""

    @property
    def unknown_usd(self) -> Decimal:
        """The part of the reserved money whose attempts have an unknown outcome."""
        return sums_of_jobs([p.money for p in self.in_state(JobState.UNKNOWN)]).unknown_usd

    @property
    def paid_twice_usd(self) -> Decimal:
        """The part of the spent money for tasks that were found after their job was bought again."""
        return self.sums.paid_twice_usd

    @property
    def digest(self) -> str:
        """SHA-256 over every job, its state and its price. Only the plan that was approved may run."""
        lines = [
            [p.job.creative_id, p.state.value, str(p.quote.price_usd), p.chosen] for p in self.everything
        ]
        removed, kept = (
            sums_of_jobs([p.money for p in jobs]) for jobs in (self.removed_jobs, self.everything)
        )
        money = [str(self.budget_usd), str(removed.spent_usd + kept.paid_twice_usd)]
        lines += [
            [s.planned.job.creative_id, s.after, str(s.planned.quote.price_usd), str(s.held_usd)]
            for s in self.standby
        ]
        content = [self.campaign.name, self.campaign.edition, money, lines]
        return hashlib.sha256(canonical_json(content)).hexdigest()


@without_collector()
def make_plan(  # noqa: PLR0913 (an input each)
    campaign: Campaign,
    expansion: Expansion,
    ledger: Ledger,
    catalog: Catalog,
    *,
    chosen: Collection[str] | None = None,
    budget_usd: Decimal | None = None,
    prices: PriceRecords = NO_RECORDS,
) -> Plan:
    """The plan of a campaign: every job with its state in the ledger and its price.

    `chosen` are the creative ids to buy now, all when None; `budget_usd` overrides the budget of the file; `prices` is
    what the store has on record about prices.
    """
    listed = {job.creative_id: job for job in (*expansion.jobs, *expansion.substitutes)}
    unlisted = {cid: record.job for cid, record in ledger.records.items() if cid not in listed and record.job}
    charged = _recent_charges({**listed, **unlisted}, ledger.records, prices)
    quotes: dict[ChargeKey, Quote] = {}  # one for each kind of clip, not for each job

    def planned(job: Job) -> PlannedJob:
        key = charge_key_of(job.variant)
        if key not in quotes:
            known = {key.cell: charged[key]} if key in charged else {}
            quoted = quote(job.variant, catalog, known, accepted=prices.accepted)
            quotes[key] = replace(quoted, unexplained_usd=prices.unexplained.get(key.cell))
        return PlannedJob(
            job=job,
            record=ledger.record(job.creative_id),
            state=ledger.state(job.creative_id, failed_retries=campaign.failed_retries),
            quote=quotes[key],
            chosen=chosen is None or job.creative_id in chosen or job.fallback_for in chosen,
        )

    slots = [_slot(chain) for chain in _chains(expansion, planned)]
    made = {p.job.creative_id: p for slot, _ in slots for p in slot}
    no_longer_listed = [planned(job) for job in unlisted.values()]
    return Plan(
        campaign=campaign,
        jobs=tuple(made[cid] for cid in listed if cid in made),
        orphaned_jobs=tuple(p for p in no_longer_listed if p.state in _KEPT),
        illegal=expansion.illegal,
        warnings=expansion.warnings,
        budget_usd=campaign.budget_usd if budget_usd is None else budget_usd,
        removed_jobs=tuple(p for p in no_longer_listed if p.state not in _KEPT),
        standby=tuple(one for _, standby in slots for one in standby),
        placements=_verdicts(campaign, {cid: p.job for cid, p in made.items()}, catalog),
    )


def has_failed_free(state: JobState, record: JobRecord) -> bool:
    """Whether a job has failed for good and cost nothing, by what the vendor said: then a substitute may be bought."""
    return state in {JobState.REFUSED, JobState.FAILED} and cost_nothing(record)


def _chains(
    expansion: Expansion, planned: Callable[[Job], PlannedJob]
) -> Iterator[tuple[PlannedJob, list[PlannedJob]]]:
    """Each job of the file with its substitutes, in their order."""
    after = defaultdict[str, list[PlannedJob]](list)
    for job in expansion.substitutes:
        after[job.fallback_for or ""].append(planned(job))
    for job in expansion.jobs:
        yield planned(job), after[job.creative_id]


def _slot(chain: tuple[PlannedJob, list[PlannedJob]]) -> tuple[list[PlannedJob], list[Standby]]:
    """Of a job and its substitutes: those that are jobs of the plan by now, and those that may yet follow them."""
    first, substitutes = chain
    if not substitutes:
        return [first], []
    made = [first, *(p for p in substitutes if p.record.attempts or p.record.done)]
    waiting = [p for p in substitutes if p not in made]
    if waiting and all(has_failed_free(p.state, p.record) for p in made):
        made.append(waiting.pop(0))
    made = _one_bought(made)
    open_ = [p for p in made if not has_failed_free(p.state, p.record)]
    if len(open_) != 1 or not open_[0].chosen or open_[0].state not in _MAY_FAIL:
        return made, []
    last, standby = open_[0], list[Standby]()
    held_usd = last.quote.price_usd if last.state is JobState.NEW else last.money.sums.reserved_usd
    if held_usd is None:  # no such plan is admitted
        return made, []
    after = last.job.creative_id
    for one in waiting:
        standby.append(Standby(planned=replace(one, chosen=True), after=after, held_usd=held_usd))
        after, priced = one.job.creative_id, one.priced
        held_usd = max(held_usd, priced.price_usd) if priced else held_usd
    return made, standby


def _one_bought(made: list[PlannedJob]) -> list[PlannedJob]:
    """The jobs of one slot, at most one of them to be bought, and none where another has a clip or money.

    More than one could be: after a file that allows more retries, or a late task id.
    """
    new = [p for p in made if p.state is JobState.NEW]
    is_taken = any(p.state is not JobState.NEW and not has_failed_free(p.state, p.record) for p in made)
    left_out = new if is_taken else new[1:]
    return [replace(p, chosen=False) if p in left_out else p for p in made] if left_out else made


def _verdicts(
    campaign: Campaign, listed: Mapping[str, Job], catalog: Catalog
) -> "dict[str, Mapping[str, PlacementVerdict]]":
    """By creative id: whether the clip could run in each placement of the campaign."""
    if not campaign.placements:
        return {creative_id: {} for creative_id in listed}
    from hailuo.media.expectation import expected_verdicts  # noqa: PLC0415 (only for a file with placements)

    return expected_verdicts(listed.values(), campaign.placements, catalog)


def price_of_all(jobs: Iterable[PlannedJob]) -> Decimal | None:
    """US dollars to buy all of these jobs; None where the price of one is unknown."""
    prices = [planned.quote.price_usd for planned in jobs]
    known = [price for price in prices if price is not None]
    return sum(known, _ZERO) if len(known) == len(prices) else None


def _recent_charges(
    jobs: Mapping[str, Job], records: Mapping[str, JobRecord], prices: PriceRecords
) -> dict[ChargeKey, Decimal]:
    """What was recently charged for each kind of clip: by these records, and by what the store has on record.

    The store orders them: what it has on record by number, all else by its own time. Clocks of machines decide nothing.
    """
    odd = [charge for charge in prices.charges if not charge.unexplained]
    on_record = prices.answered | {charge.creative_id for charge in odd}
    own = [
        (record.done_at or done.stored_at, charge_key_of(jobs[cid].variant), done.amount_usd)
        for cid, record in records.items()
        if cid in jobs and cid not in on_record and (done := record.done) and done.amount_usd
    ]
    answers, amounts = prices.answers, defaultdict[ChargeKey, list[Decimal]](list)
    unanswered = [
        found for found in own if (cell := found[1].cell) not in answers or found[0] > answers[cell].at
    ]
    for _, key, amount in sorted([*unanswered, *((c.at, c.key, c.amount_usd) for c in odd)]):
        amounts[key].append(amount)
    return {key: price for key, sample in amounts.items() if (price := recent_price(sample)) is not None}
