"""Parameter types of the flows: the fields of the run forms with their labels and bounds, which Prefect's server enforces.

The text beside a field comes from the flow's docstring (`Args:`): Prefect ignores the description of an annotation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from prefect.runtime import deployment
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from hailuo import CampaignRequest, Settings
from hailuo.campaign.files import load_catalog
from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.campaign.files.schema import EDITION
from hailuo.errors import CampaignError, CatalogError, Place, Problem, SettingsError
from hailuo.plan.prepare import axis_values
from hailuo.settings import load_settings

OFFERS: Final = "offers"
"""The key of a field's schema that says what it lets people pick: `Picking`. Prefect ignores it."""

_PASTED: Final = "pasted.yaml"
_FILE: Final = r"[^/\\\n]+\.([Yy][Aa]?[Mm][Ll]|[Cc][Ss][Vv]|[Tt][Ss][Vv]|[Xx][Ll][Ss][Xx])"
_FILE_OR_TEXT: Final = rf"^({_FILE})$|\S\s*\n|^\s*\{{"


class Picking(StrEnum):
    """What a field lets people pick. The list is made at a deploy, and made again by every run that a worker begins."""

    CAMPAIGN = "campaign"  # one file of the campaigns folder, another file, or a pasted campaign
    CAMPAIGN_OR_ALL = "campaign-or-all"
    CAMPAIGNS = "campaigns"  # several files
    MODELS = "models"  # several models of the catalog


def offered(offer: Picking, settings: Settings | None) -> Mapping[str, Any]:
    """The part of a field's schema that offers what there is now; nothing to pick if it cannot be read."""
    match offer:
        case Picking.CAMPAIGN:
            other = {"title": "other file, or pasted text", "type": "string", "pattern": _FILE_OR_TEXT}
            return {"anyOf": [*_listed("file", _files(settings)), other]}
        case Picking.CAMPAIGN_OR_ALL:
            names = _files(settings)
            other = {
                "title": "other file, or pasted text",
                "type": "string",
                "pattern": f"^$|{_FILE_OR_TEXT}",
            }
            return {"anyOf": [*_listed("file", [*names, ""] if names else ()), other]}
        case Picking.CAMPAIGNS:
            other = {"title": "other file", "type": "string", "pattern": rf"^{_FILE}$"}
            return {"items": {"anyOf": [*_listed("file", _files(settings)), other]}}
        case Picking.MODELS:
            return {"items": {"type": "string", "enum": _models(settings)}}


def _listed(title: str, names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"title": title, "type": "string", "enum": list(names)}] if names else []


def _files(settings: Settings | None) -> Sequence[str]:
    try:
        return campaign_names(settings.campaigns) if settings else ()
    except SettingsError:  # no such folder on this machine
        return ()


def _models(settings: Settings | None) -> list[str]:
    try:
        return sorted(load_catalog(settings.catalog if settings else None).models)
    except CatalogError:  # the run says what is wrong with it
        return sorted(load_catalog(None).models)


@dataclass(frozen=True, slots=True)
class _Picked:
    """Makes the schema of a field offer what there is when the flow is deployed."""

    offer: Picking

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        try:
            settings = load_settings()
        except SettingsError:  # a run says what is wrong with them
            settings = None
        own = handler(core_schema)
        picked = {OFFERS: self.offer.value, **offered(self.offer, settings)}
        if "anyOf" in picked:
            own.pop("type")
        return {**own, **picked}


def label(text: str, **more: int | str) -> Any:
    """How a field is called in the form, in place of its parameter's name; `more` goes into its schema."""
    return Field(json_schema_extra={"title": text, **more})


ChosenCampaign = Annotated[str, _Picked(Picking.CAMPAIGN), label("Campaign")]
"""Required: the empty form does not start a run."""
CampaignOrAll = Annotated[str, _Picked(Picking.CAMPAIGN_OR_ALL), label("Campaign")]
OnlyCampaigns = Annotated[Sequence[str], _Picked(Picking.CAMPAIGNS), label("Only these campaigns")]
OnlyModels = Annotated[Sequence[str], _Picked(Picking.MODELS), label("Only these models")]
EditionName = Annotated[str, label("Edition", maxLength=60, pattern=EDITION)]
"""The form refuses what is no name. A run that was started without the form says itself what is wrong, and what to do."""

Dollars = Annotated[
    Decimal,
    Field(gt=0, le=1_000_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"title": "US dollars", "type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
                {
                    "title": "exact text",
                    "type": "string",
                    "pattern": r"^(?=.*[1-9])(\d{1,6}(\.\d+)?|1000000(\.0+)?)$",
                },
            ]
        }
    ),
]
"""A number in the form. A flow hands it on as text: the digest of a plan depends on every digit of its budget."""

Budget = Annotated[Dollars | None, label("Budget in US dollars")]
WholeNight = Annotated[Dollars | None, label("Budget of the whole night in US dollars")]
Values = Annotated[Sequence[Annotated[str, Field(pattern=r"^\s*[^=\s][^=]*=.*\S")]], Field(max_length=100)]
Only = Annotated[Values, label("Only clips with these values")]
Machines = Annotated[int, Field(ge=1, le=32), label("Workers at once")]
_Clips = Annotated[int, Field(ge=1), WithJsonSchema({"title": "clips", "type": "integer", "minimum": 1})]
Limit = Annotated[_Clips | None, label("Buy at most this many clips now")]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$"), label("Digest of an approved plan")]
DueAt = Annotated[AwareDatetime | None, label("Night that the run belongs to")]
NewStore = Annotated[bool, label("Begin a new, empty store")]
Preview = Annotated[bool, label("Preview: show plan and price, buy nothing")]


def only_values(only: Sequence[str], models: Sequence[str]) -> tuple[str, ...]:
    """Both choices of a form as `AXIS=VALUE` texts."""
    return (*only, *(f"model={model}" for model in models))


class CampaignForm(BaseModel):
    """The fields that choose a campaign. A flow hands them on to the flow runs that it starts."""

    model_config = ConfigDict(frozen=True)

    campaign: str = ""
    """A file of the campaigns folder, or the whole text of a campaign."""
    edition: str = ""
    budget_usd: Decimal | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    new_store: bool = False
    due_at: AwareDatetime

    def request(self, settings: Settings) -> CampaignRequest:
        """The same choice for the library. A deployed flow takes names of the campaigns folder only, others also paths.

        Raises: CampaignError without a campaign, SettingsError.
        """
        if not self.campaign.strip():
            reason = "is empty: give a file of the campaigns folder, or the text of a campaign"
            raise CampaignError([Problem(Place("campaign"), reason, "pick a file, or paste a campaign")])
        if is_text := _is_text(self.campaign):
            path = settings.campaigns / _PASTED
        elif deployment.id is None and Path(self.campaign).is_file():
            path = Path(self.campaign)
        else:
            path = find_campaign(self.campaign, settings)
        return CampaignRequest(
            path=path,
            text=self.campaign if is_text else None,
            at=self.due_at,
            edition=self.edition or None,
            budget_usd=self.budget_usd,
            only=axis_values(self.only),
            limit=self.limit,
        )


def _is_text(campaign: str) -> bool:
    """Whether it is a campaign itself: a name of a file is one line."""
    return "\n" in campaign or campaign.lstrip().startswith("{")
