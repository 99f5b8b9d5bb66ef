"""Golden exports: one small file per platform and dialect under exports/, and the numbers that are in them.

All are invented. The same two ads and three ad days stand in nearly every file, in another dress: encoding, separator,
language, number style, preamble, totals, nulls, micros, rates for counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hailuo.report.exports import ExportMapping, read_mapping
from hailuo.report.metrics import AdPlatform

FOLDER = Path(__file__).parents[2] / "report" / "exports"

_THREE = {"impressions": (12345, 980, 10200), "clicks_link": (150, 12, 99), "spend": (1234.5, 98.76, 1000)}
_PURCHASES = {"conversions": (7, 0, 3), "revenue": (350.25, 0, 120)}
_WATCHED = {"plays": (11000, 800, 8200), "watch_s": (33000, 1600, 20500)}
_GOOGLE = {
    "p25": (4938, 441, 3570),
    "p100": (1481.4, None, 1020),
    "conversions": (7.25, 0, 3.5),
    "revenue": (350.25, 0, 120),
}
_DAYS = ("2026-11-01", "2026-11-02", "2026-11-01")
_FOUR = {
    "impressions": (12345, 980, 10200, 10),
    "clicks_link": (150, 12, 99, 0),
    "spend": (1234.5, 98.76, 1000, 0.5),
}
_FOUR_DAYS = (*_DAYS, "2026-11-30")


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One file and what it says: count -> a number per row, None where it does not tell; `days` as ISO text."""

    file: str
    platform: AdPlatform
    currency: str | None
    first_line: int
    counts: Mapping[str, Sequence[float | None]] = field(default_factory=lambda: dict(_THREE))
    days: Sequence[str | None] = _DAYS
    totals: int = 0
    mapping_file: str | None = None

    def content(self) -> bytes:
        """The bytes of the file."""
        return (FOLDER / self.file).read_bytes()

    def mappings(self) -> list[ExportMapping]:
        """The mapping beside it, if it needs one."""
        if self.mapping_file is None:
            return []
        return [read_mapping((FOLDER / self.mapping_file).read_bytes(), name=self.mapping_file)]


GOLDEN: Sequence[Golden] = (
    Golden(
        file="meta_en.csv",
        platform=AdPlatform.META,
        currency="USD",
        first_line=3,
        totals=1,
        counts={**_THREE, **_PURCHASES, **_WATCHED, "v3s": (4100, 300, 2600), "thruplay": (1700, 100, 1200)},
    ),
    Golden(file="meta_de.csv", platform=AdPlatform.META, currency="EUR", first_line=2, totals=1),
    Golden(
        file="meta_es.csv",
        platform=AdPlatform.META,
        currency="MXN",
        first_line=3,
        counts=_FOUR,
        days=_FOUR_DAYS,
    ),
    Golden(file="meta_fr.csv", platform=AdPlatform.META, currency="EUR", first_line=2),
    Golden(
        file="meta_ko.csv",
        platform=AdPlatform.META,
        currency="KRW",
        first_line=2,
        counts={**_THREE, "spend": (1_234_500, 98_760, 1_000_000)},
    ),
    Golden(file="meta_he.csv", platform=AdPlatform.META, currency="ILS", first_line=2),
    Golden(
        file="meta_raw.xlsx",
        platform=AdPlatform.META,
        currency="USD",
        first_line=5,
        counts={**_THREE, "thruplay": (1700, 100, 0)},
    ),
    Golden(
        file="meta_api.json",
        platform=AdPlatform.META,
        currency="USD",
        first_line=1,
        counts={**_THREE, **_PURCHASES, **_WATCHED, "v3s": (4100, 300, 2600), "landing_views": (120, 0, 0)},
    ),
    Golden(
        file="tiktok.csv",
        platform=AdPlatform.TIKTOK,
        currency="USD",
        first_line=2,
        totals=1,
        counts={**_THREE, **_WATCHED, "v2s": (4100, 300, 2600), "v6s": (1500, 100, 1100)},
    ),
    Golden(
        file="tiktok_api.json",
        platform=AdPlatform.TIKTOK,
        currency="USD",
        first_line=1,
        counts={**_THREE, **_WATCHED, "v2s": (4100, 300, 2600), "conversions": (7, 0, 3)},
    ),
    Golden(
        file="google.csv",
        platform=AdPlatform.GOOGLE,
        currency="USD",
        first_line=4,
        totals=2,
        counts={**_THREE, **_GOOGLE},
    ),
    Golden(
        file="google_range.tsv",
        platform=AdPlatform.GOOGLE,
        currency="EUR",
        first_line=4,
        totals=1,
        counts={"impressions": (13325, 10200), "spend": (1333.26, 1000), "conversions": (7.25, 3.5)},
        days=("2026-11-01", "2026-11-01"),
    ),
    Golden(
        file="google_api.json",
        platform=AdPlatform.GOOGLE,
        currency="USD",
        first_line=1,
        counts={**_THREE, **_GOOGLE},
    ),
    Golden(
        file="pinterest.csv",
        platform=AdPlatform.PINTEREST,
        currency=None,
        first_line=2,
        counts={**_THREE, **_PURCHASES, **_WATCHED, "v3s": (4100, 300, 2600)},
    ),
    Golden(
        file="pinterest_ui.csv",
        platform=AdPlatform.PINTEREST,
        currency=None,
        first_line=2,
        counts={**_FOUR, "conversions": (7, 0, 3, 0)},
        days=_FOUR_DAYS,
    ),
    Golden(
        file="snap.csv",
        platform=AdPlatform.SNAP,
        currency="USD",
        first_line=2,
        counts={**_THREE, **_PURCHASES, "v2s": (4100, 300, 2600), "watch_s": (33000, 1600, 20500)},
    ),
    Golden(
        file="snap_ui.csv",
        platform=AdPlatform.SNAP,
        currency="USD",
        first_line=2,
        counts={**_THREE, **_PURCHASES, "v2s": (4100, 300, 2600)},
    ),
    Golden(
        file="linkedin.csv",
        platform=AdPlatform.LINKEDIN,
        currency="USD",
        first_line=6,
        counts={**_FOUR, "v2s": (4100, 300, 2600, 0), "p100": (1500, 100, 1000, 0)},
        days=_FOUR_DAYS,
    ),
    Golden(
        file="linkedin_api.jsonl",
        platform=AdPlatform.LINKEDIN,
        currency=None,
        first_line=1,
        counts={**_THREE, "clicks_all": (231, 20, 149), "conversions": (7, 0, 3)},
    ),
    Golden(
        file="kaggle.csv",
        platform=AdPlatform.OTHER,
        currency="USD",
        first_line=2,
        mapping_file="kaggle.toml",
        counts={
            "impressions": (7350, 17861, 191223),
            "clicks_link": (1, 2, 48),
            "spend": (1.429999948, 1.820000023, 76.41000056),
            "conversions": (1, 0, 0),
        },
        days=(None, None, None),
    ),
    Golden(
        file="log.csv",
        platform=AdPlatform.OTHER,
        currency=None,
        first_line=2,
        mapping_file="log.toml",
        counts={"impressions": (2, 1, 3), "clicks_link": (1, 0, 2)},
        days=("2019-11-24", "2019-11-24", "2019-11-25"),
    ),
)
