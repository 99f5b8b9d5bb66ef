"""A body read by the template of its family: the values that it holds, and what it holds beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hailuo.campaign.body_template import PLACEHOLDER, is_condition


@dataclass(slots=True)
class ReadBody:
    """What a body says. `unknown` are fields that the template does not have, `wrong` what the template has otherwise."""

    values: dict[str, object] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def read_by_template(template: Mapping[str, object], body: Mapping[str, object]) -> ReadBody:
    """The values of every placeholder that the body has."""
    found = ReadBody()
    _read(template, body, "", found)
    return found


def _read(template: object, body: object, path: str, found: ReadBody) -> None:
    if isinstance(template, Mapping) and is_condition(template):
        _read(template["then"], body, path, found)
    elif isinstance(template, Mapping):
        _read_fields(template, body, path, found)
    elif isinstance(template, list | tuple):
        _read_items(template, body, path, found)
    elif isinstance(template, str) and PLACEHOLDER.search(template):
        _read_text(template, body, path, found)
    elif body != template:
        found.wrong.append(f"{path} must be {template!r}")


def _read_fields(template: Mapping[object, object], body: object, path: str, found: ReadBody) -> None:
    if not isinstance(body, Mapping):
        found.wrong.append(f"{path} must be an object")
        return
    for name, value in body.items():
        inner = f"{path}.{name}" if path else str(name)
        if name in template:
            _read(template[name], value, inner, found)
        else:
            found.unknown.append(inner)


def _read_items(
    template: list[object] | tuple[object, ...], body: object, path: str, found: ReadBody
) -> None:
    """Entries in the order of the template; those that are absent leave no gap."""
    if not isinstance(body, list):
        found.wrong.append(f"{path} must be a list")
        return
    entries = list(template)
    for value in body:
        while entries and not isinstance(entries[0], str) and _constant(entries[0]) != value:
            entries.pop(0)
        if not entries:
            found.unknown.append(f"{path}[{body.index(value)}]")
            return
        _read(entries.pop(0), value, path, found)


def _constant(template: object) -> object:
    return template["then"] if isinstance(template, Mapping) and is_condition(template) else template


def _read_text(template: str, body: object, path: str, found: ReadBody) -> None:
    whole = PLACEHOLDER.fullmatch(template)
    if whole and not whole[2]:
        found.values[whole[1]] = body
        return
    names = [name[1] for name in PLACEHOLDER.finditer(template)]
    pieces = PLACEHOLDER.sub("\0", template).split("\0")
    words = "(.+?)".join(map(re.escape, pieces))
    matched = re.fullmatch(words, body, re.DOTALL) if isinstance(body, str) else None
    if matched:
        found.values |= {name: _typed(text) for name, text in zip(names, matched.groups(), strict=True)}
    else:
        found.wrong.append(f"{path} must look like {template!r}")


def _typed(text: str) -> object:
    """The value that a text in a body means."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() else text
