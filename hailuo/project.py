"""`hailuo.toml`: the settings of one project, found upward from the campaign file as git finds its root.

Its keys are those of `Settings`, without HAILUO_: `store = "./store"`, `max_usd_per_month = 400`. Paths are relative to the
file. An environment variable goes before it.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from hailuo.errors import Place, Problem, SettingsError

PROJECT_FILE: Final = "hailuo.toml"
_PATHS: Final = frozenset({"store", "campaigns", "catalog"})
_SECRET: Final = "api_key"  # noqa: S105 (the name of a key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project file that was read: its path, its values by setting, and its lines."""

    path: Path
    values: dict[str, object]
    lines: tuple[str, ...]

    def place(self, name: str) -> Place:
        """The line that sets `name`."""
        numbers = (n for n, line in enumerate(self.lines, start=1) if re.match(rf"\s*{name}\s*=", line))
        return Place(str(self.path), next(numbers, 0))


def find_project(near: Path | None) -> Path | None:
    """The nearest `hailuo.toml` in the folder of the file `near` or above it, else in the current folder or above it."""
    starts = ([near.absolute().parent] if near else []) + [Path.cwd()]
    folders = (folder for start in starts for folder in (start, *start.parents))
    return next((folder / PROJECT_FILE for folder in folders if (folder / PROJECT_FILE).is_file()), None)


def read_project(path: Path, *, known: Collection[str]) -> Project:
    """The values of a project file; `known` are the names of settings. Raises: SettingsError with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text, parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = Problem(Place(str(path)), f"cannot be read: {error}", "write it as TOML in UTF-8")
        raise SettingsError([problem]) from error
    project = Project(path=path, values=values, lines=tuple(text.splitlines()))
    problems = [_problem(project.place(name), name, known) for name in values if name not in known]
    if _SECRET in values:
        remedy = "delete the line, and set the variable IMAROUTER_API_KEY"
        problems.append(Problem(project.place(_SECRET), "is a secret, which belongs in no file", remedy))
    if problems:
        raise SettingsError(problems)
    for name in _PATHS & values.keys():
        values[name] = _anchored(str(values[name]), path.absolute().parent)
    return project


def _problem(place: Place, name: str, known: Collection[str]) -> Problem:
    return Problem(
        place, f"{name!r} is not a setting", f"settings are {', '.join(sorted(set(known) - {_SECRET}))}"
    )


def _anchored(text: str, folder: Path) -> str:
    """A path relative to the project's folder; an address, a home folder or a variable stays as it is."""
    return text if text.startswith(("~", "$")) or ":" in text else str(folder / text)
