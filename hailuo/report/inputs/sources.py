"""What people drop for a report: exports of ad platforms, a filled ads.csv, mapping files; from files, folders, buckets."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from hailuo.errors import Place, Problem, RefusedError, SettingsError
from hailuo.settings import Settings
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition, editions_with
from hailuo.store.open import open_store
from hailuo.store.port import checked

_TABLES: Final = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl", ".ndjson", ".toml"})
_TURNED_AWAY: Final = frozenset({".xls", ".xlsb", ".ods", ".numbers", ".zip", ".gz", ".7z", ".pdf"})
"""Formats that an export may well have, and that nothing here reads: to be left out silently would be to lose rows."""
_MOST_BYTES: Final = 200_000_000
_AT_ONCE: Final = 16
_PLACE: Final = Place("the place of the exports")


class InputError(RefusedError):
    """Something that was named or dropped for a report cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """Contents by name; `where` says, for people, where was looked."""

    files: Mapping[str, bytes]
    where: tuple[str, ...]


async def find_files(
    store: Store, settings: Settings, sources: Sequence[str], *, edition: Edition
) -> FoundFiles:
    """Every file of the sources: files, folders, `s3://bucket/prefix`; without any, what lies in the edition's
    `exports/` of the store. Hidden files and what is no table are passed over.

    Raises: InputError with every source and file that cannot be read.
    """
    if not sources:
        return FoundFiles(
            files=await _under(store, edition.exports), where=(f"{store.uri}/{edition.exports}",)
        )
    return FoundFiles(files=await files_named(settings, sources), where=tuple(sources))


async def files_named(settings: Settings, sources: Sequence[str]) -> Mapping[str, bytes]:
    """Every file of the sources alone, by a name of its own. Raises: as `find_files`."""
    found: list[Mapping[str, bytes]] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            found.append(await _of_source(source, settings))
        except InputError as error:
            problems += error.problems
    _refuse(problems)
    return named_apart(found)


async def editions_with_exports(store: Store, campaign: str) -> tuple[str, ...]:
    """The editions of a campaign that have something in their `exports/`, sorted. Raises: StoreUnavailableError."""
    keys = [entry.key for entry in await store.listing(f"{campaign}/")]
    return editions_with(keys, "exports")


async def read_named(paths: Sequence[Path]) -> Mapping[str, bytes]:
    """Files that somebody named, by their paths. Raises: InputError with every one that cannot be read."""
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            found[str(path)] = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            problems.append(_unreadable(str(path), error))
    _refuse(problems)
    return found


async def _of_source(source: str, settings: Settings) -> Mapping[str, bytes]:
    if "://" in source:
        return await _under(_bucket(source, settings), "")
    path = Path(source)
    if await asyncio.to_thread(path.is_dir):
        return await asyncio.to_thread(_in_folder, path)
    return {path.name: await asyncio.to_thread(_content, path)}


def _bucket(address: str, settings: Settings) -> Store:
    try:
        return open_store(settings.model_copy(update={"store": address}))
    except SettingsError as error:  # the store of the settings is another one
        raise InputError(
            [
                replace(problem, place=_PLACE) if problem.place.file == "HAILUO_STORE" else problem
                for problem in error.problems
            ]
        ) from error


async def _under(store: Store, prefix: str) -> Mapping[str, bytes]:
    if isinstance(store, FolderStore):  # people's files have any name; keys of a store have not
        return await asyncio.to_thread(_in_folder, Path(store.uri) / prefix)
    entries = [entry for entry in await store.listing(prefix) if _is_wanted(entry.key)]
    shown = {entry.key: entry.key.removeprefix(prefix) for entry in entries}
    _refuse([*_problems(shown.values()), *(_key_problem(key) for key in shown if not _is_key(key))])
    _refuse([_too_large(shown[entry.key]) for entry in entries if entry.bytes > _MOST_BYTES])
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(key: str) -> bytes:
        async with gate:
            return await store.read(key)

    contents = await asyncio.gather(*(read(key) for key in shown))
    return dict(zip(shown.values(), contents, strict=True))


def _in_folder(folder: Path) -> Mapping[str, bytes]:
    paths = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    wanted = {name: path for name, path in paths.items() if _is_wanted(name)}
    _refuse(_problems(wanted))
    _refuse([_too_large(name) for name, path in wanted.items() if path.stat().st_size > _MOST_BYTES])
    return {name: _content(path) for name, path in wanted.items()}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError([_unreadable(str(path), error)]) from error


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "~")) for part in path.parts)
    return not is_hidden and path.suffix.lower() in _TABLES | _TURNED_AWAY


def _is_key(key: str) -> bool:
    try:
        checked(key)
    except ValueError:
        return False
    return True


def named_apart(found: Sequence[Mapping[str, bytes]]) -> Mapping[str, bytes]:
    """Two sources may have a file of the same name; neither hides the other."""
    files: dict[str, bytes] = {}
    for name, content in ((name, content) for source in found for name, content in source.items()):
        files[next(free for free in _spellings(name) if free not in files)] = content
    return files


def _spellings(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    yield name
    for number in range(2, 10_000):
        yield str(path.with_name(f"{path.stem} ({number}){path.suffix}"))


def _problems(names: Iterable[str]) -> list[Problem]:
    return [
        Problem(Place(name), "is of a format that is not read", "export it as CSV or XLSX, or take it out")
        for name in names
        if PurePosixPath(name).suffix.lower() in _TURNED_AWAY
    ]


def _key_problem(key: str) -> Problem:
    remedy = "rename it: letters, digits and . _ - = only"
    return Problem(Place(key), "has a name that cannot be read from a bucket here", remedy)


def _too_large(name: str) -> Problem:
    return Problem(Place(name), "is larger than 200 MB", "split it, or export fewer columns or days")


def _unreadable(place: str, error: OSError) -> Problem:
    return Problem(Place(place), f"cannot be read ({error.strerror})", "name a file or folder that can")


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(problems)
