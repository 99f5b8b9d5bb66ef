"""What people and platforms do to ad names: the list behind the figures of the join (G11)."""

import random
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

MANGLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "copy": lambda name: f"{name} - Copy",
    "second copy": lambda name: f"{name} – Copy 2",
    "lower": str.lower,
    "upper": str.upper,
    "encoded low lines": lambda name: name.replace("_", "%5F"),
    "encoded": lambda name: quote(name, safe=""),
    "cut": lambda name: name[:40],
    "blanks for low lines": lambda name: name.replace("_", " "),
    "low lines for blanks": lambda name: name.replace(" ", "_"),
    "text behind": lambda name: f"{name} | Spring Sale",
    "text before": lambda name: f"Spring Sale | {name}",
    "doubled": lambda name: f"{name}_{name}",
    "en dashes": lambda name: name.replace("-", "–"),
    "hard blanks": lambda name: name.replace("_", "\N{NO-BREAK SPACE}"),
    "emoji before": lambda name: f"🔥 {name}",
    "quotes": lambda name: f'"{name}"',
    "curly quotes": lambda name: f"“{name}”",
    "a number before": lambda name: f"2) {name}",
    "a date behind": lambda name: f"{name}_20261123",
}
"""The last few are ours; the others are those of the study that chose id-first names."""


def mangled(name: str, rng: random.Random) -> str:
    """The name after two of them."""
    for one in rng.sample(list(MANGLINGS.values()), 2):
        name = one(name)
    return name
