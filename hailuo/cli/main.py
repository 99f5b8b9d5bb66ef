"""`hailuo`: find the command, run it, and turn what went wrong into a message and an exit code."""

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click

from hailuo.cli.output import lead_nowhere
from hailuo.errors import ExitCode, HailuoError, Place, RefusedError
from hailuo.text import printable

# Written out here so that `hailuo --help` need not load what the commands load.
_COMMANDS: Final[Mapping[str, str]] = {
    "init": "Begin a project: a campaign file with comments, and its settings.",
    "validate": "Check campaign files and list every problem.",
    "plan": "Show what a run would do and cost. Nothing is bought.",
    "rehearse": "Play tonight's run in seconds: how long, how much, and which limit binds when.",
    "models": "Show what can be asked of each model, and what a clip costs.",
    "run": "Render what is missing: submit, poll, download, store.",
    "nightly": "Render every campaign that is marked for the night, as one line of cron.",
    "collect": "Collect the clips that were paid for. Nothing is bought.",
    "ls": "List every campaign and edition of the store: states and money.",
    "open": "Open a gallery in the browser.",
    "status": "Show the state of every job and what it cost.",
    "money": "Show what every attempt cost, by edition, cell, day, month or job.",
    "price": "Record the price that you accept for a model, length and size.",
    "reconcile": "List submits with unknown outcome, and settle them.",
    "manifest": "Rebuild manifest and gallery from the store.",
    "judge": "Import picks, ratings and notes from a gallery.",
    "check": "Check every stored clip: faults, previews, and what differs from the order.",
    "verify": "Compare every stored clip and copy with its recorded hash.",
    "conform": "Make upload-ready copies of the stored clips for ad placements.",
    "feed": "Make rows of a campaign from a shop's products.",
    "frames": "Make first frames of pictures, in the shapes that placements want.",
    "upload-plan": "Fill an ad platform's bulk sheet, and make ads.csv.",
    "report": "Report on ad platforms' exports: what won, how sure, what to render next.",
    "simulate": "Serve a simulated vendor on this machine.",
    "demo": "Run a campaign against the simulator: no key, no money.",
}


NEVER_OFFERED: Final = frozenset({"-y", "--yes", "--new-store", "--plan", "--budget"})
"""Options that spend, or that skip a question about money: a slip in another option must not lead to one."""

_BROKEN_OUTPUT: Final = frozenset({errno.EPIPE, errno.EIO, errno.ENOSPC})


class _LazyGroup(click.Group):
    """Loads a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"hailuo.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)  # noqa: S101 (a test walks all commands)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 (only for a slip)

            near = get_close_matches(args[0], _COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 every job is stored; 1 some are failed, unknown or overdue; 2 refused before any "
    "money was spent; 3 the run was stopped; 130 interrupted.",
)
@click.version_option(package_name="hailuo-campaigns", prog_name="hailuo")
def cli() -> None:
    """Make, compare and learn from AI video ads: one campaign file in, every clip rendered once."""


def main() -> None:
    """The entry point of the command `hailuo`."""
    # Without this, pydantic reads the metadata of every installed package in search of plug-ins, at every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251 (written, before pydantic is loaded)
    # The report's matrices are small: threads for them only wait for each other, and take four times the CPU on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 (written, before numpy is loaded)
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """One command from its arguments (the process's own when None) to its exit code."""
    try:
        result = cli.main(arguments, prog_name="hailuo", standalone_mode=False)
    except click.NoSuchOption as error:
        without_spending(error).show()
        return ExitCode.REFUSED
    except click.ClickException as error:
        error.show()
        return ExitCode.REFUSED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except HailuoError as error:
        return _show_error(error)
    except ModuleNotFoundError as error:
        return _show_error(_missing_extra(error))
    except OSError as error:
        if error.errno not in _BROKEN_OUTPUT or error.filename is not None:  # a file, not the output
            raise
        result = _end_output(error)
    return result if isinstance(result, int) else ExitCode.COMPLETE


def without_spending(error: click.NoSuchOption) -> click.NoSuchOption:
    """The same error; of the options that it may offer, none spends or skips a question."""
    known: set[str] = set()
    if error.ctx:
        options = error.ctx.command.get_params(error.ctx)
        known = {name for option in options for name in option.opts if name.startswith("--")}
    return click.NoSuchOption(error.option_name, possibilities=sorted(known - NEVER_OFFERED), ctx=error.ctx)


def _missing_extra(error: ModuleNotFoundError) -> HailuoError:
    """What to install. Raises: the error itself, for a module that no extra brings."""
    from hailuo.extras import refusal_of  # noqa: PLC0415 (only where an extra is missing)

    refusal = refusal_of(error, Place("hailuo"))
    if refusal is None:
        raise error
    return refusal


def _end_output(error: OSError) -> ExitCode:
    """Write nothing more, after the output has failed."""
    lead_nowhere(sys.stdout)
    if error.errno != errno.EPIPE:  # a reader that has left, such as `head`, knows
        with contextlib.suppress(OSError):
            click.echo(f"the output could not be written: {error.strerror}", err=True)
    return ExitCode.INCOMPLETE


def _show_error(error: HailuoError) -> ExitCode:
    """Print the error, and choose the exit code."""
    if isinstance(error, RefusedError):
        for problem in error.problems:
            click.echo(printable(str(problem)), err=True)
        for note in error.notes:
            click.echo(printable(note), err=True)
        return ExitCode.REFUSED
    click.echo(printable(str(error)), err=True)
    return ExitCode.INCOMPLETE
