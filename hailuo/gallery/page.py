"""Rendering the page: one self-contained file, locked down by a content security policy of hashes."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import resources

import jinja2
import pandas as pd

from hailuo.gallery.view import Row, facts, filters, sections
from hailuo.gallery.words import moment

__all__ = ["clip_beside", "gallery_key", "render"]

_EAGER_TILES = 12
"""Clips whose first picture is fetched at once; the script fetches the others as they come near."""


def gallery_key(*, campaign: str, edition: str) -> str:
    """Where the gallery of an edition lies in the store: in the folder above its clips."""
    return f"{campaign}/{edition}/gallery.html"


def clip_beside(creative_id: str) -> str:
    """The link from the gallery to a clip in the same store; it works from disk and over http."""
    return f"clips/{creative_id}.mp4"


def render(
    frame: pd.DataFrame,
    *,
    title: str,
    built_at: datetime,
    clip_href: Callable[[str], str | None] = clip_beside,
    clips_until: datetime | None = None,
) -> bytes:
    """The page for a manifest (a frame of `hailuo.manifest`), as UTF-8 HTML with nothing to load but clips.

    `clip_href` gives the link for the creative id of a stored clip, or None where there is none. `built_at` is shown, and waiting
    times are counted up to it; aware. `clips_until` is shown too: when the links end, where they do.
    """
    rows = _rows(frame)
    style, script = _asset("page.css"), _asset("page.js")
    page = _template().render(
        title=title,
        built_at=moment(built_at),
        clips_until=moment(clips_until) if clips_until else "",
        facts=facts(rows),
        filters=filters(rows),
        sections=sections(rows, clip_href=clip_href, built_at=built_at),
        eager=_EAGER_TILES,
        style=style,
        script=script,
        policy=_policy(style=style, script=script),
    )
    return page.encode(errors="backslashreplace")  # what no UTF-8 can hold is shown, not died of


def _rows(frame: pd.DataFrame) -> list[Row]:
    plain = frame.astype(object)
    columns = [str(column) for column in plain.columns]
    values = plain.where(plain.notna(), None).to_numpy().tolist()
    return [dict(zip(columns, row, strict=True)) for row in values]


def _policy(*, style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "media-src 'self' file: data: blob: https: http:",
            "img-src data:",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(_asset("page.html"))
