"""`hailuo models [NAME]`"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from hailuo.campaign.files import load_catalog
from hailuo.campaign.files.vendor_schema import vendor_differences
from hailuo.campaign.model_card import ModelCard, model_cards, seconds_in_words
from hailuo.campaign.pricing import usd
from hailuo.cli.options import as_json_option
from hailuo.cli.plain import echo_json, say
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.errors import AdmissionError, CampaignError, ExitCode, Place, Problem
from hailuo.run.environment import RunEnvironment, run_environment
from hailuo.text import quoted, suggestion


@click.command("models")
@click.argument("name", required=False)
@click.option(
    "--check",
    "checked",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare with the vendor's OpenAPI file that you saved, and print what differs as a catalog file.",
)
@click.option(
    "--online",
    is_flag=True,
    help="Mark the models that your key may use, as the vendor lists them. Nothing is bought.",
)
@as_json_option
def command(name: str | None, checked: Path | None, online: bool, as_json: bool) -> ExitCode:
    """Show what can be asked of each model: lengths, sizes, shapes, sound, first frames, and what a clip costs.

    The price is of the clip nearest to 6 s at 720p, so that models can be compared. `trust` says how well the facts are
    known: a campaign must accept `reported` and `guessed`.
    """
    env = run_environment()
    catalog = load_catalog(env.settings.catalog)
    if checked is not None:
        say(vendor_differences(checked, catalog, on=env.clock.now().date()))
        return ExitCode.COMPLETE
    cards = [card for card in model_cards(catalog) if name in (None, card.model)]
    if not cards:
        reason = f"the model {quoted(name)} is not in the catalog"
        raise CampaignError([Problem(Place("hailuo models"), reason, suggestion(str(name), catalog.models))])
    usable = _usable(env) if online else None
    if as_json:
        rows = [asdict(card) | ({"usable": card.model in usable} if usable else {}) for card in cards]
        echo_json({"models": rows})
    elif name:
        _show_one(cards[0])
    else:
        _show(cards)
    if usable and not as_json:
        for card in (card for card in cards if card.model not in usable):
            say(f"{card.model}: your key cannot use it")
    return ExitCode.COMPLETE


def _usable(env: RunEnvironment) -> frozenset[str]:
    """The models that the vendor lists for this key. Raises: AdmissionError."""
    import asyncio  # noqa: PLC0415 (only where the vendor is asked)

    from hailuo.vendor.open import open_client  # noqa: PLC0415 (likewise)
    from hailuo.vendor.read_fault import Fault  # noqa: PLC0415 (likewise)

    async def ask() -> frozenset[str] | Fault:
        async with open_client(env.settings) as client:
            return await client.models()

    found = asyncio.run(ask())
    if isinstance(found, Fault):
        place, reason = Place(env.settings.base_url), f"the models cannot be listed: {found}"
        raise AdmissionError([Problem(place, reason, found.remedy)])
    return found


def _show(cards: Sequence[ModelCard]) -> None:
    show_table(
        [
            TableColumn("model", ColumnKind.WORD),
            TableColumn("seconds", ColumnKind.TEXT),
            TableColumn("sizes", ColumnKind.TEXT),
            TableColumn("shapes", ColumnKind.TEXT),
            TableColumn("sound", ColumnKind.WORD),
            TableColumn("frame", ColumnKind.WORD),
            TableColumn("price", ColumnKind.NUMBER),
            TableColumn("trust", ColumnKind.WORD),
        ],
        [
            (
                card.model,
                seconds_in_words(card.durations),
                ", ".join(card.sizes),
                ", ".join(card.shapes) or "unknown",
                card.audio,
                card.first_frame,
                _price(card),
                card.trust,
            )
            for card in cards
        ],
        title="models; the price is of a clip of about 6 s at 720p",
    )
    say("hailuo models NAME shows every price, setting and source")


def _price(card: ModelCard) -> str:
    cell = card.comparable
    return "unknown" if cell.price_usd is None else f"{usd(cell.price_usd)} ({cell.duration} s)"


def _show_one(card: ModelCard) -> None:
    say(f"{card.model}: family {card.family}, {card.trust}")
    say(f"source: {card.source}, checked {card.checked}")
    say(
        f"first frame: {card.first_frame}; sound: {card.audio}; prompt: up to {card.prompt_limit:,} characters"
    )
    shape = f"by {card.shape_setting}" if card.shape_setting else "as the model makes it"
    say(
        f"shape {shape}: {', '.join(card.shapes) or 'unknown'}"
        + ", or of the first frame" * card.shape_from_frame
    )
    for setting in card.settings:
        values = ", ".join(setting.values) or f"{setting.lowest} to {setting.highest}"
        default = "must be given" if setting.required else f"default {setting.default or 'none'}"
        each = ", the next number for each take" if setting.per_take else ""
        known = "" if setting.trust == card.trust else f"; {setting.trust}: {setting.source}"
        say(f"setting {setting.name}: {values} ({default}{each}{known})")
    for cell in card.cells:
        price = "unknown" if cell.price_usd is None else usd(cell.price_usd)
        say(f"{cell.duration} s, {cell.size}: {price}")
    for warning in card.warnings:
        say(f"warning: {warning}")
