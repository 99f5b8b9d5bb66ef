"""`hailuo plan FILE`"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click

from hailuo.cli.options import (
    as_json_option,
    budget_option,
    choose,
    edition_option,
    file_argument,
    limit_option,
    only_option,
)
from hailuo.cli.plain import echo_json, say
from hailuo.cli.screen import plan_json, show_clips, show_plan
from hailuo.cli.verbosity import quiet_option, verbose_option
from hailuo.errors import ExitCode, Problem
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import run_environment
from hailuo.run.session import open_session
from hailuo.run.store_place import StorePlace


@click.command("plan")
@file_argument
@edition_option
@only_option
@budget_option
@limit_option
@click.option("--clips", is_flag=True, help="Also list every clip.")
@quiet_option
@verbose_option
@as_json_option
def command(  # noqa: PLR0913 (an option each)
    *,
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    budget_usd: Decimal | None,
    limit: int | None,
    clips: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Show what a run would do and cost. Nothing is bought, and nothing is written.

    Exit code 2 if a run would be refused. The vendor is not asked: its balance is compared when you run.
    """
    choice = choose(file, edition=edition, budget_usd=budget_usd, only=only, limit=limit)
    return show_look(choice, clips=clips, quiet=quiet, as_json=as_json)


def show_look(
    choice: CampaignRequest, *, clips: bool = False, quiet: bool = False, as_json: bool = False
) -> ExitCode:
    """Print what a run would do; also what `hailuo run --dry-run` prints."""
    seen = asyncio.run(look(choice))
    if as_json:
        refusals = [str(problem) for problem in seen.refusals]
        echo_json({**plan_json(seen.plan, seen.place), "refusals": refusals})
    else:
        show_plan(seen.plan, seen.place, quiet=quiet)
        if clips:
            show_clips(seen.plan)
        for problem in seen.refusals:
            say(f"a run would be refused: {problem}")
    return ExitCode.REFUSED if seen.refusals else ExitCode.COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known before a run: the plan, where its clips go, and why a run would be refused."""

    plan: Plan
    place: StorePlace
    refusals: Sequence[Problem]


async def look(request: CampaignRequest, *, histories: bool = False) -> Seen:
    """The plan as of now, without asking the vendor; `histories` as in `Ledger.load`. Raises: CampaignError."""
    env = run_environment()
    prepared = prepare(request, env.settings)
    async with open_session(prepared, env.settings, clock=env.clock, only_looks=True) as session:
        plan = await session.plan(histories=histories)
        refusals = await session.refusals(plan, ask_vendor=False)
        return Seen(plan=plan, place=await session.place(), refusals=refusals)
