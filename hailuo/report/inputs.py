"""The files that a report is made from: exports of ad platforms, filled ads.csv, mappings; found, sorted and read."""

import asyncio
import hashlib
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Final

import pandas as pd

from hailuo.errors import Place, Problem, RefusedError, SettingsError
from hailuo.named_files import read_named
from hailuo.report.exports import is_ads_file, read_ads, read_exports, read_mapping
from hailuo.report.exports.fields import ExportError
from hailuo.report.findings import StudyCell
from hailuo.report.studies import is_study_file, read_study
from hailuo.settings import Settings
from hailuo.sheets import UnreadableSheetError, is_packed, unpacked
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition, Folder, editions_with
from hailuo.store.open import open_store
from hailuo.store.port import is_key, read_many

_READ: Final = frozenset(
    {".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl", ".ndjson", ".toml", ".xls", ".zip", ".gz"}
)
_REFUSED: Final = frozenset({".xlsb", ".ods", ".numbers", ".7z", ".pdf"})
"""Formats that an export may well have, and that this program does not read: to skip them would be to lose rows."""
_MOST_BYTES: Final = 200_000_000
_PLACE: Final = Place("the place of the exports")


class InputError(RefusedError):
    """A file for a report cannot be read, or there is none."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file; `modified_at` is the time of its file system or store, if it has one."""

    content: bytes
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """Contents by name; `where` names the places that were searched, for messages. `times` are when files changed last."""

    files: Mapping[str, bytes]
    where: tuple[str, ...]
    times: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Mapping[str, FoundFile], where: Sequence[str]) -> "FoundFiles":
        """From files by name."""
        times = {name: one.modified_at for name, one in found.items() if one.modified_at}
        return cls(files={name: one.content for name, one in found.items()}, where=tuple(where), times=times)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFiles:
    """Contents by name and kind; `where` names the places that were searched, for messages. `times` are the exports'."""

    exports: Mapping[str, bytes]
    ads: Mapping[str, bytes]
    mappings: Mapping[str, bytes]
    where: tuple[str, ...]
    times: Mapping[str, datetime] = field(default_factory=dict)
    studies: Mapping[str, bytes] = field(default_factory=dict)

    def digests(self) -> list[tuple[str, str, str]]:
        """Kind, name and SHA-256 of every file: the same files, the same report."""
        kinds = {"export": self.exports, "ads": self.ads, "mapping": self.mappings, "study": self.studies}
        return sorted(
            (kind, name, hashlib.sha256(content).hexdigest())
            for kind, files in kinds.items()
            for name, content in files.items()
        )


async def find_files(
    store: Store, settings: Settings, sources: Sequence[str], *, edition: Edition
) -> FoundFiles:
    """Every file of the sources: files, folders, `s3://bucket/prefix`; by default the edition's `exports/` in the
    store. Hidden files and files that are no tables are skipped.

    Raises: InputError with every source and file that cannot be read.
    """
    if sources:
        return FoundFiles.of(await files_named(settings, sources), where=sources)
    return FoundFiles.of(await _under(store, edition.exports), where=[f"{store.uri}/{edition.exports}"])


async def files_named(settings: Settings, sources: Sequence[str]) -> Mapping[str, FoundFile]:
    """Every file of the sources alone, each by a unique name. Raises: as `find_files`."""
    return named_apart(await _each(_of_source(source, settings) for source in sources))


async def editions_with_exports(store: Store, campaign: str) -> tuple[str, ...]:
    """The editions of a campaign with files in `exports/`, sorted. Raises: StoreUnavailableError."""
    keys = [entry.key for entry in await store.listing(f"{campaign}/")]
    return editions_with(keys, Folder.EXPORTS)


