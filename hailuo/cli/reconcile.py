"""`hailuo reconcile FILE`"""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, echo_json, say
from hailuo.errors import ExitCode, Place, Problem, SettingsError
from hailuo.ledger.facts import Attempt, Doubt
from hailuo.reconcile.reconciler import Adopted, Findings, Released, open_reconciler
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
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Invocation:
    """The command line as typed, and the output format."""

    typed: str
    as_json: bool


@click.command("reconcile")
@file_or_edition_argument
@click.argument("decision", nargs=-1, metavar=f"[{_USAGE}]")
@click.option("--why", metavar="TEXT", help="With abandon: what you looked up, and where. It is recorded.")
@edition_option
@as_json_option
def command(
    file: Path, decision: tuple[str, ...], why: str | None, edition: str | None, as_json: bool
) -> ExitCode:
    """List submits with unknown outcome, and settle them.

    A submit whose answer was lost may have been charged. Its money stays reserved, and it is never sent again by
    itself. Look for the task at the vendor, then type `adopt CREATIVE_ID TASK_ID` or `abandon CREATIVE_ID --why TEXT`.
    A task id that arrived late is adopted without asking. Exit code 1 while anything is left to settle.
    """
    typed = ["hailuo", "reconcile", str(file), *(["--edition", edition] if edition else [])]
    invocation = _Invocation(typed=shlex.join(typed), as_json=as_json)
    return asyncio.run(_reconcile(edition_of(file, edition), _decision(decision, why), invocation))


def _decision(words: tuple[str, ...], why: str | None) -> _Adopt | _Abandon | None:
    """The decision that was typed; None to list what is open. Raises: click.UsageError."""
    match words, why:
        case (), None:
            return None
        case ("adopt", creative_id, task_id), None:
            return _Adopt(creative_id, task_id)
        case ("abandon", creative_id), str():
            return _Abandon(creative_id, why)
        case ("abandon", _), None:
            raise click.UsageError("abandon needs --why TEXT: what you looked up, and where")
        case _:
            raise click.UsageError(f"after FILE, type nothing or one of: {_USAGE} --why TEXT")


async def _reconcile(
    edition: Edition, decision: _Adopt | _Abandon | None, invocation: _Invocation
) -> ExitCode:
    env = run_environment()
    if isinstance(decision, _Adopt) and env.settings.api_key is None:
        problem = Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it to look the task up")
        raise SettingsError([problem])
    async with open_reconciler(env.settings, env.clock, edition) as reconciler:
        match decision:
            case _Adopt():
                _show_adopted(await reconciler.adopt(decision.creative_id, decision.task_id), invocation)
                return ExitCode.COMPLETE
            case _Abandon():
                _show_released(
                    await reconciler.abandon(decision.creative_id, why=decision.reason), invocation
                )
                return ExitCode.COMPLETE
            case None:
                findings = await reconciler.settle()
    if invocation.as_json:
        echo_json({"campaign": edition.campaign, "edition": edition.name, **_findings_json(findings)})
    else:
        _show(findings, invocation)
    return ExitCode.INCOMPLETE if findings.unknown or findings.in_doubt else ExitCode.COMPLETE


def _show_adopted(adopted: Adopted, invocation: _Invocation) -> None:
    if invocation.as_json:
        echo_json({"adopted": _adopted_json(adopted)})
        return
    say(_adopted_line(adopted))
    for warning in adopted.warnings:
        say(f"warning: {warning}")


def _show_released(released: Released, invocation: _Invocation) -> None:
    if invocation.as_json:
        fields = {
            "creative_id": released.creative_id,
            "attempt": released.number,
            "price_usd": released.price_usd,
        }
        echo_json({"released": fields})
        return
    price = usd(released.price_usd)
    say(
        f"{released.creative_id}: attempt {released.number} is abandoned; the next run may buy the clip again"
    )
    say(f"if the vendor did charge for it, {price} was spent, and the next run spends it again")


