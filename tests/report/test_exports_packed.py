"""Exports as people send them: packed, and as workbooks of Excel 97. Damaged ones are refused by name."""

import contextlib
import gzip
import io
import random
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hailuo.report.exports import ExportError, read_exports
from hailuo.report.inputs import FoundFile, FoundFiles, InputError, by_kind
from hailuo.sheets import UnreadableSheetError, sheets_of_workbook

OLD = (Path(__file__).parents[1] / "support" / "report" / "files" / "meta.xls").read_bytes()
"""Two days of an ad; its id is a text of 18 digits."""

HEADER = "Day,Ad ID,Ad name,Impressions,Amount spent (USD),Link clicks"
ONE = f"{HEADER}\n2026-11-01,1,a,1000,5,10\n".encode()
TWO = f"{HEADER}\n2026-11-02,1,a,2000,6,12\n".encode()
AT = datetime(2026, 11, 20, tzinfo=UTC)


def zipped(files: dict[str, bytes]) -> bytes:
    """A compressed zip of the files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in files.items():
            archive.writestr(name, one)
    return content.getvalue()


def protected(content: bytes) -> bytes:
    """The zip with the bit that says that a password is needed, in the file's head and in the directory."""
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(mark) + at] |= 1
    return bytes(changed)


def sorted_out(**files: bytes):
    """The files by kind, all of one time."""
    found = {name.replace("__", "."): FoundFile(content, AT) for name, content in files.items()}
    return by_kind(FoundFiles.of(found, where=["here"]))


def test_a_workbook_of_excel_97_is_read() -> None:
    """Whole numbers, days and texts as they are; an empty cell stays empty."""
    frame = read_exports({"report.xls": OLD})

    assert frame["ad_id"].tolist() == ["120210000000000017"] * 2
    assert frame["date_start"].tolist() == [date(2026, 11, 1), date(2026, 11, 2)]
    assert frame[["impressions", "spend", "clicks_link"]].to_numpy().tolist() == [
        [1000.0, 5.25, 10.0],
        [2000.0, 6.0, 0.0],
    ]


def test_packed_files_count_as_what_is_in_them() -> None:
    """With the time of their archive. What is no table is passed over, as in a folder."""
    packed = {
        "november/meta.csv": ONE,
        "meta.csv": TWO,
        "__MACOSX/._meta.csv": b"\0",
        "notes.docx": b"x",
        "map.toml": b"",
    }

    files = sorted_out(pulls__zip=zipped(packed), meta__csv__gz=gzip.compress(ONE))

    assert dict(files.exports) == {
        "pulls.zip/november/meta.csv": ONE,
        "pulls.zip/meta.csv": TWO,
        "meta.csv": ONE,
    }
    assert list(files.mappings) == ["pulls.zip/map.toml"]
    assert {files.times[name] for name in files.exports} == {AT}
    assert read_exports(files.exports)["impressions"].sum() == 3000


def test_a_packed_file_hides_no_other() -> None:
    """`meta.csv` beside `meta.csv.gz`."""
    files = sorted_out(meta__csv=ONE, meta__csv__gz=gzip.compress(TWO))

    assert sorted(files.exports.values()) == sorted([ONE, TWO])


REFUSED = {
    "cut": (gzip.compress(ONE)[:-12], "cannot be unpacked"),
    "damaged": (gzip.compress(ONE)[:12] + b"\xff" * 30, "cannot be unpacked"),
    "protected": (protected(zipped({"meta.csv": ONE})), "is protected by a password"),
    "twice": (zipped({"inner.zip": zipped({"meta.csv": ONE})}), "is packed twice"),
    "many": (zipped({f"{number}.csv": b"" for number in range(10_001)}), "more than 10,000 files"),
    "large": (gzip.compress(bytes(1_000_000_001), compresslevel=1), "unpacks to more than 1,000 MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_unpacked_is_refused_with_the_others(name: str) -> None:
    """All at once, and before anything is read."""
    content, reason = REFUSED[name]

    with pytest.raises(InputError) as refused:
        sorted_out(one__gz=content, other__gz=b"\x1f\x8b")

    assert reason in str(refused.value.problems[0])
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_workbook_is_refused_in_words(seed: int) -> None:
    """Whatever bytes are wrong: no other error, and no crash."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    content = bytearray(OLD)
    for _ in range(chance.choice((1, 4, 40))):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    cut = bytes(content[: chance.randrange(8, len(content))] if seed % 3 == 0 else content)
    with contextlib.suppress(UnreadableSheetError, ExportError):
        for _, rows in sheets_of_workbook(cut, "meta.xls"):
            list(rows)
        read_exports({"meta.xls": cut})
