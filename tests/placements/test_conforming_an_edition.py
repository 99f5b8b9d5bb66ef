"""`hailuo conform` on an edition: copies beside the clips, each with a record, made once, the clips untouched."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.campaign.job import Job
from hailuo.cli.main import run
from hailuo.clock import SystemClock
from hailuo.ledger.ledger import Ledger
from hailuo.media.conformed import Conformed, read_conformed
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA
from hailuo.publish.conform import ConformOptions, CopyResult, StoredClip, conform, stored_clips
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from tests.support.factories import SUBMITTED, VARIANT, bought, make_done, make_job, tell
from tests.support.marks import read_mark

pytestmark = pytest.mark.slow

CLOCK = SystemClock()
SHORT, LONG = make_job(), make_job(replace(VARIANT, duration=10))
MODEL = VARIANT.model


async def _stored(store: FolderStore, job: Job, clip: Path, content: bytes) -> None:
    ledger = Ledger(store, CLOCK, Edition("shoe", "main"), worker="test")
    done = replace(make_done(job), sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    assert await bought(ledger, job)
    await store.put_file(job.clip_key, clip, sha256=done.sha256, content_type="video/mp4")
    await tell(ledger, job, SUBMITTED, done)


@pytest.fixture
def store(tmp_path: Path, film) -> FolderStore:
    """An edition of two clips: one of six seconds, one of ten."""
    found = FolderStore(tmp_path / "store")
    for job, clip in ((SHORT, film(size=(540, 960))), (LONG, film(frames=20))):
        asyncio.run(_stored(found, job, clip, clip.read_bytes()))
    return found


def _clips(store: FolderStore, **only: frozenset[str]) -> list[StoredClip]:
    return asyncio.run(stored_clips(store, CLOCK, Edition("shoe", "main"), only=only))


def _conform(store: FolderStore, clips: list[StoredClip], options: ConformOptions) -> list[CopyResult]:
    async def collect() -> list[CopyResult]:
        return [copy async for copy in conform(clips, options, store, CLOCK)]

    return asyncio.run(collect())


def _records(store: FolderStore) -> list[Conformed]:
    return asyncio.run(read_conformed(store, Edition("shoe", "main")))


def _originals(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "store/shoe/main/clips").iterdir()}


BUMPER = ConformOptions(placements=("youtube_bumper",))


def test_copies_are_made_once_and_the_clips_stay(store: FolderStore, tmp_path: Path) -> None:
    """The second time nothing is made; the bytes of every clip are what they were."""
    clips, before = _clips(store), _originals(tmp_path)

    first = _conform(store, clips, BUMPER)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "store/shoe/main/conformed").iterdir()}
    second = _conform(store, clips, BUMPER)

    assert {(copy.creative_id, copy.state) for copy in first} == {
        (SHORT.creative_id, "made"),
        (LONG.creative_id, "impossible"),
    }
    assert {copy.state for copy in second} == {"kept", "impossible"}
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert _originals(tmp_path) == before


def test_a_copy_is_recorded_with_what_it_was_made_of(store: FolderStore, tmp_path: Path) -> None:
    """The record says of which clip, by which recipe, and where the copy can run; the file is marked."""
    _conform(store, _clips(store), BUMPER)

    (record,) = _records(store)
    path = tmp_path / "store" / record.key
    assert record.key == f"shoe/main/conformed/{SHORT.creative_id}-youtube_bumper.mp4"
    assert (record.derived_from, record.placement) == (SHORT.creative_id, "youtube_bumper")
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record.placements["youtube_bumper"].verdict.value == "pass"
    assert record.facts.bytes == path.stat().st_size
    assert record.digital_source_type == read_mark(path) == TRAINED_ALGORITHMIC_MEDIA
    assert record.derivation.startswith("conform/2 1080x1920 fit=blur audio=silent mark=xmp")


def test_half_a_copy_is_made_anew(store: FolderStore, tmp_path: Path) -> None:
    """A crash between copy and record, or a copy that somebody deleted: neither is taken for whole."""
    (clip,) = [clip for clip in _clips(store) if clip.job == SHORT]
    _conform(store, [clip], BUMPER)

    for lost in ("json", "mp4"):
        (tmp_path / f"store/shoe/main/conformed/{clip.job.creative_id}-youtube_bumper.{lost}").unlink()
        assert _records(store) == []
        assert [copy.state for copy in _conform(store, [clip], BUMPER)] == ["made"]


def test_another_recipe_makes_another_copy(store: FolderStore) -> None:
    """What is asked for otherwise is made otherwise, in the same place."""
    (clip,) = [clip for clip in _clips(store) if clip.job == SHORT]
    _conform(store, [clip], BUMPER)
    unmarked = replace(BUMPER, copy=replace(BUMPER.copy, marked=False))

    assert [copy.state for copy in _conform(store, [clip], unmarked)] == ["made"]
    (record,) = _records(store)
    assert (record.recipe.marked, record.digital_source_type) == (False, None)


def test_a_clip_that_is_not_what_was_bought_is_not_copied(store: FolderStore, tmp_path: Path) -> None:
    """Bytes that change or go once the clips are listed have their reason. Later they are not listed: they are lost."""
    clips = _clips(store)
    (tmp_path / "store" / SHORT.clip_key).write_bytes(b"something else")
    (tmp_path / "store" / LONG.clip_key).unlink()

    told = {copy.creative_id: copy.why for copy in _conform(store, clips, BUMPER)}

    assert "is not the clip that was stored" in (told[SHORT.creative_id] or "")
    assert "is no longer in the store" in (told[LONG.creative_id] or "")
    listed = {clip.job.creative_id for clip in _clips(store)}
    assert listed.isdisjoint({SHORT.creative_id, LONG.creative_id})


def test_a_record_that_cannot_be_read_is_passed_over(store: FolderStore, tmp_path: Path) -> None:
    """Of another version, or cut by hand: it is made anew, not crashed over."""
    (clip,) = [clip for clip in _clips(store) if clip.job == SHORT]
    _conform(store, [clip], BUMPER)
    record = tmp_path / f"store/shoe/main/conformed/{SHORT.creative_id}-youtube_bumper.json"
    record.write_text("{}")

    assert _records(store) == []


class TestTheCommand:
    """`hailuo conform CAMPAIGN/EDITION`, in this process."""

    @pytest.fixture(autouse=True)
    def _environment(self, store: FolderStore):
        with within(RunEnvironment(settings=Settings(store=store.uri), clock=CLOCK)):
            yield

    def test_it_tells_what_it_made_and_ends_with_1_for_what_it_could_not(
        self, capsys: pytest.CaptureFixture[str], store: FolderStore
    ) -> None:
        """Every copy a line, the sum last; silence where sound is recommended is said. The gallery has the copies."""
        code = run(["conform", "shoe/main", "--placement", "youtube_bumper", "--aspect", "1:1"])

        out = capsys.readouterr().out
        assert code == 1
        assert f"{SHORT.creative_id} 1x1: made: shoe/main/conformed/{SHORT.creative_id}-1x1.mp4" in out
        assert "youtube_bumper: impossible: YouTube bumper takes 6 s, and the clip has 10 s" in out
        assert out.splitlines()[-1] == "4 copies: 1 impossible, 3 made"
        assert (
            f"conformed/{SHORT.creative_id}-1x1.mp4" in Path(store.uri, "shoe/main/gallery.html").read_text()
        )

    def test_its_json_is_for_machines(self, capsys: pytest.CaptureFixture[str], music: Path) -> None:
        """Every copy with its key, its verdicts and its recipe; with sound it passes where sound is asked for."""
        arguments = ["--placement", "tiktok_infeed", "--audio", str(music), "--json"]
        code = run(["conform", "shoe/main", "--only", f"model={MODEL}", *arguments])

        copies = {copy["creative_id"]: copy for copy in json.loads(capsys.readouterr().out)}
        assert code == 0
        assert copies[SHORT.creative_id]["placements"]["tiktok_infeed"] == {"verdict": "pass", "reasons": []}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "name a --placement or an --aspect"),
            (["--placement", "myspace"], "'myspace' is not one of"),
            (["--aspect", "1:1", "--audio", "nothing.wav"], "nothing.wav is no file"),
            (["--aspect", "1:1", "--c2pa-cert", __file__], "go together"),
            (["--aspect", "1:1", "--c2pa-cert", __file__, "--c2pa-key", __file__], "cannot sign"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(
        self, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Exit code 2, and nothing is made."""
        code = run(["conform", "shoe/main", *arguments])

        assert code == 2
        assert message in capsys.readouterr().err

    def test_an_edition_that_never_ran_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        """There is nothing to make copies of."""
        code = run(["conform", "shoe/next", "--aspect", "1:1"])

        assert code == 2
        assert "holds no run of shoe, edition next" in capsys.readouterr().err
