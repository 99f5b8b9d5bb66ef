"""`hailuo money FILE`"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import SIMULATED, echo_json, say
from hailuo.cli.screen import findings_json
from hailuo.cli.sums import cells, cells_json, remarks, show_sums, sums_json
from hailuo.errors import ExitCode
from hailuo.ledger.money import JobMoney, Sums, by_day, by_job, sums_of_jobs
from hailuo.ledger.statement import Statement, read_statement
from hailuo.run.environment import run_environment

_VIEWS = ("edition", "cell", "day", "month", "job")


@click.command("money")
@file_or_edition_argument
@click.option(
    "--by", "view", type=click.Choice(_VIEWS), default="edition", show_default=True, help="A row for each."
)
@edition_option
@as_json_option
def command(file: Path, view: str, edition: str | None, as_json: bool) -> ExitCode:
    """Show what every attempt cost: estimated, spent, reserved, refunded. All editions, unless you name one.

    Everything is read from the ledger. An attempt counts on the day (UTC) of its submit, whatever came of it later.
    With --json you get every view at once.
    """
    env = run_environment()
    named = edition_of(file, edition)
    only = named.name if edition or not file.is_file() else None
    statement = asyncio.run(read_statement(named.campaign, env.settings, edition=only, clock=env.clock))
    if as_json:
        echo_json(_statement_json(statement))
    else:
        _show(statement, view)
    return ExitCode.COMPLETE


def _show(statement: Statement, view: str) -> None:
    total = sums_of_jobs(statement.bills)
    title = f"{statement.campaign} · {', '.join(statement.editions)}"
    show_sums(_rows(statement, view), total, title=title, key=view)
    for line in remarks(total):
        say(line)
    if statement.is_simulated:
        say(SIMULATED)
    for problem in statement.findings:
        say(f"warning: {problem}")
    month = statement.month
    cap = (
        "no HAILUO_MAX_USD_PER_MONTH is set" if month.cap_usd is None else f"of at most {usd(month.cap_usd)}"
    )
    say(
        f"{month.name}, all campaigns of the store: {usd(month.committed_usd)} spent, reserved or granted; {cap}"
    )


def _rows(statement: Statement, view: str) -> Mapping[str, Sums]:
    match view:
        case "cell":
            return cells(statement.bills)
        case "day":
            return by_day(statement.bills)
        case "month":
            return by_day(statement.bills, spelt="%Y-%m")
        case "job":
            return by_job(statement.bills, lambda job: f"{job.edition} {job.creative_id}")
        case _:
            return by_job(statement.bills, lambda job: job.edition)


def _statement_json(statement: Statement) -> dict[str, object]:
    bills, month = statement.bills, statement.month
    return {
        "campaign": statement.campaign,
        "is_simulated": statement.is_simulated,
        "editions": _named("edition", by_job(bills, lambda job: job.edition)),
        "cells": cells_json(bills),
        "days": _named("day", by_day(bills)),
        "months": _named("month", by_day(bills, spelt="%Y-%m")),
        "jobs": [_job_json(bill) for bill in bills],
        "total": sums_json(sums_of_jobs(bills)),
        "this_month": {"month": month.name, "committed_usd": month.committed_usd, "cap_usd": month.cap_usd},
        "findings": findings_json(statement.findings),
    }


def _named(key: str, rows: Mapping[str, Sums]) -> list[dict[str, object]]:
    return [{key: name, **sums_json(sums)} for name, sums in sorted(rows.items())]


def _job_json(bill: JobMoney) -> dict[str, object]:
    attempts = [
        {
            "attempt": item.attempt,
            "at": item.at.isoformat(),
            "money": item.fate,
            "price_usd": item.price_usd,
            "amount_usd": item.amount_usd,
            "told": item.reported,
            "paid_retry": item.retry,
        }
        for item in bill.items
    ]
    names = {"edition": bill.job.edition, "creative_id": bill.job.creative_id}
    return {**names, **sums_json(bill.sums), "attempts": attempts}
