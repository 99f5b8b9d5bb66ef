"""Which row is the header, which platform the export is from, and which column is what."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, Literal

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import IDENTITY, ExportError, refuse
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.sheet import ExportSheet, SheetRow
from hailuo.report.metrics import COUNT_NAMES, AdPlatform
from hailuo.sheets import as_text, currency_in, key_of
from hailuo.text import listed, quoted

_LEAST_FIELDS: Final = 2
_TELLTALE: Final = frozenset({"spend", "adset_name", "ad_id", "ad_name"})
_LEAST_LEAD: Final = 0.5  # half a header that only this platform has
_MICROS: Final = 1e-6
_MOST_LISTED: Final = 20
_WRITE_MAPPING: Final = (
    'write a mapping file (docs/reference/exports.md) with `platform = "..."` and its `[columns]`'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column that is read: its index, its header, and the factor for its numbers."""

    index: int
    header: str
    scale: float = 1.0
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a sheet is read: field -> its columns, the preferred first; breakdown -> its column.

    `mapping` is the one in use, None where the platform's own headers are enough.
    """

    platform: AdPlatform
    header: SheetRow
    columns: Mapping[str, tuple[ExportColumn, ...]]
    breakdowns: Mapping[str, ExportColumn]
    ignored: tuple[ExportColumn, ...]
    unread: tuple[str, ...]
    blank: Literal["zero", "unknown"]
    mapping: ExportMapping | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPart:
    """The rows of a table that are of one platform, as the column with this header says."""

    platform: AdPlatform
    header: str
    sheet: ExportSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeaderNames:
    """The headers of a platform, as `key_of` spells them -> fields and breakdowns, the preferred headers first.

    `scale` is by header, for numbers that are not in units; `field_scale` is a mapping's, by field.
    """

    platform: AdPlatform
    fields: Mapping[str, str]
    breakdowns: Mapping[str, str]
    ignored: frozenset[str] = frozenset()
    blank: Literal["zero", "unknown"] = "unknown"
    required: tuple[str, ...] = ()
    scale: Mapping[str, float] = field(default_factory=dict)
    field_scale: Mapping[str, float] = field(default_factory=dict)
    constant: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return frozenset({*self.fields, *self.breakdowns, *self.ignored})

    def with_connectors(self, platform_header: str) -> "_HeaderNames":
        """With the headers that connectors have beside the platform's own. They divide money, so it is not in micros."""
        mine = self.fields.keys() | self.breakdowns.keys() | self.ignored
        more = {
            key_of(header): name
            for group in formats_that_ship().connectors
            for name, headers in group.columns.items()
            for header in headers
        }
        key = _key(platform_header)
        return replace(
            self,
            fields={**self.fields, **{one: name for one, name in more.items() if one not in mine}},
            breakdowns={one: name for one, name in self.breakdowns.items() if one != key},
            ignored=self.ignored | {key},
            scale={one: factor for one, factor in self.scale.items() if "micro" in one or factor != _MICROS},
        )


@cache
def _platform_names() -> Mapping[AdPlatform, _HeaderNames]:
    names = {}
    for platform, form in formats_that_ship().platforms().items():
        fields: dict[str, str] = {}
        for header, name in form.columns():
            fields.setdefault(_key(header), name)
        splits = {key_of(one) for headers in form.breakdowns.values() for one in headers}
        for name, headers in formats_that_ship().periods.items():
            for key in {*map(_key, headers)} - splits:
                fields.setdefault(key, name)
        names[platform] = _HeaderNames(
            platform=platform,
            fields=fields,
            breakdowns={key_of(one): name for name, headers in form.breakdowns.items() for one in headers},
            ignored=frozenset(map(key_of, form.ignored)) - fields.keys(),
            blank=form.blank,
            required=form.required,
            scale={key_of(header): factor for header, factor in (form.scale or {}).items()},
        )
    return names


@cache
def _own_headers() -> Mapping[AdPlatform, frozenset[str]]:
    """By platform, the headers that only its exports have."""
    users = Counter(key for names in _platform_names().values() for key in names.known)
    common = frozenset(map(key_of, formats_that_ship().common))
    return {
        platform: frozenset(key for key in names.known - common if users[key] == 1)
        for platform, names in _platform_names().items()
    }


def field_named(platform: AdPlatform, header: str) -> str | None:
    """The field that a text means as a header of a platform."""
    names = _platform_names().get(platform)
    return names.fields.get(_key(header)) if names else None


def _mapped_names(mapping: ExportMapping) -> _HeaderNames:
    """The mapping's headers, then those of its platform."""
    nothing = _HeaderNames(platform=AdPlatform.OTHER, fields={}, breakdowns={})
    base = _platform_names().get(mapping.platform, nothing)
    mine = {_key(header): name for header, name in mapping.headers()}
    splits = {key_of(header): name for name, header in mapping.breakdowns.items()}
    taken = {*mine.values()}
    rest = {key: name for key, name in base.fields.items() if key not in mine | splits and name not in taken}
    return replace(
        base,
        fields={**mine, **rest},
        breakdowns={**{key: name for key, name in base.breakdowns.items() if key not in mine}, **splits},
        ignored=base.ignored - mine.keys() - splits.keys(),
        blank=mapping.blank or base.blank,
        scale={key: factor for key, factor in base.scale.items() if key not in mine},
        field_scale=mapping.scale,
        constant=frozenset(count.value for count in mapping.constants()),
    )


