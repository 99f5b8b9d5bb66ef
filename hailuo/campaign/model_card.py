"""What can be asked of each model, in one value: for `hailuo models`, for front ends, for docs/reference/models.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from hailuo.campaign.catalog import Catalog, Citation, Family, Model
from hailuo.campaign.pricing import PriceKey, list_price

_COMPARED_SECONDS: Final = 6
_COMPARED_TIER: Final = "hd"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCard:
    """One length at one size, with its list price in US dollars for the settings of `comparable`; None if unknown."""

    duration: int
    size: str
    price_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingCard:
    """A further setting: `values`, or whole numbers from `lowest` to `highest`. `required`: a campaign must give it.

    With `per_take` each take has the next number. `trust` and `source` say how well the setting itself is known.
    """

    name: str
    values: tuple[str, ...]
    lowest: int | None
    highest: int | None
    default: str | None
    required: bool
    per_take: bool
    trust: Literal["verified", "documented", "reported", "guessed"]
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """One model: what may be asked of it, and how well that is known.

    `shapes` can be asked by the setting `shape_setting`, or are what every clip has. With `shape_from_frame` a clip
    has the shape of its first frame. `comparable` is the cell nearest to 6 s at 720p, without sound where that can be chosen.
    """

    model: str
    family: str
    trust: Literal["verified", "documented", "reported", "guessed"]
    source: str | None
    checked: date | None
    durations: tuple[int, ...]
    sizes: tuple[str, ...]
    cells: tuple[CellCard, ...]
    shapes: tuple[str, ...]
    shape_setting: str | None
    shape_from_frame: bool
    audio: Literal["always", "never", "setting", "unknown"]
    first_frame: Literal["required", "optional", "none"]
    settings: tuple[SettingCard, ...]
    prompt_limit: int
    fps: float | None
    billed: Literal["at_submit", "at_end"]
    comparable: CellCard
    warnings: tuple[str, ...]


def model_cards(catalog: Catalog) -> tuple[ModelCard, ...]:
    """One for each model of the catalog, in its order."""
    return tuple(_card(model, catalog) for model in catalog.models.values())


def seconds_in_words(durations: Sequence[int]) -> str:
    """`4 to 15` for a run of whole seconds, else `6, 10`."""
    first, last = durations[0], durations[-1]
    is_run = list(durations) == list(range(first, last + 1)) and len(durations) > 2
    return f"{first} to {last}" if is_run else ", ".join(map(str, durations))


def _card(model: Model, catalog: Catalog) -> ModelCard:
    family = catalog.family_of(model)
    source = family.source or model.offers[0].source
    cells = tuple(_cell(model, offer.duration, offer.size, catalog) for offer in model.offers)
    shape, audio = family.shape, family.audio
    by_setting = family.settings[shape.setting].labels if shape and shape.setting else ()
    native = (shape.native,) if shape and shape.native else ()
    sound = "setting" if audio.setting else {True: "always", False: "never", None: "unknown"}[audio.always]
    return ModelCard(
        model=model.name,
        family=family.name,
        trust=model.trust.value,
        source=source.text,
        checked=source.checked,
        durations=tuple(sorted({offer.duration for offer in model.offers})),
        sizes=tuple(dict.fromkeys(offer.size for offer in model.offers)),
        cells=cells,
        shapes=tuple(label for label in by_setting if ":" in label) or native,
        shape_setting=shape.setting if shape else None,
        shape_from_frame=bool(shape and shape.from_frame),
        audio=sound,  # type: ignore[arg-type]  # one of the four words above
        first_frame=model.first_frame.value,
        settings=tuple(_setting_cards(model, family)),
        prompt_limit=model.prompt_limit,
        fps=family.fps,
        billed=family.billing.value,
        comparable=min(cells, key=lambda cell: _unlike(cell, catalog)),
        warnings=tuple(
            dict.fromkeys(
                filter(None, [model.first_frame_warning, *(offer.warning for offer in model.offers)])
            )
        ),
    )


def _cell(model: Model, duration: int, size: str, catalog: Catalog) -> CellCard:
    family = catalog.family_of(model)
    settled = family.settle({}, duration=duration, size=size, has_frame=False)
    plain = {name: _plainest(family.settings[name].labels) for name in settled.missing}
    key = PriceKey(model.name, duration, size, tuple(sorted({**settled.labels, **plain}.items())))
    return CellCard(duration=duration, size=size, price_usd=list_price(key, catalog))


def _text(source: Citation | None) -> str | None:
    return source.text if source else None


def _plainest(labels: tuple[str, ...]) -> str:
    return "false" if "false" in labels else labels[0]


def _unlike(cell: CellCard, catalog: Catalog) -> tuple[bool, int, int]:
    is_hd = cell.size in catalog.tiers.get(_COMPARED_TIER, ())
    return not is_hd, abs(cell.duration - _COMPARED_SECONDS), cell.duration


def _setting_cards(model: Model, family: Family) -> list[SettingCard]:
    return [
        SettingCard(
            name=name,
            values=setting.labels if setting.values else (),
            lowest=setting.lowest,
            highest=setting.highest,
            default=setting.default,
            required=setting.is_always_sent and setting.default is None,
            per_take=setting.per_take,
            trust=(setting.trust or model.trust).value,
            source=_text(setting.source or family.source),
        )
        for name, setting in family.settings.items()
    ]
