"""What is packed: the files of a zip, and the one of a gzip. Bounded, so that no small file unpacks to a full memory."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from hailuo.errors import Place
from hailuo.sheets.kinds import is_zip_of_files
from hailuo.sheets.problems import UnreadableSheetError

_MOST_BYTES: Final = 1_000_000_000
_MOST_FILES: Final = 10_000
_GZIP: Final = b"\x1f\x8b"
_SMALLER: Final = "unpack it, and name the files that you need"
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


def is_packed(content: bytes) -> bool:
    """Whether the bytes are a gzip, or a zip that is no workbook."""
    return content.startswith(_GZIP) or is_zip_of_files(content)


def unpacked(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """The name and content of each packed file; `pulls.zip` gives `pulls.zip/meta.csv`, `meta.csv.gz` gives `meta.csv`.

    What is packed in it once more is unpacked by calling this again. Raises: UnreadableSheetError, while it is read: for a
    damaged or protected file, and one that unpacks to more than 1 GB or 10,000 files.
    """
    try:
        if content.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                yield _without_gz(name), _bounded(file.read(_MOST_BYTES + 1), name)
            return
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
            if len(files) > _MOST_FILES:
                raise UnreadableSheetError(
                    Place(name), f"has more than {_MOST_FILES:,} files in it", _SMALLER
                )
            left = _MOST_BYTES
            for one in files:
                if one.flag_bits & 1:
                    raise UnreadableSheetError(
                        Place(name), "is protected by a password", "pack it without one"
                    )
                with archive.open(one) as file:
                    found = _bounded(file.read(left + 1), name, most=left)
                left -= len(found)
                yield f"{name}/{one.filename}", found
    except _BROKEN as error:
        reason = f"cannot be unpacked: {error}"
        raise UnreadableSheetError(Place(name), reason, "pack or export it again") from error


def _bounded(content: bytes, name: str, *, most: int = _MOST_BYTES) -> bytes:
    if len(content) > most:
        reason = f"unpacks to more than {_MOST_BYTES // 1_000_000:,} MB"
        raise UnreadableSheetError(Place(name), reason, _SMALLER)
    return content


def _without_gz(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() == ".gz" and path.stem else name