async def sort_files(
    store: Store,
    found: FoundFiles,
    *,
    ads: Sequence[Path],
    mappings: Sequence[Path],
    studies: Sequence[Path] = (),
    edition: Edition,
) -> InputFiles:
    """The files by kind, with ads, mappings and studies named beside them, and every ads.csv of the edition's uploads.

    Raises: InputError with every file that cannot be read.
    """
    sorted_files = by_kind(found)
    uploaded = [entry.key for entry in await store.listing(edition.uploads)]
    filled = await read_many(store, [key for key in uploaded if key.endswith("/ads.csv")])
    filled = {key.removeprefix(edition.uploads): content for key, content in filled.items()}
    given = await _each(
        asyncio.to_thread(_contents, {str(path): path}) for path in (*ads, *mappings, *studies)
    )
    named = [{name: one.content for name, one in some.items()} for some in given]
    return replace(
        sorted_files,
        ads=_merged([filled, sorted_files.ads, *named[: len(ads)]]),
        mappings=_merged([sorted_files.mappings, *named[len(ads) : len(ads) + len(mappings)]]),
        studies=_merged([sorted_files.studies, *named[len(ads) + len(mappings) :]]),
    )


def by_kind(found: FoundFiles) -> InputFiles:
    """The files by kind: a mapping by its suffix, an ads.csv and a study by their headers, all others are exports.

    A zip or gzip counts as what is in it. Raises: InputError with every one that cannot be unpacked.
    """
    found = _unpacked(found)
    mappings = {
        name: one for name, one in found.files.items() if PurePosixPath(name).suffix.lower() == ".toml"
    }
    tables = {name: content for name, content in found.files.items() if name not in mappings}
    ads = {name: content for name, content in tables.items() if is_ads_file(content, name=name)}
    rest = {name: content for name, content in tables.items() if name not in ads}
    studies = {name: content for name, content in rest.items() if is_study_file(content, name=name)}
    return InputFiles(
        exports={name: content for name, content in rest.items() if name not in studies},
        ads=ads,
        mappings=mappings,
        studies=studies,
        where=found.where,
        times=found.times,
    )


def _unpacked(found: FoundFiles) -> FoundFiles:
    """With the files that were packed; each has the time of its archive. What is no table is skipped, as in a folder."""
    files: dict[str, bytes] = {}
    times = dict(found.times)
    problems: list[Problem] = []
    for name, content in found.files.items():
        try:
            for inner, one in unpacked(content, name) if is_packed(content) else [(name, content)]:
                if inner != name and (is_packed(one) or not _is_wanted(inner.removeprefix(f"{name}/"))):
                    if is_packed(one):
                        reason, remedy = "is packed twice", "unpack it, and name the files in it"
                        problems.append(Problem(Place(inner), reason, remedy))
                    continue
                free = next(one for one in _numbered(inner) if one not in files)
                files[free] = one
                if name in found.times:
                    times[free] = found.times[name]
        except UnreadableSheetError as error:
            problems += error.problems
    _refuse(problems)
    return replace(found, files=files, times=times)


