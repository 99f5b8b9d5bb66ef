"""What a model's family makes of an order is in the manifest: shape and how it was got, sound, trust."""

from datetime import UTC, datetime
from pathlib import Path

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.ledger.facts import JobRecord, JobState
from hailuo.publish.manifest import ManifestEntry, build

CAMPAIGN = """
campaign: mixed
trust: reported
matrix:
  prompt: [Perfume bottle on black stone]
  duration: [5, 6]
  size: [720p, 768p]
  model: [MiniMax-Hailuo-2.3, MiniMax-H3, seedance-2.0]
  aspect_ratio: [none, "9:16"]
  audio: [none, true]
illegal: skip
"""


def test_shape_sound_and_trust_of_each_family(tmp_path: Path) -> None:
    """One manifest for three families."""
    path, catalog = tmp_path / "mixed.yaml", load_catalog()
    path.write_text(CAMPAIGN, encoding="utf-8")
    loaded = load_campaign(path, catalog=catalog, at=datetime(2026, 11, 29, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    jobs = expand(loaded.campaign, catalog).jobs
    entries = [
        ManifestEntry(job=job, record=JobRecord(creative_id=job.creative_id), state=JobState.NEW)
        for job in jobs
    ]

    rows = build(entries, store_uri="")

    columns = ["family", "trust", "shape_req", "shape_by", "audio_req"]
    assert set(map(tuple, rows[columns].values.tolist())) == {
        ("minimax", "documented", "16:9", "native", False),
        ("minimax-h3", "reported", "16:9", "setting", True),
        ("minimax-h3", "reported", "9:16", "setting", True),
        ("seedance", "documented", "16:9", "setting", True),
        ("seedance", "documented", "9:16", "setting", True),
    }
    assert rows["ad_name"].str.contains("_ar9-16_").any()
