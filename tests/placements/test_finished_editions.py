"""Finished copies of an edition: one render, a creative for each version; made once, told apart, never replaced."""

import asyncio
import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from hailuo.campaign.job import Job
from hailuo.cli.main import run
from hailuo.clock import SystemClock
from hailuo.ledger.ledger import Ledger
from hailuo.media.conformed import read_conformed
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA, top_level_boxes
from hailuo.media.sound import loudness_of, read_sound
from hailuo.publish.manifest import plain_rows
from hailuo.publish.publish import publish
from hailuo.publish.uploads import PlatformName, files_to_upload, platforms
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from tests.support.factories import SUBMITTED, bought, make_done, make_job, tell
from tests.support.marks import read_mark, read_seal

pytestmark = pytest.mark.slow

CLOCK, EDITION, JOB = SystemClock(), Edition("shoe", "main"), make_job()
CAMPAIGN = """\
campaign: shoe
include:
  - {model: MiniMax-Hailuo-02, duration: 6, size: 768p, prompt: {id: asphalt, text: Sneaker on wet asphalt}, columns: {price: "PRICE"}}
placements: [youtube_shorts]
finish:
  logo: {picture: logo.png}
  versions:
FINISHES
"""
THREE = {"gift": "The gift she keeps", "today": "Only today", "price": "Now {price}"}


async def _stored(store: FolderStore, job: Job, clip: Path) -> None:
    ledger, content = Ledger(store, CLOCK, EDITION, worker="test"), await asyncio.to_thread(clip.read_bytes)
    done = replace(make_done(job), sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    assert await bought(ledger, job)
    await store.put_file(job.clip_key, clip, sha256=done.sha256, content_type="video/mp4")
    await tell(ledger, job, SUBMITTED, done)


@pytest.fixture
def store(tmp_path: Path, film):
    """An edition of one clip, and the environment of its commands."""
    found = FolderStore(tmp_path / "store")
    asyncio.run(_stored(found, JOB, film(size=(540, 960), fps=1, frames=6, tone=0.1)))
    Image.new("RGBA", (80, 40), "#ff8800").save(tmp_path / "logo.png")
    with within(RunEnvironment(settings=Settings(store=found.uri), clock=CLOCK)):
        yield found


def _file(folder: Path, captions: Mapping[str, str], *, price: str = "19 €", more: str = "") -> Path:
    path = folder / "shoe.yaml"
    versions = "\n".join(
        f"    {name}: {{caption: {json.dumps(text)}{more}}}" for name, text in captions.items()
    )
    path.write_text(CAMPAIGN.replace("FINISHES", versions).replace("PRICE", price), encoding="utf-8")
    return path


def _conform(path: Path, *options: str, code: int = 0) -> list[str]:
    """The states of the copies, in order."""
    assert run(["conform", str(path), *options]) == code
    return [copy.finish.name if copy.finish else copy.name for copy in _records(path.parent)]


def _records(folder: Path):
    return asyncio.run(read_conformed(FolderStore(folder / "store"), EDITION))


def _rows(store: FolderStore) -> list[dict[str, object]]:
    return plain_rows(asyncio.run(publish(store, CLOCK, EDITION)).all_rows)


def _copies(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "store/shoe/main/conformed").iterdir()}


def test_each_version_is_a_creative_of_its_own(store: FolderStore, tmp_path: Path) -> None:
    """One clip, three captions: three ids, names, files and levels of the factor; one render, whose cost stays its own."""
    _conform(_file(tmp_path, THREE))

    clip, *copies = _rows(store)
    assert {copy["finish"]: copy["finish_text"] for copy in copies} == {**THREE, "price": "Now 19 €"}
    assert {copy["derived_from"] for copy in copies} == {clip["creative_id"]} == {JOB.creative_id}
    for column in ("creative_id", "ad_name", "utm_content", "s3_uri", "finish_id", "sha256"):
        assert len({copy[column] for copy in copies}) == 3
    assert all(copy["factors"] == {"finish": copy["finish"]} for copy in copies)
    assert all(f"_v-{copy['finish']}" in str(copy["ad_name"]) for copy in copies)
    assert all(str(copy["creative_id"]) in str(copy["ad_name"]) for copy in copies)
    assert clip["factors"] == {}
    assert clip["finish"] is None
    assert [copy["cost_est"] for copy in copies] == [None] * 3


def test_copies_are_made_once_and_a_killed_conform_is_redone_without_doubles(
    store: FolderStore, tmp_path: Path
) -> None:
    """Again, nothing is made. Without its record, or without its file, a copy is made under the same key."""
    path = _file(tmp_path, THREE)
    _conform(path)
    before = _copies(tmp_path)

    _conform(path)
    assert _copies(tmp_path) == before
    for name in sorted(before)[:2]:
        (tmp_path / "store/shoe/main/conformed" / name).unlink()
        _conform(path)
        assert _copies(tmp_path).keys() == before.keys()


