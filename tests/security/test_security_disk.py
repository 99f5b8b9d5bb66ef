"""A full disk, and one that may not be written: nothing is bought for nothing, nothing bought is forgotten."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.rehearsals import accepted

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

CAMPAIGN = """\
campaign: small
defaults: {size: 768p, duration: 6, model: MiniMax-Hailuo-02}
matrix:
  prompt:
    - {id: stone, text: Perfume bottle on black stone}
    - {id: sand, text: Perfume bottle on white sand}
    - {id: moss, text: Perfume bottle on wet moss}
budget: {usd: 5}
"""

Disk = Callable[[str], None]


@pytest.fixture
def client_speed() -> float:
    """Faster than usual: what a full disk does not take is tried again for minutes."""
    return 60.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small disk where the store lies; called with mount options it changes: `size=1m`, `ro`."""
    folder = tmp_path / "store"
    folder.mkdir()
    mount = shutil.which("mount") or "mount"
    base = [mount, "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(base, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("this user may not mount a small disk")
    yield lambda options: _run(mount, "-o", f"remount,{options}", str(folder))
    _run("umount", str(folder))


def _run(command: str, *arguments: str) -> None:
    subprocess.run([shutil.which(command) or command, *arguments], check=True)  # noqa: S603


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(CAMPAIGN)
    return path


def fill(folder: Path, *, but: int = 0) -> None:
    """Write until the disk is full, then leave so many bytes free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    with ballast.open("rb+") as file:
        file.truncate(max(0, ballast.stat().st_size - but))


def test_on_a_full_disk_nothing_is_bought(rehearsal, disk, hailuo, campaign, tmp_path):
    """Exit 2, the place, the cause and the remedy; the vendor never heard of it."""
    fill(tmp_path / "store")

    said = hailuo("run", campaign, "--yes")

    assert (said.code, accepted(rehearsal)) == (2, 0)
    assert "HAILUO_STORE: " in said.err
    assert "No space left on device; nothing was bought, and nothing is forgotten" in said.err


def test_on_a_read_only_disk_nothing_is_bought(rehearsal, disk, hailuo, campaign):
    """The same, in the system's own words."""
    disk("ro")

    said = hailuo("run", campaign, "--yes")

    assert (said.code, accepted(rehearsal)) == (2, 0)
    assert "Read-only file system; nothing was bought" in said.err


def test_where_a_store_cannot_be_nothing_is_bought(rehearsal, hailuo, campaign, tmp_path):
    """A folder below a file, for those who mistype it."""
    (tmp_path / "store").write_text("a file")

    said = hailuo("run", campaign, "--yes")

    assert (said.code, accepted(rehearsal)) == (2, 0)
    assert "HAILUO_STORE: " in said.err
    assert "nothing was bought" in said.err


def test_without_a_place_for_downloads_nothing_is_bought(rehearsal, hailuo, campaign, tmp_path):
    """No folder for temporary files: said before anything is ordered, not by a traceback."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path / "missing")
    try:
        said = hailuo("run", campaign, "--yes")
    finally:
        tempfile.tempdir = before

    assert (said.code, accepted(rehearsal)) == (2, 0)
    assert "TMPDIR: there is no folder for temporary files" in said.err


def test_a_disk_that_fills_up_forgets_nothing_that_was_bought(rehearsal, disk, hailuo, campaign, tmp_path):
    """Clips that find no room wait at the vendor; with room again they are collected, and none is bought anew."""
    disk("size=200k")
    fill(tmp_path / "store", but=90_000)

    full = hailuo("run", campaign, "--yes")
    bought = accepted(rehearsal)
    disk("size=20m")
    again = hailuo("run", campaign, "--yes")

    assert full.code in {1, 3}
    assert 0 < bought <= 3
    assert "rendered, but not stored" in full.out
    assert "No space left on device" in full.out
    assert (again.code, accepted(rehearsal)) == (0, 3)
    assert len(list((tmp_path / "store").rglob("*.mp4"))) == 3


def test_a_task_that_the_disk_does_not_take_is_named_and_not_bought_again(
    echoing, parrot, disk, hailuo, campaign
):
    """The disk fails between the order and its record: the id is on the screen, the money is held."""
    campaign.write_text(CAMPAIGN.replace("stone}", "stone that fails}"))
    parrot.on_post = lambda: disk("ro")

    said = hailuo("run", campaign, "--yes")
    disk("rw")
    status = hailuo("status", campaign)
    parrot.on_post = lambda: None
    again = hailuo("run", campaign, "--yes", "--only", "prompt=stone")

    assert said.code in {1, 3}
    assert "was accepted as task task_1, but writing it to the store failed" in said.out
    assert "1 in doubt" in status.out or "1 unknown" in status.out  # it grows old quickly here
    assert "$0.28 reserved" in status.out
    assert again.code == 1
    assert len([post for post in parrot.posts if "fails" in post]) == 1


def test_a_disk_that_is_full_at_the_end_hides_no_result(rehearsal, disk, hailuo, campaign, tmp_path):
    """No room for manifest and gallery: how the run ended is told all the same, and how to make them."""
    disk("size=20m")
    hailuo("run", campaign, "--yes")
    for page in ("gallery.html", "manifest/manifest.jsonl", "manifest/manifest.csv"):
        (tmp_path / "store" / "small" / "main" / page).unlink()
    fill(tmp_path / "store", but=12_000)

    said = hailuo("run", campaign, "--yes")

    assert "3 of 3 jobs are stored" in said.out
    assert "no manifest and no gallery were written" in said.err
    assert "hailuo manifest FILE" in said.err
    assert said.code == 1
