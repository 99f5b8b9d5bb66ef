"""The tables that a report starts from, with valid cells: a test names only those it is about."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import pandas as pd

from hailuo.report.metrics import COUNT_NAMES

DAY: Final = date(2026, 11, 23)
_TEXTS: Final = (
    *("platform", "account", "campaign_name", "adset_name", "ad_id", "ad_name", "platform_video_id"),
    *("utm_content", "file_name", "breakdown"),
)
_SPAN: Final = ("date_start", "date_end", "currency", "attribution")
RESULT_COLUMNS: Final = (*_TEXTS, *_SPAN, *COUNT_NAMES, "source_file", "source_row")


def make_results(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Exported rows: of Meta, of one day, in dollars, with a thousand impressions for eight dollars."""
    usual = {
        "platform": "meta",
        "date_start": DAY,
        "date_end": DAY,
        "currency": "USD",
        "impressions": 1000.0,
        "spend": 8.0,
        "source_file": "meta.csv",
    }
    cells = [
        {**dict.fromkeys(RESULT_COLUMNS), **usual, "source_row": number, **row}
        for number, row in enumerate(rows, start=2)
    ]
    frame = pd.DataFrame(cells, columns=list(RESULT_COLUMNS), dtype=object)
    return frame.astype({**dict.fromkeys(COUNT_NAMES, "float64"), "source_row": "int64"})


def make_variants(*creative_ids: str, **columns: object) -> pd.DataFrame:
    """Rows of a manifest: stored clips. A column is given as one value for all, or as a list."""
    frame = pd.DataFrame({"creative_id": list(creative_ids)}, dtype=object)
    frame["ad_name"] = [f"HV-{one}_launch_p-dawn_m23_d06_s768_fnone_t01" for one in creative_ids]
    frame["utm_content"] = [one.lower() for one in creative_ids]
    frame["s3_uri"] = [f"s3://bucket/launch/main/clips/{one}.mp4" for one in creative_ids]
    frame["derived_from"], frame["status"] = None, "stored"
    for name, value in columns.items():
        frame[name] = pd.Series(value if isinstance(value, list) else [value] * len(frame), dtype=object)
    return frame.astype(object)


def make_ads(*rows: Mapping[str, object]) -> pd.DataFrame:
    """A filled ads.csv."""
    names = ("creative_id", "platform", "ad_id", "platform_video_id", "ad_name")
    cells = [{**dict.fromkeys(names), "platform": "meta", **row} for row in rows]
    return pd.DataFrame(cells, columns=list(names), dtype=object)
