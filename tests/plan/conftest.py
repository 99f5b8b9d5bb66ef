"""A campaign, a catalog and a ledger to plan with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from hailuo.campaign.catalog import Catalog, Citation, Family, FirstFrameRule, Model, Offer
from hailuo.campaign.expand import Expansion
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.errors import Place
from hailuo.ledger.facts import Done, Doubt, End, Outcome
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan, make_plan
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.factories import PRICE, VARIANT, bought, make_job, tell

SOURCE = Citation(text="a price list", checked=date(2026, 11, 22))
UNPRICED = replace(VARIANT, duration=10)


def make_catalog(price_usd: Decimal = PRICE) -> Catalog:
    """One model: 6 seconds have a price, 10 seconds have none."""
    offers = (
        Offer(duration=6, size="768p", price_usd=price_usd, source=SOURCE),
        Offer(duration=10, size="768p", price_usd=None, source=SOURCE),
    )
    model = Model(
        name=VARIANT.model,
        family="minimax",
        offers=offers,
        first_frame=FirstFrameRule.NONE,
        first_frame_source=SOURCE,
        prompt_limit=2000,
        prompt_source=SOURCE,
    )
    return Catalog(models={model.name: model}, families={"minimax": Family(name="minimax", request={})})


def make_campaign(budget_usd: Decimal | None = None, failed_retries: int = 1) -> Campaign:
    place = Place("campaigns/shoe.yaml", 1)
    return Campaign(name="shoe", grids=(), budget_usd=budget_usd, failed_retries=failed_retries, place=place)


@dataclass
class Desk:
    """Where plans are made: write what has happened, then ask for the plan."""

    clock: VirtualClock
    store: MemoryStore
    ledger: Ledger

    def happened(self, job: Job, *facts: Outcome | Doubt | End | Done, price_usd: Decimal = PRICE) -> None:
        """One attempt of the job."""
        self.clock.run(bought(self.ledger, job, price_usd=price_usd))
        self.clock.run(tell(self.ledger, job, *facts))

    def plan(
        self,
        jobs: Sequence[Job],
        *,
        campaign: Campaign | None = None,
        catalog: Catalog | None = None,
        budget_usd: Decimal | None = None,
    ) -> Plan:
        """As a new process would make it."""
        self.clock.run(self.ledger.load({job.creative_id for job in jobs}))
        return make_plan(
            campaign or make_campaign(),
            Expansion(jobs=tuple(jobs)),
            self.ledger,
            catalog or make_catalog(),
            budget_usd=budget_usd,
        )


@pytest.fixture
def desk() -> Desk:
    clock = VirtualClock()
    store = MemoryStore(clock)
    return Desk(clock, store, Ledger(store, clock, Edition("shoe", "main"), worker="ann"))


@pytest.fixture
def jobs() -> list[Job]:
    return [make_job(take=take) for take in (1, 2, 3)]
