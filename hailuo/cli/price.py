"""`hailuo price [MODEL SECONDS SIZE USD]`"""

import asyncio
from decimal import Decimal

import click

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files import load_catalog
from hailuo.campaign.pricing import PriceKey, list_price, usd, usd_or_unknown
from hailuo.cli.options import usd_type
from hailuo.cli.plain import say
from hailuo.errors import AdmissionError, ExitCode, Place, Problem
from hailuo.ledger.prices import AcceptedPrice, PriceRecords, new_nonce, read_prices, record_price
from hailuo.run.environment import run_environment
from hailuo.store.open import nothing_bought_without_store, open_store
from hailuo.text import listed, quoted


@click.command("price")
@click.argument("model", required=False)
@click.argument("seconds", required=False, type=click.IntRange(1))
@click.argument("size", required=False)
@click.argument("price_usd", metavar="[USD]", required=False, type=usd_type)
@click.option(
    "settings",
    "--setting",
    metavar="NAME=VALUE",
    multiple=True,
    help="A setting of the clip, such as audio=true.",
)
@click.option("--why", "message", help="Your reason, kept with the answer.")
def command(
    model: str | None,
    seconds: int | None,
    size: str | None,
    price_usd: Decimal | None,
    settings: tuple[str, ...],
    message: str | None,
) -> ExitCode:
    """Record the price that you accept for a model, length and size, as in: hailuo price MiniMax-Hailuo-02 6 768p 0.35

    Later plans of every campaign of the store use it in place of the list price; charges before it count no more.
    Without arguments the prices on record are listed. Nothing is bought.
    """
    env = run_environment()
    with nothing_bought_without_store():
        store = open_store(env.settings)
        catalog = load_catalog(env.settings.catalog)
        if model and seconds and size and price_usd:
            named = tuple(sorted((name, label) for name, _, label in (s.partition("=") for s in settings)))
            cell = _offered(PriceKey(model, seconds, size, named), catalog)
            answer = AcceptedPrice(
                nonce=new_nonce(), at=env.clock.now(), cell=cell, price_usd=price_usd, message=message
            )
            asyncio.run(record_price(store, answer))
            say(f"{cell} is planned at {usd(price_usd)} or more from now on")
        elif model:
            reason = "name model, seconds, size and the price in US dollars, or nothing at all"
            raise click.UsageError(reason)
        else:
            _show(asyncio.run(read_prices(store)), catalog)
    return ExitCode.COMPLETE


def _offered(cell: PriceKey, catalog: Catalog) -> PriceKey:
    """Raises: AdmissionError for a cell that the catalog does not have."""
    model = catalog.model(cell.model)
    if model and model.offer(duration=cell.duration, size=cell.size):
        known = catalog.family_of(model).settings
        for name, label in cell.settings:
            if name not in known or known[name].read(label) != label:
                choices = known[name].choices if name in known else sorted(known)
                reason = f"has no {name} {quoted(label)}"
                raise AdmissionError([Problem(Place(cell.model), reason, f"choose {listed(choices)}")])
        return cell
    offers = [f"{o.duration} {o.size}" for o in model.offers] if model else sorted(catalog.models)
    problem = Problem(Place(str(cell)), "is not in the catalog", f"choose one of {', '.join(offers)}")
    raise AdmissionError([problem])


def _show(records: PriceRecords, catalog: Catalog) -> None:
    if not records.answers and not records.charges:
        say("no price is on record: plans use the list prices, and what was recently charged")
    for cell, answer in sorted(records.answers.items()):
        why = f": {answer.message}" if answer.message else ""
        listed = usd_or_unknown(list_price(cell, catalog))
        say(f"{cell}: {usd(answer.price_usd)} accepted {answer.at:%Y-%m-%d %H:%M} UTC, list {listed}{why}")
    for charge in records.charges:
        when = f"{charge.at:%Y-%m-%d %H:%M} UTC"
        said = f"{usd(charge.amount_usd)} charged {when} for {charge.creative_id}"
        if charge.unexplained:
            said = f"about {usd(charge.amount_usd)} for each clip, by the balance of a run that ended {when}"
        say(f"{charge.cell}: {said}, not answered yet")
