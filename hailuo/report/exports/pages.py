"""Answers of APIs that are no whole report: an error, or one page of several, which each platform marks in its own way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import ExportError
from hailuo.text import quoted

_REMEDY: Final = "fetch the pages that follow too, and save all of them in one file, as a list or one a line"
_TOKENS: Final = (
    "nextPageToken",
    "next_page_token",
    "bookmark",
    "next_cursor",
)  # Google, LinkedIn, Pinterest
_WORDS: Final = ("message", "debug_message", "display_message", "error_description", "error")
_LINKS: Final = ("next", "next_link")  # Meta, Snap


def refuse_error(answer: Any, name: str) -> None:
    """Raises: ExportError if the answer is an error (Meta, Google, Snap, TikTok, LinkedIn, Pinterest), with its words."""
    if not isinstance(answer, dict) or any(
        answer.get(key) for key in ("data", "results", "elements", "items")
    ):
        return
    error = answer.get("error")
    inner = error if isinstance(error, dict) else answer
    words = next((inner[key] for key in _WORDS if isinstance(inner.get(key), str)), "")
    code = next((inner[key] for key in ("code", "status", "serviceErrorCode") if inner.get(key)), None)
    if words and code is not None:
        reason = f"is an error that the API answered, no report: {quoted(f'{words} ({code})')}"
        raise ExportError([Problem(Place(name), reason, "correct the request, then fetch the report again")])


def refuse_part(pages: Sequence[Any], name: str) -> None:
    """Raises: ExportError if the last of a file's pages says that another follows, or one between them is missing."""
    found = [page for page in pages if isinstance(page, dict)]
    reasons = [
        *([f"is a part: its last page has {mark}" for mark in _marks(found[-1])] if found else []),
        *(f"is a part: {mark} inside a record" for page in found for mark in _nested(page)),
        *_numbered(found),
    ]
    if reasons:
        raise ExportError([Problem(Place(name), reasons[0], _REMEDY)])


def _marks(page: Mapping[str, Any]) -> Iterator[str]:
    """What says that another page follows."""
    for one in (page, page.get("metadata"), page.get("paging"), page.get("data")):
        if isinstance(one, dict):
            yield from (key for key in (*_TOKENS, *_LINKS) if isinstance(one.get(key), str) and one[key])
            if one.get("has_more") is True or one.get("hasMore") is True:
                yield "has_more"
    paging = page.get("paging")
    if isinstance(paging, dict):
        links = paging.get("links")
        if any(isinstance(one, dict) and one.get("rel") == "next" for one in links or ()):
            yield "a link to the next one"
        start, count, total = (paging.get(key) for key in ("start", "count", "total"))
        if (
            isinstance(start, int)
            and isinstance(count, int)
            and isinstance(total, int)
            and start + count < total
        ):
            yield f"{start + count} of {total} elements"


def _nested(page: Mapping[str, Any]) -> Iterator[str]:
    """The same marks on lists inside a record, such as the insights of one ad."""
    records = page.get("data")
    for record in records if isinstance(records, list) else ():
        for key, inner in record.items() if isinstance(record, dict) else ():
            if isinstance(inner, dict) and isinstance(inner.get("data"), list):
                yield from (f"{key} has {mark}" for mark in _marks(inner))


def _numbered(pages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """TikTok numbers its pages."""
    infos = [info for page in pages for info in (_page_info(page),) if info]
    if infos:
        total = max(info["total_page"] for info in infos)
        missing = sorted({*range(1, total + 1)} - {info["page"] for info in infos})
        if missing:
            yield f"is a part: page {', '.join(map(str, missing))} of {total} is missing"


def _page_info(page: Mapping[str, Any]) -> Mapping[str, int] | None:
    data = page.get("data")
    found = data.get("page_info") if isinstance(data, dict) else page.get("page_info")
    numbers = isinstance(found, dict) and all(
        isinstance(found.get(key), int) for key in ("page", "total_page")
    )
    return found if numbers else None
