"""A sheet as rows of a campaign: CSV as any spreadsheet saves it, or a workbook.

The header names the axes. A cell may list alternatives with `|`. A column that no prompt uses only travels with its row.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from hailuo.campaign.files.damage import check_cell, check_quotes, foreign_word
from hailuo.campaign.files.document import RefusedDocumentError, Scalar
from hailuo.campaign.files.schema import LABEL, LABEL_REMEDY
from hailuo.campaign.files.sections import WrittenAxes
from hailuo.campaign.files.text import ProblemList, RefusedValueError, is_printable, read_content
from hailuo.campaign.model import SETTING_AXES, SyntheticPerformer
from hailuo.errors import Place
from hailuo.sheets import (
    SheetCell,
    UnreadableSheetError,
    as_text,
    decoded,
    is_workbook,
    key_of,
    rows_of_text,
    sheets_of_workbook,
)
from hailuo.text import quoted, slug_of

SHEET_SUFFIXES: Final = frozenset({".csv", ".tsv", ".xlsx"})

_MOST_BYTES: Final = 64_000_000
_MOST_COLUMNS: Final = 100
_MOST_TAKES: Final = 100
_SHORT: Final = 40
"""Texts up to this length often return in a column: what they say is looked at once."""
_ID, _TAKES, _DISCLOSURE = "prompt_id", "takes", "disclosure"
_KNOWN: Final = {key_of(name): name for name in (*SETTING_AXES, _ID, _TAKES, _DISCLOSURE)}
_WHOLE: Final = re.compile(r"([0-9]+)[.,]0+")
_ANSWERS: Final = {"yes": "yes", "true": "yes", "no": "no", "false": "no", "unknown": "unknown"}

_Record = tuple[Place, tuple[str, ...]]


def read_rows(
    path: Path,
    problems: ProblemList,
    *,
    most_rows: int,
    pasted: str | None = None,
    asked_at: Place | None = None,
) -> list[WrittenAxes] | None:
    """One product of axes per row; None when there is none, and then `problems` says why.

    `pasted` replaces the file's text; `asked_at` is the line of the YAML file that names this one.
    """
    file = Place(str(path))
    content = read_content(path, problems, most_bytes=_MOST_BYTES, pasted=pasted, asked_at=asked_at)
    if content is None:
        return None
    before = len(problems.problems)
    try:
        records = list(islice(_records(content, file, problems), most_rows + 2))
        rows = _rows(records, file, problems, most_rows) if len(problems.problems) == before else []
    except RefusedDocumentError as refusal:
        problems.add(refusal.place, refusal.reason, refusal.remedy)
        return None
    except UnreadableSheetError as error:
        for problem in error.problems:
            problems.add(problem.place, problem.reason, problem.remedy)
        return None
    if not rows and len(problems.problems) == before:
        problems.add(file, "the file has no rows", "write one row per clip below the header")
    return rows


def _rows(
    records: Sequence[_Record], file: Place, problems: ProblemList, most_rows: int
) -> list[WrittenAxes]:
    if not records:
        raise RefusedDocumentError(file, "the file is empty", "write a header that names the axes, then rows")
    header, *below = records
    if len(below) > most_rows:
        remedy = "split it, or raise the limit HAILUO_MAX_JOBS"
        raise RefusedDocumentError(below[most_rows][0], f"the file has more than {most_rows:,} rows", remedy)
    reader = _RowReader(_Header(header, below, problems), problems)
    return [row for record in below if (row := reader.row(record))]


def _records(content: bytes, file: Place, problems: ProblemList) -> Iterator[_Record]:
    """Every row that is not empty, with the line that it begins on. Raises: UnreadableSheetError."""
    rows: Iterable[tuple[int, Sequence[SheetCell]]]
    if is_workbook(content):
        rows = _rows_of_workbook(content, file)
    else:
        text, encoding = decoded(content, file.file)
        if not is_printable(text, file, problems):
            return
        if encoding == "cp1252":
            _check_letters(text, file, problems)
        rows = rows_of_text(text, file.file, _KNOWN.keys())
    for line, cells in rows:
        texts = tuple(map(as_text, cells))
        if any(texts):
            yield Place(file.file, line), texts


def _rows_of_workbook(content: bytes, file: Place) -> Sequence[tuple[int, Sequence[SheetCell]]]:
    """The rows of the one sheet with a header of a campaign; of the first sheet if there is none."""
    sheets = {title: list(rows) for title, rows in sheets_of_workbook(content, file.file)}
    having = [title for title, rows in sheets.items() if _has_header(rows)]
    if len(having) > 1:
        remedy = "save each of them as a file of its own"
        raise UnreadableSheetError(file, f"several sheets hold rows: {', '.join(having)}", remedy)
    return sheets[having[0]] if having else next(iter(sheets.values()), [])


def _has_header(rows: Iterable[tuple[int, Sequence[SheetCell]]]) -> bool:
    first = next((cells for _, cells in rows if any(map(as_text, cells))), ())
    return any(key_of(as_text(cell)) in _KNOWN for cell in first)


def _check_letters(text: str, file: Place, problems: ProblemList) -> None:
    """Warn about a file that is not UTF-8; refuse it where its letters show that it is not Windows-1252 either."""
    as_utf8 = "save it as UTF-8 (in Excel: CSV UTF-8)"
    for number, line in enumerate(text.splitlines(), start=1):
        place = Place(file.file, number)
        if word := foreign_word(line):
            problems.add(
                place, f"the file is not UTF-8, and its letters are not clear ({quoted(word)})", as_utf8
            )
            return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.isascii():
            word = next(word for word in re.split(r"[\s,;]+", line) if not word.isascii())
            reason = f"the file is not UTF-8: it was read as Windows-1252, such as {quoted(word)}"
            problems.warn(Place(file.file, number), reason, f"check the letters, or {as_utf8}")
            return


class _Header:
    """The columns that have a name: index -> name. A known name is spelled as campaign files spell it."""

    def __init__(self, record: _Record, below: Sequence[_Record], problems: ProblemList) -> None:
        """`below` are the rows: a column without a name may be left out only if it is empty."""
        self.place, cells = record
        self.names: dict[int, str] = {}
        widest = max(len(texts) for _, texts in (record, *below))
        if widest > _MOST_COLUMNS:
            reason = f"the file has {widest:,} columns"
            raise RefusedDocumentError(self.place, reason, "remove the empty ones")
        seen: set[str] = set()
        unnamed: set[int] = set()
        for index, written in enumerate(cells):
            name = _KNOWN.get(key_of(written), written)
            if not name:
                filled = next((p for p, texts in below if index < len(texts) and texts[index]), None)
                if filled:
                    unnamed.add(index)
                    reason = f"column {index + 1} has no name, and a value on line {filled.line}"
                    problems.add(self.place, reason, "name it, or delete it")
            elif (key_of(name) or name) in seen:
                problems.add(self.place, f"the column {quoted(name)} appears twice", "keep one of them")
            else:
                seen.add(key_of(name) or name)
                self.names[index] = name
        for index, name in tuple(self.names.items()):
            try:
                check_cell(name)
            except RefusedValueError as refusal:
                problems.add(self.place, f"the name of column {index + 1}: {refusal.reason}", refusal.remedy)
                del self.names[index]
        self.width = max(
            (index + 1 for index, name in enumerate(cells) if name or index in unnamed), default=0
        )


class _RowReader:
    """Reads the rows below one header."""

    def __init__(self, header: _Header, problems: ProblemList) -> None:
        self._header = header
        self._problems = problems
        self._sound: set[str] = set()
        self._places = dict.fromkeys(header.names.values(), header.place)

    def row(self, record: _Record) -> WrittenAxes | None:
        """The row as a product of axes; None where its cells are not those of the header."""
        place, texts = record
        width = self._header.width
        if len(texts) < width or any(texts[width:]):
            cut = next((text for text in texts if _is_cut(text)), None)
            reason = f"the row has {len(texts)} cells, the header {width}"
            remedy = "fill or remove cells; enclose a text that holds a separator in straight quotes"
            self._problems.add(place, f"{reason}, and {quoted(cut)} is open" if cut else reason, remedy)
            return None
        cells = {name: texts[index] for index, name in self._header.names.items() if texts[index]}
        for name, text in cells.items():
            if text not in self._sound:
                self._check(name, text, place)
        ids, takes, disclosure = (cells.pop(name, "") for name in (_ID, _TAKES, _DISCLOSURE))
        axes = {
            name: alternatives(name, Scalar(cells[name], cells[name], place), self._problems)
            for name in SETTING_AXES
            if name in cells
        }
        if "duration" in axes:
            axes["duration"] = tuple(map(_whole, axes["duration"]))
        if ids:
            axes["prompt"] = _named_prompts(place, axes.get("prompt", ()), ids, self._problems)
        loose = {name: Scalar(text, text, place) for name, text in cells.items() if name not in axes}
        return WrittenAxes(
            axes=axes,
            places=self._places,
            place=place,
            loose=loose,
            order=tuple(cells),
            takes=self._takes(takes, place) if takes else None,
            disclosure=self._disclosure(disclosure, place) if disclosure else None,
        )

    def _check(self, name: str, text: str, place: Place) -> None:
        try:
            for part in dict.fromkeys((text, *text.split("|"))) if "|" in text else (text,):
                check_cell(part)
        except RefusedValueError as refusal:
            self._problems.add(place, f"{name}: {refusal.reason}", refusal.remedy)
        else:
            if len(text) <= _SHORT:
                self._sound.add(text)

    def _takes(self, text: str, place: Place) -> int | None:
        found = _WHOLE.fullmatch(text)
        digits = found[1] if found else text
        if digits.isascii() and digits.isdigit() and len(digits) <= 3 and 1 <= int(digits) <= _MOST_TAKES:
            return int(digits)
        self._problems.add(place, f"takes is {quoted(text)}", f"write a whole number from 1 to {_MOST_TAKES}")
        return None

    def _disclosure(self, text: str, place: Place) -> SyntheticPerformer | None:
        answer = _ANSWERS.get(text.casefold())
        if answer is None:
            remedy = "write yes, no or unknown: does the clip show a human performer who does not exist?"
            self._problems.add(place, f"disclosure is {quoted(text)}", remedy)
            return None
        return SyntheticPerformer(answer)


def _is_cut(text: str) -> bool:
    """Whether a text shows by a quote that it was cut, as by a separator inside typographic quotes."""
    try:
        check_quotes(text)
    except RefusedValueError:
        return True
    return False


def alternatives(name: str, cell: Scalar, problems: ProblemList) -> tuple[Scalar, ...]:
    """What a cell lists with `|`."""
    if "|" not in cell.text and cell.text == cell.text.strip() != "":
        return (cell,)
    words = [word.strip() for word in cell.text.split("|")]
    if not all(words):
        reason = f"{name}: an alternative between two | is empty"
        problems.add(cell.place, reason, "fill it, or remove one |")
    return tuple(Scalar(word, word, cell.place) for word in words if word)


def _whole(raw: Scalar) -> Scalar:
    """`6` for `6.0` and `6,0`, as spreadsheets write whole numbers."""
    found = _WHOLE.fullmatch(raw.text)
    return Scalar(found[1], found[1], raw.place) if found else raw


def _named_prompts(
    place: Place, prompts: tuple[Scalar, ...], ids: str, problems: ProblemList
) -> tuple[Scalar, ...]:
    """The prompts with their ids; ids alone refer to prompts of other rows."""
    names = [name.strip() for name in ids.split("|")]
    for name in names:
        if not re.fullmatch(LABEL, name):
            remedy = f"{LABEL_REMEDY}, such as {slug_of(name) or 'p1'}"
            problems.add(place, f"the prompt id {quoted(name)} is not a plain name", remedy)
    if not prompts:
        return tuple(Scalar("", None, place, name) for name in names)
    if len(names) != len(prompts):
        reason = f"the row has {len(names)} prompt ids and {len(prompts)} prompts"
        problems.add(place, reason, "give every prompt an id, or none")
        return prompts
    return tuple(Scalar(raw.text, raw.text, place, name) for raw, name in zip(prompts, names, strict=True))
