"""`hailuo run FILE`"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import (
    as_json_option,
    budget_option,
    choose,
    edition_option,
    file_argument,
    is_standard_input,
    limit_option,
    only_option,
    yes_option,
)
from hailuo.cli.output import unfailing_output
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.plan import look, show_look
from hailuo.cli.prefect_driver import prefect_driver
from hailuo.cli.progress import Watcher
from hailuo.cli.screen import plan_json, report_json, show_plan, show_report
from hailuo.cli.stopping import watching
from hailuo.cli.terminal import is_terminal
from hailuo.cli.verbosity import quiet_option, verbose_option
from hailuo.errors import AdmissionError, ExitCode, Place, Problem, StoreUnavailableError
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.run.admission import agreement_problems
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.run.events import RunReport
from hailuo.run.leftovers import NOT_LOOKED_FOR, PaidClips
from hailuo.run.session import Session, open_session
from hailuo.run.store_place import StorePlace
from hailuo.store.layout import Edition
from hailuo.text import printable

if TYPE_CHECKING:
    from hailuo.publish.publish import Publication

_DIGEST_AT_LEAST: Final = 12
"""As many characters of a digest as `hailuo plan` shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunOptions:
    """Whether to ask before spending, which plan was agreed to, and the output format."""

    yes: bool
    new_store: bool
    digest: str | None
    quiet: bool
    as_json: bool

    def agreed_digest(self, plan: Plan) -> str | None:
        """The digest that was named, in full if it begins the plan's own; None where none was named."""
        named = (self.digest or "").lower()
        return (
            plan.digest if len(named) >= _DIGEST_AT_LEAST and plan.digest.startswith(named) else self.digest
        )


