"""The checks of a clip in words: the verdict with its reasons, and where the clip may run."""

from collections.abc import Mapping
from typing import Final

from hailuo.publish.gallery.rows import Row, text, texts

_VERDICTS: Final[Mapping[str, str]] = {
    "pass": "Checks passed",
    "warn": "Look closer",
    "fail": "Checks failed",
    "unknown": "Not checked",
}
_NAMES: Final[Mapping[str, str]] = {
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
    "infeed": "in-feed",
    "non": "non-",
}


def quality(row: Row) -> Mapping[str, object] | None:
    """The verdict and its reasons; None where the clip was never checked."""
    verdict = text(row, "qa_verdict")
    if not verdict:
        return None
    said = _VERDICTS.get(verdict, _words(verdict))
    return {"verdict": verdict, "said": said, "reasons": [_words(code) for code in texts(row, "qa_flags")]}


def placements(row: Row) -> list[Mapping[str, object]]:
    """Each placement with its verdict and the reasons, by name; a bare word in place of an object is a verdict."""
    found = row.get("placements")
    return [_placement(str(name), told) for name, told in found.items()] if isinstance(found, dict) else []


def placement_name(name: str) -> str:
    """`tiktok_infeed` is "TikTok in-feed"."""
    words = [_NAMES.get(word, word) for word in name.split("_")]
    first, *rest = words or [name]
    return " ".join([first if first in _NAMES.values() else first.capitalize(), *rest]).replace("- ", "-")


def _placement(name: str, told: object) -> Mapping[str, object]:
    verdict, reasons = (told.get("verdict"), told.get("reasons")) if isinstance(told, dict) else (told, None)
    listed = [_words(str(code)) for code in reasons] if isinstance(reasons, list | tuple) else []
    return {"name": name, "said": placement_name(name), "verdict": str(verdict), "reasons": listed}


def _words(code: str) -> str:
    return code.replace("_", " ")
