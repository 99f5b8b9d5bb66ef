"""Reads the body of a POST, and refuses it as the gateway and MiniMax would.

Source: docs/reference/vendor.md#submit, docs/reference/vendor.md#errors and docs/reference/vendor.md#models; the legal cells come from the catalog given.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from hailuo.campaign.catalog import Billing, Catalog, Family, FirstFrameRule, Model, Offer, Setting
from hailuo.campaign.portable import is_ratio
from hailuo.campaign.pricing import PriceKey, list_price
from hailuo.simulator.answers import AnswerError, HttpAnswer, flat, nested
from hailuo.simulator.body_reader import read_by_template

_USUAL_DURATION, _USUAL_SIZE = 6, "768p"
"""What a body without them gets, where the model makes it; else the first thing that the model makes."""

Fields = Mapping[str, object]
_NO_PRICES: Final[Mapping[PriceKey, Decimal]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOrder:
    """A legal order and its price. `request_sha256` identifies the body byte for byte.

    `settings` are the labels of further settings. `box` is width and height where the family says so, and `ratio` the
    shape, as `9:16`. With `follows_frame` the first frame decides the shape. `billed_at_end` says that the price is taken
    with the finished clip.
    """

    model: str
    prompt: str
    duration: int
    size: str
    frame_url: str | None
    price_usd: Decimal
    request_sha256: str
    settings: Mapping[str, str] = field(default_factory=dict)
    box: tuple[int, int] | None = None
    ratio: str | None = None
    follows_frame: bool = True
    fps: float = 24.0
    has_sound: bool = False
    billed_at_end: bool = False

    @property
    def cell(self) -> PriceKey:
        """What its price and its render time are of."""
        return PriceKey(self.model, self.duration, self.size, tuple(sorted(self.settings.items())))


def read_fields(body: bytes) -> Fields:
    """The JSON object of a body. Raises AnswerError (400 nested) for anything else."""
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise AnswerError(nested(400, f"Invalid request: {error}")) from error
    if not isinstance(fields, dict):
        raise AnswerError(nested(400, "Invalid request: an object is expected"))
    return fields


def read_model(fields: Fields, catalog: Catalog) -> Model:
    """The model that the order names. Raises AnswerError: 400 without a name, 503 model_not_found for an unknown one."""
    name = fields.get("model")
    if not isinstance(name, str) or not name:
        raise AnswerError(nested(400, "Model name not specified"))
    model = catalog.model(name)
    if model is None:
        message = f"No available channel for model {name} under group default"
        raise AnswerError(nested(503, message, code="model_not_found"))
    return model


def read_order(  # noqa: PLR0913 (an input each)
    body: bytes,
    fields: Fields,
    model: Model,
    catalog: Catalog,
    *,
    strict: bool,
    unlisted_price_usd: Decimal,
    prices: Mapping[PriceKey, Decimal] = _NO_PRICES,
) -> VideoOrder:
    """The legal order, by the template of the model's family in reverse. `prices` go before those of the catalog.

    Raises AnswerError: 400 invalid_request, or 400 with MiniMax's "2013".
    """
    family = catalog.family_of(model)
    read = read_by_template(family.request, fields)
    if read.wrong:
        raise _invalid_request("; ".join(read.wrong))
    if strict and family.is_strict and read.unknown:
        raise _invalid_request(f"unknown field: {', '.join(sorted(read.unknown))}")
    prompt = _prompt(read.values, model)
    offer = _offer(read.values, model, family)
    frame_url = _frame_url(read.values, model)
    settings = _settings(read.values, model, family, offer, has_frame=frame_url is not None)
    cell = PriceKey(model.name, offer.duration, offer.size, tuple(sorted(settings.items())))
    listed = prices.get(cell, list_price(cell, catalog))
    sound = family.audio
    return VideoOrder(
        model=model.name,
        prompt=prompt,
        duration=offer.duration,
        size=offer.size,
        frame_url=frame_url,
        price_usd=unlisted_price_usd if listed is None else listed,
        request_sha256=hashlib.sha256(body).hexdigest(),
        settings=settings,
        box=family.box(offer.size, settings),
        ratio=_ratio(family, settings),
        follows_frame=_follows_frame(family, settings),
        fps=family.fps or 24.0,
        has_sound=settings.get(sound.setting) == "true" if sound.setting else bool(sound.always),
        billed_at_end=family.billing is Billing.AT_END,
    )


def invalid_params(why: str) -> HttpAnswer:
    """MiniMax's refusal of parameters, as the gateway shows it."""
    return flat(400, "2013", f"hailuo api error: invalid params, {why}")


