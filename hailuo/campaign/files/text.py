"""What every reader of a file uses: the list of its problems, its text, and the paths that it may name."""

import re
from pathlib import Path, PurePosixPath

from hailuo.errors import Place, Problem
from hailuo.text import nearest, quoted

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_AS_UTF8 = "save it as UTF-8 (in Excel: CSV UTF-8)"


class ProblemList:
    """Collects what is wrong with a file, so that all of it is reported at once.

    Problems refuse the file, warnings appear in the plan; each is kept once.
    """

    def __init__(self) -> None:
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()

    def add(self, place: Place, reason: str, remedy: str) -> None:
        self._problems.add(Problem(place, reason, remedy))

    def warn(self, place: Place, reason: str, remedy: str) -> None:
        self._warnings.add(Problem(place, reason, remedy))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """In order of place."""
        return tuple(sorted(self._problems))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """In order of place."""
        return tuple(sorted(self._warnings))


class RefusedValueError(Exception):
    """A value cannot be what it is written for: reason and remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def path_inside(text: str, folder: Path) -> Path:
    """The path that `text` names from `folder`. Raises: ValueError, with the reason, when it leads outside."""
    named = PurePosixPath(text)
    if ".." in named.parts:
        raise ValueError("the path leads outside the campaign's folder")
    path = folder / named  # an absolute path is itself
    try:
        resolved, home = path.resolve(), folder.resolve()
    except (OSError, RuntimeError, ValueError):
        raise ValueError("the path cannot be followed") from None
    if not resolved.is_relative_to(home) and named.is_absolute():
        raise ValueError("the path leads outside the campaign's folder")
    if not resolved.is_relative_to(home):
        raise ValueError("the path leads outside the campaign's folder by a link")
    return path


def read_text(path: Path, problems: ProblemList, *, most_bytes: int, pasted: str | None = None) -> str | None:
    """The file's text; None when it cannot be read, and then `problems` says why.

    `pasted` is read in place of the file's content, by the same rules.
    """
    content = read_content(path, problems, most_bytes=most_bytes, pasted=pasted)
    return None if content is None else decode_text(content, Place(str(path)), problems)


def read_content(
    path: Path,
    problems: ProblemList,
    *,
    most_bytes: int,
    pasted: str | None = None,
    asked_at: Place | None = None,
) -> bytes | None:
    """The file's bytes; None when it cannot be read, and then `problems` says why. `pasted` replaces them.

    `asked_at` is the line of another file that names this one: there the problem is, if there is no such file.
    """
    place = Place(str(path))
    try:
        if pasted is not None:
            content = pasted.encode(errors="surrogatepass")
        elif path.exists() and not path.is_file():
            problems.add(asked_at or place, "this is not a file", "name a campaign file (.yaml, .csv, .xlsx)")
            return None
        else:
            with path.open("rb") as file:
                content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        cause = (
            (error.strerror or "unknown cause").lower() if isinstance(error, OSError) else "not a file name"
        )
        named = f"{quoted(path.name)} cannot be read" if asked_at else "the file cannot be read"
        problems.add(asked_at or place, f"{named} ({cause})", _remedy_for_missing(path))
        return None
    if len(content) > most_bytes:
        megabytes = most_bytes // 1_000_000
        problems.add(place, f"the file is larger than {megabytes} MB", "split it into several campaigns")
        return None
    return content


def _remedy_for_missing(path: Path) -> str:
    try:
        found = nearest(path.name, [other.name for other in path.parent.iterdir()])
    except (OSError, ValueError):
        found = None
    return f"did you mean {quoted(found)}?" if found else "check the name and the rights"


def decode_text(content: bytes, place: Place, problems: ProblemList) -> str | None:
    """UTF-8 with or without a byte order mark; None and a problem for anything else."""
    if content.startswith(_UTF16) or b"\x00" in content[:4]:
        problems.add(place, "the file is UTF-16 or binary, not UTF-8", _AS_UTF8)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"the byte 0x{content[error.start]:02X} is not UTF-8"
        problems.add(Place(place.file, line), reason, _AS_UTF8)
        return None
    return text if is_printable(text, place, problems) else None


def is_printable(text: str, place: Place, problems: ProblemList) -> bool:
    """Whether a text is free of control characters; if not, `problems` names the first."""
    if found := _UNREADABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        reason = f"the file holds a control character (U+{ord(found.group()):04X})"
        problems.add(Place(place.file, line), reason, "delete it")
    return found is None
