"""Whose report is due: one edition that a person picked, or every edition for which somebody dropped exports."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from flows.parameters import choice_of
from flows.render_campaign import LINKS_VALID_FOR
from hailuo.errors import CampaignError, Place, Problem
from hailuo.pipeline import (
    Choice,
    Prepared,
    Surroundings,
    campaign_file,
    campaigns_on_offer,
    open_store,
    prepare,
)
from hailuo.pipeline.dropped import editions_with_exports, files_dropped
from hailuo.pipeline.reporting import Report, ReportWish, report

__all__ = ["Turn", "take", "turns_due"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One edition's report: the campaign file it belongs to, and where its exports lie; none: in the store."""

    names: tuple[str, str]
    prepared: Prepared
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " · ".join(self.names)


async def turns_due(
    place: Surroundings, form: dict[str, Any], *, exports: str, at: datetime
) -> tuple[Turn, ...]:
    """The turn that the form names; without a campaign, one for every edition of the shelf that has exports.

    Raises: CampaignError, SettingsError, StoreUnavailableError.
    """
    if form["campaign"] or form["campaign_text"].strip():
        choice = choice_of(place.settings, **form, due_at=at)
        return (_turn(choice, place, sources=(exports,) if exports else ()),)
    if exports or form["edition"]:
        reason = "a campaign is wanted where an edition or a place of exports is named"
        raise CampaignError([Problem(Place("campaign"), reason, "pick the campaign that they belong to")])
    return await _all_turns(place, at)


async def _all_turns(place: Surroundings, at: datetime) -> tuple[Turn, ...]:
    store, settings = open_store(place.settings), place.settings
    choices = [
        Choice(path=campaign_file(name, settings), at=at) for name in campaigns_on_offer(settings.campaigns)
    ]
    campaigns = [(choice, prepare(choice, settings).campaign) for choice in choices]
    found = [
        replace(choice, edition=edition)
        for choice, campaign in campaigns
        if campaign is not None
        for edition in await editions_with_exports(store, campaign.name)
    ]
    return tuple(_turn(choice, place, sources=()) for choice in found)


def _turn(choice: Choice, place: Surroundings, *, sources: tuple[str, ...]) -> Turn:
    prepared = prepare(choice, place.settings)
    if prepared.campaign is None:
        raise CampaignError(prepared.problems)
    names = (prepared.campaign.name, prepared.campaign.edition)
    return Turn(names=names, prepared=prepared, sources=sources)


async def take(turn: Turn, wish: ReportWish, place: Surroundings) -> State[Report | None]:
    """The report of one turn in a task run of its own, whose failure ends no other; None where nothing was dropped."""

    @task(
        name="report", task_run_name="report {name}", retries=0, cache_policy=NO_CACHE, persist_result=False
    )
    async def made(name: str) -> Report | None:
        del name
        store = open_store(place.settings)
        dropped = await files_dropped(store, place.settings, turn.sources, names=turn.names)
        if not dropped.files:
            return None
        mine = replace(wish, dropped=dropped, prepared=turn.prepared, links_valid_for=LINKS_VALID_FOR)
        return await report(store, place.clock, mine, names=turn.names)

    return await made(turn.name, return_state=True)  # type: ignore[misc, no-any-return]  # Prefect types an async return_state as if it were sync
