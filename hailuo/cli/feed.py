"""`hailuo feed SOURCE --map FILE -o ROWS.csv`"""

import asyncio
from pathlib import Path

import click

from hailuo.cli.plain import count, say
from hailuo.errors import CampaignError, ExitCode, Place, Problem
from hailuo.feed import make_rows, read_map
from hailuo.vendor.pictures import fetch_pictures


@click.command("feed")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--map", "how", required=True, type=click.Path(path_type=Path), help="How products become rows (TOML)."
)
@click.option(
    "-o", "--output", "target", required=True, type=click.Path(path_type=Path), help="The rows to write."
)
def command(source: Path, how: Path, target: Path) -> ExitCode:
    """Make rows of a campaign from a shop's products. Nothing is bought.

    SOURCE is a product export of Shopify, a Google Merchant feed (text or XML), or any sheet. Products that are sold
    out drop out. A picture at an https address is fetched once and kept beside the rows.
    """
    content = _content(source)
    feed_map = read_map(_content(how), str(how))
    try:
        changes = asyncio.run(make_rows(source, content, feed_map, target, fetch=fetch_pictures))
    except OSError as error:
        raise CampaignError(
            [Problem(Place(str(target)), f"cannot be written: {error}", "check the rights")]
        ) from error
    rows = len(changes.new) + len(changes.changed) + len(changes.same)
    say(
        f"{target}: {count(rows, 'row')} ({len(changes.new)} new, {len(changes.changed)} changed, "
        f"{len(changes.same)} as before); {len(changes.sold_out)} sold out, {len(changes.gone)} gone"
    )
    for problem in changes.left_out:
        say(f"left out: {problem}")
    return ExitCode.INCOMPLETE if changes.left_out else ExitCode.COMPLETE


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({(error.strerror or 'unknown cause').lower()})"
        raise CampaignError([Problem(Place(str(path)), reason, "check the name")]) from error
