"""Letting a plan in: the whole of it or nothing, and every reason at once, before any money moves."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from hailuo.api import Cause, Fault
from hailuo.errors import AdmissionError, Place, Problem, UnsafeStoreError
from hailuo.job import Job
from hailuo.plan import Plan, admission_problems
from hailuo.planfile import write_plan
from hailuo.runner import Tools
from hailuo.settings import Settings
from hailuo.store import Store

__all__ = ["admit"]

_ANY_TIME: Final = timedelta(hours=1)
_FRAME_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_NO_BALANCE_TOLD: Final = frozenset({200, 404, 501})


async def admit(plan: Plan, tools: Tools, settings: Settings, *, agreed_digest: str | None) -> None:
    """Check, put the first frames where the vendor finds them, and keep the plan in the store.

    Raises: AdmissionError with every reason, StoreUnavailableError.
    """
    problems = _agreement_problems(plan, agreed_digest) + _key_problems(plan, settings)
    problems += _frame_problems(plan, tools.store) + admission_problems(plan, balance_usd=None)
    if plan.to_buy and not problems:  # what can be known here comes first: then nobody is asked
        problems = await _balance_problems(plan, tools, settings) + await _store_problems(tools.store)
    if problems:
        raise AdmissionError(problems)
    await _offer_frames(plan, tools.store)
    await write_plan(tools.store, plan, at=tools.clock.now())


def _agreement_problems(plan: Plan, agreed_digest: str | None) -> list[Problem]:
    if agreed_digest in {None, plan.digest}:
        return []
    reason = f"plan {plan.digest[:12]} is not plan {str(agreed_digest)[:12]} that was agreed to"
    return [Problem(plan.campaign.place, reason, "look at the new plan and agree to it")]


def _key_problems(plan: Plan, settings: Settings) -> list[Problem]:
    if settings.api_key or not (plan.to_buy or plan.to_collect):
        return []
    return [Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to the vendor's key")]


def _frame_problems(plan: Plan, store: Store) -> list[Problem]:
    """The vendor fetches a first frame itself: a local one needs a store that can offer it."""
    keys = [planned.job.frame_key for planned in plan.to_buy if planned.job.frame_key]
    if not keys or store.fetch_url(keys[0], valid_for=_ANY_TIME):
        return []
    reason = f"the first frames are local files, and the vendor cannot fetch them from {store.uri}"
    return [Problem(plan.campaign.place, reason, "use an S3 store, or give the first frames as https URLs")]


async def _balance_problems(plan: Plan, tools: Tools, settings: Settings) -> list[Problem]:
    """Whether the vendor takes the key and has the money; a gateway that tells no balance is let pass."""
    answer = await tools.client.balance()
    if isinstance(answer, Decimal):
        return admission_problems(plan, balance_usd=answer)
    if answer.http_status in _NO_BALANCE_TOLD:  # no such route here: the stop on an empty balance remains
        return []
    return [_vendor_problem(answer, settings)]


def _vendor_problem(fault: Fault, settings: Settings) -> Problem:
    if fault.cause is Cause.KEY:
        return Problem(
            Place("IMAROUTER_API_KEY"), f"the vendor refuses the key: {fault.message}", "use a valid key"
        )
    reason = f"the vendor did not tell the balance: {fault.message}"
    return Problem(Place(settings.base_url), reason, "nothing was bought; try again later")


async def _store_problems(store: Store) -> list[Problem]:
    try:
        await store.probe()
    except UnsafeStoreError as error:
        return [
            Problem(Place("HAILUO_STORE"), str(error), "nothing is bought on a store that could pay twice")
        ]
    return []


async def _offer_frames(plan: Plan, store: Store) -> None:
    """Put every local first frame where the vendor can fetch it; content-addressed, so once each."""
    jobs = {planned.job.frame_key: planned.job for planned in plan.to_buy if planned.job.frame_key}
    for key, job in jobs.items():
        await _put_frame(store, key, job)


async def _put_frame(store: Store, key: str, job: Job) -> None:
    frame = job.variant.first_frame
    if frame and frame.path:
        await store.put_file(key, frame.path, sha256=frame.sha256, content_type=_FRAME_TYPES[frame.suffix])
