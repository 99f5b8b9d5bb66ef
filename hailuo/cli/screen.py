"""Output of the commands: tables and lines for people, JSON for machines."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click
from rich.text import Text

from hailuo.campaign.portable import SHAPE
from hailuo.campaign.pricing import usd, usd_or_unknown
from hailuo.cli.plain import count, say
from hailuo.cli.tables import FAILURE, ColumnKind, TableColumn, show_table
from hailuo.cli.terminal import console
from hailuo.errors import Problem
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan, PlannedJob, Standby, price_of_all
from hailuo.run.events import RunReport
from hailuo.text import printable

if TYPE_CHECKING:
    from hailuo.run.store_place import StorePlace

DECISIONS = {
    JobState.STORED: "done",
    JobState.SUBMITTED: "to collect",
    JobState.NEW: "to buy",
    JobState.UNKNOWN: "unknown",
    JobState.IN_DOUBT: "in doubt",
    JobState.REFUSED: "refused",
    JobState.FAILED: "failed",
}
"""What a run does about a job in each state: `decision` in JSON."""

_WIDE_ENOUGH: Final = 110
"""Columns of a terminal. On a narrower one the list of clips has fewer columns."""
_PROMPT_SHOWN: Final = 60

_FAILED: Final = frozenset({JobState.FAILED, JobState.REFUSED})


def state_text(state: JobState) -> Text:
    """The state in words, red where the job failed."""
    return Text(state.words, style=_style(state))


def _style(state: JobState) -> str:
    return FAILURE if state in _FAILED else ""


def plan_json(plan: Plan, place: "StorePlace") -> dict[str, object]:
    """The plan for machines."""
    return {
        "store": {
            "uri": place.uri,
            "vendor": place.vendor,
            "is_new": place.is_new,
            "is_simulated": place.is_simulated,
        },
        "campaign": plan.campaign.name,
        "edition": plan.campaign.edition,
        "digest": plan.digest,
        "money": {
            "spent_usd": plan.money.spent,
            "reserved_usd": plan.money.reserved,
            "planned_usd": plan.money.planned,
            "standby_usd": plan.standby_usd,
            "unknown_usd": plan.unknown_usd,
            "paid_twice_usd": plan.paid_twice_usd,
            "budget_usd": plan.budget_usd,
        },
        "paid_retries_at_most": plan.campaign.failed_retries,
        "jobs": [_job_json(planned, plan) for planned in plan.everything],
        "standby": [_standby_json(one, plan) for one in plan.standby],
        "illegal": [str(cell.rule) for cell in plan.illegal],
        "skipped": [{"levels": cell.levels, "reason": str(cell.rule)} for cell in plan.illegal],
        "warnings": [str(warning) for warning in plan.warnings],
    }


def _standby_json(standby: Standby, plan: Plan) -> dict[str, object]:
    return {
        **_job_json(standby.planned, plan),
        "decision": "standby",
        "after": standby.after,
        "extra_usd": standby.extra_usd,
    }


def _job_json(planned: PlannedJob, plan: Plan) -> dict[str, object]:
    variant, asked = planned.job.variant, planned.job.asked
    places = plan.placements.get(planned.job.creative_id, {})
    return {
        "creative_id": planned.job.creative_id,
        "decision": DECISIONS[planned.state],
        "state": planned.state,
        "model": variant.model,
        "duration": variant.duration,
        "size": variant.size,
        "settings": dict(planned.job.settings),
        "shape": asked.shape if asked else None,
        "shape_by": asked.shape_by if asked else None,
        "prompt": variant.prompt,
        "first_frame": variant.first_frame.label if variant.first_frame else None,
        "take": planned.job.take,
        "fallback_for": planned.job.fallback_for,
        "levels": planned.job.levels,
        "columns": planned.job.columns,
        "price_usd": planned.quote.price_usd,
        "price_basis": planned.quote.basis,
        "chosen": planned.chosen,
        "attempts": len(planned.record.attempts),
        "paid_retries": planned.retries,
        "placements": {name: ruling.as_json() for name, ruling in places.items()},
    }


def show_plan(plan: Plan, place: "StorePlace", *, quiet: bool = False) -> None:
    """Print the plan: the price of each cell, what is stored already, the budget, and where clips are kept.

    If `quiet`, only how many jobs it has and what it costs.
    """
    screen = console()
    if quiet:
        say(f"{_counts(plan)}; {usd(plan.money.planned)} to buy")
        return
    for warning in plan.warnings:
        screen.print(Text(f"warning: {printable(str(warning))}", style="yellow"))
    for rule, cells in Counter(str(cell.rule) for cell in plan.illegal).items():
        skipped = f"skipped {count(cells, 'combination')}: {printable(rule)}"
        screen.print(Text(skipped, style="dim"))
    _show_cells(plan)
    for line in _shapes(plan):
        screen.print(Text(line, style="dim"))
    screen.print(Text(_counts(plan)))
    money = plan.money
    budget = "no budget is set" if plan.budget_usd is None else f"budget {usd(plan.budget_usd)}"
    amounts = f"{usd(money.planned)} to buy, {usd(money.spent)} spent, {usd(money.reserved)} reserved"
    screen.print(Text(f"{amounts}; {budget}", style="bold"))
    if plan.standby:
        screen.print(Text(plan.standby_in_words))
    for line in (*_retries(plan), *_to_settle(plan)):
        screen.print(Text(line, style="yellow"))
    screen.print(Text(f"plan {plan.digest[:12]}", style="dim"))
    new = " (new: nothing was bought here yet)" if place.is_new else ""
    screen.print(Text(f"store {printable(place.uri)}{new}", style="yellow" if new else "dim"))
    simulated = " (SIMULATED: nothing is billed)" if place.is_simulated else ""
    screen.print(Text(f"vendor {printable(place.vendor)}{simulated}", style="dim"))


def _show_cells(plan: Plan) -> None:
    """A row for each model, length, size and price: its clips and what they cost."""
    cells: dict[tuple[str, int, str, str, str], list[PlannedJob]] = {}
    for planned in plan.everything:
        variant, quote = planned.job.variant, planned.quote
        cell = (variant.model, variant.duration, variant.size, str(quote.price_usd), quote.basis.value)
        cells.setdefault(cell, []).append(planned)
    words = [TableColumn("model"), TableColumn("time"), TableColumn("size")]
    numbers = [TableColumn(name, ColumnKind.NUMBER) for name in ("jobs", "stored", "buy", "each", "cost")]
    show_table(
        [*words, *numbers, TableColumn("price")],
        [
            (model, f"{duration} s", size, *_cell_numbers(jobs))
            for (model, duration, size, *_), jobs in sorted(cells.items(), key=lambda cell: cell[0])
        ],
        title=f"{plan.campaign.name} · {plan.campaign.edition}",
    )


def _shapes(plan: Plan) -> Iterator[str]:
    """How each model gets the shapes that the campaign asks for."""
    ways: dict[str, Counter[str]] = {}
    for job in (planned.job for planned in plan.jobs):
        asked, shape = job.asked, job.levels.get(SHAPE)
        if asked and asked.shape_by and shape is not None and shape == asked.shape:
            way = asked.shape_by.replace("_", " ")
            ways.setdefault(job.variant.model, Counter())[f"{shape} by {way}"] += 1
    for model, found in ways.items():
        yield f"{model}: " + ", ".join(
            f"{words} ({count(jobs, 'job')})" for words, jobs in sorted(found.items())
        )


def show_clips(plan: Plan) -> None:
    """Print every clip of the plan: what it shows, what it costs, and its state."""
    is_wide = console().width >= _WIDE_ENOUGH
    cell = ("model", "time", "size") if is_wide else ("cell",)
    text = (
        TableColumn("prompt", ColumnKind.TEXT),
        *([TableColumn("frame", ColumnKind.TEXT)] if is_wide else []),
    )
    cells = [TableColumn(name, ColumnKind.WORD if is_wide else ColumnKind.TEXT) for name in cell]
    columns = [TableColumn("creative id"), *cells, TableColumn("take", ColumnKind.NUMBER), *text]
    show_table(
        [*columns, TableColumn("price", ColumnKind.NUMBER), TableColumn("state")],
        [_clip(planned, is_wide=is_wide) for planned in plan.everything],
        title="clips",
    )


def _clip(planned: PlannedJob, *, is_wide: bool) -> tuple[str | Text, ...]:
    """One clip. On a narrow terminal model, time and size are one word, and the frame follows the prompt."""
    variant, frame = planned.job.variant, planned.job.variant.first_frame
    named = frame.label if frame else ""
    prompt = textwrap.shorten(variant.prompt, _PROMPT_SHOWN, placeholder=" ...")
    size = " ".join([variant.size, *(f"{name} {label}" for name, label in variant.parameters.items())])
    settings = (variant.model, f"{variant.duration} s", size)
    cell = settings if is_wide else (f"{variant.model} {variant.duration}s {size}",)
    text = (prompt, named) if is_wide else (f"{prompt} (from {named})" if named else prompt,)
    is_left_out = planned.state is JobState.NEW and not planned.chosen
    state = Text("left out") if is_left_out else Text(DECISIONS[planned.state], style=_style(planned.state))
    price = usd_or_unknown(planned.quote.price_usd)
    return planned.job.creative_id, *cell, str(planned.job.take), *text, price, state


def _cell_numbers(jobs: Sequence[PlannedJob]) -> tuple[str, ...]:
    buy = [planned for planned in jobs if planned.state is JobState.NEW and planned.chosen]
    quote = jobs[0].quote
    done = sum(1 for planned in jobs if planned.state is JobState.STORED)
    each, to_pay = usd_or_unknown(quote.price_usd), usd_or_unknown(price_of_all(buy))
    return str(len(jobs)), str(done), str(len(buy)), each, to_pay, quote.basis


def _counts(plan: Plan) -> str:
    left_out = len(plan.left_out)
    counts = Counter(planned.state for planned in plan.everything)
    counts[JobState.NEW] -= left_out
    words = [
        f"{counts[state]} {'to buy' if state is JobState.NEW else state.words}"
        for state in DECISIONS
        if counts[state]
    ]
    skipped = [f"{count(len(plan.illegal), 'combination')} skipped"] if plan.illegal else []
    unchosen = [f"{left_out} left out"] if left_out else []
    orphaned = [f"{len(plan.orphaned_jobs)} of them no longer in the file"] if plan.orphaned_jobs else []
    return f"{count(len(plan.everything), 'job')}: " + ", ".join(words + unchosen + skipped + orphaned)


def _retries(plan: Plan) -> Iterator[str]:
    """Jobs that are bought again because the vendor failed them, by number of retries."""
    most = plan.campaign.failed_retries
    again = Counter(planned.record.failures for planned in plan.to_buy if planned.is_retry)
    for number, jobs in sorted(again.items()):
        yield f"{count(jobs, 'job')} to buy again, failed and refunded: paid retry {number} of at most {most}"


def _to_settle(plan: Plan) -> Iterator[str]:
    """What you have to settle, and with which command."""
    reconcile = f"hailuo reconcile {plan.campaign.name}/{plan.campaign.edition}"
    unknown = len(plan.in_state(JobState.UNKNOWN))
    if unknown:
        yield f"{count(unknown, 'submit')} with unknown outcome, {usd(plan.unknown_usd)} reserved: run {reconcile}"
    if plan.paid_twice_usd:
        yield f"{usd(plan.paid_twice_usd)} of the amount spent was paid twice: run {reconcile}"


def show_report(report: RunReport) -> None:
    """Print how the run ended: each job that is not stored, with the reason."""
    for ending in report.endings:
        if ending.state is JobState.STORED:
            continue
        word = "overdue" if ending.overdue else ending.state.words
        line = Text(printable(f"{ending.creative_id}  {word}: {ending.reason}"))
        console().print(line, style=_style(ending.state))
    stored = len(report.in_state(JobState.STORED))
    say(f"{stored} of {len(report.endings)} jobs are stored")
    if report.stopped and not report.interrupted:
        click.echo(printable(f"stopped buying: {report.stopped}"), err=True)
    if report.interrupted:
        click.echo("interrupted; run again to continue: nothing is bought twice", err=True)


def report_json(report: RunReport) -> dict[str, object]:
    """How the run ended, for machines."""
    return {
        "exit_code": int(report.exit_code),
        "stopped": report.stopped,
        "interrupted": report.interrupted,
        "endings": report.endings,
    }


def findings_json(findings: Iterable[Problem]) -> list[dict[str, str]]:
    """What is wrong in the store, for `--json`: the key, the reason and the remedy of each."""
    return [{"key": found.place.file, "reason": found.reason, "remedy": found.remedy} for found in findings]
