"""The sentences of a report, from `texts.toml`: every text that people read is there, with named fields."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources


@functools.cache
def texts(table: str) -> Mapping[str, str]:
    """One table of the catalogue: name to template. Raises: KeyError for an unknown table."""
    content = resources.files("hailuo.report").joinpath("texts.toml").read_text(encoding="utf-8")
    found: Mapping[str, str] = tomllib.loads(content)[table]
    return found


def say(key: str, /, **fields: object) -> str:
    """The text `table.name` with its fields filled in. Raises: KeyError for an unknown text or a missing field."""
    table, _, name = key.partition(".")
    return texts(table)[name].format(**fields)
