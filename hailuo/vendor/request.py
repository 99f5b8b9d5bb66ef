"""The request body of an order: what exactly is POSTed for a variant.

A family's `request` in the catalog is the body as a template. Source: docs/reference/vendor.md#submit and docs/reference/vendor.md#other-families.
"""

import hashlib
from collections.abc import Mapping

from hailuo.campaign.body_template import fill
from hailuo.campaign.catalog import Family
from hailuo.campaign.variant import Variant, canonical_json


def build_request(variant: Variant, family: Family, *, first_frame_url: str | None) -> dict[str, object]:
    """The JSON body that orders this variant, with nothing in it that the family's template does not name.

    Every variant that `hailuo.campaign.legality` lets through can be built. Raises ValueError where the body would
    order another clip: a setting that the family does not have, a first frame without URL or a URL without first frame.
    """
    if unknown := sorted(set(variant.parameters) - set(family.settings)):
        raise ValueError(f"variant {variant.variant_id}: {variant.model} takes no {', '.join(unknown)}")
    if (variant.first_frame is None) != (first_frame_url is None):
        raise ValueError(
            f"variant {variant.variant_id}: a first frame and its URL come together or not at all"
        )
    values: dict[str, object] = {
        "model": variant.model,
        "prompt": variant.prompt,
        "duration": variant.duration,
        "size": family.size_words.get(variant.size, variant.size),
    }
    values |= {name: family.settings[name].sent(label) for name, label in variant.parameters.items()}
    return fill(family.request, values | ({"first_frame": first_frame_url} if first_frame_url else {}))


def request_sha256(request: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the very bytes that `VideoClient.submit` sends."""
    return hashlib.sha256(canonical_json(request)).hexdigest()
