"""`hailuo manifest FILE`"""

import asyncio
import re
from pathlib import Path

import click

from hailuo.cli.options import choose, edition_option
from hailuo.cli.screen import count, say
from hailuo.errors import CampaignError, ExitCode
from hailuo.pipeline import open_store, prepare, publish, surroundings

__all__ = ["command"]

_NAMES = re.compile(r"(?P<campaign>[a-z0-9-]+)/(?P<edition>[A-Za-z0-9._-]+)")


@click.command("manifest")
@click.argument("file", metavar="FILE|CAMPAIGN/EDITION", type=click.Path(path_type=Path))
@edition_option
def command(file: Path, edition: str | None) -> ExitCode:
    """Rebuild manifest and gallery from the store alone.

    Of a campaign file only its name and edition are used; where the file is gone, name them: CAMPAIGN/EDITION.
    """
    asyncio.run(_publish(*_names(file, edition)))
    return ExitCode.COMPLETE


def _names(file: Path, edition: str | None) -> tuple[str, str]:
    """The campaign's name and edition. Raises: CampaignError."""
    named = _NAMES.fullmatch(str(file))
    if named and not file.exists():
        return named["campaign"], edition or named["edition"]
    prepared = prepare(choose(file, edition=edition), surroundings().settings)
    if prepared.campaign is None:
        raise CampaignError(prepared.problems)
    return prepared.campaign.name, prepared.campaign.edition


async def _publish(campaign: str, edition: str) -> None:
    place = surroundings()
    store = open_store(place.settings)
    made = await publish(store, place.clock, campaign=campaign, edition=edition)
    say(count(len(made.rows), "job"))
    for key in (made.manifest_key, made.csv_key, made.gallery_key):
        say(f"{store.uri}/{key}")
