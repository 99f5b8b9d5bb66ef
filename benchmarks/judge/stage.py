"""The demo's clips as a manifest, made in memory: what the simulated campaigns are about."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.ledger.facts import JobRecord, JobState
from hailuo.publish.manifest import ManifestEntry, build

_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
_DEMO: Final = Path(__file__).parents[2] / "campaigns" / "demo.yaml"


def demo_manifest(path: Path = _DEMO) -> pd.DataFrame:
    """Every clip of the campaign as if it were in the store; nothing is rendered."""
    catalog = load_catalog(None)
    campaign = load_campaign(path, catalog=catalog, at=_AT).campaign
    assert campaign is not None, f"{path} is not sound"
    entries = [
        ManifestEntry(job=job, record=JobRecord(creative_id=job.creative_id), state=JobState.STORED)
        for job in expand(campaign, catalog).jobs
    ]
    return build(entries, store_uri="")
