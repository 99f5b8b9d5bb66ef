"""Ad platforms' exports as one frame: whose ad, which days, how many; refused where that cannot be told for sure."""

from hailuo.adtest.exports.ads import ADS_COLUMNS, is_ads_file, is_ads_table, read_ads
from hailuo.adtest.exports.export import read_export
from hailuo.adtest.exports.fields import RESULT_COLUMNS
from hailuo.adtest.exports.formats import Formats, formats_that_ship, read_formats
from hailuo.adtest.exports.mapping import ExportMapping, read_mapping
from hailuo.adtest.exports.refusal import ExportError
from hailuo.adtest.exports.together import read_exports

__all__ = [
    "ADS_COLUMNS",
    "RESULT_COLUMNS",
    "ExportError",
    "ExportMapping",
    "Formats",
    "formats_that_ship",
    "is_ads_file",
    "is_ads_table",
    "read_ads",
    "read_export",
    "read_exports",
    "read_formats",
    "read_mapping",
]
