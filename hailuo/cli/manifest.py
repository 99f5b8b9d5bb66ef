"""`hailuo manifest FILE`"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
from rich.progress import Progress

from hailuo.cli.options import edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, say
from hailuo.cli.terminal import console, is_terminal
from hailuo.clock import Clock
from hailuo.errors import ExitCode
from hailuo.publish.embed import EmbeddedGallery, check_target, embed_gallery, write_whole
from hailuo.publish.publish import Publication, publish
from hailuo.publish.share import share
from hailuo.run.environment import run_environment
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.open import nothing_bought_without_store, open_store

_MOST_HOURS: Final = 168  # S3 signs for no longer than a week
_MEGABYTE: Final = 1_000_000
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _GalleryOptions:
    """Which galleries are wanted beside the ordinary one; hours, a file, and megabytes of previews in it."""

    presign: int | None
    embed: Path | None
    embed_limit: int


@click.command("manifest")
@file_or_edition_argument
@edition_option
@click.option(
    "--presign",
    type=click.IntRange(1, _MOST_HOURS),
    metavar="HOURS",
    help="On S3: also write a gallery with signed links that anyone can open, for this many hours.",
)
@click.option(
    "--embed",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Also write the gallery as one file with small films inside, to mail or archive.",
)
@click.option(
    "--embed-limit",
    type=click.IntRange(1, 500),
    default=36,
    show_default=True,
    metavar="MB",
    help="Limit for the films and pictures inside; the file is a third larger.",
)
def command(file: Path, edition: str | None, **given: object) -> ExitCode:
    """Rebuild manifest and gallery from the store.

    Only the name and the edition of the campaign file are used. Without the file, type CAMPAIGN/EDITION.
    """
    options = _GalleryOptions(**given)  # type: ignore[arg-type]  # click has checked them
    if options.embed:
        check_target(options.embed)
    with nothing_bought_without_store():
        asyncio.run(_publish(edition_of(file, edition), options=options))
    return ExitCode.COMPLETE


async def _publish(edition: Edition, *, options: _GalleryOptions) -> None:
    env = run_environment()
    store = open_store(env.settings)
    made = await publish(store, env.clock, edition)
    say(count(len(made.rows), "job"))
    for key in (made.edition.manifest_jsonl, made.edition.manifest_csv, made.edition.gallery):
        say(f"{store.uri}/{key}")
    if options.presign:
        shared = await share(made, store, env.clock, valid_for=timedelta(hours=options.presign))
        say(f"anyone with this address can open it until {shared.until:%Y-%m-%d %H:%M} UTC:")
        say(shared.address)
        if not shared.certain:
            say("warning: it ends earlier if the AWS session that signed it ends earlier")
    if options.embed:
        limit_bytes = options.embed_limit * _MEGABYTE
        _keep(await _embed(made, store, env.clock, limit_bytes=limit_bytes), options.embed)


async def _embed(made: Publication, store: Store, clock: Clock, *, limit_bytes: int) -> EmbeddedGallery:
    with Progress(console=console(), transient=True, disable=not is_terminal()) as bars:
        bar = bars.add_task("previews", total=None)
        return await embed_gallery(
            made,
            store,
            clock,
            limit_bytes=limit_bytes,
            progress=lambda read, of: bars.update(bar, completed=read, total=of),
        )


def _keep(made: EmbeddedGallery, path: Path) -> None:
    write_whole(made.page, path)
    say(f"one file with {count(len(made.inside), 'clip')} inside, {len(made.page) / 1e6:.1f} MB:")
    say(str(path))
    if made.left_out:
        say(f"warning: no room for {_listed(made.left_out)}; raise --embed-limit to include them")
    if made.unchecked:
        say(f"warning: no small film of {_listed(made.unchecked)}; `hailuo check` makes it")


def _listed(creative_ids: tuple[str, ...]) -> str:
    more = len(creative_ids) - _MOST_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{count(len(creative_ids), 'clip')}: {', '.join(creative_ids[:_MOST_NAMED])}{rest}"
