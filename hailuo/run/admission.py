"""Letting a plan in: the whole of it or nothing, and every reason at once, before any money moves."""

import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import usd
from hailuo.errors import AdmissionError, LedgerError, Place, Problem, UnsafeStoreError
from hailuo.ledger.fact_json import RESTORE
from hailuo.ledger.store_vendor import read_vendor, record_vendor
from hailuo.plan.file import write_plan
from hailuo.plan.plan import Plan
from hailuo.plan.problems import admission_problems
from hailuo.run.spending import SpendingGrant
from hailuo.run.submit import FRAME_VALID_FOR
from hailuo.run.tools import Tools
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.store.layout import STORE_VENDOR
from hailuo.text import quoted
from hailuo.vendor import NO_BALANCE_REPORTED, Cause, Fault, on_our_own_network

_ROOM_BYTES: Final = 32 << 20
"""More than a clip of 10 s in 1080p has."""

_PASSING: Final = frozenset({Cause.NETWORK, Cause.RATE_LIMIT, Cause.VENDOR_FAULT})
"""What may be over in a few minutes."""

_FRAME_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


async def admit(
    plan: Plan,
    tools: Tools,
    settings: Settings,
    *,
    spending: SpendingGrant,
    agreed_digest: str | None,
    shared: bool = False,
) -> None:
    """Check, take the grant, put the first frames where the vendor finds them, keep the plan in the store.

    Raises: AdmissionError with every reason, StoreUnavailableError.
    """
    problems = await _problems(plan, tools, settings, agreed_digest=agreed_digest)
    if plan.may_be_bought and not problems:
        at = tools.clock.now()
        held = await record_vendor(tools.store, vendor_name(tools, settings), at=at)
        problems = _other_vendor(held, tools, settings)
    if not problems:
        problems = await spending.take(plan, shared=shared)
    if problems:
        raise AdmissionError(problems)
    await _offer_frames(plan, tools.store)
    await write_plan(tools.store, plan, at=tools.clock.now())


async def refusals(
    plan: Plan, tools: Tools, settings: Settings, *, spending: SpendingGrant, ask_vendor: bool = True
) -> list[Problem]:
    """Why the plan would not be let in now; nothing is held, and nothing offered.

    Without `ask_vendor`, neither the vendor nor the store's ability to write is tried. Raises: StoreUnavailableError.
    """
    problems = await _problems(plan, tools, settings, agreed_digest=None, ask_vendor=ask_vendor)
    return problems or await spending.problems(plan)


async def _problems(
    plan: Plan, tools: Tools, settings: Settings, *, agreed_digest: str | None, ask_vendor: bool = True
) -> list[Problem]:
    """Every reason but the caps that runs share. What can be known here comes first, before anyone is asked."""
    problems = agreement_problems(plan, agreed_digest) + _key_problems(plan, settings)
    problems += await _vendor_problems(plan, tools, settings)
    problems += await _frame_problems(plan, tools.store) + _private_frame_problems(plan, settings)
    problems += admission_problems(plan, balance_usd=None)
    problems += _run_cap_problems(plan, settings)
    if ask_vendor and plan.may_be_bought and not problems:
        problems = await _balance_problems(plan, tools, settings) + await _store_problems(tools.store)
        problems += _scratch_problems(tools.scratch)
    return problems


def vendor_name(tools: Tools, settings: Settings) -> str:
    """What this store's vendor is called: HAILUO_VENDOR, else the address."""
    return settings.vendor or tools.client.base_url


async def _vendor_problems(plan: Plan, tools: Tools, settings: Settings) -> list[Problem]:
    """A store belongs to one vendor: clips and money of a rehearsal never count for another."""
    try:
        held = await read_vendor(tools.store)
    except LedgerError as error:
        return [Problem(Place(STORE_VENDOR), str(error), RESTORE)]
    if held:
        return _other_vendor(held, tools, settings)
    if settings.vendor:
        return []
    records = [planned.record for planned in plan.everything if planned.record.last or planned.record.done]
    if records and not any(a.intent for record in records for a in record.attempts):
        records = [
            await tools.ledger.refresh(records[0].creative_id)
        ]  # finished jobs are read without attempts
    intents = (attempt.intent for record in records for attempt in record.attempts)
    earlier = {intent.base_url for intent in intents if intent and intent.base_url}
    return [problem for url in sorted(earlier) for problem in _other_vendor(url, tools, settings)]


def _other_vendor(held: str, tools: Tools, settings: Settings) -> list[Problem]:
    if held in {vendor_name(tools, settings), tools.client.base_url}:
        return []
    reason = f"is {tools.client.base_url}, and what {tools.store.uri} holds was bought at {held}"
    remedy = (
        "name another store for this vendor in HAILUO_STORE; if the vendor has only a new address, "
        f"set HAILUO_VENDOR={held}"
    )
    return [Problem(Place("IMAROUTER_BASE_URL"), reason, remedy)]


def agreement_problems(plan: Plan, agreed_digest: str | None) -> list[Problem]:
    """Why this is not the plan that was agreed to; `agreed_digest` is None where no digest was named."""
    if agreed_digest in {None, plan.digest}:
        return []
    reason = f"the plan is now {plan.digest[:12]}, not the approved plan {str(agreed_digest)[:12]}"
    return [Problem(plan.campaign.place, reason, "review the new plan and approve it")]


