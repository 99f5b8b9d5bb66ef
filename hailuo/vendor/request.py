"""The request body of each family: what exactly is POSTed for a variant.

A family's `request` in the catalog names its builder here. Source: docs/reference/vendor.md#submit and docs/reference/vendor.md#other-families.
"""

import hashlib
from collections.abc import Callable, Mapping

from hailuo.campaign.catalog import Family
from hailuo.campaign.variant import Variant, canonical_json

Builder = Callable[[Variant, str | None], dict[str, object]]


def build_request(variant: Variant, family: Family, *, first_frame_url: str | None) -> dict[str, object]:
    """The JSON body that orders this variant, with nothing in it that the family's schema does not name.

    Raises ValueError where the request would buy another clip than the variant's: an unknown builder, a
    parameter that the builder does not send, a first frame without URL or a URL without first frame.
    """
    builder = BUILDERS.get(family.request)
    if builder is None:
        known = ", ".join(sorted(BUILDERS))
        raise ValueError(
            f"family {family.name!r} asks for the request builder {family.request!r}; known are: {known}"
        )
    if (variant.first_frame is None) != (first_frame_url is None):
        raise ValueError(
            f"variant {variant.variant_id}: a first frame and its URL come together or not at all"
        )
    return builder(variant, first_frame_url)


def request_sha256(request: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the very bytes that `VideoClient.submit` sends."""
    return hashlib.sha256(canonical_json(request)).hexdigest()


def _minimax(variant: Variant, first_frame_url: str | None) -> dict[str, object]:
    """`MiniMaxVideosCreateRequest` forbids additional properties; `size` is the resolution, e.g. 768p."""
    _sends_only(variant, ())
    request: dict[str, object] = {
        "model": variant.model,
        "prompt": variant.prompt,
        "duration": variant.duration,
        "size": variant.size,
    }
    if first_frame_url:
        request["metadata"] = {"first_frame_image": first_frame_url}
    return request


def _seedance(variant: Variant, first_frame_url: str | None) -> dict[str, object]:
    """The resolution goes to `metadata`; an image is a mere reference unless `role_mode` says frame."""
    _sends_only(variant, ("aspect_ratio",))
    metadata: dict[str, object] = {"resolution": variant.size, **variant.parameters}
    request: dict[str, object] = {
        "model": variant.model,
        "prompt": variant.prompt,
        "duration": variant.duration,
        "metadata": metadata,
    }
    if first_frame_url:
        metadata["role_mode"] = "frame"
        request["images"] = [first_frame_url]
    return request


def _sends_only(variant: Variant, names: tuple[str, ...]) -> None:
    if unknown := sorted(set(variant.parameters) - set(names)):
        raise ValueError(f"variant {variant.variant_id}: {variant.model} takes no {', '.join(unknown)}")


BUILDERS: Mapping[str, Builder] = {"minimax": _minimax, "seedance": _seedance}
"""Every builder by the name that a catalog's family gives."""
