"""Conformed copies, told on the clips that they were made of."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from hailuo.publish.gallery.badges import placement_name, placements
from hailuo.publish.gallery.jobs import Json
from hailuo.publish.gallery.links import Links
from hailuo.publish.gallery.rows import Row, number, text

_SHAPE: Final = re.compile(r"(\d+)x(\d+)")


def copies_of(rows: Sequence[Row], links: Links) -> Mapping[str, list[Json]]:
    """By creative id of the original, in the order of the rows: what each copy is for, whether it may run there, its link."""
    copies: dict[str, list[Json]] = {}
    for row in rows:
        original = text(row, "derived_from")
        if original:
            copies.setdefault(original, []).append(_copy(row, original, links))
    return copies


def _copy(row: Row, original: str, links: Links) -> Json:
    uri, width, height = text(row, "s3_uri"), number(row, "width"), number(row, "height")
    name = _name(uri, original)
    judged = next((one for one in placements(row) if one["name"] == name), None)
    return {
        "id": text(row, "creative_id"),
        "said": _said(name) or text(row, "derivation") or text(row, "creative_id"),
        "verdict": judged["verdict"] if judged else None,
        "reasons": judged["reasons"] if judged else [],
        "size": f"{width:.0f}x{height:.0f}" if width and height else "",
        "href": links.copy(uri) if uri else None,
    }


def _name(uri: str, original: str) -> str:
    """What the copy was made for, from its key: `conformed/{original}-{placement or shape}.mp4`."""
    file = uri.rpartition("/")[2]
    return file.removeprefix(f"{original}-").removesuffix(".mp4") if file.startswith(f"{original}-") else ""


def _said(name: str) -> str:
    shape = _SHAPE.fullmatch(name)
    return f"{shape[1]}:{shape[2]}" if shape else name and placement_name(name)
