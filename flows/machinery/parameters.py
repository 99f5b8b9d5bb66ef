"""The fields of the run forms: what a person picks or types, with bounds, which Prefect's server enforces.

The words beside a field come from the flow's docstring (`Args:`): Prefect 3.8 drops those of an annotation.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from prefect.runtime import deployment
from pydantic import AwareDatetime, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from flows.machinery.flow_run import scheduled_start
from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.errors import CampaignError, Place, Problem, SettingsError
from hailuo.plan.prepare import CampaignRequest, axis_values
from hailuo.settings import Settings, load_settings

_PASTED: Final = "pasted.yaml"


class _OnOffer:
    """Makes the form offer the campaign files that lie in the folder when the flow is deployed."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        try:
            names = campaign_names(load_settings().campaigns)
        except (
            SettingsError
        ):  # no such folder here: any name may be typed, and is looked up when the flow runs
            names = ()
        return {**schema, "enum": [*names, ""]} if names else schema


CampaignName = Annotated[str, _OnOffer()]
CampaignText = Annotated[str, Field(max_length=200_000)]
EditionName = Annotated[str, Field(max_length=60)]
Budget = Annotated[float, Field(gt=0, le=1_000_000)]
Only = Annotated[list[str], Field(max_length=100)]
Machines = Annotated[int, Field(ge=1, le=32)]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
DueAt = AwareDatetime


def choice_of(
    settings: Settings, *, campaign: str, campaign_text: str, due_at: datetime | None = None, **rest: Any
) -> CampaignRequest:
    """What the form asks for, as the library takes it. `rest`: edition, budget_usd, only; empty texts are no wish.

    A deployment takes names of the campaigns folder alone; a flow called from a program also takes paths.
    Raises: CampaignError unless there is exactly one of file and text, SettingsError.
    """
    if bool(campaign) == bool(campaign_text.strip()):
        reason = "a campaign is wanted: either a file of the campaigns folder, or its text"
        raise CampaignError([Problem(Place("campaign"), reason, "fill in one of the two")])
    budget = rest.get("budget_usd")
    return CampaignRequest(
        path=_path_of(campaign, settings) if campaign else settings.campaigns / _PASTED,
        text=None if campaign else campaign_text,
        at=due_at or scheduled_start(),
        edition=rest.get("edition") or None,
        budget_usd=None if budget is None else Decimal(str(budget)),
        only=axis_values(rest.get("only") or ()),
    )


def _path_of(campaign: str, settings: Settings) -> Path:
    path = Path(campaign)
    return path if deployment.id is None and path.is_file() else find_campaign(campaign, settings)
