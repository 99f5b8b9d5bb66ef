"""`hailuo judge FILE JUDGEMENTS...`"""

import asyncio
from pathlib import Path

import click

from hailuo.cli.options import edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, say
from hailuo.errors import ExitCode
from hailuo.publish.picks import judge
from hailuo.publish.publish import publish
from hailuo.run.environment import run_environment
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store


@click.command("judge")
@file_or_edition_argument
@click.argument(
    "judgements", metavar="JUDGEMENTS...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@edition_option
def command(file: Path, judgements: tuple[Path, ...], edition: str | None) -> ExitCode:
    """Import picks, ratings, tags and notes that a gallery exported, and rebuild manifest and gallery.

    Nothing is overwritten: the newest judgement of each reviewer on a clip counts.
    """
    with nothing_bought_without_store():
        asyncio.run(_judge(judgements, edition_of(file, edition)))
    return ExitCode.COMPLETE


async def _judge(paths: tuple[Path, ...], edition: Edition) -> None:
    env = run_environment()
    store = open_store(env.settings)
    taken = await judge(store, paths, edition=edition)
    made = await publish(store, env.clock, edition)
    say(f"{count(taken, 'judgement')} of {count(len(paths), 'file')}")
    say(f"{store.uri}/{made.edition.manifest_jsonl}")
    say(f"{store.uri}/{made.edition.gallery}")
