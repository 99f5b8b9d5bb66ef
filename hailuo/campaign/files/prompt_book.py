"""All prompts of a campaign by id: ids given by the user, ids derived from the text, references to either."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable

from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.sheet import RawValue
from hailuo.campaign.prompt import clean
from hailuo.text import nearest, quoted, slug_of

_LONGEST_DERIVED = 40
_ONE_WORD = re.compile(r"[\w-]+")


class PromptBook:
    """Knows every prompt before the first one is looked up, so that no id depends on the order of the file."""

    def __init__(self, raws: Iterable[RawValue], mentions: Iterable[RawValue], findings: Findings) -> None:
        """`raws` are prompts; `mentions` may be prompts or refer to one by its id."""
        self._findings = findings
        self._texts: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        written, mentioned = list(raws), list(mentions)
        for raw in [*written, *mentioned]:
            if raw.text is not None and raw.id is not None:
                self._give(raw.id, clean(raw.text), raw)
        self._derive(_unnamed(written))
        self._derive(text for text in _unnamed(mentioned) if not self._refers(text))

    def _refers(self, text: str) -> bool:
        return text in self._texts or bool(_ONE_WORD.fullmatch(text))

    def _give(self, name: str, text: str, raw: RawValue) -> None:
        if self._texts.setdefault(name, text) != text:
            reason = f"the prompt id {quoted(name)} stands for two different texts"
            self._findings.problem(raw.place, reason, "give each text its own id")
        else:
            self._ids.setdefault(text, name)

    def _derive(self, texts: Iterable[str]) -> None:
        by_slug: defaultdict[str, list[str]] = defaultdict(list)
        for text in dict.fromkeys(texts):
            if text not in self._ids:
                by_slug[slug_of(text, longest=_LONGEST_DERIVED)].append(text)
        for slug, sharing in by_slug.items():
            is_free = bool(slug) and len(sharing) == 1 and slug not in self._texts
            for text in sharing:
                name = slug if is_free else f"{slug or 'prompt'}-{_mark(text)}"
                self._texts[name], self._ids[text] = text, name

    def find(self, raw: RawValue, *, may_refer: bool) -> tuple[str, str] | None:
        """(id, cleaned text) of the prompt written there; None when it refers to none, which is a problem."""
        if raw.text is None:
            return self._refer(raw, raw.id or "")
        if raw.id is not None:
            return raw.id, clean(raw.text)
        text = clean(raw.text)
        if may_refer and text not in self._ids and self._refers(text):
            return self._refer(raw, text)
        return self._ids.get(text, text), text

    def _refer(self, raw: RawValue, name: str) -> tuple[str, str] | None:
        if name in self._texts:
            return name, self._texts[name]
        found = nearest(name, self._texts)
        remedy = f"did you mean {quoted(found)}?" if found else "write its text"
        self._findings.problem(raw.place, f"there is no prompt with the id {quoted(name)}", remedy)
        return None


def _unnamed(raws: Iterable[RawValue]) -> list[str]:
    return [clean(raw.text) for raw in raws if raw.text is not None and raw.id is None]


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:4]
