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
    """Charges the full price at acceptance, and refunds it in full when a failure becomes visible, if it `refunds`."""

    def __init__(self, balance_usd: Decimal, *, refunds: bool = True) -> None:
        self._opening_usd = balance_usd
        self._refunds = refunds
        self._charged_usd = Decimal(0)
        self._accepted: list[tuple[Task, bool]] = []
        self._failing: list[Task] = []
        self._calls: Counter[Call] = Counter()

    def count(self, call: Call) -> None:
        self._calls[call] += 1

    def balance_usd(self, now: float) -> Decimal:
        """The balance at `now` (simulated seconds), with the refunds of all failures visible by then."""
        refunded = (self._refunded_usd(task, now) for task in self._failing)
        return self._opening_usd - self._charged_usd + sum(refunded, Decimal(0))

    def charge(self, task: Task, *, answered: bool) -> None:
        """Charge the full price of a task."""
        self._charged_usd += task.order.price_usd
        self._accepted.append((task, answered))
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
                price_usd=task.order.price_usd,
                refunded_usd=self._refunded_usd(task, now),
                status=task.state(now).phase.value,
                answered=answered,
            )
            for task, answered in self._accepted
        )
        return Invoice(lines=lines, calls=dict(self._calls), balance_usd=self.balance_usd(now))

    def _refunded_usd(self, task: Task, now: float) -> Decimal:
        tick = task.failed_at_tick
        due = self._refunds and task.is_refundable and tick is not None and tick_of(now) >= tick
        return task.order.price_usd if due else Decimal(0)
