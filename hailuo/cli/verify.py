"""`hailuo verify FILE`"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from hailuo.cli.options import (
    as_json_option,
    edition_option,
    optional_file_or_edition_argument,
    require_bought,
    scope_of,
)
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.screen import findings_json
from hailuo.errors import ExitCode
from hailuo.ledger.leftovers import bought_editions
from hailuo.publish.verify import VerifiedEdition, verify
from hailuo.run.environment import run_environment
from hailuo.run.leftovers import Collected, PaidClips
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store


@click.command("verify")
@optional_file_or_edition_argument
@edition_option
@click.option("--all", "everything", is_flag=True, help="Every edition of every campaign in the store.")
@as_json_option
def command(file: Path | None, edition: str | None, everything: bool, as_json: bool) -> ExitCode:
    """Read every stored clip and copy, and compare it with its recorded SHA-256. Nothing is bought.

    FILE means every edition of its campaign. With a key, missing and changed clips are collected again where the
    vendor still has them. Exit code 0 if everything is as recorded then, 1 if something is missing, changed or damaged.
    """
    if (file is None) is not everything:
        raise click.UsageError("type FILE, CAMPAIGN/EDITION or --all")
    if everything and edition:
        raise click.UsageError("--edition goes with FILE, not with --all")
    campaign, only = scope_of(file) if file else (None, None)
    if campaign and edition:
        only = Edition(campaign, edition)
    with nothing_bought_without_store():
        found, collected = asyncio.run(_verify(campaign, only))
    if as_json:
        echo_json({"editions": [_json(one) for one in found], "collected_again": collected.stored})
    else:
        for line in collected.lines():
            say(line)
        _show(found)
    return ExitCode.COMPLETE if all(one.is_sound for one in found) else ExitCode.INCOMPLETE


async def _verify(campaign: str | None, only: Edition | None) -> tuple[list[VerifiedEdition], Collected]:
    env = run_environment()
    store = open_store(env.settings)
    bought = await bought_editions(store, campaign)
    require_bought(bought, campaign, only, store=store.uri)
    editions = (only,) if only else bought
    found, collected = [], Collected()
    for edition in editions:
        seen = await verify(store, env.clock, edition)
        if env.settings.api_key and any(fault.kind == "clip" for fault in seen.faults):
            collected += await PaidClips(env.settings, env.clock).collect(only=edition)
            seen = await verify(store, env.clock, edition)
        found.append(seen)
    return found, collected


def _show(found: Sequence[VerifiedEdition]) -> None:
    for one in found:
        for fault in one.faults:
            say(f"{fault.key}: {fault.fault}; {fault.remedy}")
        for problem in one.findings:
            say(str(problem))
        wrong = len(one.faults) + len(one.findings)
        verdict = f"{wrong} missing, changed or damaged" if wrong else "all as recorded"
        say(f"{one.edition}: {count(one.read, 'clip or copy', 'clips and copies')} read, {verdict}")
    if not found:
        say("nothing is stored yet")


def _json(one: VerifiedEdition) -> dict[str, object]:
    return {
        "campaign": one.edition.campaign,
        "edition": one.edition.name,
        "read": one.read,
        "sound": one.is_sound,
        "faults": one.faults,
        "findings": findings_json(one.findings),
    }
