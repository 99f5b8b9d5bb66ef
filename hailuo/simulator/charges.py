"""What the simulated vendor charged and refunded, and how often it was called. All money is Decimal."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hailuo.simulator.tasks import Task, tick_of


class Call(StrEnum):
    """A kind of call. Calls are counted whatever their answer."""

    SUBMITS = "submits"
    STATUSES = "statuses"
    DOWNLOADS = "downloads"
    DOWNLOADS_WITH_KEY = "downloads_with_key"
    BALANCES = "balances"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One accepted POST. `answered` is False where the client never got the task id."""

    task_id: str
    at: datetime
    model: str
    prompt: str
    duration: int
    size: str
    request_sha256: str
    price_usd: Decimal
    refunded_usd: Decimal
    status: str
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """Every accepted POST in order, and the number of calls. Tests compare it with the ledger to the cent."""

    lines: tuple[InvoiceLine, ...] = ()
    calls: Mapping[Call, int] = field(default_factory=dict)
    balance_usd: Decimal

    @property
    def charged_usd(self) -> Decimal:
        return sum((line.price_usd for line in self.lines), Decimal(0))

    @property
    def refunded_usd(self) -> Decimal:
        return sum((line.refunded_usd for line in self.lines), Decimal(0))

    @property
    def net_usd(self) -> Decimal:
        return self.charged_usd - self.refunded_usd

    @property
    def duplicates(self) -> Mapping[str, tuple[str, ...]]:
        """Task ids by body, for every body accepted more than once. Takes of one variant are among them."""
        bodies = Counter(line.request_sha256 for line in self.lines)
        return {
            body: tuple(line.task_id for line in self.lines if line.request_sha256 == body)
            for body, count in bodies.items()
            if count > 1
        }

    def as_json(self) -> dict[str, object]:
        """The JSON of `GET /_sim/invoice`. Money is text, so that no cent is lost."""
        return {
            "accepted": len(self.lines),
            "calls": {call.value: self.calls.get(call, 0) for call in Call},
            "charged_usd": str(self.charged_usd),
            "refunded_usd": str(self.refunded_usd),
            "net_usd": str(self.net_usd),
            "balance_usd": str(self.balance_usd),
            "duplicates": {body: list(ids) for body, ids in self.duplicates.items()},
            "lines": [
                asdict(line)
                | {
                    "at": line.at.isoformat(),
                    "price_usd": str(line.price_usd),
                    "refunded_usd": str(line.refunded_usd),
                }
                for line in self.lines
            ],
        }


class Charges:
    """Charges the full price at acceptance, and refunds it in full when a failure becomes visible, if it `refunds`.

    An order that is `billed_at_end` is charged when its clip becomes visible, and never for a failure.
    """

    def __init__(self, balance_usd: Decimal, *, refunds: bool = True) -> None:
        self._opening_usd = balance_usd
        self._refunds = refunds
        self._charged_usd = Decimal(0)
        self._accepted: list[tuple[Task, bool]] = []
        self._failing: list[Task] = []
        self._billed_at_end: list[Task] = []
        self._calls: Counter[Call] = Counter()

    def count(self, call: Call) -> None:
        self._calls[call] += 1

    def balance_usd(self, now: float) -> Decimal:
        """The balance at `now` (simulated seconds), with all charges and refunds visible by then."""
        refunded = (self._refunded_usd(task, now) for task in self._failing)
        at_end = (self._charged_at_end_usd(task, now) for task in self._billed_at_end)
        return self._opening_usd - self._charged_usd - sum(at_end, Decimal(0)) + sum(refunded, Decimal(0))

    def charge(self, task: Task, *, answered: bool) -> None:
        """Charge the full price of a task, or remember it for its end."""
        self._accepted.append((task, answered))
        if task.order.billed_at_end:
            self._billed_at_end.append(task)
            return
        self._charged_usd += task.order.price_usd
        if task.failed_at_tick is not None:
            self._failing.append(task)

    def invoice(self, now: float) -> Invoice:
        """The invoice at `now` (simulated seconds)."""
        lines = tuple(
            InvoiceLine(
                task_id=task.task_id,
                at=task.accepted_at,
                model=task.order.model,
                prompt=task.order.prompt,
                duration=task.order.duration,
                size=task.order.size,
                request_sha256=task.order.request_sha256,
                price_usd=self._price_usd(task, now),
                refunded_usd=self._refunded_usd(task, now),
                status=task.state(now).phase.value,
                answered=answered,
            )
            for task, answered in self._accepted
        )
        return Invoice(lines=lines, calls=dict(self._calls), balance_usd=self.balance_usd(now))

    def _price_usd(self, task: Task, now: float) -> Decimal:
        return self._charged_at_end_usd(task, now) if task.order.billed_at_end else task.order.price_usd

    def _charged_at_end_usd(self, task: Task, now: float) -> Decimal:
        is_charged = task.has_clip(now)
        return task.order.price_usd if is_charged else Decimal(0)

    def _refunded_usd(self, task: Task, now: float) -> Decimal:
        if task.order.billed_at_end:
            return Decimal(0)
        tick = task.failed_at_tick
        due = self._refunds and task.is_refundable and tick is not None and tick_of(now) >= tick
        return task.order.price_usd if due else Decimal(0)
