"""`hailuo manifest FILE`"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from hailuo.cli.options import edition_option, file_or_edition_argument, names_of
from hailuo.cli.screen import count, say
from hailuo.errors import ExitCode
from hailuo.pipeline import (
    SharedGallery,
    nothing_bought_without_store,
    open_store,
    publish,
    share,
    surroundings,
)

__all__ = ["command"]

_MOST_HOURS: Final = 168  # S3 signs for no longer than a week


@click.command("manifest")
@file_or_edition_argument
@edition_option
@click.option(
    "--presign",
    type=click.IntRange(1, _MOST_HOURS),
    metavar="HOURS",
    help="On S3: also a gallery whose links open for everybody who has its address, for so long.",
)
def command(file: Path, edition: str | None, presign: int | None) -> ExitCode:
    """Rebuild manifest and gallery from the store alone.

    Of a campaign file only its name and edition are used; where the file is gone, name them: CAMPAIGN/EDITION.
    """
    with nothing_bought_without_store():
        asyncio.run(_publish(*names_of(file, edition), presign=presign))
    return ExitCode.COMPLETE


async def _publish(campaign: str, edition: str, *, presign: int | None) -> None:
    place = surroundings()
    store = open_store(place.settings)
    made = await publish(store, place.clock, campaign=campaign, edition=edition)
    say(count(len(made.rows), "job"))
    for key in (made.manifest_key, made.csv_key, made.gallery_key):
        say(f"{store.uri}/{key}")
    if presign:
        hours = timedelta(hours=presign)
        _tell(await share(made.rows, store, place.clock, page_key=made.gallery_key, valid_for=hours))


def _tell(shared: SharedGallery) -> None:
    say(f"for everybody who has this address, until {shared.until:%Y-%m-%d %H:%M} UTC:")
    say(shared.url)
    if not shared.certain:
        say("warning: it ends with the session of the AWS credentials that signed it, if that ends sooner")
