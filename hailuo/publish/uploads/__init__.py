"""Upload plans: platforms' bulk sheets filled by their own headers, and `ads.csv` that ties ads to creatives."""

from hailuo.publish.uploads.files import UploadFile, files_to_upload, landing_page, with_tags
from hailuo.publish.uploads.platforms import Platform, PlatformName, UploadError, platforms, read_platforms
from hailuo.publish.uploads.sheet import (
    ADS_COLUMNS,
    ads_csv,
    fill,
    platform_of,
    read_sheet,
)

__all__ = [
    "ADS_COLUMNS",
    "Platform",
    "PlatformName",
    "UploadError",
    "UploadFile",
    "ads_csv",
    "files_to_upload",
    "fill",
    "landing_page",
    "platform_of",
    "platforms",
    "read_platforms",
    "read_sheet",
    "with_tags",
]
