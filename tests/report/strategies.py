"""Any report at all, for laws: every field of every class of `hailuo.report.findings`, as its annotation says."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from hailuo.report.findings import ReportFindings

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NUMBERS: Final = st.floats(allow_nan=False, allow_infinity=False)
_LEAVES: Final[Mapping[object, st.SearchStrategy[Any]]] = {
    str: TEXTS,
    int: st.integers(-(10**12), 10**12),
    float: _NUMBERS,
    bool: st.booleans(),
    types.NoneType: st.none(),
    datetime: st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (as it asks)
}


@cache
def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation; small collections."""
    if hint in _LEAVES:
        return _LEAVES[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: of_type(hints[field.name]) for field in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _generic(get_origin(hint), get_args(hint)) if get_args(hint) else st.from_type(hint)


def _generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (Union, types.UnionType):
        return st.one_of([of_type(one) for one in arguments])
    if origin is Mapping:
        return st.dictionaries(*(of_type(one) for one in arguments), max_size=2)
    if arguments[-1] is Ellipsis:
        return st.lists(of_type(arguments[0]), max_size=2).map(tuple)
    return st.tuples(*(of_type(one) for one in arguments))


def findings() -> st.SearchStrategy[ReportFindings]:
    """Reports of any content, sensible or not; each platform at most once, as `judge` makes them."""
    return of_type(ReportFindings).map(_each_platform_once)


def _each_platform_once(report: ReportFindings) -> ReportFindings:
    by_platform = {found.platform: found for found in report.platforms}
    return replace(report, platforms=tuple(by_platform.values()))
