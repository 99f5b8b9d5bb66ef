"""`hailuo upload-plan FILE --template SHEET`"""

import asyncio
from pathlib import Path
from typing import Any

import click

from hailuo.cli.options import choice_options, choose, edition_of, edition_option, file_or_edition_argument
from hailuo.cli.plain import count, say
from hailuo.errors import ExitCode
from hailuo.plan.prepare import prepare
from hailuo.publish.picks import Choice
from hailuo.publish.upload_plan import UploadOptions, UploadPlan, plan_upload
from hailuo.publish.uploads import PlatformName
from hailuo.run.environment import run_environment
from hailuo.store import FolderStore, Store
from hailuo.store.open import nothing_bought_without_store, open_store


def _constants(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    if any(not header or not sign for header, sign, _ in pairs):
        raise click.BadParameter("write HEADER=VALUE", ctx, param)
    return {header.strip(): value for header, _, value in pairs}


@click.command("upload-plan")
@file_or_edition_argument
@edition_option
@choice_options
@click.option(
    "--template",
    required=True,
    type=click.Path(path_type=Path),
    help="The bulk sheet (CSV) as exported from your ad account.",
)
@click.option(
    "--platform",
    type=click.Choice([name.value for name in PlatformName]),
    help="The sheet's platform; without it, read from the headers.",
)
@click.option("--link", metavar="URL", help="The landing page; UTM tags are added.")
@click.option(
    "--set",
    "constants",
    metavar="HEADER=VALUE",
    multiple=True,
    callback=_constants,
    help="Put this value into this column of every row. Repeat it for more.",
)
@click.option(
    "--finish",
    "versions",
    metavar="VERSION",
    multiple=True,
    help="Only copies with this version of the finish; `none` is the clip without one. Repeat it for more.",
)
@click.option("--config", type=click.Path(path_type=Path), help="Your edited copy of platforms.toml.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Write into this folder instead of the store."
)
def command(file: Path, edition: str | None, folder: Path | None, **given: object) -> ExitCode:
    """Fill a platform's bulk sheet with the stored clips, and write ads.csv for the ads' ids.

    Nothing is uploaded. Rejected clips are left out; with --picked, --rated or --tag also all others. If a clip has a copy for the platform, the copy is used. Finished copies replace the copy without a finish.
    """
    platform = given.pop("platform")
    choice = Choice(**{name: given.pop(name) for name in ("picked", "rated", "tags")})  # type: ignore[arg-type]  # as below
    options = UploadOptions(
        **given,  # type: ignore[arg-type]  # click has checked them
        platform=PlatformName(str(platform)) if platform else None,
        choice=choice,
        **_answers_of(file),
    )
    with nothing_bought_without_store():
        env = run_environment()
        store = open_store(env.settings)
        target: Store = FolderStore(folder) if folder else store
        planning = plan_upload(store, env.clock, options, edition=edition_of(file, edition), target=target)
        _tell(asyncio.run(planning), target.uri, asked=bool(options.versions))
    return ExitCode.COMPLETE


def _answers_of(file: Path) -> dict[str, Any]:
    """The disclosure of the campaign file and of its rows, if there is a file."""
    if not file.is_file():
        return {}
    prepared = prepare(choose(file), run_environment().settings)
    own = {
        job.creative_id: job.synthetic_performer for job in prepared.expansion.jobs if job.synthetic_performer
    }
    campaign = prepared.campaign
    return {"synthetic_performer": campaign.synthetic_performer, "own_answers": own} if campaign else {}


def _tell(plan: UploadPlan, uri: str, *, asked: bool) -> None:
    say(f"{count(len(plan.uploads), 'clip')} for {plan.platform}")
    say(f"filled: {', '.join(plan.filled)}")
    if plan.left:
        say(f"for you to fill in: {', '.join(plan.left)}")
    plain = [file for file in plan.uploads if file.finish is None]
    if plain and len(plain) < len(plan.uploads) and not asked:
        some = (
            "1 clip has no finished copy and goes"
            if len(plain) == 1
            else f"{len(plain)} clips have no finished copies and go"
        )
        say(f"warning: {some} without a finish; `hailuo conform` makes copies")
    for file in plan.uploads:
        if file.unfit:
            say(f"warning: {file.ad_name} fails {', '.join(file.unfit)}; `hailuo conform` makes copies")
    for key in plan.keys:
        say(f"{uri}/{key}")
