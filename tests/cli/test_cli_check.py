"""`hailuo check`: every stored clip, what is wrong with it, and what was charged for what is not as ordered."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.errors import ExitCode
from hailuo.run.environment import RunEnvironment, within
from tests.support.commands import Command

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def campaign(campaign: Path) -> Path:
    """Two jobs: to check a clip costs more than anything else here."""
    campaign.write_text(campaign.read_text().replace("takes: 2", "takes: 1"))
    return campaign


@pytest.fixture
def bought(hailuo: Command, campaign: Path, rehearsal: RunEnvironment, tmp_path: Path) -> list[Path]:
    """The clips of a run that checked nothing."""
    assert hailuo("run", campaign, "--yes").code == ExitCode.COMPLETE
    return sorted((tmp_path / "store").glob("**/clips/*.mp4"))


def test_every_stored_clip_is_judged_and_disputes_name_what_was_charged(
    hailuo: Command, campaign: Path, bought: list[Path], tmp_path: Path
) -> None:
    """The simulator's plain clips stand still; a bad verdict is no failure of the command.

    Then clips that are not as ordered, one shorter and one of another shape, and their price.
    """
    said = hailuo("check", campaign, "--json")

    told = json.loads(said.out)["clips"]
    assert said.code == ExitCode.COMPLETE
    assert sorted(clip["creative_id"] for clip in told) == [path.stem for path in bought]
    assert {clip["verdict"] for clip in told} == {"fail"}
    assert all("frozen_long" in clip["codes"] and not clip["disputes"] for clip in told)
    store = tmp_path / "store"
    assert len(list(store.glob("**/previews/*"))) == 4 * len(bought)

    for clip, changed in zip(bought, ({"duration_s": 3.0}, {"aspect": 0.5625}), strict=True):
        path = next(store.glob(f"**/checks/{clip.stem}.json"))
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    said = hailuo("check", campaign)

    assert "dispute_duration" in said.out
    assert "dispute_aspect" in said.out
    assert "2 disputes: $0.56 was charged for clips that are not as ordered" in said.out


def test_a_clip_that_cannot_be_checked_is_told_and_counts(
    hailuo: Command, campaign: Path, bought: list[Path]
) -> None:
    """Exit code 1: somebody has to look."""
    bought[0].write_bytes(b"gone")

    said = hailuo("check", campaign)

    assert said.code == ExitCode.INCOMPLETE
    assert "could_not_check" in said.out
    assert "1 unknown" in said.out


def test_a_run_checks_what_it_stores(
    hailuo: Command, campaign: Path, rehearsal: RunEnvironment, tmp_path: Path
) -> None:
    """With HAILUO_CHECKS=on, before manifest and gallery are made."""
    checking = replace(rehearsal, settings=rehearsal.settings.model_copy(update={"checks": "on"}))

    with within(checking):
        assert hailuo("run", campaign, "--yes").code == ExitCode.COMPLETE

    rows = next((tmp_path / "store").glob("**/manifest.jsonl")).read_text().splitlines()
    assert [json.loads(row)["qa_version"] for row in rows] == ["qa/1.1"] * 2
