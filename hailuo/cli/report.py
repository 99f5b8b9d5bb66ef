"""`hailuo report FILE RESULTS...`"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import (
    as_json_option,
    choice_options,
    choose,
    edition_of,
    edition_option,
    file_or_edition_argument,
    usd_type,
)
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.errors import ExitCode, Place
from hailuo.extras import Extra, require
from hailuo.plan.prepare import prepare
from hailuo.publish.picks import Choice
from hailuo.report.findings import Health, PlatformFindings, Proposal, ProposedRow, Recommendation
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Design, Metric
from hailuo.run.environment import run_environment
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store
from hailuo.text import printable

if TYPE_CHECKING:
    from hailuo.report.make import Report, ReportOptions

_METRICS: Final = (Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA, Metric.ROAS)
_DEEPEST: Final = "auto"
_ACTIONS: Final = {
    Recommendation.KEEP: "keep",
    Recommendation.EXPLORE: "explore",
    Recommendation.DROP: "drop",
}
_MOST_CHANGES: Final = 5


class _Percent(click.ParamType[float]):
    """A share above zero: `10%`, `10 %` or `0.1`."""

    name = "PERCENT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r} is not a share such as 10% or 0.1", param, ctx)


@click.command("report")
@file_or_edition_argument
@click.argument("results", nargs=-1)
@edition_option
@click.option(
    "--design",
    type=click.Choice([design.value for design in Design]),
    default=Design.AUCTION.value,
    show_default=True,
    help="How the ads were shown. It decides what the report may claim.",
)
@click.option(
    "--metric",
    type=click.Choice([_DEEPEST, *(metric.value for metric in _METRICS)]),
    default=_DEEPEST,
    show_default=True,
    help="The metric that decides. auto: the deepest one with enough events.",
)
@click.option(
    "--target-cpa",
    type=click.FloatRange(min=0, min_open=True),
    help="Cost per conversion to meet, in the account's currency. CPA then decides.",
)
@click.option(
    "--target-roas",
    type=click.FloatRange(min=0, min_open=True),
    help="Return on ad spend to meet, such as 2.5. ROAS then decides.",
)
@click.option(
    "--ads", multiple=True, type=click.Path(path_type=Path), help="A filled ads.csv. Repeat it for more."
)
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A mapping file for an unknown export (docs/reference/exports.md). Repeat it for more.",
)
@click.option(
    "--study",
    "studies",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A table of a holdout or lift study (docs/reference/exports.md). Repeat it for more.",
)
@click.option("--sequential", is_flag=True, help="Use intervals that stay valid if you look every day.")
@click.option(
    "--relevant-lift",
    type=_Percent(),
    default="10%",
    show_default=True,
    help="The smallest difference that matters to you.",
)
@click.option("--budget", "budget_usd", type=usd_type, help="Budget of the next batch, in US dollars.")
@click.option(
    "--next",
    "next_file",
    type=click.Path(path_type=Path),
    help="Also write the next batch's campaign file here.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of every random draw."
)
@click.option("--again", is_flag=True, help="Write a report even if nothing is new.")
@choice_options
@as_json_option
def command(file: Path, as_json: bool, **given: Any) -> ExitCode:
    """Report on ad platforms' exports: what won, how sure that is, what to render next.

    RESULTS are exported files, folders of them, or s3://bucket/prefix. Without any, the edition's exports/ in the store
    are read. With --picked, --rated or --tag only the clips that people judged so are compared, and the next batch
    renders no more of the others. Exit code 0: a report exists; 1: it exists, and no row of the exports found its creative; 2: something was
    refused, and nothing was written.
    """
    require(Extra.REPORT, Place("hailuo report"), "a report")
    from hailuo.report.inputs import find_files  # noqa: PLC0415 (loads scipy: not for --help)
    from hailuo.report.make import report  # noqa: PLC0415 (as above)

    env, edition = run_environment(), edition_of(file, given["edition"])
    store, options = open_store(env.settings), _options(file, given)

    async def made() -> "Report":
        files = await find_files(store, env.settings, given["results"], edition=edition)
        return await report(store, env.clock, replace(options, files=files), edition=edition)

    with nothing_bought_without_store():
        found = asyncio.run(made())
    if as_json:
        echo_json(_json(found, store.uri))
    else:
        _show(found, store.uri, edition)
    return ExitCode.COMPLETE if _is_matched(found) else ExitCode.INCOMPLETE


def _is_matched(made: "Report") -> bool:
    """Whether any row found its creative. If none did, what to do is printed to standard error."""
    health = made.findings.health
    if health.rows_matched or not health.rows:
        return True
    click.echo(
        f"none of {count(health.rows, 'row')} found its creative: the ads' names have no id of this edition's clips. "
        "Is it the right edition? Ads made without the ids are matched by a filled ads.csv: --ads ads.csv",
        err=True,
    )
    return False


def _options(file: Path, given: Mapping[str, Any]) -> "ReportOptions":
    from hailuo.report.analysis.options import AnalysisOptions  # noqa: PLC0415 (as above)
    from hailuo.report.inputs import FoundFiles  # noqa: PLC0415 (as above)
    from hailuo.report.make import ReportOptions  # noqa: PLC0415 (as above)

    choice = choose(file, edition=given["edition"])
    return ReportOptions(
        files=FoundFiles(files={}, where=()),
        ads=given["ads"],
        mappings=given["mappings"],
        studies=given["studies"],
        analysis=AnalysisOptions(
            design=Design(given["design"]),
            metric=None if given["metric"] == _DEEPEST else Metric(given["metric"]),
            target_cpa=given["target_cpa"],
            target_roas=given["target_roas"],
            seed=given["seed"],
            sequential=given["sequential"],
            relevant_lift=given["relevant_lift"],
        ),
        prepared=prepare(choice, run_environment().settings) if file.is_file() else None,
        budget_usd=given["budget_usd"],
        next_file=given["next_file"],
        again=given["again"],
        choice=_choice(given),
    )


def _choice(given: Mapping[str, Any]) -> Choice:
    return Choice(picked=given["picked"], rated=given["rated"], tags=given["tags"])


def _show(made: "Report", uri: str, edition: Edition) -> None:
    found = made.findings
    for platform in found.platforms:
        _show_verdict(platform)
    say(_health_line(found.health))
    for note in found.health.notes:
        say(f"  {_plain(note)}")
    if found.proposal:
        _show_proposal(found.proposal)
    if found.changes:
        say("since the last report:")
    for change in found.changes[:_MOST_CHANGES]:
        say(f"  {_plain(change.sentence)}")
    if not made.is_new:
        say(f"nothing new since the report of {found.made_at:%Y-%m-%d %H:%M} UTC; --again writes another")
    if made.is_in_gallery:
        say(f"the gallery shows these results: {uri}/{edition.gallery}")
    _show_places(made, uri)


def _show_verdict(platform: PlatformFindings) -> None:
    verdict, label = platform.verdict, METRICS[platform.metric].label
    say(_plain(f"{PLATFORM_NAMES[platform.platform]}, {label}: {verdict.headline}"))
    decides = platform.disagreement or platform.metric_reason
    for sentence in (*verdict.sentences, decides, verdict.caveat):
        if sentence:
            say(f"  {_plain(sentence)}")


def _health_line(health: Health) -> str:
    share = health.spend_matched / health.spend if health.spend else None
    spend = f" and {share:.1%} of the spend" if share is not None else ""
    days = f", {health.first_day} to {health.last_day}" if health.first_day else ""
    return f"data: {health.rows_matched:,} of {count(health.rows, 'row')}{spend} found their creative{days}"


def _show_proposal(proposal: Proposal) -> None:
    rendered = [row for row in proposal.rows if row.action is not Recommendation.DROP]
    left_out = len(proposal.rows) - len(rendered)
    price = "" if proposal.usd is None else f", {usd(_decimal(proposal.usd))}"
    takes = count(sum(row.takes for row in rendered), "clip")
    say(f"next batch: {count(len(rendered), 'combination')}, {takes}{price}; {left_out} left out")
    if proposal.note:
        say(f"  {_plain(proposal.note)}")
    if proposal.rows:
        _show_table(proposal.rows)


def _show_table(rows: Sequence[ProposedRow]) -> None:
    numbers = [TableColumn(name, ColumnKind.NUMBER) for name in ("takes", "price")]
    show_table(
        [
            TableColumn(""),
            TableColumn("combination", ColumnKind.TEXT),
            *numbers,
            TableColumn("why", ColumnKind.TEXT),
        ],
        map(_row, rows),
    )


def _row(row: ProposedRow) -> tuple[str, ...]:
    price = usd(_decimal(row.usd)) if row.usd and row.takes else ""
    cell, why = _plain(", ".join(row.cell.values())), _plain(row.reason)
    return _ACTIONS[row.action], cell, str(row.takes or ""), price, why


def _show_places(made: "Report", uri: str) -> None:
    say(f"{uri}/{made.folder}")
    say(made.page.address)
    if made.page.until:
        surely = "" if made.page.certain else " at the latest"
        say(f"  anyone with this address can open it until {made.page.until:%Y-%m-%d %H:%M} UTC{surely}")
    if made.next_file:
        say(f"the next batch: {made.next_file}")


def _json(made: "Report", uri: str) -> dict[str, object]:
    from hailuo.report.archive import to_json  # noqa: PLC0415 (not for --help)

    return {
        "report": made.page.address,
        "folder": f"{uri}/{made.folder}",
        "is_new": made.is_new,
        "next_file": None if made.next_file is None else str(made.next_file),
        "findings": json.loads(to_json(made.findings)),
    }


def _plain(text: str) -> str:
    """On one line, with ordinary spaces: a report's are such that numbers keep their units on a page."""
    return printable(" ".join(text.split()))


def _decimal(amount: float) -> Decimal:
    return Decimal(str(amount))
