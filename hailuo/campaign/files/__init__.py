"""Reads the files that you write: campaigns (YAML, CSV, first frames) and catalogs. Only this package uses YAML."""

from hailuo.campaign.files.campaign_file import LoadedCampaign, load_campaign
from hailuo.campaign.files.catalog_file import load_catalog
from hailuo.campaign.files.damage import cell_fault
from hailuo.campaign.files.frames import check_frame
from hailuo.campaign.files.schema import campaign_schema
from hailuo.campaign.files.write import DraftCampaign, DraftRow, write_campaign

__all__ = [
    "DraftCampaign",
    "DraftRow",
    "LoadedCampaign",
    "campaign_schema",
    "cell_fault",
    "check_frame",
    "load_campaign",
    "load_catalog",
    "write_campaign",
]