def known_headers(mappings: Sequence[ExportMapping]) -> frozenset[str]:
    """Every header that a platform or a mapping has, without case and punctuation."""
    names = [*_platform_names().values(), *map(_mapped_names, mappings)]
    return frozenset(map(key_of, formats_that_ship().platform_columns)).union(*(one.known for one in names))


def has_header(sheet: ExportSheet, known: frozenset[str]) -> bool:
    """Whether a row of the sheet looks like a header."""
    return any(len(_keys(row) & known) > _LEAST_FIELDS for row in sheet.top())


def layout_of(
    sheet: ExportSheet, mappings: Sequence[ExportMapping], part: PlatformPart | None = None
) -> Layout:
    """How the sheet is read: by the first mapping that is for it, else by the platform that a column of it names, else by
    the headers of the platform it looks like.

    Raises: ExportError if no platform or several fit, or a column is missing or doubled.
    """
    if not len(sheet):
        raise ExportError([Problem(Place(sheet.name), "is empty", "export it again")])
    mapping = mapping_for(sheet, mappings)
    if mapping:
        names = _mapped_names(mapping)
    elif part:
        names = _platform_names()[part.platform].with_connectors(part.header)
    else:
        names = _recognised(sheet, mappings)
    header = max(sheet.top(), key=lambda row: len(_keys(row) & names.known))
    layout = _laid_out(header, names, mapping)
    certain = mapping is not None or part is not None or names.platform in platforms_named(sheet.name)
    refuse([*_problems(layout, names, sheet.name), *([] if certain else _foreign(layout, sheet.name))])
    return layout


def _key(header: str) -> str:
    return key_of(header, formats_that_ship().currencies)


def _keys(row: SheetRow) -> frozenset[str]:
    return frozenset(_key(cell) for cell in row.cells if isinstance(cell, str))


def mapping_for(sheet: ExportSheet, mappings: Sequence[ExportMapping]) -> ExportMapping | None:
    """The first that names the file, or else the first without file names all of whose columns are there."""
    for mapping in mappings:
        if mapping.is_meant_for(sheet.name):
            if missing := _missing(sheet, mapping):
                reason = f"has no column {listed(missing)}, which its mapping names"
                remedy = "write the header exactly as in the file"
                raise ExportError([Problem(Place(sheet.name), reason, remedy)])
            return mapping
    return next((one for one in mappings if not one.files and not _missing(sheet, one)), None)


def _missing(sheet: ExportSheet, mapping: ExportMapping) -> list[str]:
    """The fields of a mapping of which the sheet has no header, by their first header."""
    seen = frozenset[str]().union(*map(_keys, sheet.top()))
    by_field: dict[str, list[str]] = {}
    for header, name in mapping.headers():
        by_field.setdefault(name, []).append(header)
    by_field |= {f"by {name}": [header] for name, header in mapping.breakdowns.items()}
    return [quoted(headers[0]) for headers in by_field.values() if seen.isdisjoint(map(_key, headers))]


def _recognised(sheet: ExportSheet, mappings: Sequence[ExportMapping]) -> _HeaderNames:
    """The platform that the file is named after; else the one with a clear lead that has a header only it has.

    A platform's score is the known headers of its best row; one that several platforms use counts for a part. The name
    of a file does not count against headers that only another platform has.
    """
    _refuse_others(sheet)
    platforms = _platform_names()
    seen = frozenset[str]().union(*map(_keys, sheet.top()))
    own = {platform for platform, keys in _own_headers().items() if keys & seen}
    users = Counter(key for names in platforms.values() for key in names.known)
    scores = dict.fromkeys(platforms, 0.0)
    for keys in map(_keys, sheet.top()):
        for platform, names in platforms.items():
            if len({names.fields[key] for key in keys & names.fields.keys()}) > _LEAST_FIELDS:
                score = sum(1 / users[key] for key in keys & names.known)
                scores[platform] = max(scores[platform], score)
    named = [platform for platform in platforms_named(sheet.name) if scores[platform] > 0]
    if len(named) == 1 and (named[0] in own or not own):
        return platforms[named[0]]
    best = max(scores.values())
    close = [
        platform for platform, score in scores.items() if score > 0 and round(best - score, 3) < _LEAST_LEAD
    ]
    certain = [platform for platform in close if platform in own]
    if len(certain) != 1:
        raise ExportError([_unrecognised(sheet, close if len(close) > 1 else [], mappings)])
    return platforms[certain[0]]


def platforms_named(name: str) -> frozenset[AdPlatform]:
    """The platforms that a file is named after: as a word, for a snapshot is not of Snap."""
    words = {*re.split(r"[^a-z]+", name.casefold())}
    known = formats_that_ship().platform_words
    return frozenset(AdPlatform(one) for one, names in known.items() if not words.isdisjoint(names))


