"""A store in a folder: the contract, and what only files can get wrong."""

import errno
import os
import resource
import subprocess
import sys
from asyncio import run
from collections.abc import Callable, Coroutine, Iterable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from hailuo.errors import DamagedClipError, MissingKeyError, StoreUnavailableError
from hailuo.store import FolderStore, Store
from hailuo.store.folder import _time
from hailuo.store.port import SCRATCH
from tests.store.contract import CLIP, KEY, MP4, TEXT, StoreContract, link, sha256_of

Act = Callable[[Store, Path], Coroutine[object, object, object]]

WRITES: dict[str, Act] = {
    "create": lambda store, _: store.create(KEY, b"x"),
    "put": lambda store, _: store.put(KEY, b"x", content_type=TEXT),
    "put_file": lambda store, path: store.put_file(KEY, path, sha256=sha256_of(path), content_type=MP4),
    "probe": lambda store, _: store.probe(),
}
ACTS: dict[str, Act] = {
    **WRITES,
    "now": lambda store, _: store.now(),
    "listing": lambda store, _: store.listing("shoe/"),
}


class TestFolderStore(StoreContract):
    """The contract, on files."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return FolderStore(tmp_path / "store")

    def fill(self, store: Store, keys: Iterable[str]) -> None:
        for key in keys:
            path = Path(store.uri, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"{}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


@pytest.fixture
def files_end_early() -> Iterator[None]:
    """The disk is full for everything longer than a megabyte: it stops even root."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def scratch_files(root: Path) -> list[Path]:
    """Whatever lies in the root that no listing shows."""
    return [path for path in root.rglob("*") if path.is_file() and path.relative_to(root).parts[0][0] == "."]


def test_clips_are_plain_files(store: FolderStore, root: Path) -> None:
    """A person finds a clip under its key without any tool."""
    run(store.put(CLIP, b"clip", content_type=MP4))

    assert root.joinpath(CLIP).read_bytes() == b"clip"
    assert store.uri == str(root)


