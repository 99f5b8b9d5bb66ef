"""Which ad reports are due: one edition that you choose, or every edition that has exports in the store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.utilities.annotations import quote

from hailuo import CampaignRequest, Settings, prepare
from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.errors import CampaignError, Place, Problem
from hailuo.flows.machinery.flow_run import LINKS_VALID_FOR, run_name
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.machinery.states import state_of
from hailuo.logs import quiet_logger
from hailuo.plan.prepare import PreparedCampaign, edition_chosen
from hailuo.report.inputs import editions_with_exports, find_files
from hailuo.report.make import Report, ReportOptions, report
from hailuo.run.environment import RunEnvironment
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.open import open_store

_log = quiet_logger("hailuo.report")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """An edition to report on, its campaign file, and the folders of its exports (none: the store's folder)."""

    edition: Edition
    prepared: PreparedCampaign
    sources: tuple[str, ...] = ()


async def due_reports(
    env: RunEnvironment, form: CampaignForm, *, exports: str, given: Sequence[str] = ()
) -> tuple[DueReport, ...]:
    """The report that the form asks for; without a campaign, one for each edition that has exports.

    `given` names the fields that are filled in and are about one campaign alone.
    Raises: CampaignError, SettingsError, StoreUnavailableError.
    """
    settings = env.settings
    if form.campaign.strip():
        request = form.request(settings)
        prepared = prepare(request, settings)
        edition = edition_chosen(prepared, edition=request.edition)
        return (DueReport(edition=edition, prepared=prepared, sources=(exports,) if exports else ()),)
    if given:
        reason = f"is empty, but {' and '.join(given)} is given"
        raise CampaignError([Problem(Place("campaign"), reason, "pick the campaign that it belongs to")])
    store, files = open_store(settings), _files_by_campaign(settings, form.due_at)
    return tuple(
        [
            DueReport(edition=Edition(name, edition), prepared=_file_of(edition, requests, settings))
            for name, requests in files.items()
            for edition in await editions_with_exports(store, name)
        ]
    )


def _files_by_campaign(settings: Settings, at: datetime) -> Mapping[str, list[CampaignRequest]]:
    """The files of the campaigns folder by campaign name. A campaign has several if a next batch is beside the first."""
    files: dict[str, list[CampaignRequest]] = {}
    for name in campaign_names(settings.campaigns):
        request = CampaignRequest(path=find_campaign(name, settings), at=at)
        campaign = prepare(request, settings).campaign
        if campaign is None:
            _log.warning("%s cannot be read: its exports are not reported", name)
        else:
            files.setdefault(campaign.name, []).append(request)
    return files


def _file_of(edition: str, files: Sequence[CampaignRequest], settings: Settings) -> PreparedCampaign:
    """The file that renders this edition; if none does, the one with the most clips, which knows the most levels."""
    renders = []
    for request in files:
        campaign = prepare(replace(request, at=_day_of(edition, request.at)), settings).campaign
        if campaign and campaign.edition == edition:
            renders.append(request)
    named = [prepare(replace(request, edition=edition), settings) for request in renders or files]
    return max(named, key=lambda prepared: len(prepared.expansion.jobs))


def _day_of(edition: str, at: datetime) -> datetime:
    """Noon of the date in an edition's name, for files whose edition contains `{date}`; `at` if there is no date."""
    found = re.search(r"\d{4}-\d{2}-\d{2}", edition)
    try:
        return datetime.combine(date.fromisoformat(found[0]), time(12), UTC) if found else at
    except ValueError:  # 2026-99-99
        return at


@task(name="report", task_run_name="report {name}", retries=0, cache_policy=NO_CACHE, persist_result=False)
async def write_report(
    name: str, store: Store, due: DueReport, options: ReportOptions, env: RunEnvironment
) -> Report | None:
    """Read the exports of one edition and write its report; None without exports, unless a study is named."""
    del name  # in the name of the task run
    found = await find_files(store, env.settings, due.sources, edition=due.edition)
    if not found.files and not options.studies:
        return None
    mine = replace(options, files=found, prepared=due.prepared, links_valid_for=LINKS_VALID_FOR)
    return await report(store, env.clock, mine, edition=due.edition)


async def make_report(due: DueReport, options: ReportOptions, env: RunEnvironment) -> State[Report | None]:
    """Make one report in its own task run, so that a failure affects no other report; None without exports."""
    store = open_store(env.settings)
    called = write_report(run_name(due.edition), store, quote(due), options, env, return_state=True)
    return await state_of(called)
