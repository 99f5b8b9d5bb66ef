"""The answer of a person to a priced plan: the form it is given in, what is asked, and the record of it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for
from pydantic import Field

from flows.ui.artifacts import bullets, escaped
from hailuo.campaign.pricing import usd
from hailuo.clock import Clock
from hailuo.errors import Problem
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan

_LOOK_SECONDS: Final = 2
"""How long after the answer the flow goes on, at most; each look is one small request."""

_MARGIN_SECONDS: Final = 120
"""Prefect's own end of the pause comes after ours: it would fail the run, and call it neither expired nor declined."""

_LINES_AT_MOST: Final = 10


class Approval(RunInput):
    """What is asked of the person who resumes the run."""

    approve: Literal["yes", "no"] = Field(
        default="no", title="Approve?", description="Yes starts the run and spends the money."
    )
    approved_by: str = Field(
        title="Your name",
        description="Who decides; it stays with the run.",
        min_length=1,
        max_length=100,
        pattern=r"\S",
    )
    note: str = Field(
        default="", title="Note", description="For the record, if there is anything to say.", max_length=2000
    )

    @property
    def words(self) -> str:
        """Who, and the note, on one line."""
        said = " ".join(f"{self.approved_by}: {self.note}".split())
        return said.removesuffix(":")


async def answer_to(plan: Plan, clock: Clock, *, wait_hours: int) -> Approval | None:
    """Pause the flow run until somebody has answered; None when nobody did in so many hours.

    Raises: RuntimeError where Prefect lets the run not be paused.
    """
    seconds = wait_hours * 3600
    asking = asyncio.create_task(
        apause_flow_run(
            Approval.with_initial_data(description=question(plan)),
            timeout=seconds + _MARGIN_SECONDS,
            poll_interval=_LOOK_SECONDS,
            key=f"answer-{flow_run.get_run_count()}",  # a run that is retried in the UI asks again
        )
    )
    waiting = asyncio.create_task(clock.sleep(seconds + _LOOK_SECONDS))
    try:
        await asyncio.wait({asking, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return asking.result() if asking.done() else None
    except FlowPauseTimeout:  # the machine slept through our own end
        return None
    finally:
        asking.cancel()
        waiting.cancel()
        await asyncio.gather(asking, waiting, return_exceptions=True)


def question(plan: Plan) -> str:
    """The plan in Markdown, for somebody who is to say yes or no to its bill."""
    return "\n\n".join(
        part for part in (_bill(plan), _standing(plan), _warnings(plan), _left_out(plan)) if part
    )


def _bill(plan: Plan) -> str:
    campaign, money = plan.campaign, plan.money
    after = f"The edition would then have cost {usd(money.total)}"
    budget = "and it has no budget" if plan.budget_usd is None else f"of a budget of {usd(plan.budget_usd)}"
    return (
        f"**{escaped(campaign.name)}, edition {escaped(campaign.edition)}: {len(plan.to_buy)} clips to buy for "
        f"{usd(money.planned)}.**\n\n{after} ({usd(money.spent)} spent, {usd(money.reserved)} held at the vendor), "
        f"{budget}. Plan `{plan.digest[:12]}`."
    )


def _standing(plan: Plan) -> str:
    """What of the edition will not come of this run, or comes without being bought."""
    told = {
        "already stored": (JobState.STORED,),
        "at the vendor, to be collected": (JobState.SUBMITTED,),
        "unknown: perhaps paid, and held until `reconcile` settles them": (
            JobState.UNKNOWN,
            JobState.IN_DOUBT,
        ),
        "failed or refused before, and not bought again": (JobState.FAILED, JobState.REFUSED),
    }
    counts = {words: len(plan.in_state(*states)) for words, states in told.items()}
    return "\n".join(f"- {number} {words}" for words, number in counts.items() if number)


def _warnings(plan: Plan) -> str:
    if not plan.warnings:
        return ""
    return "**Warnings**\n\n" + bullets([_told(w) for w in plan.warnings], at_most=_LINES_AT_MOST)


def _told(warning: Problem) -> str:
    """Without the folder that all campaign files lie in."""
    return str(warning).removeprefix(f"{Path(warning.place.file).parent}/")


def _left_out(plan: Plan) -> str:
    if not plan.illegal:
        return ""
    rules = list(dict.fromkeys(cell.rule.reason for cell in plan.illegal))
    return "**Left out, because the vendor does not offer it**\n\n" + bullets(rules, at_most=_LINES_AT_MOST)


async def show_approval(plan: Plan, answer: Approval, run: FlowRun, *, is_joined: bool, at: datetime) -> None:
    """Who approved what and when, and the run that came of it, as an artifact."""
    page = approval_page(plan, answer, run, is_joined=is_joined, at=at)
    await acreate_markdown_artifact(page, key=f"approval-{plan.campaign.name}")


def approval_page(plan: Plan, answer: Approval, run: FlowRun, *, is_joined: bool, at: datetime) -> str:
    """The record of an approval as Markdown; nothing that a person typed can be taken for markup."""
    url = url_for(run)  # None where Prefect does not know the address of its UI
    link = f"[{escaped(run.name)}](<{url}>)" if url else f"`{run.id}`"
    verb = "Joined, for another approval had started it" if is_joined else "Started"
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