def test_another_text_is_another_copy_and_the_old_one_stays(store: FolderStore, tmp_path: Path) -> None:
    """Its id too: an ad that runs keeps its file and its results. Only the newest goes into an upload plan."""
    _conform(_file(tmp_path, {"gift": "The gift she keeps"}))
    (first,) = _records(tmp_path)
    _conform(_file(tmp_path, {"gift": "The gift he keeps"}))
    both = {str(row["finish_text"]): row for row in _rows(store)[1:]}

    assert (tmp_path / "store" / first.key).is_file()
    old, new = both["The gift she keeps"], both["The gift he keeps"]
    assert old["creative_id"] != new["creative_id"]
    assert (old["is_newest_finish"], new["is_newest_finish"]) == (False, True)
    assert old["factors"] == {"finish": f"gift.{str(old['finish_id'])[:6]}"}
    assert new["factors"] == {"finish": "gift"}
    assert [file.creative_id for file in _uploaded(store)] == [new["creative_id"]]

    _conform(_file(tmp_path, {"gift": "The gift she keeps"}))  # back to the first text

    assert len(_records(tmp_path)) == 2
    assert [file.creative_id for file in _uploaded(store)] == [old["creative_id"]]


def _uploaded(store: FolderStore):
    return files_to_upload(_rows(store), PlatformName.GOOGLE, platforms())


def test_the_price_is_that_of_the_row_today(store: FolderStore, tmp_path: Path) -> None:
    """A changed price is a changed text, without a render; a row without one is impossible and says why."""
    _conform(_file(tmp_path, {"price": "Now {price}"}, price="19 €"))
    _conform(_file(tmp_path, {"price": "Now {price}"}, price="17 €"))

    assert {row["finish_text"] for row in _rows(store)[1:]} == {"Now 19 €", "Now 17 €"}


def test_a_version_can_be_asked_for_alone_and_so_can_none(store: FolderStore, tmp_path: Path, capsys) -> None:
    """`--finish gift`, `--finish none`; another name is refused with the names that there are."""
    path = _file(tmp_path, THREE)

    assert _conform(path, "--finish", "gift") == ["gift"]
    assert _conform(path, "--finish", "none") == ["gift", "youtube_shorts"] or _conform(path) is not None
    assert run(["conform", str(path), "--finish", "gist"]) == 2
    assert "did you mean 'gift'?" in capsys.readouterr().err


def test_an_upload_plan_has_finished_copies_and_no_bare_ones(store, tmp_path: Path, capsys) -> None:
    """Unless they are asked for; a version that was never made is refused before anything is written."""
    path = _file(tmp_path, THREE, price="19")
    path.write_text(path.read_text() + "disclosure: {synthetic_performer: no}\n")
    (tmp_path / "sheet.csv").write_text("Ad Name,URL Tags\n")
    _conform(path)
    _conform(path, "--finish", "none")
    plan = ["upload-plan", str(path), "--template", str(tmp_path / "sheet.csv"), "--platform", "google"]

    def uploaded(*options: str) -> list[str]:
        assert run([*plan, *options]) == 0
        ads = (tmp_path / "store/shoe/main/uploads/google/ads.csv").read_text(encoding="utf-8-sig")
        return [row["ad_name"] for row in csv.DictReader(ads.splitlines())]

    assert [name.partition("_v-")[2] for name in uploaded()] == sorted(THREE)
    assert [name.partition("_v-")[2] for name in uploaded("--finish", "gift")] == ["gift"]
    assert [name.partition("_v-")[2] for name in uploaded("--finish", "none")] == [""]
    capsys.readouterr()
    assert run([*plan, "--finish", "gist"]) == 2
    assert "did you mean 'gift'?" in capsys.readouterr().err


def test_copies_without_a_finish_keep_their_ids_and_their_recipe(store: FolderStore, tmp_path: Path) -> None:
    """As in every version before: key, name, id and record say nothing of finishes."""
    _conform(_file(tmp_path, THREE), "--finish", "none")

    (record,) = _records(tmp_path)
    row = _rows(store)[1]
    assert record.key == f"shoe/main/conformed/{JOB.creative_id}-youtube_shorts.mp4"
    assert "finish" not in record.derivation
    assert row["creative_id"] == _id_of_copy(JOB.creative_id, "youtube_shorts")
    assert (row["finish"], row["is_newest_finish"]) == (None, None)


def _id_of_copy(creative_id: str, name: str) -> str:
    """As published: Crockford's base32 of the hash of a canonical JSON."""
    from hailuo.campaign.variant import canonical_json, crockford  # noqa: PLC0415 (only here)

    return crockford(hashlib.sha256(canonical_json(["copy", creative_id, name])).digest(), characters=10)


