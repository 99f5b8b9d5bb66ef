"""Which row is the header, whose export this is, and which column is what."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import IDENTITY, currency_in, key_of
from hailuo.report.exports.formats import Formats
from hailuo.report.exports.header_names import HeaderNames, header_names_of, mapped_header_names
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.refusal import ExportError, refuse
from hailuo.report.exports.sheet import ExportSheet, SheetRow, as_text
from hailuo.report.metrics import COUNT_NAMES, AdPlatform
from hailuo.text import listed, quoted

_LEAST_FIELDS: Final = 2
_TELLING: Final = frozenset({"spend", "adset_name", "ad_id", "ad_name"})
_LEAST_LEAD: Final = 0.5  # half a header that only this platform has
_MOST_LISTED: Final = 20
_WRITE_MAPPING: Final = 'write a mapping file (docs/exports.md) with `platform = "..."` and its `[columns]`'


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column that is read: where it is, what it is called there, and what its numbers are multiplied with."""

    index: int
    header: str
    scale: float = 1.0
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a sheet is read: field -> its columns, the preferred first; breakdown -> its column.

    `mapping` is the one that was given, if it is meant for this sheet.
    """

    platform: AdPlatform
    header: SheetRow
    columns: Mapping[str, tuple[ExportColumn, ...]]
    breakdowns: Mapping[str, ExportColumn]
    ignored: tuple[ExportColumn, ...]
    unread: tuple[str, ...]
    blank: Literal["zero", "unknown"]
    mapping: ExportMapping | None


def known_headers(mappings: Sequence[ExportMapping], formats: Formats) -> frozenset[str]:
    """Everything that a header may say, without case and punctuation."""
    books = [
        *header_names_of(formats).values(),
        *(mapped_header_names(mapping, formats) for mapping in mappings),
    ]
    return frozenset[str]().union(*(book.known for book in books))


def has_header(sheet: ExportSheet, known: frozenset[str], formats: Formats) -> bool:
    """Whether a row of the sheet looks like a header."""
    return any(len(_keys(row, formats) & known) > _LEAST_FIELDS for row in sheet.top())


def layout_of(sheet: ExportSheet, mappings: Sequence[ExportMapping], formats: Formats) -> Layout:
    """How the sheet is read: by the first mapping that is meant for it, else as the platform's that it looks like.

    Raises: ExportError where that cannot be told, with what was seen and what to write.
    """
    if not any(sheet.rows):
        raise ExportError([Problem(Place(sheet.name), "is empty", "export it again")])
    mapping = _mapping_for(sheet, mappings, formats)
    book = mapped_header_names(mapping, formats) if mapping else _recognised(sheet, mappings, formats)
    header = max(sheet.top(), key=lambda row: len(_keys(row, formats) & book.known))
    layout = _laid_out(header, book, formats, mapping)
    told = mapping is not None or _is_named(book.platform, sheet.name)
    refuse([*_complaints(layout, book, sheet.name), *([] if told else _foreign(layout, formats, sheet.name))])
    return layout


def _keys(row: SheetRow, formats: Formats) -> frozenset[str]:
    return frozenset(key_of(cell, formats.currencies) for cell in row.cells if isinstance(cell, str))


def _mapping_for(
    sheet: ExportSheet, mappings: Sequence[ExportMapping], formats: Formats
) -> ExportMapping | None:
    """One that names the file, or else one without file names all of whose columns are there."""
    for mapping in (one for one in mappings if one.is_meant_for(sheet.name)):
        if missing := _missing(sheet, mapping, formats):
            reason = f"has no column {listed(missing)}, which its mapping names"
            raise ExportError(
                [Problem(Place(sheet.name), reason, "write the header as it stands in the file")]
            )
        return mapping
    fitting = (one for one in mappings if not one.files and not _missing(sheet, one, formats))
    return next(fitting, None)


def _missing(sheet: ExportSheet, mapping: ExportMapping, formats: Formats) -> list[str]:
    """Of every field at least one header has to be there."""
    seen = frozenset[str]().union(*(_keys(row, formats) for row in sheet.top()))
    by_field: dict[str, list[str]] = {}
    for header, name in (
        *mapping.headers(),
        *((one, f"by {name}") for name, one in mapping.breakdowns.items()),
    ):
        by_field.setdefault(name, []).append(header)
    lost = [
        one for one in by_field.values() if not seen & {key_of(header, formats.currencies) for header in one}
    ]
    return [quoted(headers[0]) for headers in lost]


def _recognised(sheet: ExportSheet, mappings: Sequence[ExportMapping], formats: Formats) -> HeaderNames:
    """The book of the platform with a clear lead; a platform's name in the file's settles what is close."""
    books = header_names_of(formats)
    scores = _scores(sheet, books, formats)
    best = max(scores.values())
    close = [platform for platform, score in scores.items() if score > 0 and best - score < _LEAST_LEAD]
    named = [platform for platform in close if _is_named(platform, sheet.name)]
    if len(close) == 1 or len(named) == 1:
        return books[(named if len(named) == 1 else close)[0]]
    raise ExportError([_unrecognised(sheet, close, mappings, formats)])


def _is_named(platform: AdPlatform, name: str) -> bool:
    """Whether a file is named after a platform: as a word, for a snapshot is not of Snap."""
    words = re.split(r"[^a-z]+", name.casefold())
    return not {platform.value, f"{platform.value}ads", f"{platform.value}chat"}.isdisjoint(words)


def _foreign(layout: Layout, formats: Formats, name: str) -> Iterator[Problem]:
    """Columns that say on other platforms what nothing says here: of a platform that is not known, most likely."""
    others = [
        book.fields for platform, book in header_names_of(formats).items() if platform is not layout.platform
    ]
    for field in sorted(_TELLING - layout.columns.keys()):
        meant = [
            one
            for one in layout.unread
            if any(book.get(key_of(one, formats.currencies)) == field for book in others)
        ]
        if meant:
            reason = (
                f"looks like {layout.platform}, but there {listed(list(map(quoted, meant)))} means nothing"
            )
            remedy = f"name the file after {layout.platform} if it is of it; else {_WRITE_MAPPING}"
            yield Problem(Place(name, layout.header.line), reason, remedy)


def _scores(
    sheet: ExportSheet, books: Mapping[AdPlatform, HeaderNames], formats: Formats
) -> dict[AdPlatform, float]:
    """Per platform the known headers of its best row; one that several platforms use counts for a part."""
    users = Counter(key for book in books.values() for key in book.known)
    scores = dict.fromkeys(books, 0.0)
    for row in sheet.top():
        keys = _keys(row, formats)
        for platform, book in books.items():
            hits = keys & book.known
            enough = len({book.fields[key] for key in hits & book.fields.keys()}) > _LEAST_FIELDS
            score = sum(1 / users[key] for key in hits) if enough else 0.0
            scores[platform] = max(scores[platform], score)
    return scores


def _unrecognised(
    sheet: ExportSheet, close: list[AdPlatform], mappings: Sequence[ExportMapping], formats: Formats
) -> Problem:
    widest = max(sheet.top(), key=lambda row: sum(bool(as_text(cell)) for cell in row.cells))
    cells = [quoted(as_text(cell)) for cell in widest.cells if as_text(cell)]
    more = len(cells) - _MOST_LISTED
    seen = ", ".join(cells[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
    why = (
        f"could be of {listed(close)}: no column tells them apart"
        if close
        else "is of no platform that is known"
    )
    lost = [
        f"; a mapping that was given lacks {listed(_missing(sheet, one, formats))}"
        for one in mappings
        if not one.files
    ]
    return Problem(
        Place(sheet.name, widest.line), f"{why}; its columns are {seen}{''.join(lost)}", _WRITE_MAPPING
    )


def _laid_out(header: SheetRow, book: HeaderNames, formats: Formats, mapping: ExportMapping | None) -> Layout:
    fields: dict[str, list[tuple[int, ExportColumn]]] = {}
    breakdowns: dict[str, ExportColumn] = {}
    ignored: list[ExportColumn] = []
    unread: list[str] = []
    for index, cell in enumerate(header.cells):
        text = as_text(cell)
        key = key_of(text, formats.currencies)
        column = _column(index, text, book, formats)
        if key in book.fields:
            fields.setdefault(book.fields[key], []).append((book.rank(key), column))
        elif key in book.breakdowns:
            name = book.breakdowns[key]
            breakdowns[f"{name} ({text})" if name in breakdowns else name] = column
        elif key in book.ignored:
            ignored.append(column)
        elif text:
            unread.append(text)
    ranked = {
        name: tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))
        for name, found in fields.items()
    }
    return Layout(
        platform=book.platform,
        header=header,
        columns=ranked,
        breakdowns=breakdowns,
        ignored=tuple(ignored),
        unread=tuple(unread),
        blank=book.blank,
        mapping=mapping,
    )


def _column(index: int, header: str, book: HeaderNames, formats: Formats) -> ExportColumn:
    key = key_of(header, formats.currencies)
    scale = book.field_scale.get(book.fields.get(key, ""), book.scale.get(key, 1.0))
    return ExportColumn(
        index=index, header=header, scale=scale, currency=currency_in(header, formats.currencies)
    )


def _complaints(layout: Layout, book: HeaderNames, name: str) -> Iterator[Problem]:
    place = Place(name, layout.header.line)
    seen = layout.columns.keys() | book.constant
    if not seen & set(IDENTITY):
        reason = (
            "has no column that says whose row it is: no ad id, ad name, video id, UTM content or file name"
        )
        yield Problem(place, reason, "export it on the level of ads, with the ad's id and name")
    for lost in sorted(set(book.required) - seen):
        yield Problem(place, f"has no column of {lost}", f"add {lost} to the export")
    if not seen & set(COUNT_NAMES):
        yield Problem(
            place, "has no column that counts anything", "add impressions, clicks and spend to the export"
        )
    currencies = {one.currency for columns in layout.columns.values() for one in columns if one.currency}
    if len(currencies) > 1:
        reason = f"has money in {' and '.join(sorted(currencies))}"
        yield Problem(place, reason, "export it in the account's currency only")
    for field, columns in layout.columns.items():
        twice = [
            header for header, times in Counter(column.header for column in columns).items() if times > 1
        ]
        for header in twice if field in COUNT_NAMES else []:
            yield Problem(
                place, f"has the column {quoted(header)} twice", "take one of them out of the export"
            )
