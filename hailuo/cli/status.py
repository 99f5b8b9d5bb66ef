"""`hailuo status FILE`"""

import asyncio
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from hailuo.cli.options import as_json_option, choose, edition_option, file_argument
from hailuo.cli.plan import make_plan_of
from hailuo.cli.screen import STATE_WORDS, console, echo_json, plan_json, show_plan
from hailuo.errors import ExitCode
from hailuo.job import JobState
from hailuo.plan import Plan, PlannedJob
from hailuo.pricing import usd
from hailuo.runner import why
from hailuo.spelling import printable

__all__ = ["command"]


@click.command("status")
@file_argument
@edition_option
@as_json_option
def command(file: Path, edition: str | None, as_json: bool) -> ExitCode:
    """Show where every job stands, and the money: spent, held at the vendor, unknown."""
    plan = asyncio.run(make_plan_of(choose(file, edition=edition)))
    if as_json:
        echo_json(plan_json(plan))
    else:
        show_plan(plan)
        _show_unfinished(plan)
    complete = all(planned.state is JobState.STORED for planned in plan.jobs)
    return ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE


def _show_unfinished(plan: Plan) -> None:
    waiting = [p for p in plan.everything if p.state not in {JobState.STORED, JobState.NEW}]
    if not waiting:
        return
    table = Table(title="not finished", title_justify="left")
    for name in ("creative id", "state", "attempt", "task", "held", "why"):
        table.add_column(name, overflow="fold")
    for planned in waiting:
        table.add_row(*_line(planned))
    console().print(table)


def _line(planned: PlannedJob) -> tuple[str | Text, ...]:
    last = planned.record.last
    task = last.outcome.task_id if last and last.outcome else None
    held = usd(last.intent.price_usd) if last and last.intent and not last.end else ""
    _, reason = why(planned.state, planned.record)
    number = str(last.number) if last else ""
    return (
        planned.job.creative_id,
        STATE_WORDS[planned.state],
        number,
        Text(printable(task or "")),
        held,
        Text(printable(reason or "")),
    )
