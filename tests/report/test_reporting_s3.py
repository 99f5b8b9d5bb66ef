"""A report in a bucket: exports dropped under a prefix, links that open for everybody and end."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from hailuo.campaign.job import Job
from hailuo.clock import SystemClock
from hailuo.plan.prepare import PreparedCampaign
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.inputs import InputError, find_files
from hailuo.report.make import Report, ReportOptions, report
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.store.open import open_store
from tests.report.editions import CLIP, keep_edition, meta_export, prepared_from
from tests.support.servers.s3 import BUCKET, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]
EDITION = Edition("launch", "main")


@pytest.fixture
def settings(seaweedfs: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in seaweedfs.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return Settings(store=f"s3://{BUCKET}/{secrets.token_hex(6)}")


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings)


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedCampaign:
    return prepared_from(tmp_path / "launch.yaml")


@pytest.fixture
def jobs(store: Store, prepared: PreparedCampaign) -> Sequence[Job]:
    return asyncio.run(keep_edition(store, SystemClock(), prepared))


def put(store: Store, key: str, content: bytes) -> None:
    asyncio.run(store.put(key, content, content_type="text/csv"))


def reported(store: Store, settings: Settings, prepared: PreparedCampaign, *sources: str) -> Report:
    async def made() -> Report:
        dropped = await find_files(store, settings, sources, edition=EDITION)
        wish = ReportOptions(files=dropped, analysis=AnalysisOptions(), prepared=prepared)
        return await report(store, SystemClock(), wish, edition=EDITION)

    return asyncio.run(made())


def test_people_without_access_to_the_bucket_can_read_the_report(store, settings, prepared, jobs):
    """Page, clips and gallery open by signed links; what is kept for later has none of them."""
    put(store, "launch/main/exports/meta.csv", meta_export(jobs))

    made = reported(store, settings, prepared)

    page = httpx.get(made.page.address)
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(http[^"]+)"', page.text)]
    clip = next(link for link in links if f"{jobs[0].creative_id}.mp4" in link)
    gallery = next(link for link in links if "gallery.shared.html" in link)
    assert made.page.until is not None
    assert httpx.get(clip).content == CLIP
    assert httpx.get(gallery).status_code == 200
    kept = asyncio.run(store.read(f"{made.folder}findings.json"))
    assert b"X-Amz-Signature" not in kept


def test_exports_may_lie_under_any_prefix(store, settings, prepared, jobs):
    """Of this or another bucket: where a connector puts them."""
    put(store, "connector/november/meta.csv", meta_export(jobs))

    made = reported(store, settings, prepared, f"{store.uri}/connector")

    assert made.findings.health.rows_matched == 12 * 14
    assert set(made.findings.health.by_method)


def test_a_name_that_no_key_may_have_is_not_passed_over(store, settings, prepared, jobs, seaweedfs):
    """A file put there by hand: its rows would be missing, so it is refused with what to do."""
    prefix = settings.store.removeprefix(f"s3://{BUCKET}/")
    key = f"{prefix}/launch/main/exports/Ads report, November.csv"
    seaweedfs.client().put_object(Bucket=BUCKET, Key=key, Body=meta_export(jobs))

    with pytest.raises(InputError, match=r"Ads report, November\.csv: has a name that cannot be read"):
        reported(store, settings, prepared)