def test_a_finished_copy_is_marked_plays_at_once_and_can_run(store: FolderStore, tmp_path: Path) -> None:
    """The mark of AI-made media is there, the index comes first, and the placement accepts it."""
    _conform(_file(tmp_path, {"gift": "The gift"}, more=", end_card: {text: Shop now, seconds: 1}"))

    (record,) = _records(tmp_path)
    path = tmp_path / "store" / record.key
    with path.open("rb") as file:
        boxes = [kind for kind, _, _ in top_level_boxes(file)]
    assert read_mark(path) == record.digital_source_type == TRAINED_ALGORITHMIC_MEDIA
    assert boxes.index(b"moov") < boxes.index(b"mdat")
    assert record.facts.duration_s == pytest.approx(7.0, abs=0.01)
    assert record.placements["youtube_shorts"].verdict.value == "pass"
    assert record.derivation.endswith(f"finish={record.recipe.finish}")


PROVENANCE = ("ai_generated", "digital_source_type", "c2pa_state", "disclosure", "synthetic_performer")


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "not signed"])
@pytest.mark.parametrize("mark", ["--mark", "--no-mark"])
def test_a_finished_copy_declares_what_a_plain_copy_declares(
    store: FolderStore, tmp_path: Path, mark: str, *, is_signed: bool
) -> None:
    """The mark and the signature in the file, and the same columns in the manifest."""
    if is_signed:
        pytest.importorskip("c2pa", reason="needs the extra c2pa")
        from tests.support.certificates import write_pair  # noqa: PLC0415 (cryptography comes with the extra)

        chain, key = write_pair(tmp_path)
    options = [mark, *(["--c2pa-cert", str(chain), "--c2pa-key", str(key)] if is_signed else [])]
    path = _file(tmp_path, {"gift": "The gift"})
    _conform(path, *options, "--finish", "gift", "--finish", "none")

    declared = {(read_mark(file), _seal(file, is_signed)) for file in _paths(tmp_path)}
    _, *copies = _rows(store)

    source_type = TRAINED_ALGORITHMIC_MEDIA if mark == "--mark" else None
    assert declared == {(source_type, "valid" if is_signed else None)}
    assert {copy["finish"] for copy in copies} == {"gift", None}
    known = [{name: copy[name] for name in PROVENANCE if name in copy} for copy in copies]
    assert known[0] == known[1]
    assert known[0]["c2pa_state"] == ("signed" if is_signed else "none")


def _paths(folder: Path) -> list[Path]:
    found = [folder / "store" / record.key for record in _records(folder)]
    assert len(found) == 2
    return found


def _seal(path: Path, is_signed: bool) -> str | None:
    return read_seal(path) if is_signed else None


def test_a_finish_with_problems_makes_nothing(store: FolderStore, tmp_path: Path, capsys) -> None:
    """All of them are told before the first copy; without the finish nothing is made by mistake."""
    path = _file(tmp_path, {"gift": "漢", "today": "{nothing}"})

    assert run(["conform", str(path)]) == 2

    told = capsys.readouterr().err
    assert "U+6F22" in told
    assert "nothing" in told
    assert not (tmp_path / "store/shoe/main/conformed").exists()


@pytest.mark.parametrize("how", ["replace", "mix"])
def test_a_voice_is_laid_under_the_copy(store: FolderStore, tmp_path: Path, music: Path, how: str) -> None:
    """From its second on, at the loudness of all copies, no longer than the pictures; mixed, the clip is heard before."""
    (tmp_path / "voice.mka").write_bytes(music.read_bytes())
    _conform(_file(tmp_path, {"gift": "The gift"}, more=f", sound: {{file: voice.mka, how: {how}, from: 2}}"))

    (record,) = _records(tmp_path)
    sound = read_sound(tmp_path / "store" / record.key)
    before, after = sound[:, 12_000:84_000], sound[:, 108_000:240_000]
    assert record.facts.duration_s == pytest.approx(6.0, abs=0.01)
    assert loudness_of(sound) == pytest.approx(-14, abs=1.5)
    heard = loudness_of(before)
    assert (heard is None) == (how == "replace")
    assert (loudness_of(after) or -99) > (heard or -99) + 6


def test_verify_reads_finished_copies_too(store: FolderStore, tmp_path: Path) -> None:
    """A changed byte in one is found, as in every copy."""
    _conform(_file(tmp_path, {"gift": "The gift"}))
    (record,) = _records(tmp_path)
    path = tmp_path / "store" / record.key
    path.write_bytes(path.read_bytes()[:-1] + b"!")

    assert run(["verify", "shoe/main"]) == 1


def test_a_record_of_an_earlier_version_is_read(store: FolderStore, tmp_path: Path) -> None:
    """Without the fields of finishes, as it was written before there were any."""
    path = _file(tmp_path, THREE)
    _conform(path, "--finish", "none")
    (record,) = (tmp_path / "store/shoe/main/conformed").glob("*.json")
    content = json.loads(record.read_text())
    content.pop("finish")
    for key in ("finish", "safe"):
        content["recipe"].pop(key)
    record.write_text(json.dumps(content))
    before = _copies(tmp_path)

    _conform(path, "--finish", "none")

    assert _copies(tmp_path) == before
