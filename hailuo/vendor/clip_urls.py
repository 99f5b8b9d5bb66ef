"""Where a finished task's clip is: every URL in the vendor's answer that may be one.

Source: docs/reference/vendor.md#fetching-the-clip.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from hailuo.vendor.wire import fields_of, layers_of, mapping_of

_URL_LIMIT = 8192
_OTHER_PICTURES = [
    "image",
    "img",
    "picture",
    "cover",
    "poster",
    "thumb",
    "preview",
    "frame",
    "avatar",
    "input",
    "request",
    "prompt",
    "reference",
    "callback",
    "webhook",
    "doc",
    "help",
]
"""Parts of the names of fields whose URLs are no clip."""


def clip_urls(task: Mapping[str, object], outer: Mapping[str, object], base_url: str | None) -> Iterator[str]:
    """Every usable URL once, in the order of docs/reference/vendor.md#fetching-the-clip; other fields count where these are empty."""
    layers = [task, *(layer for layer in layers_of(task)[1:]), outer]
    found = [url for layer in layers for place in _places(layer) for url in _urls_at(place, base_url)]
    yield from dict.fromkeys(found or _urls_anywhere(outer, base_url))


def _places(layer: Mapping[str, object]) -> Sequence[object]:
    return (
        _videos_first(layer.get("results")),
        layer.get("metadata"),
        layer.get("video"),
        layer.get("output"),
        layer.get("video_url"),
        layer.get("result_url"),
        layer.get("url"),
        layer.get("content"),
        layer.get("videos"),
        mapping_of(layer.get("task_result")).get("videos"),
    )


def _videos_first(results: object) -> object:
    if not isinstance(results, list):
        return results
    return sorted(
        results, key=lambda result: not str(mapping_of(result).get("content_type")).startswith("video")
    )


def _urls_at(place: object, base_url: str | None) -> Iterator[str]:
    """The URLs of a text, of an object with `url` or `video_url`, or of a list of these."""
    for item in place if isinstance(place, list) else [place]:
        fields = mapping_of(item)
        for value in (fields.get("url"), fields.get("video_url")) if fields else (item,):
            url = _absolute(value, base_url)
            if url:
                yield url


def _urls_anywhere(outer: Mapping[str, object], base_url: str | None) -> Sequence[str]:
    """Every URL that may be a clip, in whatever field; those that look like a video's first."""
    found = []
    for keys, value in fields_of(outer):
        names = " ".join(keys).lower()
        url = None if any(part in names for part in _OTHER_PICTURES) else _absolute(value, base_url)
        if url:
            found.append(("video" not in names and ".mp4" not in url.lower(), url))
    return [url for _, url in sorted(found, key=lambda pair: pair[0])]


def _absolute(value: object, base_url: str | None) -> str | None:
    """The web address in a field; a path is relative to the API's own address."""
    text = value.strip() if isinstance(value, str) else ""
    if base_url and text.startswith("/"):
        try:
            text = urljoin(base_url, text)
        except ValueError:
            return None
    return text if is_web_url(text) else None


def is_web_url(text: str) -> bool:
    """Whether a text is an http or https address of usable length, without spaces."""
    if len(text) > _URL_LIMIT or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
