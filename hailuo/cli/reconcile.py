"""`hailuo reconcile FILE`"""

from pathlib import Path

import click

from hailuo.cli.options import edition_option, file_argument
from hailuo.errors import ExitCode

__all__ = ["command"]


@click.command("reconcile")
@file_argument
@edition_option
def command(file: Path, edition: str | None) -> ExitCode:
    """Settle submits whose fate is unknown. Comes with a later version; `hailuo status` lists them."""
    del edition
    click.echo(
        f"reconcile comes with a later version; `hailuo status {file}` lists what is unknown", err=True
    )
    return ExitCode.REFUSED
