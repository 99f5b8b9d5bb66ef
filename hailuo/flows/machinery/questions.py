"""The question of an approval: kept with its flow run, so that an answer finds it after a restart, a redeploy or a week."""

from decimal import Decimal
from typing import Any, Final

from prefect.input.actions import acreate_flow_run_input, afilter_flow_run_input, aread_flow_run_input
from pydantic import BaseModel, ConfigDict

from hailuo.campaign.pricing import usd
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.ui.approval import question
from hailuo.plan.plan import Plan

_ASKED: Final = "hailuo-asked-"
_SETTLED: Final = "hailuo-settled-"
_MOST_QUESTIONS: Final = 200


class OpenQuestion(BaseModel):
    """What was asked. `number` counts the questions of the flow run; `form` are the fields that chose the campaign, with its night."""

    model_config = ConfigDict(frozen=True)

    number: int
    digest: str
    clips: int
    planned_usd: Decimal
    text: str
    form: CampaignForm

    @property
    def in_words(self) -> str:
        """The plan in a few words."""
        return f"{self.digest[:12]}, {self.clips} clips for {usd(self.planned_usd)}"


async def open_question() -> OpenQuestion | None:
    """The question of this flow run that no answer has settled yet; None if it is to ask (again)."""
    number = await _settled() + 1
    found: Any = await aread_flow_run_input(f"{_ASKED}{number}")
    return OpenQuestion.model_validate(found) if found else None


async def ask(plan: Plan, form: CampaignForm) -> OpenQuestion:
    """Keep the question with the flow run, before anyone is asked."""
    asked = OpenQuestion(
        number=await _settled() + 1,
        digest=plan.digest,
        clips=len(plan.to_buy),
        planned_usd=plan.money.planned,
        text=question(plan),
        form=form,
    )
    await acreate_flow_run_input(f"{_ASKED}{asked.number}", asked.model_dump(mode="json"))
    return asked


async def settle(asked: OpenQuestion) -> None:
    """Record that the question is settled: a retry of the flow run asks anew."""
    await acreate_flow_run_input(f"{_SETTLED}{asked.number}", value=True)


async def _settled() -> int:
    """How many questions of this flow run are settled."""
    return len(await afilter_flow_run_input(key_prefix=_SETTLED, limit=_MOST_QUESTIONS))
