"""`hailuo report FILE RESULTS...`"""

from pathlib import Path

import click

from hailuo.cli.options import edition_option, file_argument
from hailuo.errors import ExitCode

__all__ = ["command"]


@click.command("report")
@file_argument
@click.argument("results", nargs=-1, type=click.Path(path_type=Path))
@edition_option
def command(file: Path, results: tuple[Path, ...], edition: str | None) -> ExitCode:
    """Join ad platforms' exports with the manifest. Comes with a later version."""
    del file, results, edition
    click.echo("report comes with a later version; the manifest already carries the ids to join on", err=True)
    return ExitCode.REFUSED
