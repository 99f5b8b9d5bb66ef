"""`hailuo init [NAME]`"""

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from hailuo.campaign.files import load_catalog
from hailuo.campaign.files.schema import SLUG
from hailuo.campaign.files.starter import Starter, startable_models
from hailuo.cli.options import usd_type, yes_option
from hailuo.cli.plain import say
from hailuo.cli.terminal import is_terminal
from hailuo.errors import CampaignError, ExitCode, Place, Problem
from hailuo.project import PROJECT_FILE
from hailuo.settings import load_settings
from hailuo.store.layout import name_problem
from hailuo.store.open import open_store
from hailuo.text import quoted, slug_of, suggestion

_MODELS: Final = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
_PRODUCT: Final = "A rectangular amber perfume bottle"
_BUDGET: Final = Decimal(10)
_LONGEST_NAME: Final = 60


@click.command("init")
@click.argument("name", required=False)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project's folder. Default: the current folder.",
)
@click.option("--product", metavar="TEXT", help="What the clips show. It begins each prompt.")
@click.option("--model", "models", multiple=True, help="A model to compare. Repeat it for more.")
@click.option(
    "--takes", type=click.IntRange(1, 20), default=1, show_default=True, help="Clips of each combination."
)
@click.option("--budget", "budget_usd", type=usd_type, help="What the campaign may cost, in US dollars.")
@click.option("--store", metavar="FOLDER|s3://BUCKET", help="Where clips and records are kept.")
@click.option("--file-only", is_flag=True, help="Write the campaign file alone, into a project that exists.")
@yes_option("Ask nothing: take the defaults for what you did not name.")
def command(  # noqa: PLR0913 (an option each)
    *,
    name: str | None,
    folder: Path,
    product: str | None,
    models: tuple[str, ...],
    takes: int,
    budget_usd: Decimal | None,
    store: str | None,
    file_only: bool,
    yes: bool,
) -> ExitCode:
    """Begin a project: a campaign file with comments, hailuo.toml, the schema for editors, a .gitignore.

    Asks on a terminal. With NAME or --yes and no terminal it takes the defaults. A file that exists is never
    overwritten: then nothing is written. Nothing is bought.
    """
    asks = is_terminal() and sys.stdin.isatty() and not yes
    if name is None and not (asks or yes):
        raise click.UsageError("no terminal to ask on: pass NAME, or --yes for the folder's name")
    own = slug_of(folder.absolute().resolve().name) or "campaign"
    name = name or (click.prompt("Name of the campaign", default=own) if asks else own)
    _check_name(name)
    if asks:
        product = product or click.prompt("What the clips show", default=_PRODUCT)
        budget_usd = budget_usd or click.prompt("Budget in US dollars", default=_BUDGET, type=usd_type)
        if not file_only:
            store = store or click.prompt("Store: a folder, or s3://bucket/prefix", default="./store")
    starter = Starter(
        name=name,
        product=_checked_product(product or _PRODUCT),
        models=tuple(dict.fromkeys(models)) or _MODELS,
        takes=takes,
        budget_usd=budget_usd or _BUDGET,
        store=store or "./store",
    )
    _write(starter, folder, file_only=file_only)
    path = folder / starter.campaign_file
    say(f"next: hailuo plan {path}")
    return ExitCode.COMPLETE


def _check_name(name: str) -> None:
    place = Place("NAME")
    if not re.fullmatch(SLUG, name) or len(name) > _LONGEST_NAME:
        near = slug_of(name)
        remedy = f"did you mean {near}?" if near else "use a-z, 0-9 and hyphens, at most 60 of them"
        raise CampaignError([Problem(place, f"{quoted(name)} cannot be a campaign's name", remedy)])
    if own := name_problem("campaign", name, place):
        raise CampaignError([own])


def _checked_product(text: str) -> str:
    words = " ".join(text.split())
    if not words or not words.isprintable() or set("{}[]") & set(words) or len(words) > 300:
        reason = f"{quoted(text)} cannot begin a prompt"
        remedy = "write up to 300 characters, without brackets"
        raise CampaignError([Problem(Place("--product"), reason, remedy)])
    return words


def _write(starter: Starter, folder: Path, *, file_only: bool) -> None:
    """Write every file, or none of them. Raises: CampaignError with every problem, SettingsError for the store."""
    names = (starter.campaign_file,) if file_only else starter.paths(project_file=PROJECT_FILE)
    taken = [folder / name for name in names if (folder / name).exists() or (folder / name).is_symlink()]
    remedy = "move it away, name another campaign or --folder, or pass --file-only"
    if taken:
        raise CampaignError(
            [Problem(Place(str(path)), "exists already; nothing was written", remedy) for path in taken]
        )
    catalog = load_catalog(load_settings().catalog)
    known = startable_models(catalog)
    unknown = [
        Problem(
            Place("--model"),
            f"{quoted(model)} cannot render from text alone at a known price",
            suggestion(model, known),
        )
        for model in starter.models
        if model not in known
    ]
    if unknown:
        raise CampaignError(unknown)
    texts = starter.files(catalog, project_file=PROJECT_FILE)
    files = {name: texts[name] for name in names}
    open_store(load_settings().model_copy(update={"store": starter.store}))  # refuses what can only be a slip
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:  # another process may have been quicker
                file.write(text)
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
            raise CampaignError(
                [Problem(Place(str(path)), reason, "choose a --folder that you may write to")]
            ) from error
        say(f"wrote {path}")