def _key_problems(plan: Plan, settings: Settings) -> list[Problem]:
    if settings.api_key or not (plan.may_be_bought or plan.to_collect):
        return []
    return [Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to the vendor's key")]


def _run_cap_problems(plan: Plan, settings: Settings) -> list[Problem]:
    cap, planned = settings.max_usd_per_run, plan.money.planned
    if cap is None or planned <= cap:
        return []
    reason = f"the plan costs {usd(planned)}, and one run may spend at most {usd(cap)}"
    return [Problem(Place("HAILUO_MAX_USD_PER_RUN"), reason, "raise it, or buy less with --only")]


async def frame_warnings(jobs: Sequence[Job], store: Store) -> tuple[Problem, ...]:
    """Frame links that may expire before the vendor fetches them. Raises: StoreUnavailableError."""
    keys = [job.frame_key for job in jobs if job.frame_key]
    links = await store.links(valid_for=FRAME_VALID_FOR) if keys else None
    if links is None or links.certain:
        return ()
    hours = FRAME_VALID_FOR // timedelta(hours=1)
    reason = f"the links to local first frames end with this session's AWS credentials, possibly in less than {hours} h"
    remedy = "use long-lived AWS access keys: the vendor may fetch the frames only after hours in its queue"
    return (Problem(Place("HAILUO_STORE"), reason, remedy),)


async def _frame_problems(plan: Plan, store: Store) -> list[Problem]:
    """The vendor fetches a first frame itself: a local one needs a store that can offer it. Raises: StoreUnavailableError."""
    keys = [planned.job.frame_key for planned in plan.may_be_bought if planned.job.frame_key]
    if not keys or await store.links(valid_for=FRAME_VALID_FOR):
        return []
    reason = f"the first frames are local files, and the vendor cannot fetch them from {store.uri}"
    return [Problem(plan.campaign.place, reason, "use an S3 store, or give the first frames as https URLs")]


def _private_frame_problems(plan: Plan, settings: Settings) -> list[Problem]:
    """A URL of a private network shows the vendor something of that network, and fails there.

    By its text alone: the vendor resolves names and follows redirects itself.
    """
    if on_our_own_network(urlsplit(settings.base_url).hostname or ""):
        return []
    frames = (planned.job.variant.first_frame for planned in plan.may_be_bought)
    hosts = {urlsplit(frame.url).hostname or "" for frame in frames if frame and frame.url}
    return [
        Problem(
            plan.campaign.place,
            f"a first frame is at {quoted(host)}, where the vendor cannot fetch it",
            "offer it under a public https address, or as a file beside the campaign",
        )
        for host in sorted(filter(on_our_own_network, hosts))
    ]


async def _balance_problems(plan: Plan, tools: Tools, settings: Settings) -> list[Problem]:
    """Whether the vendor takes the key and has the money; a gateway that reports no balance is let pass."""
    answer = await tools.client.balance()
    if isinstance(answer, Decimal):
        return admission_problems(plan, balance_usd=answer)
    if answer.http_status in NO_BALANCE_REPORTED:  # no such route here: the stop on an empty balance remains
        strange = await tools.client.strangeness()
        return [_no_vendor(strange, settings)] if strange else []
    return [_vendor_problem(answer, settings)]


def _no_vendor(fault: Fault, settings: Settings) -> Problem:
    reason = f"does not answer as a vendor of videos does: {fault}"
    remedy = "nothing was bought; correct IMAROUTER_BASE_URL, or try again later"
    return Problem(Place(settings.base_url), reason, remedy, is_passing=fault.cause in _PASSING)


def _vendor_problem(fault: Fault, settings: Settings) -> Problem:
    if fault.cause is Cause.KEY:
        return Problem(
            Place("IMAROUTER_API_KEY"), f"the vendor refuses the key: {fault.message}", "use a valid key"
        )
    reason = f"the vendor did not report the balance: {fault.message}"
    remedy = "nothing was bought; try again later"
    return Problem(Place(settings.base_url), reason, remedy, is_passing=fault.cause in _PASSING)


async def _store_problems(store: Store) -> list[Problem]:
    try:
        await store.probe()
    except UnsafeStoreError as error:
        return [
            Problem(
                Place("HAILUO_STORE"),
                str(error),
                "nothing was bought: on this store, two runs could buy the same clip",
            )
        ]
    return []


def _scratch_problems(scratch: Path) -> list[Problem]:
    """Whether clips can be downloaded here; without room, they would be bought and not fetched."""
    try:
        with tempfile.TemporaryFile(dir=scratch) as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM_BYTES)
    except OSError as error:
        reason = f"the folder for temporary files, {scratch.parent}, cannot hold a clip: {error.strerror}"
        remedy = "nothing was bought; make room there, or name another folder"
        return [Problem(Place("TMPDIR"), reason, remedy)]
    return []


async def _offer_frames(plan: Plan, store: Store) -> None:
    """Put every local first frame where the vendor can fetch it; content-addressed, so once each."""
    jobs = {planned.job.frame_key: planned.job for planned in plan.may_be_bought if planned.job.frame_key}
    for key, job in jobs.items():
        await _put_frame(store, key, job)


async def _put_frame(store: Store, key: str, job: Job) -> None:
    frame = job.variant.first_frame
    if frame and frame.path:
        await store.put_file(key, frame.path, sha256=frame.sha256, content_type=_FRAME_TYPES[frame.suffix])
