"""`hailuo rehearse FILE`"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import (
    as_json_option,
    budget_option,
    choose,
    edition_option,
    file_argument,
    limit_option,
    only_option,
)
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.screen import show_plan
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.cli.verbosity import quiet_option, verbose_option
from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.plan.prepare import prepare
from hailuo.rehearsal.figures import Figures
from hailuo.rehearsal.picture import LIMIT_WORDS, picture_of
from hailuo.rehearsal.rehearse import Rehearsal, rehearse
from hailuo.rehearsal.troubles import TROUBLES, Troubles, read_troubles
from hailuo.run.environment import run_environment
from hailuo.run.pace import LimitName
from hailuo.settings import Settings
from hailuo.text import duration

_STEP_WORDS: Final[Mapping[str, str]] = {
    LimitName.FIRST_JOBS: "waiting for the first clip of its model",
    LimitName.PRICES: "waiting for the price of its cell",
    LimitName.IN_FLIGHT: "waiting: tasks in flight",
    LimitName.SUBMITS: "waiting: submits a minute",
    LimitName.SLOWED: "waiting: slowed by the vendor",
    "rendering": "rendering",
    "refresh": "until the vendor's next refresh",
    LimitName.POLLS: "waiting: polls a minute",
    "lag": "until a poll sees it",
    "download": "download and store",
    "other": "waits after errors, and the rest",
}
_BARS: Final = " ▁▂▃▄▅▆▇█"
_COLUMNS: Final = 60


def _read_faults(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> Troubles:
    try:
        return read_troubles(texts)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.command("rehearse")
@file_argument
@edition_option
@only_option
@budget_option
@limit_option
@click.option(
    "--faults",
    "troubles",
    metavar="NAME,...",
    multiple=True,
    callback=_read_faults,
    help=f"What goes wrong: {', '.join(TROUBLES)}; or faults of hailuo simulate, as NAME=0.1.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed is another night.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the curve into this file, as SVG.",
)
@quiet_option
@verbose_option
@as_json_option
def command(  # noqa: PLR0913 (an option each)
    *,
    file: Path,
    edition: str | None,
    only: Mapping[str, frozenset[str]],
    budget_usd: Decimal | None,
    limit: int | None,
    troubles: Troubles,
    seed: int,
    picture: Path | None,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Play tonight's run on a clock that jumps: how long, how much, which limit binds when, where the time goes.

    Nothing is bought or written, and no key is needed. Exit code as that of the run: 0 if every clip would be stored, 2 if the run would be refused.
    """
    env = run_environment()
    choice = choose(file, edition=edition, budget_usd=budget_usd, only=only, limit=limit)
    found = rehearse(
        prepare(choice, env.settings), env.settings, clock=env.clock, seed=seed, troubles=troubles
    )
    if picture and found.figures:
        title = f"{found.plan.campaign.name} · {found.plan.campaign.edition}, seed {seed}"
        picture.write_text(picture_of(found.figures, title=title), encoding="utf-8")
    if as_json:
        echo_json(_json(found, env.settings, troubles, seed=seed))
    else:
        _show(found, env.settings, troubles, seed=seed, quiet=quiet)
    if found.refusals:
        return ExitCode.REFUSED
    return found.report.exit_code if found.report else ExitCode.COMPLETE


def _show(found: Rehearsal, settings: Settings, troubles: Troubles, *, seed: int, quiet: bool) -> None:
    if not quiet:
        show_plan(found.plan, found.place)
    for problem in found.refusals:
        say(f"a run would be refused: {problem}")
    figures = found.figures
    if figures is None:
        return
    faults = f", faults {', '.join(troubles.named)}" if troubles.named else ""
    say(f"rehearsed with seed {seed}{faults}: nothing was bought, and nothing was written")
    for line in _summary(found, figures):
        say(line)
    if quiet or not found.plan.to_buy:
        return
    _show_limits(figures, settings)
    _show_steps(figures)
    for name, values, most in _curves(figures):
        say(f"{name:<10}{_bars(values, most)} {most:,} at most")


def _summary(found: Rehearsal, figures: Figures) -> Iterator[str]:
    plan = found.plan
    states = ", ".join(f"{number:,} {state.words}" for state, number in figures.states.items())
    yield f"clips     {len(plan.to_buy):,} to buy: {states or 'every clip is in the store already'}"
    yield f"length    {duration(figures.seconds)}"
    came_back = f", {usd(figures.refunded_usd)} of it refunded" if figures.refunded_usd else ""
    yield f"cost      {usd(plan.money.planned)} planned, {usd(figures.charged_usd)} charged{came_back}"
    if figures.bound_by:
        yield f"bound by  {_STEP_WORDS[figures.bound_by]}: most of the time of the last clip"
    refused = f" ({figures.submits_refused:,} refused)" if figures.submits_refused else ""
    polls = f"{count(figures.polls, 'poll')} ({figures.polls / max(1, len(plan.to_buy)):.1f} a clip)"
    yield f"requests  {count(figures.submits, 'submit')}{refused}, {polls}, {count(figures.downloads, 'download')}"
    if waiting := len(plan.in_state(JobState.SUBMITTED, JobState.IN_DOUBT, JobState.UNKNOWN)):
        yield f"not rehearsed: {count(waiting, 'clip')} at the vendor already"
    if found.report and found.report.stopped:
        yield f"stopped   {found.report.stopped}"


