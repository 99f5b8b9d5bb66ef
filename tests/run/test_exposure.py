"""What a model that does not work costs, and what the first jobs save."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.model import Campaign, Grid, Level
from hailuo.ledger.ledger import Ledger
from hailuo.run.tools import Tools
from hailuo.simulator import FaultName, FaultPlan
from hailuo.vendor import VideoClient
from tests.support.worlds import HERE, World, world_of

MODELS = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")


class Exposed(World):
    """A world whose runs may have a dollar of an unproven model at the vendor."""

    exposure_usd = Decimal("1.00")

    def tools(self, ledger: Ledger, client: VideoClient, scratch: Path) -> Tools:
        return replace(super().tools(ledger, client, scratch), exposure_usd=self.exposure_usd)


def exposed(catalog: Catalog, *, faults: FaultPlan | None = None, jobs: int = 30) -> Exposed:
    usual = world_of(catalog, faults=faults, jobs=jobs)
    return Exposed(catalog=catalog, options=usual.options, campaign=usual.campaign)


@pytest.mark.parametrize(
    "fault", [FaultName.FAILED_OBJECT, FaultName.FAILED_STRING, FaultName.FAILED_MODERATED_1027]
)
def test_a_broken_model_costs_the_exposure_at_most(catalog: Catalog, fault: FaultName) -> None:
    """Or what it costs where one goes at a time: some fail, and one is always tried."""
    alone = world_of(catalog, faults=FaultPlan(rates={fault: 1.0}))
    several = exposed(catalog, faults=FaultPlan(rates={fault: 1.0}))

    alone.run()
    several.run()

    costs = [world.simulator.invoice().charged_usd for world in (alone, several)]
    assert costs[1] <= max(several.exposure_usd, costs[0]) + Decimal("0.10")


def first_clip_after(world: World) -> float:
    """Seconds from the start of the second model's first job to that of its last, after a night of the first model."""
    world.campaign = two_models(world.campaign)
    world.chosen = frozenset(job.creative_id for job in world.jobs if job.variant.model == MODELS[0])
    world.run()  # its amounts are on record now: no price need be measured
    world.chosen, began = None, world.clock.seconds
    report = world.run()
    assert report.exit_code == 0
    return world.clock.seconds - began


def two_models(campaign: Campaign) -> Campaign:
    """The same prompts on two models at 768p."""
    values = {"model": MODELS, "size": ("768p",)}
    axes = tuple(
        replace(
            axis, levels=tuple(Level(axis=axis.name, label=v, value=v, place=HERE) for v in values[axis.name])
        )
        if axis.name in values
        else axis
        for axis in campaign.grids[0].axes
    )
    return replace(campaign, grids=(Grid(axes=axes),))


def test_the_first_jobs_shorten_the_night(catalog: Catalog) -> None:
    """Every clip is bought once, and the second job does not wait for the first one's clip."""
    alone, several = world_of(catalog, jobs=4), exposed(catalog, jobs=4)

    assert first_clip_after(several) < first_clip_after(alone)
    assert len(several.simulator.invoice().lines) == len(alone.simulator.invoice().lines) == 8