@click.command("run")
@file_argument
@edition_option
@only_option
@budget_option
@yes_option("Do not ask before spending.")
@click.option("--new-store", is_flag=True, help="With --yes or --plan: begin a new, empty store.")
@click.option(
    "--plan",
    "digest",
    metavar="DIGEST",
    help="Buy exactly the plan with this digest, as `hailuo plan` showed it, without asking.",
)
@limit_option
@click.option("--dry-run", is_flag=True, help="Buy nothing: the same as `hailuo plan`.")
@quiet_option
@verbose_option
@as_json_option
def command(  # noqa: PLR0913 (an option each)
    *,
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    budget_usd: Decimal | None,
    yes: bool,
    new_store: bool,
    digest: str | None,
    limit: int | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Admit the plan and run it: submit, poll, download, verify, store. A second run buys nothing again."""
    if not dry_run and is_standard_input(file) and not (yes or digest):
        reason = "the campaign is on standard input, so that no answer can be read from it"
        raise AdmissionError([Problem(Place("hailuo run"), reason, "pass --yes, or --plan DIGEST")])
    choice = choose(file, edition=edition, budget_usd=budget_usd, only=only, limit=limit)
    if dry_run:
        return show_look(choice, quiet=quiet, as_json=as_json)
    env = run_environment()
    options = _RunOptions(yes=yes, new_store=new_store, digest=digest, quiet=quiet, as_json=as_json)
    with unfailing_output():
        if env.settings.prefect_api_url:
            _refuse_for_flow(choice)
            return _run_as_flow(choice, env, options)
        return asyncio.run(_run(choice, env, options))


def _refuse_for_flow(choice: CampaignRequest) -> None:
    """What Prefect's flow does not take. Raises: AdmissionError."""
    if choice.text is not None:
        reason = "the flow does not take a campaign on standard input"
        remedy = "write it to a file, or unset PREFECT_API_URL to run without Prefect"
        raise AdmissionError([Problem(Place("hailuo run"), reason, remedy)])


def _run_as_flow(choice: CampaignRequest, env: RunEnvironment, options: _RunOptions) -> ExitCode:
    """Ask here, let Prefect's flow run the plan that was agreed to, then print what the store holds."""
    drive = prefect_driver()
    agreed = asyncio.run(_agreed(choice, env, options))
    if agreed is None:
        return ExitCode.INTERRUPTED
    report = drive(choice, agreed.plan.digest)
    after = asyncio.run(look(choice))
    edition = agreed.plan.campaign.this_edition
    _show_end(replace(agreed, after=after.plan), report, edition, options)
    return report.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """The plan that you agreed to, where its clips are kept, and the plan as it is when the run is over."""

    plan: Plan
    place: StorePlace
    after: Plan | None = None


async def _agreed_in(session: Session, options: _RunOptions) -> _Agreed:
    """The plan, shown and agreed to. Raises: as `_confirm`; AdmissionError for a new store without `--new-store`."""
    agreed = _Agreed(plan=await session.plan(), place=await session.place())
    _confirm(agreed, options)
    if (options.yes or options.digest) and not options.new_store:
        await session.require_known_store(agreed.plan, word="--new-store")
    return agreed


async def _agreed(choice: CampaignRequest, env: RunEnvironment, options: _RunOptions) -> _Agreed | None:
    """None if you interrupted it."""
    async with _paid_first(choice, env, Watcher(quiet=options.quiet or options.as_json)) as prepared:
        if prepared is None:
            return None
        async with open_session(prepared, env.settings, clock=env.clock) as session:
            return await _agreed_in(session, options)


async def _run(choice: CampaignRequest, env: RunEnvironment, options: _RunOptions) -> ExitCode:
    watcher = Watcher(quiet=options.quiet or options.as_json)
    async with AsyncExitStack() as stack:
        async with _paid_first(choice, env, watcher) as prepared:
            if prepared is None:
                return ExitCode.INTERRUPTED
            session = await stack.enter_async_context(open_session(prepared, env.settings, clock=env.clock))
            agreed = await _agreed_in(session, options)
            await session.admit(agreed.plan, agreed_digest=options.agreed_digest(agreed.plan))
        runner = session.runner(agreed.plan, observe=watcher)
        async with watching(watcher)(runner):
            report = await runner.run()
        made = await _published(session)
        agreed = replace(agreed, after=session.plan_by_now())
    _show_end(agreed, report, made.edition if made else None, options)
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
                if not line.startswith(NOT_LOOKED_FOR):  # the refusal that follows says it
                    say(line)
        yield None if collected.interrupted else prepared


async def _published(session: Session) -> "Publication | None":
    """Publish, or print why not: a store that does not answer must not hide how the run ended."""
    try:
        return await session.publish()
    except StoreUnavailableError as error:
        remedy = "`hailuo manifest FILE` makes them from what is in the store"
        click.echo(printable(f"no manifest and no gallery were written: {error}; {remedy}"), err=True)
        return None


def _confirm(agreed: _Agreed, options: _RunOptions) -> None:
    """Show the plan and ask before spending, unless its digest was named.

    Raises: AdmissionError for another plan than the one named, or without a terminal to ask on; click.Abort.
    """
    plan, place = agreed.plan, agreed.place
    if not options.as_json:
        show_plan(plan, place, quiet=options.quiet)
    if options.digest:
        if problems := agreement_problems(plan, options.agreed_digest(plan)):
            raise AdmissionError(problems)
        return
    if options.yes or not plan.may_be_bought:
        return
    if options.as_json or not is_terminal():
        problem = Problem(Place("hailuo run"), "no terminal to ask on before spending", "pass --yes")
        raise AdmissionError([problem])
    where = f"the new store {place.uri}" if place.is_new else place.uri
    most = "at most " if plan.standby else ""
    click.confirm(
        f"Buy {len(plan.to_buy)} clips for {most}{usd(plan.money.planned)} into {where}?", abort=True
    )


def _show_end(agreed: _Agreed, report: RunReport, made: Edition | None, options: _RunOptions) -> None:
    """Print what was bought, what is missing, and where the results are."""
    uri = agreed.place.uri
    if options.as_json:
        now = plan_json(agreed.after or agreed.plan, agreed.place)
        gallery = f"{uri}/{made.gallery}" if made else None
        echo_json({**now, "digest": agreed.plan.digest, **report_json(report), "gallery": gallery})
        return
    show_report(report)
    if agreed.plan.left_out:
        say(f"{count(len(agreed.plan.left_out), 'clip')} of the file left out of this run, not bought")
    if not agreed.plan.to_buy:
        unknown = len(agreed.plan.in_state(JobState.UNKNOWN))
        others = f"; {count(unknown, 'job')} may have been bought: run hailuo reconcile" if unknown else ""
        say("nothing was bought: no job of the plan is left to buy" + others)
    if made:
        say(f"gallery   {uri}/{made.gallery}")
        say(f"manifest  {uri}/{made.manifest_jsonl}")
