"""What was dropped for a report, read: the platforms' rows as one table, and whose ad is whose."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.exports import is_ads_file, read_ads, read_exports, read_mapping
from hailuo.report.inputs.sources import FoundFiles, InputError, read_named
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFiles:
    """What each file is, by name: exports, tables of ads, mappings. `where` says where was looked."""

    exports: Mapping[str, bytes]
    ads: Mapping[str, bytes]
    mappings: Mapping[str, bytes]
    where: tuple[str, ...]

    def digests(self) -> list[tuple[str, str, str]]:
        """Kind, name and SHA-256 of every file: the same files, the same report."""
        kinds = {"export": self.exports, "ads": self.ads, "mapping": self.mappings}
        return sorted(
            (kind, name, hashlib.sha256(content).hexdigest())
            for kind, files in kinds.items()
            for name, content in files.items()
        )


async def sort_files(
    store: Store,
    dropped: FoundFiles,
    *,
    ads: Sequence[Path],
    mappings: Sequence[Path],
    edition: Edition,
) -> InputFiles:
    """What was dropped, by what it is, with what was named for it, and every ads.csv that came back to the store.

    Raises: InputError with every file that cannot be read.
    """
    told = by_kind(dropped)
    uploaded = await _uploaded_ads(store, edition=edition)
    named = await read_named([*ads, *mappings])
    ours, given = ({str(path): named[str(path)] for path in paths} for paths in (ads, mappings))
    return replace(told, ads={**uploaded, **told.ads, **ours}, mappings={**told.mappings, **given})


def by_kind(dropped: FoundFiles) -> InputFiles:
    """What was dropped alone, by what it is."""
    tables = {name: content for name, content in dropped.files.items() if not _is_mapping(name)}
    ads = {name: content for name, content in tables.items() if is_ads_file(content, name=name)}
    return InputFiles(
        exports={name: content for name, content in tables.items() if name not in ads},
        ads=ads,
        mappings={name: content for name, content in dropped.files.items() if _is_mapping(name)},
        where=dropped.where,
    )


async def read_results(files: InputFiles) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The rows of every export, and those of every table of ads (None where there is none).

    Raises: ExportError with every problem of the files; InputError where there is no export at all.
    """
    if not files.exports:
        where = ", ".join(files.where)
        remedy = "name exported files, or put them there; the ad platforms export them as CSV or XLSX"
        raise InputError([Problem(Place(where), "no export of an ad platform lies there", remedy)])
    return await asyncio.to_thread(_read, files)


def _read(files: InputFiles) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    mappings = [read_mapping(content, name=name) for name, content in sorted(files.mappings.items())]
    ads = [read_ads(content, name) for name, content in sorted(files.ads.items())]
    rows = read_exports(files.exports, mappings=mappings)
    return rows, pd.concat(ads, ignore_index=True) if ads else None


async def _uploaded_ads(store: Store, *, edition: Edition) -> Mapping[str, bytes]:
    """What `hailuo upload-plan` wrote, perhaps filled since where it lies."""
    keys = [entry.key for entry in await store.listing(edition.uploads) if entry.key.endswith("/ads.csv")]
    return {key.removeprefix(edition.uploads): await store.read(key) for key in keys}


def _is_mapping(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() == ".toml"
