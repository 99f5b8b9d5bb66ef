"""`hailuo verify`, and what all commands say of a clip, a fact or a ledger that is gone."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.errors import ExitCode
from hailuo.run.environment import RunEnvironment, within
from tests.support.commands import Command
from tests.support.rehearsals import accepted

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def store(hailuo: Command, campaign: Path, rehearsal: RunEnvironment, tmp_path: Path) -> Path:
    """The edition's folder after a run that stored everything."""
    assert hailuo("run", campaign, "--yes").code == ExitCode.COMPLETE
    return tmp_path / "store" / "small" / "main"


def flipped(path: Path) -> None:
    """Another byte, the same size."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_a_sound_store_is_read_in_whole(hailuo: Command, campaign: Path, store: Path) -> None:
    """Exit code 0, however the editions are named."""
    for target in (campaign, "small/main", "--all"):
        said = hailuo("verify", target, "--json")

        (edition,) = json.loads(said.out)["editions"]
        assert said.code == ExitCode.COMPLETE
        assert (edition["campaign"], edition["edition"], edition["sound"]) == ("small", "main", True)
        assert (edition["read"], edition["faults"], edition["findings"]) == (4, [], [])


LOSSES = {
    "deleted": (Path.unlink, "missing"),
    "cut": (lambda path: path.write_bytes(b"cut"), "changed"),
    "a bit": (flipped, "changed"),
}


def lost(store: Path) -> dict[Path, tuple[bytes, str]]:
    """A clip for each kind of loss, with the bytes that it had and the fault that verify names."""
    clips = {}
    for clip, (lose, fault) in zip(sorted(store.glob("clips/*.mp4")), LOSSES.values(), strict=False):
        clips[clip] = (clip.read_bytes(), fault)
        lose(clip)
    return clips


def test_a_lost_clip_is_named_and_the_next_run_collects_it(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, store: Path
) -> None:
    """Found by verify, shown by status, collected again without a charge, and sound."""
    clips = lost(store)
    without_key = rehearsal.settings.model_copy(update={"api_key": None})

    with within(replace(rehearsal, settings=without_key)):
        found = hailuo("verify", campaign, "--json")
    status = hailuo("status", campaign)
    run = hailuo("run", campaign, "--yes")

    named = {one["creative_id"]: one for one in json.loads(found.out)["editions"][0]["faults"]}
    assert found.code == status.code == ExitCode.INCOMPLETE
    assert named.keys() == {clip.stem for clip in clips}
    for clip, (before, fault) in clips.items():
        one = named[clip.stem]
        assert (one["kind"], one["fault"], bool(one["remedy"])) == ("clip", fault, True)
        assert one["key"].endswith(clip.name)
        assert f"its clip is {fault}" in status.out
        assert clip.read_bytes() == before
    assert run.code == ExitCode.COMPLETE
    assert "nothing was bought" in run.out
    assert hailuo("verify", campaign).code == ExitCode.COMPLETE


def test_verify_fetches_again_what_the_vendor_still_has(
    hailuo: Command, rehearsal: RunEnvironment, campaign: Path, store: Path
) -> None:
    """Without a charge; then the edition is sound."""
    paid, clips = accepted(rehearsal), lost(store)

    said = hailuo("verify", campaign, "--json")

    shown = json.loads(said.out)
    assert said.code == ExitCode.COMPLETE
    assert shown["collected_again"] == len(clips) == len(LOSSES)
    assert shown["editions"][0]["sound"]
    assert all(clip.read_bytes() == before for clip, (before, _) in clips.items())
    assert accepted(rehearsal) == paid


def test_a_foreign_file_among_the_clips_is_named(hailuo: Command, campaign: Path, store: Path) -> None:
    """What a sync program or a person left there."""
    (store / "clips" / "copy of clip.mp4").write_bytes(b"x")

    said = hailuo("verify", campaign)

    assert said.code == ExitCode.INCOMPLETE
    assert "small/main/clips/copy of clip.mp4: is no clip of this edition" in said.out + said.err


def test_a_deleted_ledger_buys_nothing(hailuo: Command, campaign: Path, store: Path) -> None:
    """By the clips, or by the money records alone; with a remedy, and exit code 2."""
    shutil.rmtree(store / "ledger")
    with_clips = hailuo("run", campaign, "--yes")
    shutil.rmtree(store / "clips")
    without = hailuo("run", campaign, "--yes")

    for said in (with_clips, without):
        assert said.code == ExitCode.REFUSED
        assert "small/main/ledger/v1/: has no facts of jobs that were bought" in said.err
        assert "restore it from a backup" in said.err


def test_a_deleted_ledger_is_not_sound(hailuo: Command, campaign: Path, store: Path) -> None:
    """Every clip without a fact is named, with what to do."""
    names = {f"small/main/clips/{path.name}" for path in store.glob("clips/*.mp4")}
    shutil.rmtree(store / "ledger")

    said = hailuo("verify", "small/main", "--json")

    (edition,) = json.loads(said.out)["editions"]
    assert said.code == ExitCode.INCOMPLETE
    assert not edition["sound"]
    assert {found["key"] for found in edition["findings"]} >= names
    assert all("restore" in found["remedy"] for found in edition["findings"])


def test_a_mistyped_edition_is_refused(hailuo: Command, store: Path) -> None:
    """An edition that never bought anything is neither sound nor complete."""
    for command in ("verify", "collect"):
        for name in ("smal/main", "small/mian"):  # codespell:ignore smal,mian
            said = hailuo(command, name)

            assert said.code == ExitCode.REFUSED
            assert f"nothing was ever bought for {name}" in said.err


def test_all_editions_and_one_are_two_questions(hailuo: Command, store: Path) -> None:
    """Naming both is refused."""
    said = hailuo("verify", "--all", "--edition", "main")

    assert said.code == ExitCode.REFUSED
    assert "--edition goes with FILE" in said.err


def test_status_answers_beside_damage_and_strangers(hailuo: Command, campaign: Path, store: Path) -> None:
    """A fact of one job is empty, and macOS was here: named, and the other jobs are as they were."""
    fact = sorted(store.glob("ledger/v1/*/done"))[0]
    fact.write_bytes(b"")
    for folder in (store / "ledger/v1", fact.parent, store / "clips", store.parents[1] / "money/v1"):
        (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    shutil.rmtree(store / "ledger/rollups", ignore_errors=True)

    said = hailuo("status", campaign, "--json")

    shown = json.loads(said.out)
    assert said.code == ExitCode.INCOMPLETE
    assert sorted(job["state"] for job in shown["jobs"]) == ["stored", "stored", "stored", "unknown"]
    assert sum(".DS_Store" in warning for warning in shown["warnings"]) == 3
    assert [
        warning
        for warning in shown["warnings"]
        if warning.endswith("in the bucket") and "is empty" in warning
    ]
