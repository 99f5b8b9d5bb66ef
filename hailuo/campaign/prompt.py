"""Prompts: templates whose fields are plain names, text without hidden characters, camera commands."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

from hailuo.campaign.catalog import Family
from hailuo.text import nearest, quoted

FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""A name of an axis, and so of a field in a prompt."""

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_COMMA = re.compile(r"[,，、]")
_JOINERS = "\u200c\u200d"
_JOINED = ("So", "Sk", "Lo", "Mn", "Mc")  # emoji with their modifiers, Arabic and Indic letters
_HIDDEN = ("Cc", "Cf", "Cs", "Co")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt as pairs of literal text and the field that follows it."""

    parts: tuple[tuple[str, str | None], ...]

    @property
    def fields(self) -> frozenset[str]:
        """The axes that the text asks for."""
        return frozenset(name for _, name in self.parts if name is not None)

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every field replaced. Values are inserted as they are and never parsed as templates.

        Raises: KeyError when a field has no value.
        """
        return "".join(text + (values[name] if name is not None else "") for text, name in self.parts)


def read_template(text: str) -> Template:
    """Parse a prompt as a template; `{{` and `}}` are the braces themselves.

    Raises: ValueError, with the reason, for anything but plain names in braces.
    """
    if text and "{" not in text and "}" not in text:
        return Template(parts=((text, None),))
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("the prompt has an unmatched brace") from None
    return Template(parts=tuple(_part(*piece) for piece in pieces))


def _part(text: str, field: str | None, spec: str | None, conversion: str | None) -> tuple[str, str | None]:
    if field is None:
        return text, None
    if spec or conversion or not FIELD_NAME.fullmatch(field):
        shown = field + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        raise ValueError(f"the field {quoted('{' + shown + '}')} is not a plain name")
    return text, field


def clean(text: str) -> str:
    """The text as it is sent: without hidden characters, with single spaces for white space."""
    return " ".join(without_hidden(text).split())


def without_hidden(text: str) -> str:
    """The text without control and zero-width characters; joiners inside emoji and scripts stay.

    MiniMax refuses prompts with many invisible characters (error 1042, docs/reference/vendor.md#errors).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for i, c in enumerate(text) if not _is_hidden(text, i))


def _is_hidden(text: str, index: int) -> bool:
    character = text[index]
    if character.isspace() or unicodedata.category(character) not in _HIDDEN:
        return False
    neighbours = text[index - 1 : index] + text[index + 1 : index + 2]
    joins = len(neighbours) == 2 and all(unicodedata.category(c) in _JOINED for c in neighbours)
    return character not in _JOINERS or not joins


def camera_remarks(prompt: str, family: Family) -> Iterator[tuple[str, str]]:
    """Warnings about the camera commands of a filled prompt, as (reason, remedy).

    Families without camera commands read brackets as plain words: nothing to say.
    """
    if not family.camera_commands:
        return
    for bracket in _BRACKET.findall(prompt):
        commands = [part for piece in _COMMA.split(bracket) if (part := piece.strip())]
        if len(commands) > family.commands_per_bracket:
            most = family.commands_per_bracket
            yield f"{len(commands)} camera commands in [{bracket}]", f"put at most {most} in one bracket"
        for command in commands:
            if command not in family.camera_commands:
                found = nearest(command, family.camera_commands)
                plain = "say it in plain words, or use a command of the catalog"
                reason = f"{quoted('[' + command + ']')} is not a camera command of the family {family.name}"
                yield reason, f"did you mean [{found}]?" if found else plain
