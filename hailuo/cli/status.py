"""`hailuo status FILE`"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, choose, edition_option, file_argument
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.plan import Seen, look
from hailuo.cli.screen import plan_json, show_plan, state_text
from hailuo.cli.sums import cells, cells_json, remarks, show_sums, sums_json
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.cli.terminal import console
from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.ledger.leftovers import Leftover, find_leftovers
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.plan.prepare import CampaignRequest
from hailuo.run.environment import run_environment
from hailuo.run.events import why
from hailuo.store.open import nothing_bought_without_store, open_store

_WIDE_ENOUGH: Final = 100
"""Columns of a terminal. On a narrower one the counts of attempts are left out."""


@click.command("status")
@file_argument
@edition_option
@as_json_option
def command(file: Path, edition: str | None, as_json: bool) -> ExitCode:
    """Show the state of every job, and the money: estimated and spent per cell, reserved, unknown."""
    seen, others = asyncio.run(_read(choose(file, edition=edition)))
    plan = seen.plan
    if as_json:
        money = {"cells": cells_json(plan.bills), "total": sums_json(plan.sums)}
        others_json = [_other_json(one) for one in others]
        echo_json(
            {
                **plan_json(plan, seen.place),
                **money,
                "other_editions": others_json,
                "same_bytes": _same_bytes(plan),
            }
        )
    else:
        show_plan(plan, seen.place)
        _show_money(plan)
        _show_unfinished(plan)
        for twins in _same_bytes(plan):
            say(f"the same bytes: {', '.join(twins)}; one may have the clip of another task: look at them")
        for one in others:
            say(f"left over in {one.in_words()}")
    complete = all(planned.state is JobState.STORED for planned in plan.jobs)
    return ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE


async def _read(request: CampaignRequest) -> tuple[Seen, Sequence[Leftover]]:
    """The plan of the edition, and what is left over in the campaign's other editions."""
    env = run_environment()
    seen = await look(request, histories=True)
    edition = seen.plan.campaign.this_edition
    with nothing_bought_without_store():
        store = open_store(env.settings)
        return seen, await find_leftovers(store, env.clock, campaign=edition.campaign, skip=edition)


def _other_json(leftover: Leftover) -> dict[str, object]:
    return {
        "edition": leftover.edition.name,
        "to_collect": leftover.to_collect,
        "unsettled": leftover.unsettled,
        "trouble": leftover.trouble,
    }


def _same_bytes(plan: Plan) -> list[list[str]]:
    """Creative ids of jobs whose stored clips are byte for byte the same, group by group."""
    by_hash: defaultdict[str, list[str]] = defaultdict(list)
    for planned in plan.everything:
        if planned.record.done:
            by_hash[planned.record.done.sha256].append(planned.job.creative_id)
    return [sorted(ids) for ids in by_hash.values() if len(ids) > 1]


def _show_money(plan: Plan) -> None:
    if not plan.sums.bought:
        return
    show_sums(cells(plan.bills), plan.sums, title="estimated and spent", key="cell")
    for line in remarks(plan.sums):
        say(line)
    used = count(plan.sums.paid_retries, "paid retry", "paid retries")
    say(f"{used} after a failure; at most {plan.campaign.failed_retries} for each job")


def _show_unfinished(plan: Plan) -> None:
    waiting = [p for p in plan.everything if p.state not in {JobState.STORED, JobState.NEW}]
    if not waiting:
        return
    is_wide = console().width >= _WIDE_ENOUGH
    counts = (
        [TableColumn("attempt", ColumnKind.NUMBER), TableColumn("retry", ColumnKind.NUMBER)]
        if is_wide
        else []
    )
    words = [
        TableColumn("creative id"),
        TableColumn("state"),
        *counts,
        TableColumn("reserved", ColumnKind.NUMBER),
    ]
    show_table(
        [*words, TableColumn("task"), TableColumn("reason", ColumnKind.TEXT)],
        [_line(planned, is_wide=is_wide) for planned in waiting],
        title="not finished",
    )


def _line(planned: PlannedJob, *, is_wide: bool) -> tuple[str | Text, ...]:
    last, sums = planned.record.last, planned.money.sums
    number = str(last.number) if last else ""
    retries = str(sums.paid_retries) if sums.paid_retries else ""
    return (
        planned.job.creative_id,
        state_text(planned.state),
        *((number, retries) if is_wide else ()),
        usd(sums.reserved_usd) if sums.reserved_usd else "",
        (last.task_id if last else None) or "",
        why(planned.state, planned.record)[1] or "",
    )
