"""All prompts of a campaign by id: ids that you gave, ids made from the text, and references to either."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable

from hailuo.campaign.files.document import Scalar
from hailuo.campaign.files.text import ProblemList, RefusedValueError
from hailuo.campaign.prompt import clean, read_template, without_hidden
from hailuo.text import nearest, quoted, slug_of

_LONGEST_DERIVED = 40
_ONE_WORD = re.compile(r"[\w-]+")
_BRACES = "write {name} with the plain name of an axis, or {{ and }} for the braces themselves"


class PromptBook:
    """Knows every prompt before the first one is read, so that no id depends on the order of the file.

    Each text is cleaned once and parsed as a template once.
    """

    def __init__(self, written: Iterable[Scalar], mentioned: Iterable[Scalar], problems: ProblemList) -> None:
        """`written` are prompts; `mentioned` may be prompts or refer to one by its id."""
        self._problems = problems
        self._texts: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._spelled: dict[str, str] = {}
        self._cleaned: dict[str, str] = {}
        self._fields: dict[str, frozenset[str] | ValueError] = {}
        written, mentioned = list(written), list(mentioned)
        for raw in [*written, *mentioned]:
            if (content := raw.content) is not None:
                self._cleaned[content] = text = cleaned("prompt", raw, problems)
                if text not in self._fields:
                    try:
                        self._fields[text] = read_template(text).fields
                    except ValueError as error:
                        self._fields[text] = error
                if raw.id is not None:
                    self._give(raw.id, text, raw)
        self._derive(self._unnamed(written))
        self._derive([text for text in self._unnamed(mentioned) if not self._refers(text)])

    def _unnamed(self, raws: Iterable[Scalar]) -> list[str]:
        texts = (raw.content for raw in raws if raw.id is None)
        return [self._cleaned[text] for text in texts if text is not None]

    def _refers(self, text: str) -> bool:
        return text in self._texts or bool(_ONE_WORD.fullmatch(text))

    def _give(self, name: str, text: str, raw: Scalar) -> None:
        spelled = self._spelled.setdefault(name.casefold(), name)
        if spelled != name:
            reason = f"the prompt ids {quoted(spelled)} and {quoted(name)} differ only in case"
            self._problems.add(raw.place, reason, "spell them alike, or rename one")
        if self._texts.setdefault(name, text) != text:
            reason = f"the prompt id {quoted(name)} is used for two different texts"
            self._problems.add(raw.place, reason, "give each text its own id")
        else:
            self._ids.setdefault(text, name)

    def _derive(self, texts: Iterable[str]) -> None:
        by_slug: defaultdict[str, list[str]] = defaultdict(list)
        for text in dict.fromkeys(texts):
            if text not in self._ids:
                by_slug[slug_of(text, longest=_LONGEST_DERIVED)].append(text)
        for slug, sharing in by_slug.items():
            is_free = bool(slug) and len(sharing) == 1 and slug not in self._spelled
            for text in sharing:
                mark = hashlib.sha256(text.encode()).hexdigest()[:4]
                name = slug if is_free else f"{slug or 'prompt'}-{mark}"
                self._texts[name], self._ids[text] = text, name

    @property
    def fields(self) -> frozenset[str] | None:
        """Every field that some prompt asks for; None where a prompt cannot be read, so they are not known."""
        found = [fields for fields in self._fields.values() if not isinstance(fields, ValueError)]
        return frozenset().union(*found) if len(found) == len(self._fields) else None

    def fields_of(self, text: str) -> frozenset[str]:
        """The fields that a cleaned prompt asks for; none where it cannot be read."""
        fields = self._fields[text]
        return frozenset() if isinstance(fields, ValueError) else fields

    def read(self, raw: Scalar, *, may_refer: bool) -> tuple[str, str]:
        """The id and the text of the prompt written there. Raises: RefusedValueError."""
        written = raw.content
        text = None if written is None else self._cleaned[written]
        if text == "":
            raise RefusedValueError("the prompt is empty", "write what is to be seen")
        if text is None or raw.id is not None:
            label = raw.id or ""
        elif may_refer and text not in self._ids and self._refers(text):
            label, text = text, None
        else:
            label = self._ids.get(text, text)
        if text is None and (text := self._texts.get(label)) is None:
            found = nearest(label, self._texts)
            remedy = f"did you mean {quoted(found)}?" if found else "write its text"
            raise RefusedValueError(f"there is no prompt with the id {quoted(label)}", remedy)
        if isinstance(error := self._fields[text], ValueError):
            raise RefusedValueError(str(error), _BRACES)
        return label, text


def cleaned(axis: str, raw: Scalar, problems: ProblemList) -> str:
    """A text as it is sent, with a warning where invisible characters were removed."""
    text = raw.content or ""
    if hidden := len(text) - len(without_hidden(text)):
        reason = f"{axis}: {hidden} invisible character{'s' * (hidden > 1)} removed"
        problems.warn(raw.place, reason, "delete them (the vendor refuses such prompts, error 1042)")
    return clean(text)
