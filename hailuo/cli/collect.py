"""`hailuo collect FILE`"""

import asyncio
from pathlib import Path

import click

from hailuo.cli.options import as_json_option, optional_file_or_edition_argument, require_bought, scope_of
from hailuo.cli.output import unfailing_output
from hailuo.cli.plain import echo_json, say
from hailuo.cli.progress import Watcher
from hailuo.cli.stopping import watching
from hailuo.cli.verbosity import quiet_option, verbose_option
from hailuo.errors import ExitCode
from hailuo.ledger.leftovers import bought_editions
from hailuo.run.environment import run_environment
from hailuo.run.leftovers import Collected, PaidClips
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store


@click.command("collect")
@optional_file_or_edition_argument
@click.option("--all", "everything", is_flag=True, help="Of every campaign in the store.")
@quiet_option
@verbose_option
@as_json_option
def command(file: Path | None, everything: bool, quiet: bool, as_json: bool) -> ExitCode:
    """Collect the clips that were paid for and are not stored yet. Nothing is bought.

    FILE means every edition of its campaign, CAMPAIGN/EDITION that edition alone. No budget is needed, and mistakes in
    the file do not matter. Exit code 1 while a paid clip is not collected, or a submit is unknown.
    """
    if (file is None) is not everything:
        raise click.UsageError("type FILE, CAMPAIGN/EDITION or --all")
    campaign, only = scope_of(file) if file else (None, None)
    with unfailing_output(), nothing_bought_without_store():
        collected = asyncio.run(_collect(campaign, only, quiet=quiet, as_json=as_json))
    if collected.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.COMPLETE if collected.is_complete else ExitCode.INCOMPLETE


async def _collect(campaign: str | None, only: Edition | None, *, quiet: bool, as_json: bool) -> Collected:
    env = run_environment()
    watcher = Watcher(quiet=quiet or as_json)
    store = open_store(env.settings)
    require_bought(await bought_editions(store, campaign), campaign, only, store=store.uri)
    paid = PaidClips(env.settings, env.clock, observe=watcher, watch=watching(watcher))
    collected = await paid.collect(campaign, only=only)
    if as_json:
        echo_json(_json(collected))
        return collected
    for line in collected.lines():
        say(line)
    if collected.is_complete and not collected.reports:
        say("every paid clip is stored")
    return collected


def _json(collected: Collected) -> dict[str, object]:
    editions = [
        {"campaign": edition.campaign, "edition": edition.name, "endings": report.endings}
        for edition, report in collected.reports.items()
    ]
    return {
        "stored": collected.stored,
        "editions": editions,
        "unsettled": collected.unsettled,
        "troubles": collected.troubles,
    }