_WITHOUT_LINKS = """
import asyncio, errno, sys
from pathlib import Path
from hailuo.store import FolderStore
from hailuo.store.port import SCRATCH

def refuse(event, arguments):
    if event == "os.link":
        raise OSError(int(sys.argv[2]), "no such thing here")

sys.addaudithook(refuse)
try:
    asyncio.run(FolderStore(Path(sys.argv[1])).probe())
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_gets_its_own_message(root: Path, number: int) -> None:
    """It is the file system that has to change, not a permission; the hook cannot be removed, hence a process."""
    command = [sys.executable, "-c", _WITHOUT_LINKS, str(root), str(number)]

    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603

    assert said.startswith(f"UnsafeStoreError {root} is on a file system without hard links")
    assert "use a folder on a local disk" in said


def test_it_offers_no_url_unless_somebody_serves_it(root: Path) -> None:
    """Without a server the vendor cannot fetch a first frame, and the plan has to say so."""
    served = FolderStore(root, served_at="http://127.0.0.1:9/s/")

    assert link(FolderStore(root), KEY, timedelta(hours=1)) == ""
    assert link(served, KEY, timedelta(hours=1)) == f"http://127.0.0.1:9/s/{KEY}"


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_a_store_that_cannot_be_reached_says_so(tmp_path: Path, clip: Path, act: Act) -> None:
    """Above all it never reads as empty: an empty ledger means that everything may be bought."""
    file = tmp_path / "file"
    file.write_text("where the disk should be mounted")

    with pytest.raises(StoreUnavailableError):
        run(act(FolderStore(file / "store"), clip))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES.keys())
def test_a_folder_that_may_not_be_written_says_so(root: Path, clip: Path, act: Act) -> None:
    """Nothing was decided, and the caller may repeat."""
    root.mkdir(mode=0o555)

    with pytest.raises(StoreUnavailableError):
        run(act(FolderStore(root), clip))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_folder_that_may_not_be_read_is_not_empty(store: FolderStore, root: Path) -> None:
    """One unreadable job must not look like one that was never bought."""
    run(store.create(KEY, b"x"))
    root.joinpath(KEY).parent.chmod(0o000)

    with pytest.raises(StoreUnavailableError):
        run(store.listing(""))


@pytest.mark.usefixtures("files_end_early")
def test_a_full_disk_leaves_nothing_half_written(store: FolderStore, root: Path, clip: Path) -> None:
    """Neither under the key nor in the scratch folder."""
    long = b"x" * 2_000_000

    with pytest.raises(StoreUnavailableError):
        run(store.create(KEY, long))
    with pytest.raises(StoreUnavailableError):
        run(store.put(CLIP, long, content_type=MP4))
    assert run(store.listing("")) == []
    assert scratch_files(root) == []


@pytest.mark.parametrize("act", WRITES.values(), ids=WRITES.keys())
def test_scratch_files_are_gone_afterwards(store: FolderStore, root: Path, clip: Path, act: Act) -> None:
    """Whatever was written is under its key or nowhere."""
    run(act(store, clip))

    assert scratch_files(root) == []


def test_scratch_files_are_gone_after_an_error(store: FolderStore, root: Path, clip: Path) -> None:
    """A damaged clip and a lost race leave nothing behind either."""
    run(store.create(KEY, b"ann"))

    run(store.create(KEY, b"bea"))
    with pytest.raises(DamagedClipError):
        run(store.put_file(CLIP, clip, sha256="00" * 32, content_type=MP4))

    assert scratch_files(root) == []


def test_what_a_killed_process_left_is_no_object(store: FolderStore, root: Path) -> None:
    """A half-written scratch file shows in no listing and under no key."""
    run(store.create(KEY, b"x"))
    run(store.now())
    scratch = root / SCRATCH
    scratch.joinpath("left-over").write_bytes(b"half")

    assert [entry.key for entry in run(store.listing(""))] == [KEY]
    with pytest.raises(ValueError, match="not a store key"):
        run(store.read(f"{scratch.name}/left-over"))


def test_a_prefix_cannot_leave_the_root(store: FolderStore) -> None:
    """A listing shows nothing of the machine."""
    with pytest.raises(ValueError, match="not a store key"):
        run(store.listing("../"))


def test_a_vanished_clip_is_missing(store: FolderStore, root: Path) -> None:
    """Somebody deleted a file by hand: the key is missing, not the store."""
    run(store.put(CLIP, b"clip", content_type=MP4))
    root.joinpath(CLIP).unlink()

    with pytest.raises(MissingKeyError):
        run(store.read(CLIP))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("/nowhere/a file")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a pipe": _pipe,
    "a link to nothing": _link_to_nothing,
    "a link to itself": _link_to_itself,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_listed_and_never_waited_for(
    store: FolderStore, root: Path, clip: Path, kind: str
) -> None:
    """An editor's lock is a link to nothing, and reading a pipe would wait for ever: neither stops another key."""
    (root / "c/e").mkdir(parents=True)
    NO_FILES[kind](root / "c/e/odd")
    run(store.create("c/e/good", b"fact"))

    keys = [entry.key for entry in run(store.listing("c/"))]
    with pytest.raises(MissingKeyError):
        run(store.read("c/e/odd"))
    created = run(store.create("c/e/odd", b"fact"))
    stored = run(store.create_file("c/e/odd", clip, sha256=sha256_of(clip), content_type=MP4))

    assert keys == ["c/e/good"] + ["c/e/odd"] * (kind != "a folder")
    assert (created, stored) == (False, False)
    assert run(store.read("c/e/good")) == b"fact"


@pytest.mark.parametrize("seconds", [-1e18, -1e10, 0.0, 1e11, 1e18])
def test_a_time_that_no_calendar_has_is_the_nearest_one(seconds: float) -> None:
    """Some file systems hold times for which Python has no datetime."""
    assert _time(seconds).tzinfo is UTC
    assert (_time(seconds).year < 1970) == (seconds < 0)
