"""`hailuo validate FILE...`"""

from pathlib import Path

import click

from hailuo.cli.options import as_json_option, choose, edition_option
from hailuo.cli.plain import count, echo_json, say
from hailuo.errors import CampaignError, ExitCode
from hailuo.plan.prepare import prepare
from hailuo.run.environment import run_environment


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@edition_option
@as_json_option
def command(files: tuple[Path, ...], edition: str | None, as_json: bool) -> ExitCode:
    """Check campaign files and list every problem. Nothing is bought."""
    read = {file: prepare(choose(file, edition=edition), run_environment().settings) for file in files}
    problems = [problem for prepared in read.values() for problem in prepared.problems]
    if as_json:
        content = {
            str(file): {
                "jobs": len(prepared.expansion.jobs),
                "problems": [str(problem) for problem in prepared.problems],
                "warnings": [str(warning) for warning in prepared.warnings],
            }
            for file, prepared in read.items()
        }
        echo_json(content)
        return ExitCode.REFUSED if problems else ExitCode.COMPLETE
    for file, prepared in read.items():
        for warning in prepared.warnings:
            say(f"warning: {warning}")
        if not prepared.problems:
            skipped = len(prepared.expansion.illegal)
            left_out = f", {count(skipped, 'combination')} skipped" if skipped else ""
            say(f"{file}: {count(len(prepared.expansion.jobs), 'job')}{left_out}")
    if problems:
        raise CampaignError(problems)
    return ExitCode.COMPLETE
