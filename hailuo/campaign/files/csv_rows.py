"""A CSV file as rows of a campaign. The header names the axes; a cell may list alternatives with `|`."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hailuo.campaign.files.document import RefusedDocumentError, Scalar
from hailuo.campaign.files.schema import SLUG
from hailuo.campaign.files.sections import WrittenAxes
from hailuo.campaign.files.text import ProblemList, read_text
from hailuo.campaign.prompt import FIELD_NAME
from hailuo.errors import Place
from hailuo.text import quoted, slug_of

_MOST_BYTES = 8_000_000
_MOST_COLUMNS = 100
_ID_COLUMN = "prompt_id"


def read_rows(
    path: Path, problems: ProblemList, *, most_rows: int, pasted: str | None = None
) -> list[WrittenAxes] | None:
    """One product of axes per row; None when there is none, and then `problems` says why.

    `pasted` replaces the file's text.
    """
    text = read_text(path, problems, most_bytes=_MOST_BYTES, pasted=pasted)
    if text is None:
        return None
    file = Place(str(path))
    try:
        rows = list(_rows(text, file, problems, most_rows))
    except RefusedDocumentError as refusal:
        problems.add(refusal.place, refusal.reason, refusal.remedy)
        return None
    if not rows and not problems.problems:
        problems.add(file, "the file has no rows", "write one row per clip below the header")
    return rows


def _rows(text: str, file: Place, problems: ProblemList, most_rows: int) -> Iterator[WrittenAxes]:
    records = _records(text, file)
    head, header = next(records, (file, []))
    if not header:
        raise RefusedDocumentError(file, "the file is empty", "write a header that names the axes, then rows")
    _check_header(head, header, problems)
    places = dict.fromkeys(header, head)
    for number, (place, cells) in enumerate(records, start=1):
        if number > most_rows:
            reason = f"the file has more than {most_rows:,} rows"
            raise RefusedDocumentError(place, reason, "split it, or raise the limit HAILUO_MAX_JOBS")
        if len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            problems.add(place, reason, "fill or remove cells; quote a text that holds a comma")
            continue
        axes = _axes(place, dict(zip(header, cells, strict=True)), problems)
        yield WrittenAxes(axes=axes, places=places, place=place)


def _records(text: str, file: Place) -> Iterator[tuple[Place, list[str]]]:
    """Every record with the line that it begins on; blank ones are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    place = Place(file.file, 1)
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield place, cells
            place = Place(file.file, reader.line_num + 1)
    except csv.Error as error:
        reason = f"the row that begins here cannot be read ({error})"
        remedy = "close every quote; write a quote inside a cell twice"
        raise RefusedDocumentError(place, reason, remedy) from None


def _check_header(place: Place, header: Sequence[str], problems: ProblemList) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise RefusedDocumentError(
            place, "the cells are separated by semicolons", "save it separated by commas"
        )
    if len(header) > _MOST_COLUMNS:
        raise RefusedDocumentError(
            place, f"the header names {len(header):,} columns", "remove the empty ones"
        )
    for column, name in enumerate(header, start=1):
        if not name:
            problems.add(place, f"column {column} has no name", "name it, or delete it")
        elif name in header[: column - 1]:
            problems.add(place, f"the column {quoted(name)} appears twice", "keep one of them")
        elif not FIELD_NAME.fullmatch(name):
            reason = f"the column name {quoted(name)} is not a plain name"
            problems.add(place, reason, "use letters, digits and _")


def _axes(place: Place, cells: dict[str, str], problems: ProblemList) -> dict[str, tuple[Scalar, ...]]:
    ids = cells.pop(_ID_COLUMN, "")
    axes: dict[str, tuple[Scalar, ...]] = {}
    for name, cell in cells.items():
        if not cell or not FIELD_NAME.fullmatch(name):
            continue
        words = [word.strip() for word in cell.split("|")]
        if not all(words):
            reason = f"{name}: an alternative between two | is empty"
            problems.add(place, reason, "fill it, or remove one |")
        axes[name] = tuple(Scalar(word, word, place) for word in words if word)
    if ids:
        axes["prompt"] = _named_prompts(place, axes.get("prompt", ()), ids, problems)
    return axes


def _named_prompts(
    place: Place, prompts: tuple[Scalar, ...], ids: str, problems: ProblemList
) -> tuple[Scalar, ...]:
    """The prompts with their ids; ids alone refer to prompts of other rows."""
    names = [name.strip() for name in ids.split("|")]
    for name in names:
        if not re.fullmatch(SLUG, name):
            remedy = f"use a-z, 0-9 and hyphens, such as {slug_of(name) or 'p1'}"
            problems.add(place, f"the prompt id {quoted(name)} is not a plain name", remedy)
    if not prompts:
        return tuple(Scalar("", None, place, name) for name in names)
    if len(names) != len(prompts):
        reason = f"the row has {len(names)} prompt ids and {len(prompts)} prompts"
        problems.add(place, reason, "give every prompt an id, or none")
        return prompts
    return tuple(Scalar(raw.text, raw.text, place, name) for raw, name in zip(prompts, names, strict=True))
