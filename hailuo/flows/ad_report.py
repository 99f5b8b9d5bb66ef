"""The ad report: read the ad platforms' exports, judge which clips won, and propose the next batch."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import AwareDatetime, Field, WithJsonSchema

from hailuo.flows.machinery.due_reports import due_reports, make_report
from hailuo.flows.machinery.events import emit_planned, emit_report_written
from hailuo.flows.machinery.flow_run import (
    due_in_zone,
    flow_environment,
    forward_library_logs,
    run_name,
    scheduled_start,
)
from hailuo.flows.machinery.forms import offer_anew
from hailuo.flows.machinery.parameters import (
    CampaignForm,
    CampaignOrAll,
    Dollars,
    EditionName,
    label,
)
from hailuo.flows.machinery.states import refusal_is_a_state
from hailuo.flows.ui.report_page import show_report
from hailuo.publish.picks import Choice
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.inputs import FoundFiles
from hailuo.report.make import Report, ReportOptions
from hailuo.report.metrics import PLATFORM_NAMES, Design, Metric
from hailuo.run.watching import quietly


class DecidedBy(StrEnum):
    """The metrics that may decide a report."""

    DEEPEST = "auto"
    HOOK = Metric.HOOK.value
    CTR = Metric.CTR.value
    CVR = Metric.CVR.value
    CPA = Metric.CPA.value
    ROAS = Metric.ROAS.value


ExportsFolder = Annotated[str, Field(max_length=1_000), label("Folder of the exports")]
ChosenDesign = Annotated[Design, label("How people came to see the ads")]
ChosenMetric = Annotated[DecidedBy, label("Metric that decides")]
Target = Annotated[
    float, Field(gt=0), WithJsonSchema({"title": "amount", "type": "number", "exclusiveMinimum": 0})
]
TargetCpa = Annotated[Target | None, label("Target: spend per conversion")]
TargetRoas = Annotated[Target | None, label("Target: value per spend")]
Daily = Annotated[bool, label("You look at the results every day")]
LiftPercent = Annotated[float, Field(ge=0.1, le=1_000), label("Smallest difference that matters, in percent")]
NextBudget = Annotated[Dollars | None, label("Budget of the next batch in US dollars")]
StudyFile = Annotated[str, Field(pattern=r"^\s*/.*\S", max_length=1_000)]
StudyFiles = Annotated[Sequence[StudyFile], Field(max_length=100), label("Tables of holdout or lift studies")]
OnlyPicked = Annotated[bool, label("Only clips that people picked")]
Stars = Annotated[
    int,
    Field(ge=1, le=5),
    WithJsonSchema({"title": "rating, 1 to 5", "type": "integer", "minimum": 1, "maximum": 5}),
]
OnlyRated = Annotated[Stars | None, label("Only clips rated at least")]
Tag = Annotated[str, Field(pattern=r"\S")]
OnlyTagged = Annotated[Sequence[Tag], Field(max_length=100), label("Only clips with one of these tags")]
Again = Annotated[bool, label("Write a report even if nothing is new")]
ReportDay = Annotated[AwareDatetime | None, label("Day that the report belongs to")]


def report_run_name() -> str:
    """The name of the flow run: the minute it was due."""
    return f"ad report {scheduled_start():%Y-%m-%d %H:%M}"


@flow(
    name="ad-report",
    flow_run_name=report_run_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
@refusal_is_a_state
async def ad_report(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignOrAll = "",
    edition: EditionName = "",
    exports: ExportsFolder = "",
    studies: StudyFiles = (),
    design: ChosenDesign = Design.AUCTION,
    metric: ChosenMetric = DecidedBy.DEEPEST,
    target_cpa: TargetCpa = None,
    target_roas: TargetRoas = None,
    sequential: Daily = False,
    relevant_lift_percent: LiftPercent = 10,
    only_picked: OnlyPicked = False,
    only_rated: OnlyRated = None,
    only_tagged: OnlyTagged = (),
    next_batch_budget_usd: NextBudget = None,
    again: Again = False,
    due_at: ReportDay = None,
) -> State[Mapping[str, Report]]:
    """Report from the ad platforms' exports which clips won, how sure that is, and what to render next. It buys nothing.

    If nothing is new since the last report, it writes none.

    Args:
        campaign: Pick a file of the campaigns folder. Leave it empty to report on every edition that has files in its exports folder.
        edition: The edition's name as it was rendered, with its date filled in. The default is the file's.
        exports: A folder on the worker, or s3://bucket/prefix. The default is CAMPAIGN/EDITION/exports/ in the store.
        studies: Files on the worker, such as /srv/studies/holdout.csv. A table among the exports is found without this.
        design: It decides what the report may claim. randomised_split: you split people at random. platform_ab_test: the platform's own test. auction: ordinary delivery.
        metric: auto: the deepest one with enough events. hook: who stays past the first seconds. ctr: clicks per impression. cvr: conversions per click. cpa: spend per conversion. roas: value of the conversions per spend.
        target_cpa: Spend per conversion to meet, in the account's currency. CPA then decides.
        target_roas: Value of the conversions per spend to meet, such as 2.5. ROAS then decides.
        sequential: Switch it on if you look at the results every day. The intervals are wider and stay valid however often you look.
        relevant_lift_percent: The smallest difference that matters to you, in percent, such as 10.
        only_picked: Switch it on to compare only clips that more people picked than rejected. The next batch renders no more of the others.
        only_rated: Compare only clips with this mean rating or a better one, 1 to 5. The next batch renders no more of the others.
        only_tagged: Compare only clips that somebody gave one of these tags. The next batch renders no more of the others.
        next_batch_budget_usd: What the next batch may cost in US dollars. The default is the file's budget.
        again: Write a report even if nothing is new.
        due_at: The day that the report belongs to; it fills {date} in an edition's name. The default is now.
    """
    form = CampaignForm(
        campaign=campaign,
        edition=edition,
        due_at=due_at or await due_in_zone(None),
    )
    choice = Choice(picked=only_picked, rated=only_rated, tags=tuple(tag.strip() for tag in only_tagged))
    about_one = {
        "an edition": edition,
        "a folder of exports": exports,
        "a study": studies,
        "a choice of clips": choice.asks,
    }
    given = [words for words, value in about_one.items() if value]
    options = ReportOptions(
        files=FoundFiles(files={}, where=()),
        studies=tuple(Path(study.strip()) for study in studies),
        analysis=AnalysisOptions(
            design=design,
            metric=None if metric is DecidedBy.DEEPEST else Metric(metric),
            target_cpa=target_cpa,
            target_roas=target_roas,
            sequential=sequential,
            relevant_lift=relevant_lift_percent / 100,
        ),
        budget_usd=next_batch_budget_usd,
        again=again,
        choice=choice,
    )
    reports: dict[str, Report] = {}
    failures: list[str] = []
    lines: list[str] = []
    with forward_library_logs():
        await quietly(emit_planned())
        env = await flow_environment()
        await quietly(offer_anew(env.settings))
        for due in await due_reports(env, form, exports=exports, given=given):
            name = run_name(due.edition)
            state = await make_report(due, options, env)
            if not state.is_completed():
                failures.append(f"{name}: {state.message}")
                continue
            report = await state.aresult()
            lines.append(f"{name}: {_summary(report)}")
            if report is not None:
                reports[name] = report
    for report in reports.values():
        if report.is_new:
            await show_report(report)
            emit_report_written(report.findings, folder=report.folder)
    text = "\n".join([*failures, *lines]) or "no edition has exports yet"
    if failures:
        return Failed(message=text, data=reports)
    if any(report.is_new for report in reports.values()):
        return Completed(message=text, data=reports)
    return Completed(name="Unchanged" if reports else "Waiting", message=text, data=reports)


def _summary(report: Report | None) -> str:
    if report is None:
        return "no exports yet"
    if not report.is_new:
        return f"nothing new since {report.findings.made_at:%Y-%m-%d %H:%M} UTC"
    found = report.findings.platforms
    headlines = (f"{PLATFORM_NAMES[one.platform]}: {one.verdict.headline}" for one in found)
    return "; ".join(headlines) or "no result matches a clip of this edition"