def _refuse_others(sheet: ExportSheet) -> None:
    """Raises: ExportError for an export of an ad tool that is known not to be read."""
    for row in sheet.top():
        keys = _keys(row)
        for tool, titles in formats_that_ship().others.items():
            if not keys.isdisjoint(map(key_of, titles)):
                reason = f"is an export of {tool}, which is not read"
                raise ExportError([Problem(Place(sheet.name, row.line), reason, _WRITE_MAPPING)])


def _unrecognised(sheet: ExportSheet, close: list[AdPlatform], mappings: Sequence[ExportMapping]) -> Problem:
    widest = max(sheet.top(), key=lambda row: sum(bool(as_text(cell)) for cell in row.cells))
    cells = [quoted(as_text(cell)) for cell in widest.cells if as_text(cell)]
    more = len(cells) - _MOST_LISTED
    seen = ", ".join(cells[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
    several = f"could be of {listed(close)}: no column is of one of them alone"
    lost = [
        f"; a mapping that was given lacks {listed(_missing(sheet, one))}"
        for one in mappings
        if not one.files
    ]
    reason = (
        f"{several if close else 'is of no platform that is known'}; its columns are {seen}{''.join(lost)}"
    )
    return Problem(Place(sheet.name, widest.line), reason, _WRITE_MAPPING)


def _foreign(layout: Layout, name: str) -> Iterator[Problem]:
    """Unread columns that other platforms have for a field that is missing here: likely of an unknown platform."""
    others = [names.fields for one, names in _platform_names().items() if one is not layout.platform]
    for missing in sorted(_TELLTALE - layout.columns.keys()):
        meant = [
            header
            for header in layout.unread
            if any(fields.get(_key(header)) == missing for fields in others)
        ]
        if meant:
            headers = listed(list(map(quoted, meant)))
            reason = f"looks like {layout.platform}, but there {headers} means nothing"
            remedy = f"name the file after {layout.platform} if it is of it; else {_WRITE_MAPPING}"
            yield Problem(Place(name, layout.header.line), reason, remedy)


def _currency_at_end(header: str) -> str | None:
    """USD of `Spend in USD`."""
    found = re.search(r"\bin ([A-Z]{3})$", header, re.IGNORECASE)
    code = found[1].upper() if found else ""
    return code if code in formats_that_ship().currencies else None


def _laid_out(header: SheetRow, names: _HeaderNames, mapping: ExportMapping | None) -> Layout:
    fields: dict[str, list[ExportColumn]] = {}
    breakdowns: dict[str, ExportColumn] = {}
    ignored: list[ExportColumn] = []
    unread: list[str] = []
    for index, cell in enumerate(header.cells):
        text = as_text(cell)
        key = _key(text)
        scale = names.field_scale.get(names.fields.get(key, ""), names.scale.get(key, 1.0))
        currency = currency_in(text, formats_that_ship().currencies) or _currency_at_end(text)
        column = ExportColumn(index=index, header=text, scale=scale, currency=currency)
        if key in names.fields:
            fields.setdefault(names.fields[key], []).append(column)
        elif key in names.breakdowns:
            name = names.breakdowns[key]
            breakdowns[f"{name} ({text})" if name in breakdowns else name] = column
        elif key in names.ignored:
            ignored.append(column)
        elif text:
            unread.append(text)
    rank = {key: number for number, key in enumerate(names.fields)}
    return Layout(
        platform=names.platform,
        header=header,
        columns={
            name: tuple(sorted(columns, key=lambda column: rank[_key(column.header)]))
            for name, columns in fields.items()
        },
        breakdowns=breakdowns,
        ignored=tuple(ignored),
        unread=tuple(unread),
        blank=names.blank,
        mapping=mapping,
    )


def _problems(layout: Layout, names: _HeaderNames, name: str) -> Iterator[Problem]:
    place = Place(name, layout.header.line)
    seen = layout.columns.keys() | names.constant
    if not seen & set(IDENTITY):
        columns = "ad id, ad name, video id, UTM content or file name"
        remedy = "export it on the level of ads, with the ad's id and name"
        yield Problem(place, f"has no column that says whose row it is: no {columns}", remedy)
    for lost in sorted(set(names.required) - seen):
        yield Problem(place, f"has no column of {lost}", f"add {lost} to the export")
    if not seen & set(COUNT_NAMES):
        remedy = "add impressions, clicks and spend to the export"
        yield Problem(place, "has no column that counts anything", remedy)
    currencies = {one.currency for each in layout.columns.values() for one in each if one.currency}
    if len(currencies) > 1:
        reason = f"has money in {' and '.join(sorted(currencies))}"
        yield Problem(place, reason, "export it in the account's currency only")
    headers = Counter(one.header for count in COUNT_NAMES for one in layout.columns.get(count, ()))
    for header in (header for header, times in headers.items() if times > 1):
        reason = f"has the column {quoted(header)} twice"
        yield Problem(place, reason, "take one of them out of the export")
