"""The body of a request as data: JSON with `{placeholders}`, filled with the values of one order.

A text that is one placeholder becomes the value in its own type, `{name:text}` becomes it as text, and a placeholder
within other words is replaced there. A key or an entry whose value is absent is left out, and so is what is empty then.
`{if: name, then: constant}` is the constant where `name` has a value.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{(\w+)(:text)?\}")
CONDITION: Final = frozenset({"if", "then"})
_ABSENT: Final = object()


def parts(template: object) -> Iterator[str | Mapping[object, object]]:
    """Every text of the template, and every condition, from the outside in."""
    if isinstance(template, Mapping):
        if is_condition(template):
            yield template
        for value in template.values():
            yield from parts(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from parts(value)
    elif isinstance(template, str):
        yield template


def is_condition(template: Mapping[object, object]) -> bool:
    """Whether it is `{if: name, then: constant}`."""
    return template.keys() == CONDITION and isinstance(template["if"], str)


def placeholders(template: object) -> frozenset[str]:
    """The name of every value that the template sends."""
    texts = (part for part in parts(template) if isinstance(part, str))
    return frozenset(found[1] for text in texts for found in PLACEHOLDER.finditer(text))


def conditions(template: object) -> frozenset[str]:
    """The name of every value on which a part of the template depends."""
    return frozenset(str(part["if"]) for part in parts(template) if isinstance(part, Mapping))


def fill(template: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """The body with these values; what `values` does not have is absent."""
    filled = _filled(template, values)
    return filled if isinstance(filled, dict) else {}


def _filled(template: object, values: Mapping[str, object]) -> object:
    if isinstance(template, Mapping):
        if is_condition(template):
            return _filled(template["then"], values) if template["if"] in values else _ABSENT
        entries = {key: _filled(value, values) for key, value in template.items()}
        return {key: value for key, value in entries.items() if value is not _ABSENT} or _ABSENT
    if isinstance(template, list | tuple):
        items = [_filled(value, values) for value in template]
        return [item for item in items if item is not _ABSENT] or _ABSENT
    return _filled_text(template, values) if isinstance(template, str) else template


def _filled_text(template: str, values: Mapping[str, object]) -> object:
    if any(found[1] not in values for found in PLACEHOLDER.finditer(template)):
        return _ABSENT
    whole = PLACEHOLDER.fullmatch(template)
    if whole and not whole[2]:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: _text(values[found[1]]), template)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