async def read_results(files: InputFiles) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The rows of every export, and those of every ads.csv (None if there is none).

    Raises: ExportError with every problem of the files; InputError where there is no export at all.
    """
    if not files.exports:
        remedy = "name exported files, or put them there; the ad platforms export them as CSV or XLSX"
        raise InputError([Problem(Place(", ".join(files.where)), "has no export of an ad platform", remedy)])

    def read() -> tuple[pd.DataFrame, pd.DataFrame | None]:
        mappings = [read_mapping(content, name=name) for name, content in sorted(files.mappings.items())]
        ads = ads_rows(files) if files.ads else None
        return read_exports(files.exports, mappings=mappings, times=files.times), ads

    return await asyncio.to_thread(read)


def study_cells(files: InputFiles, *, confidence: float) -> tuple[StudyCell, ...]:
    """The cells of every study. Raises: ExportError with every problem of the files."""
    cells: list[StudyCell] = []
    problems: list[Problem] = []
    for name, content in sorted(files.studies.items()):
        try:
            cells += read_study(content, name, confidence=confidence)
        except ExportError as error:
            problems += error.problems
    if problems:
        raise ExportError(problems)
    return tuple(cells)


def ads_rows(files: InputFiles) -> pd.DataFrame:
    """The rows of every ads.csv; there must be one. Raises: ExportError."""
    ads = [read_ads(content, name) for name, content in sorted(files.ads.items())]
    return pd.concat(ads, ignore_index=True)


def named_apart(found: Sequence[Mapping[str, FoundFile]]) -> Mapping[str, FoundFile]:
    """The files of several sources; a name that is taken gets a number, so that no file hides another."""
    files: dict[str, FoundFile] = {}
    for name, content in ((name, content) for source in found for name, content in source.items()):
        files[next(one for one in _numbered(name) if one not in files)] = content
    return files


def _numbered(name: str) -> Iterator[str]:
    """The name, then the same with a number."""
    path = PurePosixPath(name)
    yield name
    yield from (str(path.with_name(f"{path.stem} ({number}){path.suffix}")) for number in count(2))


async def _each(reads: Iterable[Awaitable[Mapping[str, FoundFile]]]) -> list[Mapping[str, FoundFile]]:
    """One result per read. Raises: InputError with the problems of all of them."""
    found: list[Mapping[str, FoundFile]] = []
    problems: list[Problem] = []
    for read in reads:
        try:
            found.append(await read)
        except InputError as error:
            problems += error.problems
    _refuse(problems)
    return found


def _merged(found: Iterable[Mapping[str, bytes]]) -> Mapping[str, bytes]:
    return {name: content for files in found for name, content in files.items()}


async def _of_source(source: str, settings: Settings) -> Mapping[str, FoundFile]:
    if "://" not in source:
        path = Path(source)
        is_folder = await asyncio.to_thread(path.is_dir)
        read = partial(_in_folder, path) if is_folder else partial(_contents, {path.name: path})
        return await asyncio.to_thread(read)
    try:
        bucket = open_store(settings.model_copy(update={"store": source}))
    except SettingsError as error:  # which names the setting of the store, but the source is the cause
        problems = [
            replace(problem, place=_PLACE) if problem.place.file == "HAILUO_STORE" else problem
            for problem in error.problems
        ]
        raise InputError(problems) from error
    return await _under(bucket, "")


async def _under(store: Store, prefix: str) -> Mapping[str, FoundFile]:
    if isinstance(store, FolderStore):  # its files may have any name, the keys of a store may not
        return await asyncio.to_thread(_in_folder, Path(store.uri) / prefix)
    entries = [entry for entry in await store.listing(prefix) if _is_wanted(entry.key)]
    names = {entry.key: entry.key.removeprefix(prefix) for entry in entries}
    sizes = {names[entry.key]: entry.bytes for entry in entries}
    remedy = "rename it: letters, digits and . _ - = only"
    bad_keys = [
        Problem(Place(key), "has a name that cannot be read from a bucket here", remedy)
        for key in names
        if not is_key(key)
    ]
    _refuse([*bad_keys, *_unusable(sizes)])
    times = {entry.key: entry.modified_at for entry in entries}
    contents = await read_many(store, list(names))
    return {names[key]: FoundFile(content, times[key]) for key, content in contents.items()}


def _in_folder(folder: Path) -> Mapping[str, FoundFile]:
    paths = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    wanted = {name: path for name, path in paths.items() if _is_wanted(name)}
    _refuse(_unusable({name: path.stat().st_size for name, path in wanted.items()}))
    return _contents(wanted)


def _contents(paths: Mapping[str, Path]) -> Mapping[str, FoundFile]:
    remedy = "name a file or folder that can"
    contents = {name: read_named(path, refuse=InputError, remedy=remedy) for name, path in paths.items()}
    return {name: FoundFile(content, _changed_at(paths[name])) for name, content in contents.items()}


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # gone since it was read, or no file at all
        return None


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "~")) for part in path.parts)
    return not is_hidden and path.suffix.lower() in _READ | _REFUSED


def _unusable(sizes: Mapping[str, int]) -> list[Problem]:
    """Files of a format that is not read, and files that are too large."""
    problems = []
    for name, size in sizes.items():
        if PurePosixPath(name).suffix.lower() in _REFUSED:
            reason, remedy = "is of a format that is not read", "export it as CSV or XLSX, or take it out"
            problems.append(Problem(Place(name), reason, remedy))
        elif size > _MOST_BYTES:
            reason, remedy = "is larger than 200 MB", "split it, or export fewer columns or days"
            problems.append(Problem(Place(name), reason, remedy))
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(problems)
