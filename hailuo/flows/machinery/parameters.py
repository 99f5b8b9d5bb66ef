"""Parameter types of the flows: the fields of the run forms with their bounds, which Prefect's server enforces.

The text beside a field comes from the flow's docstring (`Args:`): Prefect ignores the description of an annotation.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

from prefect.runtime import deployment
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from hailuo import CampaignRequest, Settings
from hailuo.campaign.files.folder_listing import campaign_names, find_campaign
from hailuo.campaign.files.schema import EDITION
from hailuo.errors import CampaignError, Place, Problem, SettingsError
from hailuo.plan.prepare import axis_values
from hailuo.settings import load_settings

_PASTED: Final = "pasted.yaml"
_FILE_NAME: Final = r"^([^/\\\\]+\.([Yy][Aa]?[Mm][Ll]|[Cc][Ss][Vv]|[Tt][Ss][Vv]|[Xx][Ll][Ss][Xx]))?$"


class _OfferedFiles:
    """Offers the files of the campaigns folder as they are when the flow is deployed, and the name of any other.

    A file that came later needs no deploy: the flow looks it up.
    """

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        try:
            names = campaign_names(load_settings().campaigns)
        except SettingsError:  # no such folder on this machine
            names = ()
        other = {"title": "another file", "type": "string", "pattern": _FILE_NAME}
        if not names:
            return {**schema, **other, "title": "file"}
        kept = {key: value for key, value in schema.items() if key != "type"}
        return {**kept, "anyOf": [{"title": "file", "type": "string", "enum": [*names, ""]}, other]}


CampaignName = Annotated[str, _OfferedFiles()]
CampaignText = Annotated[str, Field(max_length=200_000)]
EditionName = Annotated[str, Field(json_schema_extra={"maxLength": 60, "pattern": EDITION})]
"""The form refuses what is no name. A run that was started without the form says itself what is wrong, and what to do."""

Budget = Annotated[
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

Only = Annotated[Sequence[Annotated[str, Field(pattern=r"^\s*[^=\s][^=]*=.*\S")]], Field(max_length=100)]
Machines = Annotated[int, Field(ge=1, le=32)]
Limit = Annotated[int, Field(ge=1)]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
DueAt = AwareDatetime


class CampaignForm(BaseModel):
    """The fields that choose a campaign. A flow hands them on to the flow runs that it starts."""

    model_config = ConfigDict(frozen=True)

    campaign: str = ""
    campaign_text: str = ""
    edition: str = ""
    budget_usd: Decimal | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    new_store: bool = False
    due_at: AwareDatetime

    def request(self, settings: Settings) -> CampaignRequest:
        """The same choice for the library. A deployed flow takes names of the campaigns folder only, others also paths.

        Raises: CampaignError unless there is either a file or a text, SettingsError.
        """
        if bool(self.campaign) == bool(self.campaign_text.strip()):
            reason = "give either a file of the campaigns folder or the text of a campaign"
            raise CampaignError([Problem(Place("campaign"), reason, "fill in one of the two fields")])
        if not self.campaign:
            path = settings.campaigns / _PASTED
        elif deployment.id is None and Path(self.campaign).is_file():
            path = Path(self.campaign)
        else:
            path = find_campaign(self.campaign, settings)
        return CampaignRequest(
            path=path,
            text=None if self.campaign else self.campaign_text,
            at=self.due_at,
            edition=self.edition or None,
            budget_usd=self.budget_usd,
            only=axis_values(self.only),
            limit=self.limit,
        )
