"""`ads.csv`: one row per creative and platform, ids blank, to come back filled: so results find their creative."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from hailuo.publish.uploads.creatives import Creative
from hailuo.publish.uploads.platforms import PlatformName
from hailuo.publish.uploads.sheet import checked_cells

ADS_COLUMNS: Final = (
    *("creative_id", "platform", "account_id", "campaign_platform_id", "adset_id", "ad_id", "ad_name"),
    *("platform_video_id", "placement", "launched_at", "ended_at", "planned_split", "budget"),
    *("disclosure_sent", "s3_uri", "url_tags", "disclosure", "synthetic_performer"),
)
"""After `disclosure_sent`: what to upload, and what to send with it."""


def ads_csv(creatives: Sequence[Creative], name: PlatformName, *, synthetic_performer: str) -> bytes:
    """UTF-8 with a byte order mark. Raises: UploadError for a value that a spreadsheet would run as a formula."""
    rows = [_cells(creative, name, synthetic_performer) for creative in creatives]
    checked_cells("ads.csv", ADS_COLUMNS, rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([ADS_COLUMNS, *rows])
    return text.getvalue().encode("utf-8-sig")


def _cells(creative: Creative, name: PlatformName, synthetic_performer: str) -> list[str]:
    known = {
        "creative_id": creative.creative_id,
        "platform": name.value,
        "ad_name": creative.ad_name,
        "placement": creative.placement or "",
        "s3_uri": creative.uri,
        "url_tags": creative.url_tags,
        "disclosure": creative.disclosure,
        "synthetic_performer": synthetic_performer,
    }
    return [known.get(column, "") for column in ADS_COLUMNS]
