"""Reads the body of a POST, and refuses it as the gateway and MiniMax would.

Source: docs/reference/vendor.md#submit, docs/reference/vendor.md#errors and docs/reference/vendor.md#models; the legal cells come from the catalog given.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hailuo.campaign.catalog import Catalog, FirstFrameRule, Model, Offer
from hailuo.simulator.answers import AnswerError, HttpAnswer, flat, nested

_STRICT_FAMILY = "minimax"
_FIELDS = frozenset({"model", "prompt", "duration", "size", "metadata"})
_METADATA_FIELDS = frozenset({"first_frame_image"})
_DEFAULT_DURATION, _DEFAULT_SIZE = 6, "768p"

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOrder:
    """A legal order and its price. `request_sha256` identifies the body byte for byte."""

    model: str
    prompt: str
    duration: int
    size: str
    frame_url: str | None
    price_usd: Decimal
    request_sha256: str


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


def read_order(
    body: bytes, fields: Fields, model: Model, *, strict: bool, unlisted_price_usd: Decimal
) -> VideoOrder:
    """The legal order. Raises AnswerError: 400 invalid_request, or 400 with MiniMax's "2013"."""
    metadata = fields.get("metadata", {})
    if not isinstance(metadata, dict):
        raise _invalid_request("metadata must be an object")
    if strict and model.family == _STRICT_FAMILY:
        inside = sorted(f"metadata.{name}" for name in set(metadata) - _METADATA_FIELDS)
        if unknown := sorted(set(fields) - _FIELDS) + inside:
            raise _invalid_request(f"unknown field: {', '.join(unknown)}")
    prompt = _prompt(fields, model)
    offer = _offer(fields, metadata, model)
    return VideoOrder(
        model=model.name,
        prompt=prompt,
        duration=offer.duration,
        size=offer.size,
        frame_url=_frame_url(fields, metadata, model),
        price_usd=unlisted_price_usd if offer.price_usd is None else offer.price_usd,
        request_sha256=hashlib.sha256(body).hexdigest(),
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


def _offer(fields: Fields, metadata: Fields, model: Model) -> Offer:
    duration, size = fields.get("duration", _DEFAULT_DURATION), fields.get("size", _DEFAULT_SIZE)
    if model.family != _STRICT_FAMILY:
        size = metadata.get("resolution", size)
    if not isinstance(duration, int) or isinstance(duration, bool):
        raise _invalid_request("duration must be an integer")
    if not isinstance(size, str):
        raise _invalid_request("size must be a string")
    offer = model.offer(duration=duration, size=size)
    if offer is None:
        raise AnswerError(invalid_params(f"{model.name} does not render {duration} s at {size}"))
    return offer


def _frame_url(fields: Fields, metadata: Fields, model: Model) -> str | None:
    images = fields.get("images")
    first_image = images[0] if isinstance(images, list) and images else None
    url = metadata.get("first_frame_image") or first_image
    if url is not None and not isinstance(url, str):
        raise _invalid_request("first_frame_image must be a URL")
    if url is None and model.first_frame is FirstFrameRule.REQUIRED:
        raise AnswerError(invalid_params(f"{model.name} needs a first frame"))
    if url is not None and model.first_frame is FirstFrameRule.NONE:
        raise AnswerError(invalid_params(f"{model.name} takes no first frame"))
    return url
