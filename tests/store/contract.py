"""What every store promises. Subclass with a `store` fixture, and every promise is tested on it."""

import asyncio
import hashlib
from asyncio import run
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from hailuo.errors import DamagedClipError, MissingKeyError
from hailuo.store import Store

KEY = "shoe/main/ledger/v1/7KQ2M9X4TD/a001/intent"
CLIP = "shoe/main/clips/7KQ2M9X4TD.mp4"
TEXT = "text/plain; charset=utf-8"
MP4 = "video/mp4"

CONTENTS = {
    "empty": b"",
    "text": "Turnschuh auf nassem Asphalt, 慢速环绕镜头 👟".encode(),
    "every byte": bytes(range(256)),
    "line ends": b"one\r\ntwo\n\rthree\x1a",
    "a mebibyte": b"\x00\xff" * 2**19,
}
BAD_KEYS = {
    "empty": "",
    "absolute": "/shoe/plan.json",
    "parent": "..",
    "beside the root": "../shoe/plan.json",
    "through a parent": "shoe/../../plan.json",
    "dot": "shoe/./plan.json",
    "many dots": "shoe/.../plan.json",
    "empty part": "shoe//plan.json",
    "a folder": "shoe/",
    "backslash": "shoe\\plan.json",
    "NUL": "shoe/plan\0.json",
    "line end": "shoe/plan.json\n",
    "space": "shoe/my plan.json",
    "no ASCII": "schuh/plän.json",
    "drive": "C:/plan.json",
}
contents = pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
bad_keys = pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())


