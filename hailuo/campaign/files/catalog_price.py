"""The formula of a model's price, and what it needs of its family: settings, pixels, frames per second."""

from collections.abc import Collection

from hailuo.campaign.catalog import Citation, Family, Price, PriceKind
from hailuo.campaign.files.catalog_layers import Layers, cells_of
from hailuo.campaign.files.catalog_schema import ModelFile, PriceFile
from hailuo.campaign.files.pydantic_errors import Steps
from hailuo.text import listed, quoted


def read_price(
    layers: Layers, steps: Steps, file: ModelFile, family: Family, source: Citation
) -> Price | None:
    """The formula under `steps`; None where it is of no kind. What is wrong with it is refused in `layers`."""
    price = file.price
    kinds = [kind for kind in PriceKind if price and getattr(price, kind) is not None]
    if price is None or len(kinds) != 1:
        layers.refuse(steps, "a price is of one kind", f"name one of {listed(list(PriceKind))}")
        return None
    [kind] = kinds
    written = getattr(price, kind)
    sold = {size for offer in file.offers for _, size in cells_of(offer)}
    if unknown := sorted(set(written) - sold):
        reason = f"the price names the size {quoted(unknown[0])}, which is not offered"
        layers.refuse((*steps, kind.value), reason, f"choose {listed(sorted(sold))}")
    _check_settings(layers, steps, price, family)
    if kind is PriceKind.TOKENS:
        _check_tokens(layers, (*steps, kind.value), written, family)
    if kind is PriceKind.CLIP:
        written = {f"{size}/{seconds}": usd for size, by in written.items() for seconds, usd in by.items()}
    return Price(kind=kind, rates=written, times=price.times, plus=price.plus, source=source)


def _check_settings(layers: Layers, steps: Steps, price: PriceFile, family: Family) -> None:
    for key, table in (("times", price.times), ("plus", price.plus)):
        for name, labels in table.items():
            setting = family.settings.get(name)
            if setting is None or any(setting.read(label) != label for label in labels):
                reason = f"the price names {name} with {listed(sorted(labels))}, which it never is"
                choices = setting.choices if setting else tuple(family.settings)
                layers.refuse((*steps, key, name), reason, f"choose {listed(choices)}")


def _check_tokens(layers: Layers, steps: Steps, sizes: Collection[str], family: Family) -> None:
    for size in sorted(set(sizes) - {size for size, _ in family.pixels}):
        reason = f"a price per token needs the pixels of {size}"
        layers.refuse(steps, reason, f"add `pixels:` to the family {family.name}")
    if family.fps is None:
        reason = "a price per token needs the frames per second"
        layers.refuse(steps, reason, f"add `fps:` to the family {family.name}")
