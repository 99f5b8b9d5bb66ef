"""Manifests, clips and pages for the tests of the gallery."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd

from hailuo.publish.gallery import Links, render
from hailuo.publish.manifest import COLUMNS

BUILT_AT = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
STORED: dict[str, object] = {
    "creative_id": "7KQ2M9X4TD",
    "campaign_name": "sneaker-launch",
    "edition": "main",
    "ad_name": "HV-7KQ2M9X4TD_sneaker-launch_p-street_m23_d06_s768_fnone_t01",
    "prompt_label": "street",
    "prompt": "Sneaker on wet asphalt",
    "prompt_vars": {"surface": "wet asphalt"},
    "model": "MiniMax-Hailuo-2.3",
    "duration_req": 6,
    "size_req": "768p",
    "take": 1,
    "params": {},
    "factors": {"model": "MiniMax-Hailuo-2.3"},
    "is_control": False,
    "state": "stored",
    "attempts": 1,
    "submitted_at": "2026-11-22T16:03:11.000Z",
    "render_s": 96.0,
    "cost_est": Decimal("0.28"),
    "cost_actual": Decimal("0.28"),
    "spent_usd": Decimal("0.28"),
    "reserved_usd": Decimal(0),
    "to_buy_usd": Decimal(0),
    "bytes": 2581477,
}


def make_frame(*changes: Mapping[str, object]) -> pd.DataFrame:
    """A manifest with one row per mapping: what it says, over a stored job."""
    rows = [{**dict.fromkeys(COLUMNS), **STORED, **change} for change in changes]
    columns = list(dict.fromkeys([*COLUMNS, *(name for change in changes for name in change)]))
    return pd.DataFrame(rows, columns=columns, dtype=object)


def without_clip(state: str, **changes: object) -> dict[str, object]:
    """What a job in this state has in place of a clip; its price is where the ledger has it."""
    money = dict.fromkeys(["cost_actual", "spent_usd", "reserved_usd", "to_buy_usd"])
    return {"state": state, "render_s": None, "bytes": None, **money, **_MONEY.get(state, {}), **changes}


_PRICE = Decimal("0.28")
_MONEY = {
    **{state: {"reserved_usd": _PRICE} for state in ("submitted", "in_doubt", "unknown")},
    "failed": {"spent_usd": _PRICE, "assumed_usd": _PRICE, "lost_usd": _PRICE},
    "new": {"to_buy_usd": _PRICE},
}


class Page(HTMLParser):
    """A page as tags with attributes, as visible text, and the data that its script is given."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = "data" if ("id", "data") in attrs else tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style", "data"}:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]

    @property
    def data(self) -> Any:
        """What the script reads, as JSON values."""
        return json.loads(self.raw["data"])

    @property
    def jobs(self) -> list[Any]:
        return list(self.data["jobs"])


def page_of(frame: pd.DataFrame, **options: object) -> Page:
    """The page of a manifest, taken apart."""
    content = render(frame, title="Sneaker launch", built_at=BUILT_AT, **options)  # type: ignore[arg-type]
    return Page(content.decode())


def clips_at(href: str | None) -> Links:
    """Every clip under one link, or none of them."""
    return Links(clip=lambda _: href)


def write_clip(path: Path, *, width: int, height: int, frames: int = 24) -> None:
    """Playable H.264 at 24 frames a second with something that moves."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = np.full((height, width, 3), number * 240 // frames, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
