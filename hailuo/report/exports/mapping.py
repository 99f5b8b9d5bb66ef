"""A mapping: what a file's columns are, for exports that no platform's headers explain. A person writes it, as TOML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from hailuo.errors import Place, Problem
from hailuo.named_files import read_toml
from hailuo.report.exports.fields import DATES, IDENTITY, ExportError, refuse
from hailuo.report.exports.formats import Field
from hailuo.report.metrics import COUNT_NAMES, AdPlatform, Count

_REMEDY = "see docs/reference/exports.md for a mapping file"


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMapping:
    """What a file's columns are: `columns` is field -> its header or headers.

    With a known `platform`, its own headers stay known beside them; `other` knows only the mapping's. `files` are
    patterns of file names, without one every file that has all its columns is meant. `events` turns a log of one
    row per event into sums per ad and day: count -> a number, or the column to add up.
    """

    platform: AdPlatform
    files: tuple[str, ...] = ()
    currency: str | None = None
    attribution: str | None = None
    decimal: Literal[".", ","] | None = None
    date_format: str | None = None
    blank: Literal["zero", "unknown"] | None = None
    columns: Mapping[Field, str | tuple[str, ...]] = field(default_factory=dict)
    breakdowns: Mapping[str, str] = field(default_factory=dict)
    scale: Mapping[Field, float] = field(default_factory=dict)
    events: Mapping[Count, float | str] = field(default_factory=dict)

    def headers(self) -> Iterator[tuple[str, str]]:
        """Every header that it names with its field, in the order in which they are preferred."""
        for name, headers in self.columns.items():
            yield from ((header, name) for header in ([headers] if isinstance(headers, str) else headers))
        for count, header in self.events.items():
            if isinstance(header, str):
                yield header, count.value

    def constants(self) -> Mapping[Count, float]:
        """What every event counts for by being there."""
        return {count: float(one) for count, one in self.events.items() if not isinstance(one, str)}

    def is_meant_for(self, name: str) -> bool:
        """Whether the file is named by one of `files`."""
        base = name.rsplit("/", 1)[-1]
        return any(fnmatch(base, pattern) or fnmatch(name, pattern) for pattern in self.files)


def read_mapping(content: bytes, *, name: str) -> ExportMapping:
    """The mapping of a TOML file. Raises: ExportError naming every place that is wrong."""
    mapping = read_toml(TypeAdapter(ExportMapping), content, name=name, remedy=_REMEDY, refuse=ExportError)
    refuse([Problem(Place(name), reason, _REMEDY) for reason in _complaints(mapping)])
    return mapping


def _complaints(mapping: ExportMapping) -> Iterator[str]:
    named = {field_ for _, field_ in mapping.headers()} | {count.value for count in mapping.events}
    if mapping.platform is AdPlatform.OTHER and not named & set(IDENTITY):
        yield f"columns: one of {', '.join(IDENTITY)} has to say whose row it is"
    if mapping.platform is AdPlatform.OTHER and not named & set(COUNT_NAMES):
        yield f"columns: nothing is counted; a count is one of {', '.join(COUNT_NAMES)}"
    if mapping.events and not named & {*DATES}:
        yield "columns: events need their `day` (a column of dates or times)"
    if mapping.date_format and "%" not in mapping.date_format:
        yield "date_format: no format like %d.%m.%Y"
