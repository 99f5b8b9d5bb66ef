"""What `reconcile` found and decided, as an artifact and in one line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from prefect.artifacts import acreate_markdown_artifact

from hailuo.campaign.pricing import usd
from hailuo.flows.ui.artifacts import NO_UNKNOWNS
from hailuo.flows.ui.markdown import listed, show_table
from hailuo.ledger.facts import Attempt, JobState
from hailuo.reconcile.reconciler import Adopted, Findings, Released
from hailuo.reconcile.unsettled import Unsettled
from hailuo.store.layout import Edition

_LONGEST_CELL: Final = 200
_LINES_AT_MOST: Final = 20

Decision = Adopted | Released


async def show_findings(
    campaign: str, found: Mapping[Edition, Findings], decisions: Sequence[Decision]
) -> None:
    """Leave an artifact: what was decided, what you can do next, and a row per attempt that is left.

    `campaign` is empty for all campaigns.
    """
    key, text = f"unknown-{campaign or 'submits'}", _summary(Findings.of_all(found.values()), decisions)
    rows = [
        {**_of(edition, found), **_row(state, unsettled)}
        for edition, findings in found.items()
        for state, attempts in ((JobState.UNKNOWN, findings.unknown), (JobState.IN_DOUBT, findings.in_doubt))
        for unsettled in attempts
    ]
    if rows:
        await show_table(rows, key=key, description=text)
    else:
        await acreate_markdown_artifact(text, key=key)


def _of(edition: Edition, found: Mapping[Edition, Findings]) -> dict[str, object]:
    """The columns that say whose clip it is, where there are several editions."""
    return {"campaign": edition.campaign, "edition": edition.name} if len(found) > 1 else {}


def findings_text(findings: Findings, decisions: Sequence[Decision]) -> str:
    """What was decided and what is left to settle, in one line."""
    left = [*findings.unknown, *findings.in_doubt]
    counts = (
        f"{len(findings.unknown)} unknown, {len(findings.in_doubt)} in doubt: {usd(_reserved(left))} reserved"
    )
    text = counts if left else "nothing is unknown"
    return "; ".join([*map(_decided, decisions), text])


def _summary(findings: Findings, decisions: Sequence[Decision]) -> str:
    warnings = [line for one in decisions if isinstance(one, Adopted) for line in one.warnings]
    adopted = [_decided(late) for late in findings.adopted]
    paid_twice = [
        f"{late.creative_id}: task {late.task.orphan.task_id} of attempt {late.task.attempt.number}, "
        f"{usd(late.task.price_usd)}"
        for late in findings.paid_twice
    ]
    parts = [
        listed("Decided", [_decided(one) for one in decisions], at_most=_LINES_AT_MOST),
        listed("Please check", warnings, at_most=_LINES_AT_MOST),
        listed("Adopted, because their task ids came late", adopted, at_most=_LINES_AT_MOST),
        listed("Paid twice: dispute it with the vendor", paid_twice, at_most=_LINES_AT_MOST),
        *_next_steps(findings),
    ]
    return "\n\n".join(filter(None, parts))


def _next_steps(findings: Findings) -> Iterator[str]:
    if findings.unknown:
        yield (
            f"**{usd(_reserved(findings.unknown))} may have been spent on {len(findings.unknown)} unknown submits.** "
            "The money stays reserved, and nothing is sent again. Look for each task at the vendor (docs/how-to/unknowns.md "
            "says how). Then run `reconcile` with `adopt` and the task id, or with `abandon` and what you found."
        )
    if findings.in_doubt:
        ready = max(unsettled.ready_at for unsettled in findings.in_doubt)
        yield f"{len(findings.in_doubt)} in doubt (may still be in progress): run `reconcile` again after {_utc(ready)}."
    if not findings.unknown and not findings.in_doubt:
        yield NO_UNKNOWNS


def _decided(decision: Decision) -> str:
    about = f"{decision.creative_id}, attempt {decision.number}"
    match decision:
        case Adopted():
            return f"{about}: task {decision.task_id} is adopted, and the next run collects it"
        case Released():
            price = usd(decision.price_usd)
            return f"{about}: abandoned; the next run may buy the clip again, for {price} more"


def _row(state: JobState, unsettled: Unsettled) -> dict[str, object]:
    variant, attempt = unsettled.job.variant, unsettled.attempt
    return {
        "id": unsettled.creative_id,
        "state": state.words,
        "attempt": attempt.number,
        "sent": _utc(attempt.intent.at if attempt.intent else attempt.recorded_at),
        "model": variant.model,
        "seconds": variant.duration,
        "size": variant.size,
        "prompt": _cell(unsettled.job.levels.get("prompt") or variant.prompt),
        "take": unsettled.job.take,
        "reserved": usd(unsettled.price_usd),
        "may be settled from": _utc(unsettled.ready_at),
        "seen": _cell(_seen(attempt)),
    }


def _seen(attempt: Attempt) -> str:
    doubt = attempt.doubt
    if doubt is None:
        return "nothing: the run ended before the answer came"
    status = f"HTTP {doubt.http_status}" if doubt.http_status else "no answer"
    request = f"request id {doubt.request_id}" if doubt.request_id else None
    return ", ".join(filter(None, [status, doubt.code, doubt.message, request]))


def _cell(text: str) -> str:
    """Text of a file or of the vendor on one line, cut to a length that keeps the table readable."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else f"{line[:_LONGEST_CELL]}..."


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _reserved(attempts: Sequence[Unsettled]) -> Decimal:
    return sum((unsettled.price_usd for unsettled in attempts), Decimal(0))
