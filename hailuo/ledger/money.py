"""What became of the money of every attempt: the one set of rules that plan, caps, progress, manifest and status share.

stored                               CHARGED      the amount the vendor reported if credible, else the price reserved
failed, no refund reported           LOST         the price reserved
late task, something else bought     PAID_TWICE   the price reserved for its POST
submitted, no verdict on the task    RENDERING    the price reserved, held at the vendor
sent or perhaps sent, no answer      MAYBE_CHARGED  the price reserved, perhaps held at the vendor
late task, to be adopted             MAYBE_CHARGED  likewise
failed and refunded                  REFUNDED     given back
abandoned, no task id came late      ABANDONED    neither spent nor held by a person's word; caps count it
refused, unsent, its task adopted    FREE         nothing

Spent is CHARGED + LOST + PAID_TWICE, reserved is RENDERING + MAYBE_CHARGED.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from hailuo.campaign.job import Job
from hailuo.ledger.facts import Abandoned, Attempt, Done, JobRecord, Refused, Submitted, Unsent

_ZERO: Final = Decimal(0)
_Key = TypeVar("_Key")


class Fate(StrEnum):
    """What became of the money of one attempt; see the table at the top."""

    CHARGED = "charged"
    LOST = "lost"
    PAID_TWICE = "paid_twice"
    RENDERING = "rendering"
    MAYBE_CHARGED = "unknown"  # the value that `hailuo money --json` publishes
    REFUNDED = "refunded"
    ABANDONED = "abandoned"
    FREE = "free"


_SPENT: Final = frozenset({Fate.CHARGED, Fate.LOST, Fate.PAID_TWICE})
_RESERVED: Final = frozenset({Fate.RENDERING, Fate.MAYBE_CHARGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The money of one attempt, or of one task id that came late; US dollars.

    `price_usd` was reserved, `amount_usd` is what it comes to; it is the price reserved unless `reported` by the vendor; what it reported instead is `doubted` where it
    is not credible. `estimate_usd` is the price of the item that decided its job (the clip's, else the last one
    lost), and nothing for all others: what the job was ordered at. `at` and `worker` are those of the intent
    whose POST took the money, also for an attempt that adopts; the worker is None where the intent was not read.
    """

    creative_id: str
    attempt: int
    at: datetime
    worker: str | None
    fate: Fate
    price_usd: Decimal
    amount_usd: Decimal
    estimate_usd: Decimal = _ZERO
    reported: bool = False
    doubted: bool = False
    retry: bool = False

    @property
    def day(self) -> date:
        """The day in UTC on which the intent was taken, for the reserve and for what came of it alike."""
        return self.at.astimezone(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """US dollars and counts over items.

    `bought` counts the items that the vendor took or may have taken; `assumed_usd` is the part of what is spent
    that the vendor did not report; `doubted` counts the amounts that it reported and that are not credible; `paid_retries` counts the attempts opened because one failed and was refunded.
    """

    jobs: int
    bought: int
    clips: int
    estimate_usd: Decimal
    charged_usd: Decimal
    assumed_usd: Decimal
    lost_usd: Decimal
    paid_twice_usd: Decimal
    rendering_usd: Decimal
    unknown_usd: Decimal
    refunds: int
    refunded_usd: Decimal
    abandoned_usd: Decimal
    paid_retries: int
    doubted: int = 0

    @property
    def spent_usd(self) -> Decimal:
        """Gone for good: what the clips cost, and what was paid for nothing."""
        return self.charged_usd + self.lost_usd + self.paid_twice_usd

    @property
    def reserved_usd(self) -> Decimal:
        """At the vendor, or perhaps, and nothing to show for it yet."""
        return self.rendering_usd + self.unknown_usd

    @property
    def at_most_usd(self) -> Decimal:
        """The most that can have left the account: what a cap counts. An abandoned submit may have been taken."""
        return self.spent_usd + self.reserved_usd + self.abandoned_usd

    @property
    def difference_usd(self) -> Decimal:
        """Spent above the estimate; below it when negative."""
        return self.spent_usd - self.estimate_usd

    @property
    def difference_percent(self) -> Decimal | None:
        """The difference in per cent of the estimate; None where nothing was estimated."""
        return 100 * self.difference_usd / self.estimate_usd if self.estimate_usd else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMoney:
    """One job's bill, item by item."""

    job: Job
    items: tuple[Item, ...]

    @property
    def sums(self) -> Sums:
        return sums_of_jobs([self])


def money_of(job: Job, record: JobRecord) -> JobMoney:
    """The bill of one job, by what the ledger read of it."""
    return JobMoney(job=job, items=items_of(record))


def items_of(record: JobRecord) -> tuple[Item, ...]:
    """The bill of one job, in the order of its attempts, then what came late.

    Of a finished job whose attempts were not read it is the clip alone. That leaves out what was refunded, refused
    or abandoned on the way, and nothing that was spent: the ledger reads every attempt where a task id came late,
    and nowhere else can a lost attempt be followed by another.
    """
    if not record.attempts and record.done is None:
        return ()
    made = [_made(record, attempt) for attempt in record.attempts if attempt.intent]
    if record.done:
        made = [item for item in made if item.attempt != record.done.attempt] + [
            _delivered(record, record.done)
        ]
    return (*_with_estimate(made), *_late(record))


def cost_nothing(record: JobRecord) -> bool:
    """Whether every attempt of the job cost nothing: refused, not sent, failed and refunded, or by a person's word."""
    return {item.fate for item in items_of(record)} <= {Fate.FREE, Fate.REFUNDED, Fate.ABANDONED}


def sums_of(items: Iterable[Item], *, jobs: int | None = None) -> Sums:
    """The columns over items; `jobs` counts the jobs they belong to unless it is given."""
    found = tuple(items)

    def usd(*fates: Fate) -> Decimal:
        return sum((item.amount_usd for item in found if item.fate in fates), _ZERO)

    taken = _SPENT | _RESERVED | {Fate.REFUNDED}
    return Sums(
        jobs=len({item.creative_id for item in found}) if jobs is None else jobs,
        bought=sum(1 for item in found if item.fate in taken),
        clips=sum(1 for item in found if item.fate is Fate.CHARGED),
        estimate_usd=sum((item.estimate_usd for item in found), _ZERO),
        charged_usd=usd(Fate.CHARGED),
        assumed_usd=sum((i.amount_usd for i in found if i.fate in _SPENT and not i.reported), _ZERO),
        lost_usd=usd(Fate.LOST),
        paid_twice_usd=usd(Fate.PAID_TWICE),
        rendering_usd=usd(Fate.RENDERING),
        unknown_usd=usd(Fate.MAYBE_CHARGED),
        refunds=sum(1 for item in found if item.fate is Fate.REFUNDED),
        refunded_usd=usd(Fate.REFUNDED),
        abandoned_usd=usd(Fate.ABANDONED),
        paid_retries=sum(1 for item in found if item.retry),
        doubted=sum(1 for item in found if item.doubted),
    )


def sums_of_jobs(jobs: Collection[JobMoney]) -> Sums:
    """The columns over jobs; those for which nothing was ordered yet are counted too."""
    return sums_of((item for money in jobs for item in money.items), jobs=len(jobs))


def by_job(jobs: Iterable[JobMoney], key: Callable[[Job], _Key]) -> Mapping[_Key, Sums]:
    """Rolled up by whatever a job belongs to: its cell, its edition, itself."""
    groups: dict[_Key, list[JobMoney]] = {}
    for money in jobs:
        groups.setdefault(key(money.job), []).append(money)
    return {name: sums_of_jobs(group) for name, group in groups.items()}


def by_day(jobs: Iterable[JobMoney], *, spelt: str = "%Y-%m-%d") -> Mapping[str, Sums]:
    """Rolled up by the UTC day of the intent, earliest first; `%Y-%m` makes it months."""
    groups: dict[str, list[Item]] = {}
    for item in (item for money in jobs for item in money.items):
        groups.setdefault(item.day.strftime(spelt), []).append(item)
    return {name: sums_of(groups[name]) for name in sorted(groups)}


def _delivered(record: JobRecord, done: Done) -> Item:
    """By the one fact that is read of every finished job, whatever else was read."""
    attempt = next((a for a in record.attempts if a.number == done.attempt), None)
    bare = Attempt(number=done.attempt, recorded_at=done.submitted_at)
    charge = done.charge_usd
    reported = charge is not None
    amount = done.price_usd if charge is None else charge
    doubted = not reported and (done.amount_text or done.amount_usd) is not None
    item = _item(record, attempt or bare, Fate.CHARGED, price_usd=done.price_usd)
    return replace(
        item, amount_usd=amount, reported=reported, doubted=doubted, retry=_is_retry(record, item.attempt)
    )


def _made(record: JobRecord, attempt: Attempt) -> Item:
    price = attempt.require_intent().price_usd
    item = _item(record, attempt, _fate(attempt), price_usd=price)
    amount = _ZERO if item.fate is Fate.FREE else price
    return replace(item, amount_usd=amount, retry=_is_retry(record, item.attempt))


def _item(record: JobRecord, attempt: Attempt, fate: Fate, *, price_usd: Decimal) -> Item:
    posted = _posted(record, attempt)
    return Item(
        creative_id=record.creative_id,
        attempt=attempt.number,
        at=posted.intent.at if posted.intent else posted.recorded_at,
        worker=posted.intent.worker if posted.intent else None,
        fate=fate,
        price_usd=price_usd,
        amount_usd=price_usd,
    )


def _fate(attempt: Attempt) -> Fate:
    match attempt.outcome:
        case None:
            return Fate.MAYBE_CHARGED
        case Refused() | Unsent():
            return Fate.FREE
        case Abandoned():
            return Fate.FREE if attempt.orphans else Fate.ABANDONED  # its late task has an item of its own
        case Submitted() if attempt.end is None:
            return Fate.RENDERING
        case Submitted():
            return Fate.REFUNDED if attempt.end.refunded else Fate.LOST


def _posted(record: JobRecord, attempt: Attempt) -> Attempt:
    """The attempt whose POST took the money: for one that adopts, that to which its task id came late."""
    adopts = attempt.intent.adopts if attempt.intent else None
    owners = (a for a in record.attempts if any(orphan.task_id == adopts for orphan in a.orphans))
    return next(owners, attempt)


def _is_retry(record: JobRecord, number: int) -> bool:
    """Opened because the attempt before it failed and was refunded, and not to adopt a task paid already."""
    pair = record.attempts[number - 2 : number] if number > 1 else ()
    if len(pair) < 2 or pair[0].end is None or pair[1].intent is None:
        return False
    return bool(pair[0].end.refunded) and pair[1].intent.adopts is None


def _late(record: JobRecord) -> Iterator[Item]:
    if late := record.adoptable:
        yield _item(record, late.attempt, Fate.MAYBE_CHARGED, price_usd=late.price_usd)
    for late in record.paid_twice:
        yield _item(record, late.attempt, Fate.PAID_TWICE, price_usd=late.price_usd)


def _with_estimate(made: Sequence[Item]) -> Iterator[Item]:
    """The items, the price of the deciding one being the job's estimate."""
    clips = [item for item in made if item.fate is Fate.CHARGED]
    lost = [item for item in made if item.fate is Fate.LOST]
    deciding = clips or lost[-1:]
    for item in made:
        yield replace(item, estimate_usd=item.price_usd) if item in deciding else item
