"""Whose report is due: one edition that a person picked, or every edition for which somebody dropped exports."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from flows.machinery.flow_run import LINKS_VALID_FOR, run_name
from flows.machinery.parameters import choice_of
from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.errors import CampaignError, Place, Problem
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, edition_chosen, prepare
from hailuo.report.inputs.sources import editions_with_exports, find_files
from hailuo.report.make import Report, ReportOptions, report
from hailuo.run.environment import RunEnvironment
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.store.open import open_store

_log = logging.getLogger("hailuo.report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One edition's report: the campaign file it belongs to, and where its exports lie; none: in the store."""

    edition: Edition
    prepared: PreparedCampaign
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return run_name(self.edition)


async def turns_due(
    env: RunEnvironment, form: dict[str, Any], *, exports: str, at: datetime
) -> tuple[Turn, ...]:
    """The turn that the form names; without a campaign, one for every edition of the shelf that has exports.

    Raises: CampaignError, SettingsError, StoreUnavailableError.
    """
    if form["campaign"] or form["campaign_text"].strip():
        choice = choice_of(env.settings, **form, due_at=at)
        return (_turn(choice, env, sources=(exports,) if exports else ()),)
    if exports or form["edition"]:
        reason = "a campaign is wanted where an edition or a place of exports is named"
        raise CampaignError([Problem(Place("campaign"), reason, "pick the campaign that they belong to")])
    return await _all_turns(env, at)


async def _all_turns(env: RunEnvironment, at: datetime) -> tuple[Turn, ...]:
    store, files = open_store(env.settings), _files_by_campaign(env.settings, at)
    found = [Edition(name, edition) for name in files for edition in await editions_with_exports(store, name)]
    return tuple(
        Turn(edition=edition, prepared=_file_of(edition.name, files[edition.campaign], env.settings))
        for edition in found
    )


def _files_by_campaign(settings: Settings, at: datetime) -> Mapping[str, list[CampaignRequest]]:
    """The files of the shelf by the campaign that they are of; several are, where a next batch lies beside the first."""
    files: dict[str, list[CampaignRequest]] = {}
    for name in campaign_names(settings.campaigns):
        choice = CampaignRequest(path=find_campaign(name, settings), at=at)
        campaign = prepare(choice, settings).campaign
        if campaign is None:
            _log.warning("%s cannot be read: nobody looks after its exports", name)
        else:
            files.setdefault(campaign.name, []).append(choice)
    return files


def _file_of(edition: str, files: Sequence[CampaignRequest], settings: Settings) -> PreparedCampaign:
    """The file that renders this edition; where none says so, the one of most clips: it knows most levels."""
    its_own = (prepare(replace(choice, at=_day_of(edition, choice.at)), settings) for choice in files)
    renders = [
        choice
        for choice, prepared in zip(files, its_own, strict=True)
        if prepared.campaign and prepared.campaign.edition == edition
    ]
    named = [prepare(replace(choice, edition=edition), settings) for choice in renders or files]
    return max(named, key=lambda prepared: len(prepared.expansion.jobs))


def _day_of(edition: str, at: datetime) -> datetime:
    """Noon of the day that stands in the name of an edition, for files that say `{date}`; else as given."""
    told = re.search(r"\d{4}-\d{2}-\d{2}", edition)
    try:
        return datetime.combine(date.fromisoformat(told[0]), time(12), UTC) if told else at
    except ValueError:  # 2026-99-99
        return at


def _turn(choice: CampaignRequest, env: RunEnvironment, *, sources: tuple[str, ...]) -> Turn:
    prepared = prepare(choice, env.settings)
    return Turn(edition=edition_chosen(prepared, edition=choice.edition), prepared=prepared, sources=sources)


async def take(turn: Turn, wish: ReportOptions, env: RunEnvironment) -> State[Report | None]:
    """The report of one turn in a task run of its own, whose failure ends no other; None where nothing was dropped."""

    @task(
        name="report", task_run_name="report {name}", retries=0, cache_policy=NO_CACHE, persist_result=False
    )
    async def made(name: str) -> Report | None:
        del name
        store = open_store(env.settings)
        dropped = await find_files(store, env.settings, turn.sources, edition=turn.edition)
        if not dropped.files:
            return None
        mine = replace(wish, files=dropped, prepared=turn.prepared, links_valid_for=LINKS_VALID_FOR)
        return await report(store, env.clock, mine, edition=turn.edition)

    return await made(turn.name, return_state=True)  # type: ignore[misc, no-any-return]  # Prefect types an async return_state as if it were sync
