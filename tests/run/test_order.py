"""Which jobs go first: the slowest cells, behind one quick job of each model."""

from collections.abc import Sequence
from dataclasses import replace

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.model import Axis, Grid, Level
from tests.support.worlds import HERE, World, world_of


def world_of_cells(catalog: Catalog, *, models: list[str], durations: list[int], jobs: int = 4) -> World:
    """So many prompts on these models and durations at 768p."""
    world = world_of(catalog, jobs=jobs)
    values: dict[str, Sequence[str | int]] = {"model": models, "duration": durations, "size": ["768p"]}
    axes = [axis for axis in world.campaign.grids[0].axes if axis.name == "prompt"]
    for name, given in values.items():
        levels = tuple(Level(axis=name, label=str(value), value=value, place=HERE) for value in given)
        axes.append(Axis(name=name, levels=levels))
    world.campaign = replace(world.campaign, grids=(Grid(axes=tuple(axes)),))
    return world


def submitted(world: World) -> list[tuple[str, int]]:
    return [(line.model, line.duration) for line in world.simulator.invoice().lines]


def test_the_slowest_cells_go_first_behind_the_quickest(catalog: Catalog) -> None:
    """They decide when the run ends; a quick one proves the model."""
    world = world_of_cells(catalog, models=["MiniMax-Hailuo-02"], durations=[6, 10])

    world.run()

    assert [duration for _, duration in submitted(world)] == [6] + [10] * 4 + [6] * 3


def test_each_model_is_proven_by_a_quick_one(catalog: Catalog) -> None:
    """Of two models both first jobs are of 6 s, then all of 10 s go before the rest."""
    world = world_of_cells(
        catalog, models=["MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"], durations=[10, 6], jobs=3
    )

    world.run()

    first = submitted(world)[:2]
    assert sorted(first) == [("MiniMax-Hailuo-02", 6), ("MiniMax-Hailuo-2.3", 6)]
    for model in ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"):
        assert [seconds for name, seconds in submitted(world) if name == model] == [6, 10, 10, 10, 6, 6]


def test_a_model_with_a_clip_needs_no_quick_one(catalog: Catalog) -> None:
    """Another run of the edition begins with the slowest at once."""
    world = world_of_cells(catalog, models=["MiniMax-Hailuo-02"], durations=[6, 10])
    world.chosen = frozenset(job.creative_id for job in world.jobs[:1])
    world.run()
    before = len(submitted(world))
    world.chosen = None

    world.run()

    assert [seconds for _, seconds in submitted(world)[before:]][:4].count(10) == 4
