"""What `reconcile` found and what was decided, as an artifact and in one line."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from flows.ui.artifacts import bullets, escaped
from hailuo.campaign.pricing import usd
from hailuo.ledger.facts import Attempt
from hailuo.reconcile.reconciler import Adopted, Findings, Released
from hailuo.reconcile.unsettled import Unsettled
from hailuo.text import printable

_LONGEST_CELL: Final = 200
_LINES_AT_MOST: Final = 20

Decision = Adopted | Released


async def show_findings(campaign: str, findings: Findings, decision: Decision | None) -> None:
    """The attempts that are left, a row each, under what was decided and what is to be done."""
    key = f"unknown-{campaign}"
    text = _summary(findings, decision)
    rows = [_row("unknown", one) for one in findings.unknown] + [
        _row("in doubt", one) for one in findings.in_doubt
    ]
    if rows:
        await acreate_table_artifact(rows, key=key, description=text)
    else:
        await acreate_markdown_artifact(text, key=key)


def findings_text(findings: Findings, decision: Decision | None) -> str:
    """How the edition stands now, in one line."""
    left = [*findings.unknown, *findings.in_doubt]
    stands = (
        f"{len(findings.unknown)} unknown, {len(findings.in_doubt)} in doubt: {usd(_held(left))} held"
        if left
        else "nothing is unknown"
    )
    return f"{_decided(decision)}; {stands}" if decision else stands


def _summary(findings: Findings, decision: Decision | None) -> str:
    parts = [
        escaped(_decided(decision)) + "." if decision else "",
        _listed("Look twice", list(decision.warnings) if isinstance(decision, Adopted) else []),
        _listed("Adopted, for their task ids came late", [_decided(adopted) for adopted in findings.adopted]),
        _listed("Paid twice: dispute it with the vendor", list(_paid_twice(findings))),
        *_to_do(findings),
    ]
    return "\n\n".join(filter(None, parts))


def _to_do(findings: Findings) -> Iterator[str]:
    if findings.unknown:
        yield (
            f"**{usd(_held(findings.unknown))} may have been spent on {len(findings.unknown)} unknown submits.** They are "
            "held, and not sent again. Look for each at the vendor (docs/unknowns.md says how), then run `reconcile` "
            "with `adopt` and the task id, or with `abandon` and what you saw."
        )
    if findings.in_doubt:
        ready = max(unsettled.ready_at for unsettled in findings.in_doubt)
        yield f"{len(findings.in_doubt)} are perhaps still being sent: look again after {_utc(ready)}."
    if not findings.unknown and not findings.in_doubt:
        yield "Every submit has a verdict: no money is in doubt."


def _decided(decision: Decision) -> str:
    about = f"{decision.creative_id}, attempt {decision.number}"
    match decision:
        case Adopted():
            return f"{about}: task {decision.task_id} is adopted, and the next run collects it"
        case Released():
            price = usd(decision.price_usd)
            return f"{about}: given up; the next run may buy the clip again, for {price} more"


def _paid_twice(findings: Findings) -> Iterator[str]:
    for late in findings.paid_twice:
        task, number = late.task.orphan.task_id, late.task.attempt.number
        yield f"{late.creative_id}: task {task} of attempt {number}, {usd(late.task.price_usd)}"


def _listed(title: str, lines: list[str]) -> str:
    return f"**{title}**\n\n{bullets(lines, at_most=_LINES_AT_MOST)}" if lines else ""


def _row(state: str, unsettled: Unsettled) -> dict[str, object]:
    variant, attempt = unsettled.job.variant, unsettled.attempt
    return {
        "id": unsettled.creative_id,
        "state": state,
        "attempt": attempt.number,
        "sent": _utc(attempt.intent.at if attempt.intent else attempt.recorded_at),
        "model": variant.model,
        "seconds": variant.duration,
        "size": variant.size,
        "prompt": _cell(unsettled.job.levels.get("prompt") or variant.prompt),
        "take": unsettled.job.take,
        "held": usd(unsettled.price_usd),
        "may be settled from": _utc(unsettled.ready_at),
        "seen": _cell(_seen(attempt)),
    }


def _seen(attempt: Attempt) -> str:
    doubt = attempt.doubt
    if doubt is None:
        return "nothing: the run died before the answer"
    status = f"HTTP {doubt.http_status}" if doubt.http_status else "no answer"
    request = f"request id {doubt.request_id}" if doubt.request_id else None
    return ", ".join(filter(None, [status, doubt.code, doubt.message, request]))


def _cell(text: str) -> str:
    """What came from a file or the vendor, on one line that does not push the table apart."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST_CELL else f"{line[:_LONGEST_CELL]}..."


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _held(attempts: Sequence[Unsettled]) -> Decimal:
    return sum((unsettled.price_usd for unsettled in attempts), Decimal(0))
