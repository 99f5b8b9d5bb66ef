"""What a plan says of itself."""

from hailuo.campaign.catalog import Catalog
from tests.support.worlds import world_of


def test_a_large_plan_says_little_of_itself(catalog: Catalog) -> None:
    """asyncio takes the repr of what it ran when it gives Ctrl-C back: of 10,000 jobs that took seconds."""
    world = world_of(catalog, jobs=50)

    plan = world.clock.run(world.plan(world.ledger()))

    assert len(plan.jobs) == 50
    assert len(repr(plan)) < 200
