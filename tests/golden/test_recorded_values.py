"""What users keep: ids, names, digests, request bodies and keys stay what `recorded.json` holds.

`python -m tests.golden.test_recorded_values` writes the file anew; do that only when a change is wanted, and say so in
CHANGELOG.md: stored clips, ad names and approved plans of users would no longer be found under their old values.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hailuo.campaign.ad_names import ad_name, utm_content
from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.errors import ExitCode
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import make_plan
from hailuo.publish.manifest.columns import COLUMN_TABLE
from hailuo.settings import Settings, variable_of
from hailuo.testing import MemoryStore, VirtualClock
from hailuo.vendor.request import build_request, request_sha256

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("recorded.json")
NAMES = sorted(path.name for path in (ROOT / "campaigns").iterdir() if path.suffix in {".yaml", ".csv"})
CATALOG = load_catalog()
AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def values_of(name: str) -> dict[str, object]:
    """Everything that is derived from one campaign file: the plan's digest on an empty store, and every job."""
    loaded = load_campaign(ROOT / "campaigns" / name, catalog=CATALOG, at=AT)
    campaign = loaded.campaign
    if campaign is None:
        return {"problems": len(loaded.problems)}
    expansion, clock = expand(campaign, CATALOG), VirtualClock()
    ledger = Ledger(MemoryStore(clock), clock, campaign.this_edition, worker="golden")
    clock.run(ledger.load({job.creative_id for job in expansion.jobs}))
    jobs = []
    for job in expansion.jobs:
        variant = job.variant
        url = "https://frames.example/frame.jpg" if variant.first_frame else None
        family = CATALOG.families[CATALOG.models[variant.model].family]
        body = build_request(variant, family, first_frame_url=url)
        jobs.append(
            {
                "creative_id": job.creative_id,
                "variant_id": variant.variant_id,
                "ad_name": ad_name(job),
                "utm_content": utm_content(job),
                "clip_key": job.clip_key,
                "frame_key": job.frame_key,
                "levels": dict(job.levels),
                "request": body,
                "request_sha256": request_sha256(body),
            }
        )
    return {
        "campaign": campaign.name,
        "edition": campaign.edition,
        "plan_digest": make_plan(campaign, expansion, ledger, CATALOG).digest,
        "jobs": jobs,
    }


def published_names() -> dict[str, object]:
    """The names that scripts and spreadsheets of users rely on."""
    return {
        "manifest_columns": {column.name: column.kind for column in COLUMN_TABLE},
        "settings": [variable_of(field) for field in Settings.model_fields],
        "exit_codes": {str(int(code)): code.name for code in ExitCode},
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_file_gives_the_ids_names_and_bodies_it_always_gave(name):
    """A clip bought by an earlier version is found again, and an approved plan is still the approved plan."""
    assert values_of(name) == json.loads(RECORDED.read_text())["campaigns"][name]


def test_columns_settings_and_exit_codes_are_those_that_were_published():
    """Scripts of users go on working."""
    assert published_names() == json.loads(RECORDED.read_text())["names"]


if __name__ == "__main__":
    content = {"names": published_names(), "campaigns": {name: values_of(name) for name in NAMES}}
    RECORDED.write_text(json.dumps(content, indent=1) + "\n")
