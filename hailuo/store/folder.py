"""A store in a folder: create-once by `link()`, every acknowledged byte fsynced."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hailuo.errors import (
    DamagedClipError,
    MissingKeyError,
    StoreFullError,
    StoreUnavailableError,
    UnsafeStoreError,
)
from hailuo.store.port import SCRATCH, Entry, FetchLinks, checked

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})
"""man7.org/linux/man-pages/man2/link.2.html; a network file system may not know the call at all."""
_LEADS_NOWHERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_LONG_AGO: Final = -2e10
"""Some six centuries before 1970, in seconds; file systems hold times for which Python has no datetime."""
_LONG_HENCE: Final = 2e11
_NEEDS_LINKS: Final = (
    "is on a file system without hard links (such as FAT, exFAT or a shared folder of a virtual machine), and only "
    "with them a record is created once and whole; use a folder on a local disk (ext4, XFS, Btrfs, APFS), or s3://"
)


class FolderStore:
    """Keys are paths below one folder. Safe for many processes on one machine.

    `served_at` is the URL under which somebody serves this folder, if anybody does: without it the
    vendor cannot fetch a first frame from here. `pages_at` is where people reach its pages in a browser.
    """

    def __init__(self, root: Path, *, served_at: str | None = None, pages_at: str | None = None) -> None:
        self._root = root
        self._served_at = served_at
        self._pages_at = pages_at

    def address(self, key: str) -> str:
        """Where people look at a page: a URL where the pages are served, else a path."""
        return f"{self._pages_at or self.uri}/{checked(key)}"

    @property
    def uri(self) -> str:
        return str(self._root)

    async def create(self, key: str, content: bytes) -> bool:
        return await asyncio.to_thread(self._create, self._path(key), content)

    async def read(self, key: str) -> bytes:
        return await asyncio.to_thread(self._read, key)

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        del content_type  # the file's name has it
        await asyncio.to_thread(self._put, self._path(key), content)

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        del content_type
        await asyncio.to_thread(self._put_file, self._path(key), path, sha256)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        del content_type
        return await asyncio.to_thread(self._create_file, self._path(key), path, sha256)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return await asyncio.to_thread(self._listing, prefix)

    async def now(self) -> datetime:
        return await asyncio.to_thread(self._now)

    async def probe(self) -> None:
        await asyncio.to_thread(self._probe)

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        del valid_for  # served for as long as somebody serves it
        if self._served_at is None:
            return None
        base = self._served_at.rstrip("/")
        return FetchLinks(url=lambda key: f"{base}/{checked(key)}", certain=True)

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _create(self, path: Path, content: bytes) -> bool:
        with _store_errors(path), self._scratch() as scratch:
            _write_durably(scratch, content)
            if not self._link(scratch, path):
                return _is_file(path) and path.read_bytes() == content
        return True

    def _link(self, scratch: Path, path: Path) -> bool:
        """Give the file its name, durably; False if the name is taken. Raises: UnsafeStoreError, OSError."""
        _make_folders(path.parent)
        try:
            os.link(scratch, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno in _NO_LINKS:
                raise UnsafeStoreError(f"{self.uri} {_NEEDS_LINKS}") from error
            raise
        finally:
            if path.parent.is_dir():
                _fsync_folder(path.parent)  # of an earlier try too: it may have failed just here
        return True

    def _read(self, key: str) -> bytes:
        path = self._path(key)
        with _store_errors(path):
            if not _is_file(path):  # a folder, a link to nothing, or a pipe: reading that would wait for ever
                raise MissingKeyError(f"{key} is not in {self.uri}")
            try:
                return path.read_bytes()
            except FileNotFoundError as error:
                raise MissingKeyError(f"{key} is not in {self.uri}") from error

    def _put(self, path: Path, content: bytes) -> None:
        with _store_errors(path), self._scratch() as scratch:
            _write_durably(scratch, content)
            _replace_durably(scratch, path)

    def _put_file(self, path: Path, source: Path, sha256: str) -> None:
        with _store_errors(path), self._scratch() as scratch:
            _copy_durably(source, scratch, sha256)
            _replace_durably(scratch, path)

    def _create_file(self, path: Path, source: Path, sha256: str) -> bool:
        with _store_errors(path), self._scratch() as scratch:
            _copy_durably(source, scratch, sha256)
            if self._link(scratch, path):
                return True
            if not _is_file(path):
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def _listing(self, prefix: str) -> list[Entry]:
        # A prefix may end inside a name: walk the deepest whole folder, then compare strings.
        folder = prefix.rpartition("/")[0]
        start = self._path(folder) if folder else self._root
        with _store_errors(start):
            found = ((path.relative_to(self._root).as_posix(), _stat(path)) for path in _files_below(start))
            return [
                Entry(key, about.st_size, _time(about.st_mtime))
                for key, about in sorted(found, key=lambda one: one[0])
                if about and key.startswith(prefix)
            ]

    def _now(self) -> datetime:
        """The time of its file system; this machine's where nothing can be written or there is no folder yet."""
        with _store_errors(self._root):
            if self._exists() and os.access(self._root, os.W_OK):
                with self._scratch() as scratch:
                    scratch.touch()
                    return datetime.fromtimestamp(scratch.stat().st_mtime, UTC)
            with tempfile.NamedTemporaryFile() as file:
                return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)

    def _exists(self) -> bool:
        try:
            self._root.stat()
        except FileNotFoundError:  # any other error says that the store cannot be reached
            return False
        return True

    def _probe(self) -> None:
        with _store_errors(self._root), self._scratch() as path:
            first, second = self._create(path, b"first"), self._create(path, b"second")
            content = path.read_bytes()
        if (first, second, content) != (True, False, b"first"):
            raise UnsafeStoreError(f"{self.uri} lets a key be created twice; use another file system")

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A temporary file on the same file system, deleted afterwards."""
        folder = self._root / SCRATCH
        _make_folders(folder)
        path = folder / secrets.token_hex(12)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    """Translate the operating system's errors: nothing was decided, so the caller may retry."""
    try:
        yield
    except OSError as error:
        kind = StoreFullError if error.errno in _NO_ROOM else StoreUnavailableError
        raise kind(f"{path}: {error.strerror or error}") from error


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=_stumbled):
        folders[:] = [name for name in folders if name != SCRATCH]
        yield from (Path(parent, name) for name in names)


