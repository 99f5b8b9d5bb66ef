"""The artifacts of an ad report: the verdict with a link to the page, the leaderboards, the next batch."""

from collections.abc import Iterator
from datetime import UTC
from typing import Final

from prefect.artifacts import acreate_markdown_artifact

from hailuo.flows.ui.markdown import bullets, escaped, show_table
from hailuo.report.findings import (
    CreativeFinding,
    Estimate,
    Health,
    PlatformFindings,
    Proposal,
    ProposedRow,
    ReportFindings,
)
from hailuo.report.formatting import combination_name
from hailuo.report.make import Report
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Metric, MetricKind

_MOST_ROWS: Final = 100
_MOST_LINES: Final = 20


async def show_report(report: Report) -> None:
    """Leave the artifacts, under the campaign's name."""
    found = report.findings
    await acreate_markdown_artifact(
        report_page(report), key=f"report-{found.campaign}", description=_headlines(found)
    )
    for platform in found.platforms:
        await show_table(
            leaderboard(platform, found.health.currency),
            key=f"leaderboard-{found.campaign}-{platform.platform}",
            description=f"**{escaped(platform.verdict.headline)}** {escaped(platform.verdict.caveat)}",
        )
    if found.proposal:
        await show_table(
            _batch_rows(found.proposal),
            key=f"next-batch-{found.campaign}",
            description=" ".join(_batch_text(report, found.proposal)),
        )


def report_page(report: Report) -> str:
    """Links, verdicts, data health, changes and the next batch, as Markdown. No label in it can act as markup."""
    found = report.findings
    parts = [
        f"# {escaped(found.campaign)} · {escaped(found.edition)}",
        _links(report),
        *(_verdict(platform) for platform in found.platforms),
        _health(found.health),
        _listed("Since the last report", [change.sentence for change in found.changes]),
        _listed("Next batch", [_batch_line(row) for row in found.proposal.rows] if found.proposal else []),
    ]
    return "\n\n".join(filter(None, parts))


def _links(report: Report) -> str:
    page = report.page
    folder = f"All files are in `{report.folder}` of the store: the page, the estimates as CSV and Parquet, next.yaml."
    if page.until is None:
        link = f"[Report](<{page.address}>)" if page.is_url else f"Report `{page.address}`"
        return f"{link}. {folder}"
    sooner = "" if page.certain else " or sooner"
    until = f"until {page.until.astimezone(UTC):%d %B %H:%M} UTC{sooner}"
    return f"[Report](<{page.address}>) ({until}). {folder}"


def _headlines(found: ReportFindings) -> str:
    return " ".join(
        escaped(f"{PLATFORM_NAMES[platform.platform]}: {platform.verdict.headline}.")
        for platform in found.platforms
    )


def _verdict(platform: PlatformFindings) -> str:
    verdict, label = platform.verdict, METRICS[platform.metric].label
    lines = [sentence for sentence in (*verdict.sentences, verdict.caveat) if sentence]
    title = f"## {escaped(PLATFORM_NAMES[platform.platform])}, by {escaped(label)}"
    return f"{title}\n\n**{escaped(verdict.headline)}**\n\n{bullets(lines, at_most=_MOST_LINES)}"


def _health(health: Health) -> str:
    share = f" and {health.spend_matched / health.spend:.1%} of the spend" if health.spend else ""
    lines = [
        f"{health.rows_matched:,} of {health.rows:,} rows{share} match a clip of this edition",
        *health.notes,
        *([f"{len(health.missing)} stored clips have no result"] if health.missing else []),
    ]
    days = f" ({health.first_day} to {health.last_day})" if health.first_day else ""
    return f"## Data{days}\n\n{bullets(lines, at_most=_MOST_LINES)}"


def _listed(title: str, lines: list[str]) -> str:
    return f"## {title}\n\n{bullets(lines, at_most=_MOST_LINES)}" if lines else ""


def leaderboard(platform: PlatformFindings, currency: str | None) -> list[dict[str, object]]:
    """A row per creative, best first; a cost names the account's currency."""
    spec = METRICS[platform.metric]
    unit = f", {currency}" if spec.kind is MetricKind.COST and currency else ""
    return [_row(one, platform.metric, f"{spec.label}{unit}") for one in platform.creatives[:_MOST_ROWS]]


def _row(one: CreativeFinding, metric: Metric, title: str) -> dict[str, object]:
    estimate = one.estimates.get(metric)
    return {  # the most important first: the page cuts wide tables off
        "clip": one.label,
        title: _with_interval(estimate),
        "P(best)": "" if one.p_best is None else f"{one.p_best:.0%}",
        "standing": one.standing.value.replace("_", " "),
        "id": one.creative_id,
        "n": "" if estimate is None else f"{estimate.n:,.0f}",
        "days": one.days,
    }


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return estimate.note if estimate else ""
    kind = METRICS[estimate.metric].kind
    if estimate.interval is None:
        return _number(estimate.value, kind)
    low, high = _number(estimate.interval.low, kind), _number(estimate.interval.high, kind)
    return f"{_number(estimate.value, kind)} ({low} to {high})"


def _number(value: float | None, kind: MetricKind) -> str:
    if value is None:  # an open end of an interval
        return "..."
    return f"{100 * value:.2f} %" if kind is MetricKind.RATE else f"{value:,.2f}"


def _batch_line(row: ProposedRow) -> str:
    """The row with its whole reason, which the table's page cuts off."""
    takes = f", {row.takes} new take{'s' if row.takes > 1 else ''}" if row.takes else ""
    return f"{row.action.value} {combination_name(row.cell)}{takes}: {row.reason}"


def _batch_rows(proposal: Proposal) -> list[dict[str, object]]:
    """A row per combination; those with new takes first."""
    rows = sorted(proposal.rows, key=lambda row: not row.takes)
    return [
        {
            "action": row.action.value,
            "new takes": row.takes or "",
            "price": f"${row.usd:,.2f}" if row.usd and row.takes else "",
            "combination": combination_name(row.cell),
            "why": row.reason,
        }
        for row in rows[:_MOST_ROWS]
    ]


def _batch_text(report: Report, proposal: Proposal) -> Iterator[str]:
    if proposal.usd is not None:
        yield f"**${proposal.usd:,.2f}** at the prices known."
    if proposal.file:
        yield f"As a campaign file: `{report.folder}{proposal.file}` in the store; paste it into *render-campaign*."
    if proposal.note:
        yield escaped(proposal.note)
