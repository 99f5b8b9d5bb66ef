"""Files a user writes, as values: campaigns (YAML, CSV, first frames) and catalogs. The only place that knows YAML."""

from hailuo.loader.campaign_file import Loaded, load_campaign
from hailuo.loader.catalog_file import load_catalog
from hailuo.loader.draft import Draft, DraftRow, campaign_text
from hailuo.loader.folder import path_inside
from hailuo.loader.glance import Glance, glance_at
from hailuo.loader.schema import campaign_schema

__all__ = [
    "Draft",
    "DraftRow",
    "Glance",
    "Loaded",
    "campaign_schema",
    "campaign_text",
    "glance_at",
    "load_campaign",
    "load_catalog",
    "path_inside",
]