def _invalid_request(why: str) -> AnswerError:
    return AnswerError(flat(400, "invalid_request", why))


def _prompt(fields: Fields, model: Model) -> str:
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise _invalid_request("prompt is required")
    if len(prompt) > model.prompt_limit:
        raise AnswerError(invalid_params(f"prompt is longer than {model.prompt_limit} characters"))
    return prompt


def _offer(values: Fields, model: Model, family: Family) -> Offer:
    usual = model.offer(duration=_USUAL_DURATION, size=_USUAL_SIZE) or model.offers[0]
    duration, size = values.get("duration", usual.duration), values.get("size")
    if not isinstance(duration, int) or isinstance(duration, bool):
        raise _invalid_request("duration must be an integer")
    if size is not None and not isinstance(size, str):
        raise _invalid_request("size must be a string")
    names = {family.size_words.get(o.size, o.size): o.size for o in model.offers}
    named = usual.size if size is None else names.get(size, size)
    offer = model.offer(duration=duration, size=named)
    if offer is None:
        raise AnswerError(invalid_params(f"{model.name} does not render {duration} s at {size or named}"))
    return offer


def _frame_url(values: Fields, model: Model) -> str | None:
    url = values.get("first_frame")
    if url is not None and not isinstance(url, str):
        raise _invalid_request("the first frame must be a URL")
    if url is None and model.first_frame is FirstFrameRule.REQUIRED:
        raise AnswerError(invalid_params(f"{model.name} needs a first frame"))
    if url is not None and model.first_frame is FirstFrameRule.NONE:
        raise AnswerError(invalid_params(f"{model.name} takes no first frame"))
    return url


def _settings(
    values: Fields, model: Model, family: Family, offer: Offer, *, has_frame: bool
) -> Mapping[str, str]:
    """The label of every setting that the body has, and of the vendor's defaults."""
    given = {name: _label(family.settings[name], values[name]) for name in family.settings if name in values}
    settled = family.settle(given, duration=offer.duration, size=offer.size, has_frame=has_frame)
    if settled.broken:
        raise AnswerError(invalid_params(f"{model.name}: {settled.broken[0].because}"))
    return settled.labels


def _ratio(family: Family, settings: Mapping[str, str]) -> str | None:
    """The shape that is set, else the one that the family makes; None where neither is a ratio."""
    if family.shape is None:
        return None
    name = family.shape.setting or ""
    setting = family.settings.get(name)
    label = settings.get(name) or (setting.default if setting else None) or family.shape.native
    return label if label and is_ratio(label) else None


def _follows_frame(family: Family, settings: Mapping[str, str]) -> bool:
    shape = family.shape
    return shape is None or (shape.from_frame and not is_ratio(settings.get(shape.setting or "", "")))


def _label(setting: Setting, value: object) -> str:
    """The label whose value this is, in the same JSON type."""
    labels = setting.labels if setting.values else (str(value),)
    for label in labels:
        wire = setting.sent(label) if setting.read(label) == label else None
        if type(wire) is type(value) and wire == value:
            return label
    raise AnswerError(invalid_params(f"{setting.name} cannot be {value!r}"))
