"""Arguments and options that several commands share."""

import re
import sys
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from hailuo.errors import AdmissionError, CampaignError, Place, Problem
from hailuo.plan.prepare import CampaignRequest, axis_values, edition_chosen, named_campaign, prepare
from hailuo.run.environment import near, run_environment
from hailuo.store.layout import Edition, name_problem

_STANDARD_INPUT: Final = Path("stdin.yaml")
"""How problems name a campaign from standard input."""
_MOST_BYTES: Final = 64_000_000  # more than any campaign file may have

_Command = TypeVar("_Command", bound=Callable[..., Any])


def use_project_of(ctx: click.Context, param: click.Parameter, file: Path | None) -> Path | None:
    """Read the settings of the project that a campaign file is in, while the command runs."""
    del param
    if file is not None:
        ctx.with_resource(near(file))
    return file


file_argument = click.argument("file", type=click.Path(path_type=Path), callback=use_project_of)
file_or_edition_argument = click.argument(
    "file", metavar="FILE|CAMPAIGN/EDITION", type=click.Path(path_type=Path), callback=use_project_of
)
optional_file_or_edition_argument = click.argument(
    "file",
    required=False,
    metavar="FILE|CAMPAIGN/EDITION",
    type=click.Path(path_type=Path),
    default=None,
    callback=use_project_of,
)
edition_option = click.option(
    "--edition",
    metavar="NAME",
    help="Use this edition instead of the file's. A new edition buys every clip anew.",
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def yes_option(meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`-y` or `--yes`, and what is not asked then."""
    return click.option("-y", "--yes", is_flag=True, help=meaning)


_NAMES = re.compile(r"(?P<campaign>[a-z0-9-]+)/(?P<edition>[A-Za-z0-9._-]+)")


class _Usd(click.ParamType[Decimal]):
    """An amount of money above zero."""

    name = "USD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount such as 40 or 12.50", param, ctx)
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value} is not above 0", param, ctx)
        return amount


usd_type = _Usd()


def _read_only(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> Mapping[str, frozenset[str]]:
    try:
        return axis_values(values)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


only_option = click.option(
    "--only",
    metavar="AXIS=VALUE",
    multiple=True,
    callback=_read_only,
    help="Only jobs with this value on this axis, or this take (take=1). Repeat it for more.",
)


def _read_rating(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    found = re.fullmatch(r"([1-5])\+?", value.strip())
    if not found:
        raise click.BadParameter(f"{value!r} is not a rating such as 4+", ctx, param)
    return int(found[1])


def choice_options(command: _Command) -> _Command:
    """`--picked`, `--rated` and `--tag`: only clips that people judged so."""
    tag = click.option(
        "--tag", "tags", metavar="TAG", multiple=True, help="Only clips with this tag. Repeat it for others."
    )
    rated = click.option(
        "--rated", metavar="N+", callback=_read_rating, help="Only clips rated N or better, on average."
    )
    picked = click.option(
        "--picked", is_flag=True, help="Only clips that more people picked than rejected (hailuo judge)."
    )
    return picked(rated(tag(command)))


budget_option = click.option(
    "--budget", "budget_usd", type=usd_type, help="Use this budget instead of the file's, in US dollars."
)
limit_option = click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    help="Buy at most the first N clips of the plan now. The others stay to be bought.",
)


def choose(
    file: Path,
    *,
    edition: str | None = None,
    budget_usd: Decimal | None = None,
    only: Mapping[str, frozenset[str]] | None = None,
    limit: int | None = None,
) -> CampaignRequest:
    """The campaign file and options of this call. The file `-` is YAML on standard input, as if it lay in this folder."""
    at = run_environment().clock.now().astimezone()  # in the machine's zone
    text = None
    if is_standard_input(file):
        content = sys.stdin.buffer.read(_MOST_BYTES)
        file, text = _STANDARD_INPUT, content.decode(errors="surrogateescape")
    return CampaignRequest(
        path=file,
        at=at,
        text=text,
        edition=edition,
        budget_usd=budget_usd,
        only=only or {},
        limit=limit,
    )


def is_standard_input(file: Path) -> bool:
    """Whether the campaign comes from standard input."""
    return str(file) == "-"


def edition_named(file: Path) -> Edition | None:
    """The edition that CAMPAIGN/EDITION names; None for a file. Raises: CampaignError for a reserved campaign.

    It may name an edition that is now reserved: what an earlier version bought in it stays in reach.
    """
    named = _NAMES.fullmatch(str(file))
    if named is None or file.is_file():
        return None
    if own := name_problem("campaign", named["campaign"], Place(str(file))):
        raise CampaignError([own])
    return Edition(named["campaign"], named["edition"])


def edition_of(file: Path, edition: str | None) -> Edition:
    """The edition of a campaign file, or of CAMPAIGN/EDITION. Raises: CampaignError."""
    if named := edition_named(file):
        return Edition(named.campaign, edition or named.name)
    prepared = prepare(choose(file, edition=edition), run_environment().settings)
    return edition_chosen(prepared, edition=edition)


def require_bought(
    bought: Collection[Edition], campaign: str | None, only: Edition | None, *, store: str
) -> None:
    """Refuse a campaign or an edition that bought nothing: its name or the store is mistyped. Raises: AdmissionError."""
    if campaign and not (only in bought if only else bought):
        named = only or campaign
        reason = f"nothing was ever bought for {named} in {store}"
        raise AdmissionError([Problem(Place(str(named)), reason, "run it first, or set HAILUO_STORE")])


def scope_of(file: Path) -> tuple[str, Edition | None]:
    """The campaign of a file; and the edition, if CAMPAIGN/EDITION named one. Raises: CampaignError for a file without a name."""
    edition = edition_named(file)
    if edition:
        return edition.campaign, edition
    request = choose(file)
    campaign = named_campaign(request)
    if campaign is None:
        raise CampaignError(prepare(request, run_environment().settings).problems)
    return campaign, None
