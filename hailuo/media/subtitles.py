"""SRT files as cues, with every line that cannot be read."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hailuo.errors import Place, Problem
from hailuo.text import quoted

_MOST_BYTES: Final = 1_000_000
_TIME: Final = r"(\d+):([0-5]\d):([0-5]\d)[,.](\d{1,3})"
_TIMES: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_STYLES: Final = re.compile(r"</?(?:[biu]|font)\b[^>]*>|\{\\[^}]*\}", re.IGNORECASE)
"""What players take for style: <i>, <font ...>, {\\an8}. It is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle: seconds of the copy, its text, and where it is written."""

    from_s: float
    to_s: float
    text: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubtitles:
    """The cues in the order of their times, and what is wrong with the file."""

    cues: tuple[Cue, ...]
    problems: tuple[Problem, ...]


def read_subtitles(path: Path) -> ReadSubtitles:
    """The cues of an SRT file in UTF-8; nothing is raised."""
    place = Place(str(path))
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        cause = (error.strerror or "unknown cause").lower()
        return _refused(place, f"cannot be read ({cause})", "check its rights")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _refused(Place(place.file, line), "is not UTF-8", "save it as UTF-8")
    if len(content) > _MOST_BYTES:
        return _refused(place, "is larger than 1 MB", "name the SRT file of one clip")
    found = [_cue(first, lines, place.file) for first, lines in _blocks(text)]
    if not found:
        return _refused(place, "has no subtitles", "name an SRT file with some, or remove `subtitles`")
    cues = sorted((one for one in found if isinstance(one, Cue)), key=lambda cue: (cue.from_s, cue.to_s))
    problems = [one for one in found if isinstance(one, Problem)]
    return ReadSubtitles(cues=tuple(cues), problems=(*problems, *_overlapping(cues)))


def _overlapping(cues: Sequence[Cue]) -> Iterator[Problem]:
    for before, cue in itertools.pairwise(cues):
        if cue.from_s < before.to_s:
            reason = f"a subtitle begins at {cue.from_s:g} s, and the one before ends at {before.to_s:g} s"
            yield Problem(cue.place, reason, "let it begin later")


def _refused(place: Place, reason: str, remedy: str) -> ReadSubtitles:
    return ReadSubtitles(cues=(), problems=(Problem(place, reason, remedy),))


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """What blank lines part, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _cue(first: int, lines: list[str], file: str) -> Cue | Problem:
    at = 1 if lines[0].strip().isdigit() and len(lines) > 1 else 0
    place = Place(file, first + at)
    times = _TIMES.fullmatch(lines[at])
    if times is None:
        reason = f"{quoted(lines[at])} is not the time of a subtitle"
        return Problem(place, reason, "write 00:00:01,000 --> 00:00:02,500, below a blank line and a number")
    start, end = _seconds(times, 1), _seconds(times, 5)
    if end <= start:
        return Problem(place, f"a subtitle ends at {end:g} s, and begins at {start:g} s", "write a later end")
    text = "\n".join(line for line in (_STYLES.sub("", line).strip() for line in lines[at + 1 :]) if line)
    if not text:
        return Problem(place, "a subtitle has no text", "write it below its time, without a blank line")
    return Cue(from_s=start, to_s=end, text=text, place=Place(file, first + at + 1))


def _seconds(times: re.Match[str], at: int) -> float:
    hours, minutes, seconds, fraction = (times[at + part] for part in range(4))
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
