"""The ad-testing report as a Prefect flow: from exports that people drop to a verdict, a page and the next batch."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.machinery.due_reports import take, turns_due
from flows.machinery.events import tell_written
from flows.machinery.flow_run import flow_environment, library_heard, scheduled_start
from flows.machinery.parameters import Budget, CampaignName, CampaignText, DueAt, EditionName
from flows.ui.report_page import show_report
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.inputs.sources import FoundFiles
from hailuo.report.make import Report, ReportOptions
from hailuo.report.metrics import PLATFORM_NAMES, Design, Metric


class DecidedBy(StrEnum):
    """What may decide a report."""

    HOOK = Metric.HOOK.value
    CTR = Metric.CTR.value
    CVR = Metric.CVR.value
    CPA = Metric.CPA.value


ExportsPlace = Annotated[str, Field(max_length=1_000)]
LiftPercent = Annotated[float, Field(ge=0.1, le=1_000)]


def report_name() -> str:
    """What the flow run is called: the day it belongs to, to the minute."""
    return f"ad report {scheduled_start():%Y-%m-%d %H:%M}"


@flow(
    name="ad-report",
    flow_run_name=report_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
async def ad_report(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    exports: ExportsPlace = "",
    design: Design = Design.AUCTION,
    metric: DecidedBy = DecidedBy.CTR,
    sequential: bool = False,
    relevant_lift_percent: LiftPercent = 10,
    next_batch_budget_usd: Budget | None = None,
    again: bool = False,
    due_at: DueAt | None = None,
) -> State[Mapping[str, Report]]:
    """Say from the ad platforms' exports which clips won, how sure that is, and what to render next. It buys nothing.

    Where nothing is new since the last report, none is written.

    Args:
        campaign: A file of the campaigns folder. Left empty: every edition in whose exports folder somebody put something.
        campaign_text: A whole campaign in YAML, in place of a file.
        edition: The edition as it was rendered, with its date filled in. Left empty: the file's.
        exports: A folder on the worker, or s3://bucket/prefix. Left empty: CAMPAIGN/EDITION/exports/ in the store.
        design: How people came to see the ads; it decides what may be claimed. randomised_split: you split people by chance. platform_ab_test: the platform's own test. auction: ordinary delivery.
        metric: What decides. hook: who stays past the first seconds. ctr: clicks per impression. cvr: conversions per click. cpa: spend per conversion.
        sequential: For those who look every day: wider intervals that stay true however often one looks.
        relevant_lift_percent: The smallest difference that would matter, such as 10.
        next_batch_budget_usd: What the next batch may cost. Left empty: as much as the file's budget.
        again: Write a report even if nothing is new.
        due_at: The day that it belongs to, which gives {date} in an edition its date. Left empty: now.
    """
    form = {"campaign": campaign, "campaign_text": campaign_text, "edition": edition}
    lift = relevant_lift_percent / 100
    wish = ReportOptions(
        files=FoundFiles(files={}, where=()),
        analysis=AnalysisOptions(
            design=design, metric=Metric(metric), sequential=sequential, relevant_lift=lift
        ),
        budget_usd=None if next_batch_budget_usd is None else Decimal(str(next_batch_budget_usd)),
        again=again,
    )
    with library_heard():
        env = await flow_environment()
        turns = await turns_due(env, form, exports=exports, at=due_at or scheduled_start())
        endings = {turn.name: await take(turn, wish, env) for turn in turns}
    made = {name: await state.aresult() for name, state in endings.items() if state.is_completed()}
    reports = {name: report for name, report in made.items() if report is not None}
    for report in reports.values():
        if report.is_new:
            await show_report(report)
            tell_written(report.findings, folder=report.folder)
    return _flow_state(endings, reports)


def _flow_state(
    endings: Mapping[str, State[Any]], reports: Mapping[str, Report]
) -> State[Mapping[str, Report]]:
    failed = {name: state for name, state in endings.items() if not state.is_completed()}
    told = [_line(name, reports.get(name)) for name in endings if name not in failed]
    lines = [*(f"{name}: {state.message}" for name, state in failed.items()), *told]
    text = "\n".join(lines) or "no edition has exports yet"
    if failed:
        return Failed(message=text, data=dict(reports))
    if any(report.is_new for report in reports.values()):
        return Completed(message=text, data=dict(reports))
    return Completed(name="Unchanged" if reports else "Waiting", message=text, data=dict(reports))


def _line(name: str, report: Report | None) -> str:
    if report is None:
        return f"{name}: no exports yet"
    if not report.is_new:
        return f"{name}: nothing new since {report.findings.made_at:%Y-%m-%d %H:%M} UTC"
    found = report.findings.platforms
    headlines = (f"{PLATFORM_NAMES[one.platform]}: {one.verdict.headline}" for one in found)
    return f"{name}: {'; '.join(headlines) or 'no result found its creative'}"
