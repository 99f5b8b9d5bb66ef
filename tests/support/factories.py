"""Valid values: a test names only what it is about, and changes it with `dataclasses.replace`."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hailuo.campaign.job import Job, creative_id_of
from hailuo.campaign.variant import Variant
from hailuo.clock import Clock
from hailuo.ledger.facts import Abandoned, Done, Doubt, End, Intent, Outcome, Refused, Submitted, Unsent
from hailuo.ledger.ledger import Ledger
from hailuo.store import Store

AT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
PRICE = Decimal("0.28")
BASE_URL = "https://api.imarouter.com"
REQUEST = "5e" * 32

VARIANT = Variant(model="MiniMax-Hailuo-02", prompt="Sneaker on wet asphalt", duration=6, size="768p")


def make_job(variant: Variant = VARIANT, *, take: int = 1, edition: str = "main") -> Job:
    """A job whose creative id is the one its content gives."""
    creative_id = creative_id_of(campaign="shoe", edition=edition, variant_id=variant.variant_id, take=take)
    levels = {"model": variant.model, "prompt": "asphalt"}
    return Job(
        creative_id=creative_id, campaign="shoe", edition=edition, variant=variant, take=take, levels=levels
    )


JOB = make_job()
INTENT = Intent(nonce="00", worker="ann", at=AT, price_usd=PRICE, request_sha256=REQUEST, job=JOB)
DOUBT = Doubt(at=AT, http_status=502, code=None, message="bad gateway", request_id=None)

SUBMITTED = Submitted(at=AT, task_id="task_1", base_url=BASE_URL)
BUSY = Refused(at=AT, cause="rate_limit", repeatable=True)
REFUSED = Refused(at=AT, cause="moderation", repeatable=False)
UNSENT = Unsent(at=AT)
ABANDONED = Abandoned(at=AT, by="bea", message="never arrived")

REFUNDED = End(at=AT, code="1000", message="internal error", moderated=False, refunded=True)
KEPT = replace(REFUNDED, refunded=False)
UNSAID = replace(REFUNDED, refunded=None)
MODERATED = replace(REFUNDED, code="1026", moderated=True)


def make_done(job: Job = JOB, *, attempt: int = 1, amount_usd: Decimal | None = None) -> Done:
    return Done(
        attempt=attempt,
        task_id="task_1",
        key=job.clip_key,
        sha256="ab" * 32,
        bytes=1_000_000,
        price_usd=PRICE,
        amount_usd=amount_usd,
        submitted_at=AT,
        completed_at=AT,
        stored_at=AT,
    )


DONE = make_done()


async def bought(ledger: Ledger, job: Job = JOB, *, price_usd: Decimal = PRICE) -> bool:
    """The right to POST for the job's next attempt, if this ledger gets it."""
    return await ledger.intend(job, price_usd=price_usd, request_sha256=REQUEST)


async def tell(ledger: Ledger, job: Job, *facts: Outcome | Doubt | End | Done) -> None:
    """Write facts about the job's last attempt."""
    for fact in facts:
        match fact:
            case Submitted() | Refused() | Unsent() | Abandoned():
                await ledger.close(job.creative_id, fact)
            case Doubt():
                await ledger.doubt(job.creative_id, fact)
            case End():
                await ledger.end(job.creative_id, fact)
            case Done():
                await ledger.finish(job.creative_id, fact)


async def put_clip(store: Store, done: Done = DONE) -> None:
    """An object of the clip's size under its key."""
    await store.put(done.key, bytes(done.bytes), content_type="video/mp4")


@dataclass(frozen=True)
class WrongClock:
    """A clock that is set wrong by some time."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.ahead

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
