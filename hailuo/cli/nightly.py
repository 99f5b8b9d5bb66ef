"""`hailuo nightly`"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click
from rich.text import Text

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, usd_type, yes_option
from hailuo.cli.output import unfailing_output
from hailuo.cli.plain import echo_json, say
from hailuo.cli.progress import Watcher
from hailuo.cli.stopping import watching
from hailuo.cli.tables import FAILURE, ColumnKind, TableColumn, show_table
from hailuo.cli.terminal import is_terminal
from hailuo.cli.verbosity import quiet_option, verbose_option
from hailuo.errors import AdmissionError, ExitCode, Place, Problem
from hailuo.night.night import CampaignResult, NightReport, night_of
from hailuo.night.outcome import NightBudget
from hailuo.night.render import NightRun
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.run.session import open_session
from hailuo.run.store_place import StorePlace
from hailuo.text import printable


@click.command("nightly")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--budget", "budget_usd", type=usd_type, help="What the whole night may cost, in US dollars.")
@click.option("--dry-run", is_flag=True, help="Price the night, and buy nothing.")
@yes_option("Do not ask before spending.")
@click.option("--new-store", is_flag=True, help="With --yes: begin a new, empty store.")
@quiet_option
@verbose_option
@as_json_option
def command(  # noqa: PLR0913 (an option each)
    *,
    names: Sequence[str],
    budget_usd: Decimal | None,
    dry_run: bool,
    yes: bool,
    new_store: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Render every campaign of the campaigns folder that is marked `nightly:`, one after the other.

    What was paid before is collected first, in every edition of the store. NAME is a marked file, such as sneaker.yaml;
    without one all of them are rendered. One that fails or is invalid stops no other. The exit code is the worst.
    """
    env = run_environment()
    night = night_of(env.settings, env.clock.now().astimezone()).only(names)
    watcher = Watcher(quiet=quiet or as_json)
    run = NightRun(night=night, env=replace(env, observe=watcher, watch=watching(watcher)))
    budget = NightBudget(left_usd=budget_usd)
    with unfailing_output():
        if dry_run or not yes:
            seen = asyncio.run(run.preview(budget))
            if dry_run:
                return _show(seen, quiet=quiet, as_json=as_json)
            if seen.total.to_buy:
                _confirm(seen, quiet=quiet, as_json=as_json)
        elif night.due and not new_store:
            asyncio.run(_place(night.due[0].path, env)).require_known()
        return _show(asyncio.run(run.render(budget)), quiet=quiet, as_json=as_json)


async def _place(path: Path, env: RunEnvironment) -> StorePlace:
    """Where the night keeps what it buys: its campaigns share one store."""
    prepared = prepare(CampaignRequest(path=path), env.settings)
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        return await session.place()


def _confirm(seen: NightReport, *, quiet: bool, as_json: bool) -> None:
    """Show the night and ask before spending. Raises: AdmissionError without a terminal, click.Abort."""
    if as_json or not is_terminal():
        problem = Problem(Place("hailuo nightly"), "no terminal to ask on before spending", "pass --yes")
        raise AdmissionError([problem])
    _show(seen, quiet=quiet, as_json=False)
    click.confirm(f"Buy {seen.total.to_buy} clips for {usd(seen.total.estimate_usd)}?", abort=True)


def _show(report: NightReport, *, quiet: bool, as_json: bool) -> ExitCode:
    """Print how the night went; its exit code."""
    if as_json:
        echo_json(_json(report))
        return report.worst
    for line in report.collected:
        say(line)
    _show_results(report, quiet=quiet)
    for skipped in report.night.skipped:
        say(f"{skipped.name}: skipped: {skipped.reason}")
    for problem in (problem for invalid in report.night.invalid for problem in invalid.problems):
        click.echo(printable(str(problem)), err=True)
    for one in report.leftovers:
        say(f"left over in {one.in_words()}")
    say(report.headline)
    return report.worst


def _show_results(report: NightReport, *, quiet: bool) -> None:
    """A row for each campaign, then the reasons of those that are not complete, and the galleries."""
    if report.results and not quiet:
        names = ("jobs", "stored", "failed", "unknown", "to buy" if report.is_dry_run else "bought")
        numbers = [TableColumn(name, ColumnKind.NUMBER) for name in (*names, "cost")]
        rows = [_row(result, is_dry_run=report.is_dry_run) for result in report.results]
        show_table([TableColumn("campaign", ColumnKind.TEXT), TableColumn("ended"), *numbers], rows)
    for result in report.results:
        for reason in result.reasons:
            say(f"{result.due.name}: {reason}")
        if result.gallery and not quiet:
            say(f"{result.due.name}: gallery {result.gallery.address}")


def _row(result: CampaignResult, *, is_dry_run: bool) -> tuple[str | Text, ...]:
    is_complete = result.exit_code is ExitCode.COMPLETE
    word = "priced" if is_complete and is_dry_run else result.word
    ended = Text(word, style="" if is_complete else FAILURE)
    out = result.outcome
    if out is None:
        return result.due.name, ended, "", "", "", "", "", ""
    bought = out.to_buy if is_dry_run else out.bought
    cost = out.estimate_usd if is_dry_run else out.spent_usd + out.reserved_usd
    numbers = (out.jobs, out.stored, out.failed, out.unknown, bought)
    return result.due.name, ended, *map(str, numbers), usd(cost)


def _json(report: NightReport) -> dict[str, object]:
    return {
        "exit_code": int(report.worst),
        "headline": report.headline,
        "campaigns": [
            {
                "file": result.due.name,
                "campaign": result.due.campaign.name,
                "edition": result.due.campaign.edition,
                "exit_code": int(result.exit_code),
                "reasons": result.reasons,
                "outcome": result.outcome,
                "gallery": result.gallery.address if result.gallery else None,
            }
            for result in report.results
        ],
        "skipped": [{"file": one.name, "reason": one.reason} for one in report.night.skipped],
        "invalid": [
            {"file": one.name, "problems": [str(problem) for problem in one.problems]}
            for one in report.night.invalid
        ],
        "collected": report.collected,
        "leftovers": [one.in_words() for one in report.leftovers],
    }
