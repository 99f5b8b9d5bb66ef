"""Findings as JSON without loss, so that the next report can say what changed."""

import json
import re
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import Place, Problem, RefusedError
from hailuo.report.findings import ReportFindings

SCHEMA: Final = "hailuo.report/1.0"
"""The version of the file. A minor version adds fields, which older programs ignore; a major version breaks."""

_READABLE: Final = re.compile(r"hailuo\.report/1\.\d+")
_REMEDY: Final = "delete it or update this program: the next report is then made without saying what changed"
_ADAPTER: Final = TypeAdapter(ReportFindings)


class ReportError(RefusedError):
    """A file is no report that this version can read; the next report is made without it."""


def to_json(findings: ReportFindings) -> bytes:
    """UTF-8, fields in the order of the classes, floats to the last digit.

    Half a surrogate pair becomes a question mark, for no file can hold it. Raises: ValueError for a number that is not
    finite: findings have none.
    """
    plain = {"schema": SCHEMA, **_ADAPTER.dump_python(findings, mode="json", by_alias=True)}
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1).encode(errors="replace")


def from_json(content: bytes, *, name: str = "findings.json") -> ReportFindings:
    """What `to_json` wrote; fields of later minor versions are ignored. Raises: ReportError."""
    try:
        data = json.loads(content)
    except ValueError as error:
        raise _refused(name, f"this is no JSON: {error}") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if not _READABLE.fullmatch(str(schema)):
        raise _refused(name, "this is not of schema hailuo.report/1.x")
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refused(
            name, f"{error.error_count()} fields cannot be read, first {where}: {first['msg']}"
        ) from error


def _refused(name: str, reason: str) -> ReportError:
    return ReportError([Problem(Place(name), reason, _REMEDY)])
