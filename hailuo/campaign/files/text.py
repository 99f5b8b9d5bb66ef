"""Reads a user's text file, whatever it is, into text or into one problem."""

import re
from pathlib import Path

from hailuo.campaign.files.findings import Findings
from hailuo.errors import Place
from hailuo.text import nearest, quoted

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_AS_UTF8 = "save it as UTF-8 (in Excel: CSV UTF-8)"


def read_text(path: Path, findings: Findings, *, most_bytes: int, pasted: str | None = None) -> str | None:
    """The file's text; None when it cannot be had, and then `findings` says why.

    `pasted` is read in place of the file's content, by the same rules.
    """
    place = Place(str(path))
    try:
        content = _read(path, most_bytes) if pasted is None else pasted.encode(errors="surrogatepass")
    except (OSError, ValueError) as error:
        findings.problem(place, f"the file cannot be read ({_cause(error)})", _remedy_for_missing(path))
        return None
    if content is None:
        findings.problem(place, "this is no file", "name a campaign file (.yaml or .csv)")
        return None
    if len(content) > most_bytes:
        megabytes = most_bytes // 1_000_000
        findings.problem(place, f"the file is larger than {megabytes} MB", "split it into several campaigns")
        return None
    return decode_text(content, place, findings)


def _read(path: Path, most_bytes: int) -> bytes | None:
    if path.exists() and not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def _cause(error: OSError | ValueError) -> str:
    return (error.strerror or "unknown cause").lower() if isinstance(error, OSError) else "not a file name"


def _remedy_for_missing(path: Path) -> str:
    try:
        found = nearest(path.name, [other.name for other in path.parent.iterdir()])
    except (OSError, ValueError):
        found = None
    return f"did you mean {quoted(found)}?" if found else "check the name and the rights"


def decode_text(content: bytes, place: Place, findings: Findings) -> str | None:
    """UTF-8 with or without a byte order mark; None and a problem for anything else."""
    if content.startswith(_UTF16) or b"\x00" in content[:4]:
        findings.problem(place, "the file is UTF-16 or binary, not UTF-8", _AS_UTF8)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{content[error.start]:02X} is not UTF-8"
        findings.problem(Place(place.file, line), found, _AS_UTF8)
        return None
    return _without_control_characters(text, place, findings)


def _without_control_characters(text: str, place: Place, findings: Findings) -> str | None:
    found = _UNREADABLE.search(text)
    if found is None:
        return text
    line = text.count("\n", 0, found.start()) + 1
    reason = f"the file holds a control character (U+{ord(found.group()):04X})"
    findings.problem(Place(place.file, line), reason, "delete it")
    return None
