"""What headers mean on one platform, with and without a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from hailuo.report.exports.fields import key_of
from hailuo.report.exports.formats import Format, Formats
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.metrics import AdPlatform


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderNames:
    """Headers as `key_of` spells them -> fields and breakdowns. `rank` orders the headers of one field.

    `scale` is by header and in force where the number is not in units; `field_scale` is a mapping's, by field.
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
        """Every header that it says something about."""
        return frozenset({*self.fields, *self.breakdowns, *self.ignored})

    def rank(self, key: str) -> int:
        """The smaller, the more preferred among the headers of one field."""
        return list(self.fields).index(key)


def header_names_of(formats: Formats) -> Mapping[AdPlatform, HeaderNames]:
    """One per platform whose headers are known."""
    return {platform: _book(platform, form, formats) for platform, form in formats.platforms().items()}


def _book(platform: AdPlatform, form: Format, formats: Formats) -> HeaderNames:
    fields: dict[str, str] = {}
    for header, name in form.columns():
        fields.setdefault(key_of(header, formats.currencies), name)
    return HeaderNames(
        platform=platform,
        fields=fields,
        breakdowns={key_of(one): name for name, headers in form.breakdowns.items() for one in headers},
        ignored=frozenset(map(key_of, form.ignored)) - fields.keys(),
        blank=form.blank,
        required=form.required,
        scale={key_of(header): factor for header, factor in (form.scale or {}).items()},
    )


def mapped_header_names(mapping: ExportMapping, formats: Formats) -> HeaderNames:
    """The platform's book with the mapping's headers before its own; of `other` the mapping's alone."""
    if mapping.platform is AdPlatform.OTHER:
        base = HeaderNames(platform=AdPlatform.OTHER, fields={}, breakdowns={})
    else:
        base = header_names_of(formats)[mapping.platform]
    mine = {key_of(header, formats.currencies): name for header, name in mapping.headers()}
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