def _show(findings: Findings, invocation: _Invocation) -> None:
    for adopted in findings.adopted:
        say(f"{_adopted_line(adopted)} (it arrived after the attempt was abandoned)")
    for late in findings.paid_twice:
        task = f"task {late.task.orphan.task_id} of attempt {late.task.attempt.number}"
        price = usd(late.task.price_usd)
        say(f"{late.creative_id}: {task} arrived after the job was bought again: {price} paid twice")
    if findings.paid_twice:
        total = sum((late.task.price_usd for late in findings.paid_twice), Decimal(0))
        say(f"paid twice: {usd(total)} in all; dispute it with the vendor")
    _show_attempts("unknown", findings.unknown)
    if findings.unknown:
        _show_decisions(findings.unknown[0].creative_id, invocation)
    _show_attempts("in doubt (may still be in progress)", findings.in_doubt)
    if findings.in_doubt:
        ready = max(unsettled.ready_at for unsettled in findings.in_doubt)
        say(f"look again after {_utc(ready)}: {invocation.typed}")
    if not findings.unknown and not findings.in_doubt:
        say("no submit has an unknown outcome")


def _show_attempts(state: str, attempts: Sequence[Unsettled]) -> None:
    if not attempts:
        return
    say(f"{count(len(attempts), 'attempt')} {state}, {usd(_reserved(attempts))} reserved")
    for unsettled in attempts:
        sent = f"attempt {unsettled.attempt.number} of {_utc(_sent_at(unsettled))}"
        say(f"  {unsettled.creative_id}  {sent}, {usd(unsettled.price_usd)} reserved")
        job, variant = unsettled.job, unsettled.job.variant
        prompt = _one_line(job.levels.get("prompt") or variant.prompt)
        cell = f"{variant.model}, {variant.duration} s, {variant.size}"
        say(f"    {cell}, prompt {prompt}, take {job.take}")
        say(f"    {_seen(unsettled.attempt)}")


def _show_decisions(example: str, invocation: _Invocation) -> None:
    say("look for each task at the vendor (see docs/how-to/unknowns.md), then type, for example:")
    say(
        f"  {invocation.typed} adopt {example} TASK_ID          the vendor has the task: the next run collects it"
    )
    say(
        f"  {invocation.typed} abandon {example} --why TEXT     the vendor has no task: the next run buys it again"
    )


def _adopted_line(adopted: Adopted) -> str:
    task = f"task {adopted.task_id} is adopted as attempt {adopted.number}"
    return f"{adopted.creative_id}: {task}; the next run collects it"


def _seen(attempt: Attempt) -> str:
    if attempt.outcome:
        return "seen: its task id arrived late; reconcile again"
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
    """Text from a file or the vendor, on one line."""
    return " ".join(text.split())


def _sent_at(unsettled: Unsettled) -> datetime:
    intent = unsettled.attempt.intent
    return intent.at if intent else unsettled.attempt.recorded_at


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _reserved(attempts: Sequence[Unsettled]) -> Decimal:
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
        "unknown_usd": _reserved(findings.unknown),
        "in_doubt_usd": _reserved(findings.in_doubt),
        "paid_twice_usd": sum((late.task.price_usd for late in findings.paid_twice), Decimal(0)),
    }


def _adopted_json(adopted: Adopted) -> dict[str, object]:
    return {
        "creative_id": adopted.creative_id,
        "attempt": adopted.number,
        "task_id": adopted.task_id,
        "warnings": adopted.warnings,
    }


def _unsettled_json(unsettled: Unsettled) -> dict[str, object]:
    variant = unsettled.job.variant
    return {
        "creative_id": unsettled.creative_id,
        "attempt": unsettled.attempt.number,
        "sent_at": _sent_at(unsettled),
        "settle_from": unsettled.ready_at,
        "model": variant.model,
        "duration": variant.duration,
        "size": variant.size,
        "prompt": unsettled.job.levels.get("prompt"),
        "take": unsettled.job.take,
        "reserved_usd": unsettled.price_usd,
        "seen": unsettled.attempt.doubt,
    }
