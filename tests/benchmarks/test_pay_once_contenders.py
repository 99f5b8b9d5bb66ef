"""The contenders of the comparison are not straw men: without faults and kills each of them does its job."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.document import write_section
from benchmarks.race.tally import take_stock
from benchmarks.race.track import Contender, Track
from hailuo.campaign.files import load_catalog
from hailuo.simulator import ClipDetail, SimulatorOptions, simulating

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

CLIPS = 5
SPEED = 300.0
KEY = "sk-simulated"


@pytest.fixture
def vendor() -> Iterator[str]:
    """A vendor in good health; yields its address."""
    options = SimulatorOptions(catalog=load_catalog(None), speed=SPEED, clip_detail=ClipDetail.SMALL)
    with simulating(options) as base_url:
        yield base_url


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    """The list of five different clips that a contender reads."""
    path = tmp_path / "wanted.json"
    prompts = [f"Sneaker number {number} on black stone" for number in range(CLIPS)]
    orders = [{"duration": 6, "model": "MiniMax-Hailuo-02", "prompt": p, "size": "768p"} for p in prompts]
    lines = [{"name": f"clip-{number}", "request": order} for number, order in enumerate(orders)]
    path.write_text(json.dumps(lines))
    return path


def start(module: str, vendor: str, wanted: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", f"benchmarks.contenders.{module}"),
        *("--base-url", vendor, "--key", KEY, "--wanted", str(wanted), "--folder", str(folder)),
        *("--speed", str(SPEED)),
    ]
    environment = {"PATH": os.defpath}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603


def bytes_on_disk(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.glob("*.mp4"))


def bytes_at_vendor(vendor: str, invoice: dict) -> list[bytes]:
    headers = {"Authorization": f"Bearer {KEY}"}
    urls = [f"{vendor}/v1/videos/{line['task_id']}/content" for line in invoice["lines"]]
    return sorted(httpx.get(url, headers=headers, trust_env=False).content for url in urls)


@pytest.mark.parametrize("module", ["vendor_sample", "afternoon_script"])
def test_without_faults_every_clip_is_bought_once_and_stored(module, vendor, wanted, tmp_path):
    """Whatever they pay more in the comparison comes from its faults and kills."""
    ended = start(module, vendor, wanted, tmp_path / "clips")

    invoice = httpx.get(f"{vendor}/_sim/invoice", trust_env=False).json()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert invoice["accepted"] == CLIPS
    assert invoice["duplicates"] == {}
    assert bytes_on_disk(tmp_path / "clips") == bytes_at_vendor(vendor, invoice)


def test_the_afternoon_script_buys_nothing_again(vendor, wanted, tmp_path):
    """It skips what lies there, as the comparison grants it."""
    for _ in range(2):
        ended = start("afternoon_script", vendor, wanted, tmp_path / "clips")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert httpx.get(f"{vendor}/_sim/invoice", trust_env=False).json()["calls"]["submits"] == CLIPS


def test_only_whole_clips_of_the_vendor_count_as_stored(vendor, wanted, tmp_path):
    """Half a clip, a page and a second copy are no clips, and what was paid for them shows."""
    folder = tmp_path / "clips"
    start("vendor_sample", vendor, wanted, folder)
    half, page, kept, *_ = sorted(folder.glob("*.mp4"))
    half.write_bytes(half.read_bytes()[:-1])
    page.write_text("<html>Welcome</html>")
    (folder / "copy.mp4").write_bytes(kept.read_bytes())

    contender = Contender(name="sample", module="vendor_sample", remembers=False)
    track = Track(exits=(0,), seconds=1.0)
    tally = take_stock(contender, track, base_url=vendor, wanted=wanted, folder=folder, held=None)

    assert (tally.wanted, tally.billed, tally.again) == (CLIPS, CLIPS, 0)
    assert (tally.stored, tally.paid_without_clip) == (CLIPS - 2, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "# Proof\n\n{new}\n"),
        ("# Proof\n\n<!-- proof:start -->\nx\n<!-- proof:end -->\n", None),
        ("a\n<!-- pay-once:start -->\nold\n<!-- pay-once:end -->\nz\n", "a\n{new}\nz\n"),
    ],
    ids=["no file yet", "others wrote first", "written before"],
)
def test_the_section_leaves_what_others_wrote_as_it_is(before, after, tmp_path):
    """Two commands write one document, each between its own markers."""
    path = tmp_path / "docs" / "proof.md"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)

    write_section(path, "words", mark="pay-once")

    new = "<!-- pay-once:start -->\nwords\n<!-- pay-once:end -->"
    assert path.read_text() == (after or f"{before}\n{{new}}\n").format(new=new)
