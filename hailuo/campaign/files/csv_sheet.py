"""A CSV file as rows of a campaign: the header names axes, a cell may list alternatives with `|`."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.schema import SLUG
from hailuo.campaign.files.sheet import RawGrid, RawValue
from hailuo.campaign.files.text import read_text
from hailuo.campaign.prompt import FIELD_NAME
from hailuo.errors import Place
from hailuo.text import quoted, slug_of

_MOST_BYTES = 8_000_000
_MOST_COLUMNS = 100
_ID_COLUMN = "prompt_id"


class _RefusedRowsError(Exception):
    """The file cannot be read any further: line, reason, remedy."""

    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy = line, reason, remedy


def read_rows(
    path: Path, findings: Findings, *, most_rows: int, pasted: str | None = None
) -> Sequence[RawGrid] | None:
    """One grid per row; None when there is none, and then `findings` says why. `pasted` replaces the file's text."""
    text = read_text(path, findings, most_bytes=_MOST_BYTES, pasted=pasted)
    if text is None:
        return None
    rows = _Rows(str(path), findings)
    try:
        grids = rows.grids(text, most_rows)
    except _RefusedRowsError as refusal:
        findings.problem(Place(str(path), refusal.line), refusal.reason, refusal.remedy)
        return None
    if not grids and not findings.problems:
        findings.problem(Place(str(path)), "the file has no rows", "write one row per clip below the header")
    return grids


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line that it begins on; blank ones are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "close every quote; write a quote inside a cell twice"
        raise _RefusedRowsError(line, f"the row that begins here cannot be read ({error})", remedy) from None


class _Rows:
    """Reads records into grids."""

    def __init__(self, file: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings

    def grids(self, text: str, most_rows: int) -> Sequence[RawGrid]:
        records = _records(text)
        line, header = next(records, (0, []))
        if not header:
            raise _RefusedRowsError(0, "the file is empty", "write a header that names the axes, then rows")
        self._check_header(line, header)
        places = {name: Place(self._file, line) for name in header}
        grids: list[RawGrid] = []
        for number, (at, cells) in enumerate(records, start=1):
            if number > most_rows:
                reason = f"the file has more than {most_rows:,} rows"
                raise _RefusedRowsError(at, reason, "split it, or raise the limit HAILUO_MAX_JOBS")
            grids.extend(
                replace(grid, places=places) for grid in self._row(Place(self._file, at), header, cells)
            )
        return grids

    def _check_header(self, line: int, header: Sequence[str]) -> None:
        if len(header) == 1 and ";" in header[0]:
            raise _RefusedRowsError(
                line, "the cells are separated by semicolons", "save it separated by commas"
            )
        if len(header) > _MOST_COLUMNS:
            raise _RefusedRowsError(
                line, f"the header names {len(header):,} columns", "remove the empty ones"
            )
        place = Place(self._file, line)
        for column, name in enumerate(header, start=1):
            if not name:
                self._findings.problem(place, f"column {column} has no name", "name it, or delete it")
            elif name in header[: column - 1]:
                self._findings.problem(
                    place, f"the column {quoted(name)} stands there twice", "keep one of them"
                )
            elif not FIELD_NAME.fullmatch(name):
                reason = f"the column name {quoted(name)} is not a plain name"
                self._findings.problem(place, reason, "use letters, digits and _")

    def _row(self, place: Place, header: Sequence[str], cells: Sequence[str]) -> Iterator[RawGrid]:
        if len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            self._findings.problem(place, reason, "fill or remove cells; quote a text that holds a comma")
            return
        values = dict(zip(header, cells, strict=True))
        ids = values.pop(_ID_COLUMN, "")
        named = {name: cell for name, cell in values.items() if cell and FIELD_NAME.fullmatch(name)}
        axes = {name: self._alternatives(place, name, cell) for name, cell in named.items()}
        if ids:
            axes["prompt"] = self._prompts(place, axes.get("prompt", ()), ids)
        yield RawGrid(axes=axes, place=place)

    def _alternatives(self, place: Place, name: str, cell: str) -> tuple[RawValue, ...]:
        words = [word.strip() for word in cell.split("|")]
        if not all(words):
            reason = f"{name}: an alternative between two | is empty"
            self._findings.problem(place, reason, "fill it, or remove one |")
        return tuple(RawValue(word, place) for word in words if word)

    def _prompts(self, place: Place, prompts: Sequence[RawValue], ids: str) -> tuple[RawValue, ...]:
        names = [name.strip() for name in ids.split("|")]
        for name in names:
            if not re.fullmatch(SLUG, name):
                reason = f"the prompt id {quoted(name)} is not a plain name"
                self._findings.problem(
                    place, reason, f"use a-z, 0-9 and hyphens, such as {slug_of(name) or 'p1'}"
                )
        if not prompts:
            return tuple(RawValue(None, place, name) for name in names)
        if len(names) != len(prompts):
            reason = f"{len(names)} prompt ids stand beside {len(prompts)} prompts"
            self._findings.problem(place, reason, "give every alternative its id, or none")
            return tuple(prompts)
        return tuple(RawValue(raw.text, place, name) for raw, name in zip(prompts, names, strict=True))