def link(store: Store, key: str, valid_for: timedelta) -> str:
    """A link to the object; "" where the store has none to offer."""
    links = run(store.links(valid_for=valid_for))
    return links.url(key) if links else ""


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class StoreContract:
    """The promises of `hailuo.store.Store`."""

    many = 1050
    """Facts of a long night; override where each costs a request."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("a subclass gives the store under test")

    def fill(self, store: Store, keys: Iterable[str]) -> None:
        """Lay small objects under many keys; override where there is a quicker way."""

        async def put_all() -> None:
            gate = asyncio.Semaphore(32)

            async def put(key: str) -> None:
                async with gate:
                    await store.put(key, b"{}", content_type=TEXT)

            await asyncio.gather(*map(put, keys))

        run(put_all())

    def test_a_key_is_created_once(self, store: Store) -> None:
        """The second caller is told so, and the first one's content stays: this is what money hangs on."""
        assert run(store.create(KEY, b"ann"))

        assert not run(store.create(KEY, b"bea"))
        assert run(store.read(KEY)) == b"ann"

    def test_one_of_many_at_once_creates_the_key(self, store: Store) -> None:
        """However many try together, one hears True, and its content is what lies there."""
        names = [f"worker {number}".encode() for number in range(20)]

        async def race() -> list[bool]:
            return await asyncio.gather(*(store.create(KEY, name) for name in names))

        won = run(race())

        assert won.count(True) == 1
        assert run(store.read(KEY)) == names[won.index(True)]

    def test_the_same_bytes_created_again_are_ours(self, store: Store) -> None:
        """Whoever learns late of its own success asks again, and is told yes."""
        run(store.create(KEY, b"ann"))

        assert run(store.create(KEY, b"ann"))

    def test_nothing_is_created_over_what_was_put(self, store: Store) -> None:
        """Create-once looks at what is there, not at how it got there."""
        run(store.put(KEY, b"put", content_type=TEXT))

        assert not run(store.create(KEY, b"created"))
        assert run(store.read(KEY)) == b"put"

    @contents
    def test_created_bytes_come_back_as_they_were(self, store: Store, content: bytes) -> None:
        """No byte is translated."""
        run(store.create(KEY, content))

        assert run(store.read(KEY)) == content

    @contents
    def test_put_bytes_come_back_as_they_were(self, store: Store, content: bytes) -> None:
        """No byte is translated."""
        run(store.put(KEY, content, content_type=TEXT))

        assert run(store.read(KEY)) == content

    @pytest.mark.parametrize(
        "key", ["shoe/other", "shoe/main/clips", f"{CLIP}/intent", "shoe/main/clips/7KQ2"]
    )
    def test_a_missing_key_is_missing(self, store: Store, key: str) -> None:
        """Also where it is the beginning, or goes on behind the end, of one that is there."""
        run(store.create(CLIP, b"clip"))

        with pytest.raises(MissingKeyError, match=key):
            run(store.read(key))

    def test_put_replaces(self, store: Store) -> None:
        """A manifest is written over by the next run."""
        run(store.put(CLIP, b"a longer first edition", content_type=TEXT))

        run(store.put(CLIP, b"second", content_type=TEXT))

        assert run(store.read(CLIP)) == b"second"

    def test_a_reader_sees_one_whole_object_or_the_other(self, store: Store) -> None:
        """A gallery opened while it is replaced is never half of each."""
        editions = [letter * 200_000 for letter in (b"a", b"b")]
        run(store.put(CLIP, editions[0], content_type=TEXT))

        async def mixed() -> list[bytes]:
            puts = [store.put(CLIP, editions[n % 2], content_type=TEXT) for n in range(20)]
            reads = [store.read(CLIP) for _ in range(40)]
            _, seen = await asyncio.gather(asyncio.gather(*puts), asyncio.gather(*reads))
            return seen

        assert set(run(mixed())) <= set(editions)

    def test_a_file_is_stored_byte_for_byte(self, store: Store, clip: Path) -> None:
        """What was downloaded is what is delivered; the source stays where it is."""
        run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))

        assert run(store.read(CLIP)) == clip.read_bytes()

    def test_a_file_replaces_what_was_there(self, store: Store, clip: Path) -> None:
        """A clip fetched again lands on the same key."""
        run(store.put(CLIP, b"older", content_type=MP4))

        run(store.put_file(CLIP, clip, sha256=sha256_of(clip), content_type=MP4))

        assert run(store.read(CLIP)) == clip.read_bytes()

    def test_a_damaged_file_replaces_nothing(self, store: Store, clip: Path) -> None:
        """Bytes that are not those promised are refused, and the good ones stay."""
        run(store.put(CLIP, b"good", content_type=MP4))

        with pytest.raises(DamagedClipError):
            run(store.put_file(CLIP, clip, sha256="00" * 32, content_type=MP4))
        assert run(store.read(CLIP)) == b"good"

    def test_a_damaged_file_leaves_no_object(self, store: Store, clip: Path) -> None:
        """A clip is under its key whole, or not at all."""
        with pytest.raises(DamagedClipError):
            run(store.put_file(CLIP, clip, sha256="00" * 32, content_type=MP4))

        assert run(store.listing("")) == []

    def test_a_file_is_created_once(self, store: Store, clip: Path) -> None:
        """The first one stays, also beside a copy of itself; the answer says whether its bytes are there."""
        other = clip.with_name("other.mp4")
        other.write_bytes(clip.read_bytes() + b"more")

        async def create() -> list[bool]:
            files = (clip, clip, other)
            return [
                await store.create_file(CLIP, path, sha256=sha256_of(path), content_type=MP4)
                for path in files
            ]

        assert run(create()) == [True, True, False]
        assert run(store.read(CLIP)) == clip.read_bytes()

    def test_one_of_many_files_at_once_is_created(self, store: Store, clip: Path) -> None:
        """Whatever the others hold."""
        files = [clip.with_name(f"{number}.mp4") for number in range(8)]
        for number, path in enumerate(files):
            path.write_bytes(clip.read_bytes() + bytes([number]))

        async def create() -> list[bool]:
            creations = (
                store.create_file(CLIP, path, sha256=sha256_of(path), content_type=MP4) for path in files
            )
            return await asyncio.gather(*creations)

        won = run(create())

        assert won.count(True) == 1
        assert run(store.read(CLIP)) == files[won.index(True)].read_bytes()

    def test_a_damaged_file_is_not_created(self, store: Store, clip: Path) -> None:
        """Nor does it take the key."""
        with pytest.raises(DamagedClipError):
            run(store.create_file(CLIP, clip, sha256="0" * 64, content_type=MP4))

        assert run(store.listing("shoe/main/clips/")) == []

    def test_a_listing_is_sorted_by_key(self, store: Store) -> None:
        """By the characters of the whole key, not folder by folder."""
        keys = ["a0", "a.1", "a/b/1", "a-1", "a/1", "a/B", "Z"]
        self.fill(store, keys)

        assert [entry.key for entry in run(store.listing(""))] == sorted(keys)

    @pytest.mark.parametrize(
        ("prefix", "found"),
        [
            ("", ["other/x", "shoe/clip", "shoe/clips-b/1", "shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/", ["shoe/clip", "shoe/clips-b/1", "shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/clips/", ["shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/clips", ["shoe/clips-b/1", "shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/clips/2", ["shoe/clips/2/deep"]),
            ("shoe/clip", ["shoe/clip", "shoe/clips-b/1", "shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/clips/1", ["shoe/clips/1"]),
            ("s", ["shoe/clip", "shoe/clips-b/1", "shoe/clips/1", "shoe/clips/2/deep"]),
            ("shoe/none/", []),
            ("SHOE", []),
        ],
    )
    def test_a_prefix_is_a_beginning_of_keys(self, store: Store, prefix: str, found: list[str]) -> None:
        """It may end inside a name, be empty, or fit nothing."""
        self.fill(store, ["shoe/clips/1", "shoe/clips/2/deep", "shoe/clip", "shoe/clips-b/1", "other/x"])

        assert [entry.key for entry in run(store.listing(prefix))] == found

    def test_an_empty_store_lists_nothing(self, store: Store) -> None:
        """The first run of all finds no ledger, and no error."""
        assert run(store.listing("")) == []
        assert run(store.listing("shoe/main/ledger/v1/")) == []

    def test_a_listing_is_complete(self, store: Store) -> None:
        """A long night's facts are seen to the last one."""
        keys = [f"shoe/main/ledger/v1/{number:010}/a001/intent" for number in range(self.many)]
        self.fill(store, keys)

        assert [entry.key for entry in run(store.listing("shoe/main/ledger/v1/"))] == keys

    def test_an_entry_tells_size_and_age(self, store: Store) -> None:
        """Ages are told by the store's time, never by a worker's: object and `now` use one clock."""
        before = run(store.now())
        run(store.create(KEY, b"12345"))
        after = run(store.now())

        (entry,) = run(store.listing(KEY))

        a_second = timedelta(seconds=1)  # some stores know only whole ones
        assert (entry.key, entry.bytes) == (KEY, 5)
        assert before - a_second <= entry.modified_at <= after + a_second

    def test_times_are_aware(self, store: Store) -> None:
        """In UTC, all of them."""
        run(store.create(KEY, b"x"))

        times = [run(store.now()), run(store.listing(KEY))[0].modified_at]

        assert [at.utcoffset() for at in times] == [timedelta(0)] * 2

    def test_a_sound_store_passes_its_probe_and_shows_no_trace(self, store: Store) -> None:
        """As often as a run is admitted."""
        run(store.probe())
        run(store.probe())

        assert run(store.listing("")) == []

    @bad_keys
    def test_no_object_is_created_outside(self, store: Store, key: str) -> None:
        """A key is made of plain parts below the root, on every system."""
        with pytest.raises(ValueError, match="not a store key"):
            run(store.create(key, b"x"))

    @bad_keys
    def test_no_object_is_put_outside(self, store: Store, clip: Path, key: str) -> None:
        """Neither from memory nor from a file."""
        with pytest.raises(ValueError, match="not a store key"):
            run(store.put(key, b"x", content_type=TEXT))
        with pytest.raises(ValueError, match="not a store key"):
            run(store.put_file(key, clip, sha256=sha256_of(clip), content_type=MP4))

    @bad_keys
    def test_nothing_is_read_from_outside(self, store: Store, key: str) -> None:
        """A key from a ledger that somebody edited opens no file of the machine."""
        with pytest.raises(ValueError, match="not a store key"):
            run(store.read(key))

    def test_every_allowed_character_is_kept(self, store: Store) -> None:
        """Upper and lower case, and the signs, stay apart."""
        keys = ["A/x", "a.b-c_d=e/x", "a.b-c_d=e/{date}/..hidden"]
        self.fill(store, keys)

        assert [entry.key for entry in run(store.listing(""))] == keys
