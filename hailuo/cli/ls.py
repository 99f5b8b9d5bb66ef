"""`hailuo ls`"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import click
from rich.text import Text

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option
from hailuo.cli.plain import SIMULATED, count, echo_json, say
from hailuo.cli.tables import FAILURE, ColumnKind, TableColumn, show_table
from hailuo.cli.terminal import console
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, ExitCode, Place, Problem
from hailuo.ledger.facts import JobState
from hailuo.ledger.store_vendor import is_simulated
from hailuo.plan.overview import EditionOverview, read_overview
from hailuo.run.environment import run_environment
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store, uri_in_full

_SHOWN: Final = {
    "stored": (JobState.STORED,),
    "at vendor": (JobState.SUBMITTED,),
    "unknown": (JobState.UNKNOWN, JobState.IN_DOUBT),
    "failed": (JobState.FAILED, JobState.REFUSED),
    "to buy": (JobState.NEW,),
}
"""The columns of numbers, and the states that each counts."""

_WIDE_ENOUGH: Final = 100
"""Columns of a terminal. On a narrower one what is reserved is only in the last line."""


@click.command("ls")
@click.argument("campaign", required=False)
@as_json_option
def command(campaign: str | None, as_json: bool) -> ExitCode:
    """List every campaign and edition of the store, or the editions of one campaign: states and money.

    Everything is read from the store. Jobs "to buy" are those of the newest plan that was admitted.
    """
    env = run_environment()
    store = open_store(env.settings)
    if campaign is not None and not Edition.is_campaign(campaign):
        reason = "is not the name of a campaign"
        raise AdmissionError([Problem(Place(campaign), reason, "`hailuo ls` alone lists all of them")])
    with nothing_bought_without_store():
        found, simulated = asyncio.run(_read(store, env.clock, campaign))
    uri = uri_in_full(store)
    if campaign and not found:
        reason = f"nothing ever ran for {campaign} in {uri}"
        raise AdmissionError([Problem(Place(campaign), reason, "`hailuo ls` alone lists all campaigns")])
    if as_json:
        echo_json({"store": uri, "is_simulated": simulated, "editions": [_json(one, uri) for one in found]})
    else:
        _show(found, uri, simulated=simulated)
    return ExitCode.COMPLETE


async def _read(store: Store, clock: Clock, campaign: str | None) -> tuple[Sequence[EditionOverview], bool]:
    """The editions, and whether all that they hold is simulated."""
    return await read_overview(store, clock, campaign=campaign), await is_simulated(store)


def _show(found: Sequence[EditionOverview], uri: str, *, simulated: bool) -> None:
    reserved = sum((one.sums.reserved_usd for one in found), Decimal(0))
    if found:
        is_wide = console().width >= _WIDE_ENOUGH
        numbers = [TableColumn(name, ColumnKind.NUMBER, str(_total(found, *_SHOWN[name]))) for name in _SHOWN]
        spent = sum((one.sums.spent_usd for one in found), Decimal(0))
        money = [TableColumn("spent", ColumnKind.NUMBER, usd(spent))]
        if is_wide:
            money.append(TableColumn("reserved", ColumnKind.NUMBER, usd(reserved)))
        edition = TableColumn("edition", ColumnKind.WORD, "total")
        rows = [_row(one, is_wide=is_wide) for one in found]
        show_table([edition, *numbers, *money], rows, has_footer=True)
    for one in found:
        if one.trouble:
            say(f"warning: {one.edition}: {one.trouble}")
    campaigns = len({one.edition.campaign for one in found})
    held = f"{count(campaigns, 'campaign')}, {count(len(found), 'edition')}" if found else "nothing ever ran"
    say(f"{held} in {uri}" + (f"; {usd(reserved)} reserved" if reserved else ""))
    if simulated:
        say(SIMULATED)


def _row(one: EditionOverview, *, is_wide: bool) -> tuple[str | Text, ...]:
    states = (_number(name, _total([one], *states)) for name, states in _SHOWN.items())
    reserved = (usd(one.sums.reserved_usd),) if is_wide else ()
    return str(one.edition), *states, usd(one.sums.spent_usd), *reserved


def _number(name: str, number: int) -> Text:
    is_bad = number and name in {"unknown", "failed"}
    return Text(str(number), style=FAILURE if is_bad else "")


def _total(found: Sequence[EditionOverview], *states: JobState) -> int:
    return sum(one.states.get(state, 0) for one in found for state in states)


def _json(one: EditionOverview, uri: str) -> dict[str, object]:
    return {
        "campaign": one.edition.campaign,
        "edition": one.edition.name,
        "jobs": one.jobs,
        "states": {state: one.states.get(state, 0) for state in JobState},
        "spent_usd": one.sums.spent_usd,
        "reserved_usd": one.sums.reserved_usd,
        "unknown_usd": one.sums.unknown_usd,
        "admitted_at": one.admitted_at,
        "gallery": f"{uri}/{one.edition.gallery}" if one.has_gallery else None,
        "trouble": one.trouble,
    }
