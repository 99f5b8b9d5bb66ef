"""Upload plans: platforms' bulk sheets filled by their own headers, and `ads.csv` that ties ads to creatives."""

from hailuo.publish.uploads.ads import ADS_COLUMNS, ads_csv
from hailuo.publish.uploads.creatives import Creative, creatives_for, with_tags
from hailuo.publish.uploads.platforms import Platform, PlatformName, UploadError, platforms, read_platforms
from hailuo.publish.uploads.sheet import Filled, Sheet, fill, platform_of, read_sheet

__all__ = [
    "ADS_COLUMNS",
    "Creative",
    "Filled",
    "Platform",
    "PlatformName",
    "Sheet",
    "UploadError",
    "ads_csv",
    "creatives_for",
    "fill",
    "platform_of",
    "platforms",
    "read_platforms",
    "read_sheet",
    "with_tags",
]
