"""Read the exports of ad platforms as one table: ad, days and counts; what is unclear is refused."""

from hailuo.publish.uploads import ADS_COLUMNS
from hailuo.report.exports.ads import is_ads_file, is_ads_table, read_ads
from hailuo.report.exports.export import read_export
from hailuo.report.exports.fields import RESULT_COLUMNS, ExportError
from hailuo.report.exports.formats import formats_that_ship, read_formats
from hailuo.report.exports.mapping import ExportMapping, read_mapping
from hailuo.report.exports.merge import read_exports

__all__ = [
    "ADS_COLUMNS",
    "RESULT_COLUMNS",
    "ExportError",
    "ExportMapping",
    "formats_that_ship",
    "is_ads_file",
    "is_ads_table",
    "read_ads",
    "read_export",
    "read_exports",
    "read_formats",
    "read_mapping",
]
