"""`hailuo reconcile FILE`"""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, edition_of, edition_option, file_or_edition_argument
from hailuo.cli.screen import count, echo_json, say
from hailuo.errors import ExitCode, Place, Problem, SettingsError
from hailuo.ledger.facts import Attempt, Doubt
from hailuo.reconcile.reconciler import Adopted, Findings, Late, Released
from hailuo.reconcile.settlement import open_reconciler
from hailuo.reconcile.unsettled import Unsettled
from hailuo.run.environment import run_environment
from hailuo.store.layout import Edition

_USAGE = "adopt CREATIVE_ID TASK_ID | abandon CREATIVE_ID"


@dataclass(frozen=True, slots=True)
class _Adopt:
    creative_id: str
    task_id: str


@dataclass(frozen=True, slots=True)
class _Abandon:
    creative_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How the user called, as it is told back, and how the user wants to be told."""

    typed: str
    as_json: bool


@click.command("reconcile")
@file_or_edition_argument
@click.argument("decision", nargs=-1, metavar=f"[{_USAGE}]")
@click.option("--why", metavar="TEXT", help="With abandon: what was looked up, for the record.")
@edition_option
@as_json_option
def command(
    file: Path, decision: tuple[str, ...], why: str | None, edition: str | None, as_json: bool
) -> ExitCode:
    """List submits whose fate is unknown, and settle them.

    A submit whose answer was lost may have been paid: it is held with its money and never sent again by itself. Look
    for the task at the vendor, then `adopt CREATIVE_ID TASK_ID` or `abandon CREATIVE_ID --why TEXT`. A task id that
    came late is adopted without asking. Exit code 1 while anything is left to settle.
    """
    typed = ["hailuo", "reconcile", str(file), *(["--edition", edition] if edition else [])]
    manner = _Manner(typed=shlex.join(typed), as_json=as_json)
    return asyncio.run(_reconcile(edition_of(file, edition), _decision(decision, why), manner))


def _decision(words: tuple[str, ...], why: str | None) -> _Adopt | _Abandon | None:
    """What a person decides; None to be told first. Raises: click.UsageError."""
    match words, why:
        case (), None:
            return None
        case ("adopt", creative_id, task_id), None:
            return _Adopt(creative_id, task_id)
        case ("abandon", creative_id), str():
            return _Abandon(creative_id, why)
        case ("abandon", _), None:
            raise click.UsageError("abandon needs --why TEXT: what was looked up, and where")
        case _:
            raise click.UsageError(f"after FILE comes nothing, or {_USAGE} --why TEXT")


async def _reconcile(edition: Edition, decision: _Adopt | _Abandon | None, manner: _Manner) -> ExitCode:
    place = run_environment()
    if isinstance(decision, _Adopt) and place.settings.api_key is None:
        problem = Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to look the task up")
        raise SettingsError([problem])
    async with open_reconciler(place.settings, place.clock, edition) as reconciler:
        match decision:
            case _Adopt():
                _tell_adopted(await reconciler.adopt(decision.creative_id, decision.task_id), manner)
                return ExitCode.COMPLETE
            case _Abandon():
                _tell_released(await reconciler.abandon(decision.creative_id, why=decision.why), manner)
                return ExitCode.COMPLETE
            case None:
                findings = await reconciler.settle()
    _tell_findings(findings, edition, manner)
    return ExitCode.INCOMPLETE if findings.unknown or findings.in_doubt else ExitCode.COMPLETE


def _tell_adopted(adopted: Adopted, manner: _Manner) -> None:
    if manner.as_json:
        echo_json({"adopted": _adopted_json(adopted)})
        return
    say(_adopted_line(adopted))
    for warning in adopted.warnings:
        say(f"look twice: {warning}")


def _tell_released(released: Released, manner: _Manner) -> None:
    if manner.as_json:
        names = {"creative_id": released.creative_id, "attempt": released.number}
        echo_json({"released": {**names, "price_usd": released.price_usd}})
        return
    price = usd(released.price_usd)
    say(f"{released.creative_id}: attempt {released.number} is released; the next run may buy the clip again")
    say(f"if the vendor took it all the same, {price} was spent for it, and the next run spends it again")


def _tell_findings(findings: Findings, edition: Edition, manner: _Manner) -> None:
    if manner.as_json:
        echo_json({"campaign": edition.campaign, "edition": edition.name, **_findings_json(findings)})
    else:
        _show(findings, manner)


def _show(findings: Findings, manner: _Manner) -> None:
    for adopted in findings.adopted:
        say(f"{_adopted_line(adopted)} (it came after the attempt was given up)")
    for late in findings.paid_twice:
        say(_late_line(late))
    if findings.paid_twice:
        total = sum((late.task.price_usd for late in findings.paid_twice), Decimal(0))
        say(f"paid twice: {usd(total)} in all; dispute it with the vendor")
    _show_attempts("unknown", findings.unknown)
    if findings.unknown:
        _show_ways_out(findings.unknown[0].creative_id, manner)
    _show_attempts("in doubt (perhaps still being sent)", findings.in_doubt)
    if findings.in_doubt:
        ready = max(unsettled.ready_at for unsettled in findings.in_doubt)
        say(f"look again after {_utc(ready)}: {manner.typed}")
    if not findings.unknown and not findings.in_doubt:
        say("nothing is unknown")


def _show_attempts(state: str, attempts: Sequence[Unsettled]) -> None:
    if not attempts:
        return
    say(f"{count(len(attempts), 'attempt')} {state}, {usd(_held(attempts))} held")
    for unsettled in attempts:
        sent = f"attempt {unsettled.attempt.number} of {_utc(_sent_at(unsettled))}"
        say(f"  {unsettled.creative_id}  {sent}, {usd(unsettled.price_usd)} held")
        say(f"    {_request(unsettled.job)}")
        say(f"    {_seen(unsettled.attempt)}")


def _show_ways_out(example: str, manner: _Manner) -> None:
    say("look for each at the vendor (docs/unknowns.md says how), then type, for example:")
    say(f"  {manner.typed} adopt {example} TASK_ID          it has the task: the next run collects it")
    say(f"  {manner.typed} abandon {example} --why TEXT     it has not: the next run buys it again")


def _adopted_line(adopted: Adopted) -> str:
    task = f"task {adopted.task_id} is adopted as attempt {adopted.number}"
    return f"{adopted.creative_id}: {task}; the next run collects it"


def _late_line(late: Late) -> str:
    attempt, price = late.task.attempt.number, usd(late.task.price_usd)
    return (
        f"{late.creative_id}: task {late.task.orphan.task_id} of attempt {attempt} came after the job was bought "
        f"again: {price} paid twice"
    )


def _request(job: Job) -> str:
    variant = job.variant
    prompt = _one_line(job.levels.get("prompt") or variant.prompt)
    return f"{variant.model}, {variant.duration} s, {variant.size}, prompt {prompt}, take {job.take}"


def _seen(attempt: Attempt) -> str:
    if attempt.outcome:
        return "seen: its task id came late; reconcile again"
    if attempt.doubt:
        return f"seen: {', '.join(_said(attempt.doubt))}"
    worker = attempt.intent.worker if attempt.intent else "a run"
    return f"seen: nothing; the run died before the answer ({_one_line(worker)})"


def _said(doubt: Doubt) -> Iterator[str]:
    yield f"HTTP {doubt.http_status}" if doubt.http_status else "no answer"
    if doubt.code:
        yield f"code {_one_line(doubt.code)}"
    if doubt.message:
        yield _one_line(doubt.message)
    if doubt.request_id:
        yield f"request id {_one_line(doubt.request_id)}"


def _one_line(text: str) -> str:
    """What came from a file or the vendor makes no lines of its own."""
    return " ".join(text.split())


def _sent_at(unsettled: Unsettled) -> datetime:
    intent = unsettled.attempt.intent
    return intent.at if intent else unsettled.attempt.recorded_at


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _held(attempts: Sequence[Unsettled]) -> Decimal:
    return sum((unsettled.price_usd for unsettled in attempts), Decimal(0))


def _findings_json(findings: Findings) -> dict[str, object]:
    twice = [
        {
            "creative_id": late.creative_id,
            "attempt": late.task.attempt.number,
            "task_id": late.task.orphan.task_id,
            "price_usd": late.task.price_usd,
        }
        for late in findings.paid_twice
    ]
    return {
        "adopted": [_adopted_json(adopted) for adopted in findings.adopted],
        "unknown": [_unsettled_json(unsettled) for unsettled in findings.unknown],
        "in_doubt": [_unsettled_json(unsettled) for unsettled in findings.in_doubt],
        "paid_twice": twice,
        "unknown_usd": _held(findings.unknown),
        "in_doubt_usd": _held(findings.in_doubt),
        "paid_twice_usd": sum((late.task.price_usd for late in findings.paid_twice), Decimal(0)),
    }


def _adopted_json(adopted: Adopted) -> dict[str, object]:
    return {
        "creative_id": adopted.creative_id,
        "attempt": adopted.number,
        "task_id": adopted.task_id,
        "warnings": list(adopted.warnings),
    }


def _unsettled_json(unsettled: Unsettled) -> dict[str, object]:
    variant, doubt = unsettled.job.variant, unsettled.attempt.doubt
    seen = None
    if doubt:
        seen = {
            "at": doubt.at.isoformat(),
            "http_status": doubt.http_status,
            "code": doubt.code,
            "message": doubt.message,
            "request_id": doubt.request_id,
        }
    return {
        "creative_id": unsettled.creative_id,
        "attempt": unsettled.attempt.number,
        "sent_at": _sent_at(unsettled).isoformat(),
        "settle_from": unsettled.ready_at.isoformat(),
        "model": variant.model,
        "duration": variant.duration,
        "size": variant.size,
        "prompt": unsettled.job.levels.get("prompt"),
        "take": unsettled.job.take,
        "held_usd": unsettled.price_usd,
        "seen": seen,
    }