def _show_limits(figures: Figures, settings: Settings) -> None:
    values = _limit_values(settings)
    rows = [
        (
            LIMIT_WORDS[use.limit] + (f", {use.of}" if use.of else ""),
            "" if use.of else values.get(use.limit, ""),
            duration(use.seconds),
            f"{100 * use.seconds / max(figures.seconds, 1):.0f} %",
            duration(use.spans[0][0]),
            duration(use.spans[-1][1]),
        )
        for use in figures.notable_limits
    ]
    numbers = ("set to", "binds for", "of the night", "from", "until")
    show_table(
        [TableColumn("limit"), *(TableColumn(name, ColumnKind.NUMBER) for name in numbers)],
        rows,
        title="which limit binds when",
    )


def _show_steps(figures: Figures) -> None:
    rows = [
        (_STEP_WORDS[step.name], duration(step.mean_seconds), duration(step.last_seconds))
        for step in figures.steps
        if max(step.mean_seconds, step.last_seconds) >= 0.05
    ]
    numbers = [TableColumn(name, ColumnKind.NUMBER) for name in ("average clip", "last clip")]
    show_table([TableColumn("step"), *numbers], rows, title="where the time goes")


def _limit_values(settings: Settings) -> dict[LimitName, str]:
    return {
        LimitName.SUBMITS: f"{settings.submits_per_minute:g}",
        LimitName.IN_FLIGHT: str(settings.in_flight),
        LimitName.POLLS: f"{settings.most_polls_per_minute:g}",
    }


def _curves(figures: Figures) -> Iterator[tuple[str, list[int], int]]:
    yield "in flight", [point.in_flight for point in figures.curve], figures.most_in_flight
    yield "stored", [point.stored for point in figures.curve], figures.curve[-1].stored


def _bars(values: Sequence[int], most: int) -> str:
    """A character for each step of time."""
    step = (len(values) - 1) / (_COLUMNS - 1)
    shown = (values[round(n * step)] for n in range(_COLUMNS))
    return "".join(_BARS[round(value / max(1, most) * (len(_BARS) - 1))] for value in shown)


def _json(found: Rehearsal, settings: Settings, troubles: Troubles, *, seed: int) -> dict[str, object]:
    """The rehearsal for machines. What is not known because a run would be refused is null."""
    plan, figures, report = found.plan, found.figures, found.report
    return {
        "campaign": plan.campaign.name,
        "edition": plan.campaign.edition,
        "digest": plan.digest,
        "seed": seed,
        "faults": list(troubles.named),
        "refusals": [str(problem) for problem in found.refusals],
        "warnings": [str(warning) for warning in plan.warnings],
        "limits": {
            "submits_per_minute": settings.submits_per_minute,
            "in_flight": settings.in_flight,
            "polls_per_minute": settings.most_polls_per_minute,
            "exposure_usd": settings.exposure_usd,
            "budget_usd": plan.budget_usd,
            "max_usd_per_run": settings.max_usd_per_run,
            "max_usd_per_month": settings.max_usd_per_month,
        },
        "planned_usd": plan.money.planned,
        "to_buy": len(plan.to_buy),
        "night": _night(figures) if figures else None,
        "learned": [
            {**cell._asdict(), "settings": dict(cell.settings), "clips": len(seconds)}
            for cell, seconds in sorted(found.learned.items())
        ],
        "exit_code": int(report.exit_code) if report else int(ExitCode.REFUSED),
        "stopped": report.stopped if report else None,
        "endings": [
            {"creative_id": e.creative_id, "state": e.state, "cause": e.cause, "reason": e.reason}
            for e in (report.endings if report else ())
            if e.state is not JobState.STORED
        ],
    }


def _night(figures: Figures) -> dict[str, object]:
    return {
        "seconds": _rounded(figures.seconds),
        "states": figures.states,
        "charged_usd": figures.charged_usd,
        "refunded_usd": figures.refunded_usd,
        "net_usd": figures.net_usd,
        "bound_by": figures.bound_by,
        "binding": [
            {
                "limit": use.limit,
                "of": use.of,
                "seconds": _rounded(use.seconds),
                "spans": [[_rounded(since), _rounded(until)] for since, until in use.spans],
            }
            for use in figures.limits
        ],
        "steps": [
            {
                "step": step.name,
                "mean_seconds": _rounded(step.mean_seconds),
                "last_seconds": _rounded(step.last_seconds),
            }
            for step in figures.steps
        ],
        "submits": figures.submits,
        "submits_refused": figures.submits_refused,
        "polls": figures.polls,
        "downloads": figures.downloads,
        "most_in_flight": figures.most_in_flight,
        "lag_p50_seconds": _rounded(figures.lag_p50_seconds),
        "lag_p95_seconds": _rounded(figures.lag_p95_seconds),
        "curve": [
            {"seconds": _rounded(p.seconds), "in_flight": p.in_flight, "stored": p.stored}
            for p in figures.curve
        ],
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
