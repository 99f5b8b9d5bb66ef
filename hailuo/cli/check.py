"""`hailuo check FILE`"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click
from rich.text import Text

from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option, edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, echo_json, say
from hailuo.cli.tables import FAILURE, ColumnKind, TableColumn, show_table
from hailuo.errors import ExitCode, Place
from hailuo.extras import Extra, require
from hailuo.media import Code, Verdict, load_thresholds
from hailuo.run.check_edition import CheckedClip, check_edition
from hailuo.run.environment import run_environment
from hailuo.store.open import nothing_bought_without_store, open_store


@click.command("check")
@file_or_edition_argument
@edition_option
@click.option("--force", is_flag=True, help="Check clips again that were checked before.")
@as_json_option
def command(file: Path, edition: str | None, force: bool, as_json: bool) -> ExitCode:
    """Check every stored clip: technical faults, and whether it is what you ordered.

    Nothing is bought or rendered again. A dispute is a clip that differs from the order, with its charge.
    Exit code 1 if a clip could not be checked. A bad verdict alone does not change the exit code.
    """
    require(Extra.MEDIA, Place("hailuo check"), "looking at clips")
    env = run_environment()
    with nothing_bought_without_store():
        store, named = open_store(env.settings), edition_of(file, edition)
        clips = asyncio.run(check_edition(store, env.clock, named, again=force))
    if as_json:
        echo_json(_json(clips))
    else:
        _show(clips)
    unknown = any(clip.ruling.verdict is Verdict.UNCLEAR for clip in clips)
    return ExitCode.INCOMPLETE if unknown else ExitCode.COMPLETE


def _show(clips: Sequence[CheckedClip]) -> None:
    faulty = [clip for clip in clips if clip.ruling.codes]
    if faulty:
        _show_table(faulty)
    counts = Counter(clip.ruling.verdict for clip in clips)
    words = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    say(f"{count(len(clips), 'clip')}: {words or 'nothing is stored yet'}")
    disputed = [clip for clip in clips if clip.disputed]
    if disputed:
        total = sum((clip.charged_usd for clip in disputed), Decimal(0))
        say(f"{count(len(disputed), 'dispute')}: {usd(total)} was charged for clips that are not as ordered")
    for code in Code:
        if any(code in clip.ruling.codes for clip in clips):
            say(f"  {code}: {code.words}")


def _show_table(clips: Sequence[CheckedClip]) -> None:
    columns = [
        TableColumn("creative id"),
        TableColumn("cell", ColumnKind.TEXT),
        TableColumn("verdict"),
        TableColumn("reason", ColumnKind.TEXT),
        TableColumn("charged", ColumnKind.NUMBER),
    ]
    show_table(columns, map(_row, clips))


def _row(clip: CheckedClip) -> tuple[str | Text, ...]:
    variant, verdict = clip.job.variant, clip.ruling.verdict
    cell = f"{variant.model} {variant.duration} s {variant.size}"
    marked = Text(verdict, style=FAILURE if verdict is Verdict.FAIL else "")
    return clip.job.creative_id, cell, marked, _why(clip), usd(clip.charged_usd)


def _why(clip: CheckedClip) -> str:
    found = clip.inspection
    reason = (found.unplayable or found.unchecked) if found else None
    near = f"as {clip.near.creative_id}" if clip.near else None
    parts = (", ".join(clip.ruling.codes), *clip.differences, reason, near)
    return "; ".join(part for part in parts if part)


def _json(clips: Sequence[CheckedClip]) -> dict[str, object]:
    return {
        "thresholds": load_thresholds().version,
        "clips": [
            {
                "creative_id": clip.job.creative_id,
                "verdict": clip.ruling.verdict,
                "codes": clip.ruling.codes,
                "disputes": clip.disputed,
                "differences": clip.differences,
                "charged_usd": clip.charged_usd,
                "near_dup_of": clip.near.creative_id if clip.near else None,
                "unplayable": clip.inspection.unplayable if clip.inspection else None,
                "unchecked": clip.inspection.unchecked if clip.inspection else None,
            }
            for clip in clips
        ],
    }
