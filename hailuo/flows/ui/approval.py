"""The approval of a priced plan: the question, the form for the answer, and the record of it."""

from datetime import UTC, datetime
from typing import Final, Literal

from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import FlowRun
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from prefect.utilities.urls import url_for
from pydantic import Field, ValidationError

from hailuo.campaign.pricing import usd
from hailuo.flows.ui.markdown import escaped, listed, without_folder
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan

_LINES_AT_MOST: Final = 10


class Approval(RunInput):
    """The form that Prefect shows to the person who resumes the run."""

    approve: Literal["yes", "no"] = Field(
        default="no", title="Approve?", description="Yes starts the run and spends the money."
    )
    approved_by: str = Field(
        title="Your name",
        description="Who decides. It is recorded with the run.",
        min_length=1,
        max_length=100,
        pattern=r"\S",
    )
    note: str = Field(
        default="", title="Note", description="Anything that you want on record.", max_length=2000
    )

    @property
    def name_and_note(self) -> str:
        """Who answered, and the note, on one line."""
        return " ".join(f"{self.approved_by}: {self.note}".split()).removesuffix(":")


async def wait_for_answer(text: str, *, number: int, wait_hours: int) -> Approval | None:
    """Suspend the flow run: its process ends, and the answer starts it again from the top, on any worker.

    `number` counts the questions of the flow run, and `text` is the question. Then the same call gives the answer; None if the run was begun again without one. Raises: RuntimeError if Prefect
    does not let the run be suspended.
    """
    form = Approval.with_initial_data(description=text)
    try:
        return await asuspend_flow_run(form, timeout=wait_hours * 3600, key=f"answer-{number}")
    except ValidationError:  # what Prefect makes of no answer at all
        return None


def question(plan: Plan) -> str:
    """The plan in Markdown, for the person who approves or declines it."""
    campaign, money = plan.campaign, plan.money
    budget = "and it has no budget" if plan.budget_usd is None else f"of a budget of {usd(plan.budget_usd)}"
    warnings = [without_folder(problem) for problem in plan.warnings]
    rules = list(dict.fromkeys(cell.rule.reason for cell in plan.illegal))
    parts = [
        f"**{escaped(campaign.name)}, edition {escaped(campaign.edition)}: {len(plan.to_buy)} clips to buy for "
        f"{usd(money.planned)}.**",
        f"The edition would then have cost {usd(money.total)} ({usd(money.spent)} spent, {usd(money.reserved)} "
        f"reserved), {budget}. Plan `{plan.digest[:12]}`.",
        escaped(plan.standby_in_words),
        _states(plan),
        listed("Warnings", warnings, at_most=_LINES_AT_MOST),
        listed("Left out, because the vendor does not offer it", rules, at_most=_LINES_AT_MOST),
    ]
    return "\n\n".join(filter(None, parts))


def _states(plan: Plan) -> str:
    """The jobs of the edition that this run would not buy, by state."""
    lines = {
        "stored already": (JobState.STORED,),
        "submitted: the run collects them": (JobState.SUBMITTED,),
        "unknown: perhaps paid for, and reserved until you settle them with `reconcile`": (
            JobState.UNKNOWN,
            JobState.IN_DOUBT,
        ),
        "failed or refused before, and not bought again": (JobState.FAILED, JobState.REFUSED),
    }
    counts = {words: len(plan.in_state(*states)) for words, states in lines.items()}
    return "\n".join(f"- {number} {words}" for words, number in counts.items() if number)


async def show_approval(plan: Plan, answer: Approval, run: FlowRun, *, is_joined: bool, at: datetime) -> None:
    """Leave an artifact: who approved what and when, and the run that it started."""
    page = approval_page(plan, answer, run, is_joined=is_joined, at=at)
    await acreate_markdown_artifact(page, key=f"approval-{plan.campaign.name}")


def approval_page(plan: Plan, answer: Approval, run: FlowRun, *, is_joined: bool, at: datetime) -> str:
    """The record of an approval as Markdown. Nothing that a person typed can act as markup."""
    url = url_for(run)  # None if Prefect does not know the address of its UI
    link = f"[{escaped(run.name)}](<{url}>)" if url else f"`{run.id}`"
    verb = "Joined a run that another approval started" if is_joined else "Started"
    campaign = plan.campaign
    lines = [
        f"# Approved by {escaped(answer.approved_by)}",
        f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: {len(plan.to_buy)} clips of {escaped(campaign.name)}, "
        f"edition {escaped(campaign.edition)}, for {usd(plan.money.planned)}.",
        f"Plan `{plan.digest}`",
        f"> {escaped(answer.note)}" if answer.note.strip() else "No note.",
        f"{verb}: {link}",
    ]
    return "\n\n".join(lines)
