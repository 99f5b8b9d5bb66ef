"""Upload plans: platforms' bulk sheets filled by their own headers, and `ads.csv` that ties ads to creatives."""

from hailuo.uploads.ads import ADS_COLUMNS, ads_csv
from hailuo.uploads.creatives import Creative, creatives_for, with_tags
from hailuo.uploads.platforms import Platform, PlatformName, UploadError, platforms, read_platforms
from hailuo.uploads.sheet import Filled, Sheet, fill, platform_of, read_sheet

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
