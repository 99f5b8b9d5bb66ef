"""`hailuo plan FILE`"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import click

from hailuo.cli.options import as_json_option, choose, edition_option, file_argument, only_option, usd_type
from hailuo.cli.screen import echo_json, plan_json, say, show_plan
from hailuo.errors import ExitCode
from hailuo.plan.plan import Plan, admission_problems
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import run_environment
from hailuo.run.session import open_session


@click.command("plan")
@file_argument
@edition_option
@only_option
@click.option(
    "--budget", "budget_usd", type=usd_type, help="Use this budget instead of the file's, in US dollars."
)
@as_json_option
def command(
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    budget_usd: Decimal | None,
    as_json: bool,
) -> ExitCode:
    """Show what a run would do and cost. Nothing is bought."""
    plan = asyncio.run(make_plan_of(choose(file, edition=edition, budget_usd=budget_usd, only=only)))
    if as_json:
        echo_json(plan_json(plan))
    else:
        show_plan(plan)
    over = admission_problems(plan, balance_usd=None)
    for problem in over if not as_json else []:
        say(f"a run would be refused: {problem}")
    return ExitCode.REFUSED if over else ExitCode.COMPLETE


async def make_plan_of(request: CampaignRequest, *, histories: bool = False) -> Plan:
    """The plan as of now; `histories` as in `Ledger.load`. Raises: CampaignError."""
    env = run_environment()
    prepared = prepare(request, env.settings)
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        return await session.plan(histories=histories)