def _stat(path: Path) -> os.stat_result | None:
    """Of the file; of a link that leads nowhere, such as an editor's lock; None where there is nothing.

    Raises: OSError where the operating system cannot say.
    """
    for follow in (True, False):
        try:
            return path.stat(follow_symlinks=follow)
        except OSError as error:
            if error.errno not in _LEADS_NOWHERE:
                raise
    return None


def _is_file(path: Path) -> bool:
    found = _stat(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def _time(seconds: float) -> datetime:
    """A file's time. One that no datetime has, or can be reckoned with, is some time in the far future or past."""
    return datetime.fromtimestamp(min(max(seconds, _LONG_AGO), _LONG_HENCE), UTC)


def _stumbled(error: OSError) -> None:
    """A missing folder is empty. One that cannot be read raises: it may hold the record of a purchase."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy_durably(source: Path, scratch: Path, sha256: str) -> None:
    """Raises: DamagedClipError when other bytes arrived."""
    shutil.copyfile(source, scratch)
    with scratch.open("rb+") as copy:
        arrived = hashlib.file_digest(copy, "sha256").hexdigest()
        os.fsync(copy.fileno())
    if arrived != sha256:
        raise DamagedClipError(f"{source.name}: {arrived} arrived, not {sha256}; nothing was replaced")


def _replace_durably(source: Path, target: Path) -> None:
    _make_folders(target.parent)
    source.replace(target)
    _fsync_folder(target.parent)


def _make_folders(folder: Path) -> None:
    """Create a folder so that it survives a power cut: each parent is fsynced after its new entry."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
