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

_MOST_NAME = 100


def _name(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not 0 < len(value.strip()) <= _MOST_NAME:
        raise click.BadParameter(f"a name has 1 to {_MOST_NAME} characters")
    return value.strip() if value else None


@click.command("judge")
@file_or_edition_argument
@click.argument(
    "judgements", metavar="JUDGEMENTS...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@edition_option
@click.option(
    "--reviewer",
    metavar="NAME",
    callback=_name,
    help="Whose the files are. Names files without a name, and says that files with equal names are one person's.",
)
def command(file: Path, judgements: tuple[Path, ...], edition: str | None, reviewer: str | None) -> ExitCode:
    """Import picks, ratings, tags and notes that a gallery exported, and rebuild manifest and gallery.

    Nothing is overwritten: the newest judgement of each reviewer on a clip counts. Two people with one name are
    refused: name each with --reviewer.
    """
    with nothing_bought_without_store():
        asyncio.run(_judge(judgements, edition_of(file, edition), reviewer))
    return ExitCode.COMPLETE


async def _judge(paths: tuple[Path, ...], edition: Edition, reviewer: str | None) -> None:
    env = run_environment()
    store = open_store(env.settings)
    taken = await judge(store, paths, edition=edition, clock=env.clock, reviewer=reviewer)
    made = await publish(store, env.clock, edition)
    say(f"{count(taken, 'judgement')} of {count(len(paths), 'file')}")
    say(f"{store.uri}/{made.edition.manifest_jsonl}")
    say(f"{store.uri}/{made.edition.gallery}")
