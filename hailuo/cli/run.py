"""`hailuo run FILE`"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, choose, edition_option, file_argument, only_option, usd_type
from hailuo.cli.output import unfailing_output
from hailuo.cli.prefect_driver import prefect_driver
from hailuo.cli.progress import Watcher
from hailuo.cli.screen import echo_json, is_terminal, plan_json, report_json, say, show_plan, show_report
from hailuo.cli.stopping import watching
from hailuo.errors import AdmissionError, ExitCode, Place, Problem, StoreUnavailableError
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.publish.publish import Publication
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.run.events import RunReport
from hailuo.run.leftovers import PaidClips
from hailuo.run.session import Session, open_session
from hailuo.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunOptions:
    """Whether to ask before spending, and the output format."""

    yes: bool
    as_json: bool


@click.command("run")
@file_argument
@edition_option
@only_option
@click.option(
    "--budget", "budget_usd", type=usd_type, help="Use this budget instead of the file's, in US dollars."
)
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@as_json_option
def command(
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    budget_usd: Decimal | None,
    yes: bool,
    as_json: bool,
) -> ExitCode:
    """Admit the plan and run it: submit, poll, download, verify, store. A second run buys nothing again."""
    choice = choose(file, edition=edition, budget_usd=budget_usd, only=only)
    env = run_environment()
    options = _RunOptions(yes=yes, as_json=as_json)
    with unfailing_output():
        if env.settings.prefect_api_url:
            plan = asyncio.run(_confirmed(choice, env, options))
            return prefect_driver()(choice, plan.digest).exit_code if plan else ExitCode.INTERRUPTED
        return asyncio.run(_run(choice, env, options))


async def _confirmed(choice: CampaignRequest, env: RunEnvironment, options: _RunOptions) -> Plan | None:
    """The plan that you agreed to; None if you interrupted it."""
    async with _paid_first(choice, env, Watcher(quiet=options.as_json)) as prepared:
        if prepared is None:
            return None
        async with open_session(prepared, env.settings, clock=env.clock) as session:
            plan = await session.plan()
            _confirm(plan, options)
            return plan


async def _run(choice: CampaignRequest, env: RunEnvironment, options: _RunOptions) -> ExitCode:
    watcher = Watcher(quiet=options.as_json)
    async with AsyncExitStack() as stack:
        async with _paid_first(choice, env, watcher) as prepared:
            if prepared is None:
                return ExitCode.INTERRUPTED
            session = await stack.enter_async_context(open_session(prepared, env.settings, clock=env.clock))
            plan = await session.plan()
            _confirm(plan, options)
            await session.admit(plan)
        runner = session.runner(plan, observe=watcher)
        async with watching(watcher)(runner):
            report = await runner.run()
        made = await _published(session)
    if options.as_json:
        gallery = f"{session.store.uri}/{made.edition.gallery}" if made else None
        echo_json({**plan_json(plan), **report_json(report), "gallery": gallery})
    else:
        show_end(plan, report, made, session.store.uri)
    return report.exit_code if made else report.exit_code or ExitCode.INCOMPLETE


@asynccontextmanager
async def _paid_first(
    choice: CampaignRequest, env: RunEnvironment, watcher: Watcher
) -> AsyncIterator[PreparedCampaign | None]:
    """Collect what was paid before, then prepare the campaign for the block; None if you interrupted it."""
    paid = PaidClips(env.settings, env.clock, observe=watcher, watch=watching(watcher))
    async with paid.before(choice) as (prepared, collected):
        if not watcher.quiet:
            for line in collected.lines():
                say(line)
        yield None if collected.interrupted else prepared


async def _published(session: Session) -> Publication | None:
    """Publish, or print why not: a store that does not answer must not hide how the run ended."""
    try:
        return await session.publish()
    except StoreUnavailableError as error:
        remedy = "`hailuo manifest FILE` makes them from what is in the store"
        click.echo(printable(f"no manifest and no gallery were written: {error}; {remedy}"), err=True)
        return None


def _confirm(plan: Plan, options: _RunOptions) -> None:
    """Show the plan and ask before spending. Raises: AdmissionError without a terminal, click.Abort."""
    if not options.as_json:
        show_plan(plan)
    if options.yes or not plan.to_buy:
        return
    if options.as_json or not is_terminal():
        problem = Problem(Place("hailuo run"), "no terminal to ask on before spending", "pass --yes")
        raise AdmissionError([problem])
    click.confirm(f"Buy {len(plan.to_buy)} clips for {usd(plan.money.planned)}?", abort=True)


def show_end(plan: Plan, report: RunReport, made: Publication | None, store_uri: str) -> None:
    """Print what was bought, what is missing, and where the results are."""
    show_report(report)
    if not plan.to_buy:
        say("nothing was bought: every job of the plan was bought before")
    if made:
        say(f"gallery   {store_uri}/{made.edition.gallery}")
        say(f"manifest  {store_uri}/{made.edition.manifest_jsonl}")
