"""One written value as a Level: looked up in the catalog, measured, cleaned; or a problem at its line."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files.findings import Findings
from hailuo.campaign.files.frames import read_frame
from hailuo.campaign.files.prompt_book import PromptBook
from hailuo.campaign.files.sheet import NOTHING, RawValue
from hailuo.campaign.model import Level
from hailuo.campaign.prompt import clean, read_template, without_hidden
from hailuo.campaign.variant import FirstFrame
from hailuo.text import listed, quoted, suggestion

_LONGEST_DURATION = 600
_USER = re.compile(r"//.*@")
_BRACES = "write {name} with the plain name of an axis, or {{ and }} for the braces themselves"


class LevelReader:
    """Reads the values of one campaign; frames are opened once each."""

    def __init__(self, catalog: Catalog, folder: Path, book: PromptBook, findings: Findings) -> None:
        self.parameters = _parameters(catalog)
        self._models = tuple(catalog.models)
        self._sizes = {o.size.casefold(): o.size for m in catalog.models.values() for o in m.offers}
        self._folder = folder
        self._book = book
        self._findings = findings
        self._frames: dict[tuple[str, str | None], FirstFrame | tuple[str, str]] = {}
        self._frame_labels: dict[str, str] = {}
        self._readers: Mapping[str, Callable[[RawValue], Level | None]] = {
            "model": self._model,
            "duration": self._duration,
            "size": self._size,
            "first_frame": self._frame,
        }

    def read(self, axis: str, raw: RawValue, *, may_refer: bool) -> Level | None:
        """The level, or None when the value cannot be one; a prompt `may_refer` to another by its id."""
        if axis == "prompt":
            return self._prompt(raw, may_refer=may_refer)
        if axis in self._readers:
            return self._readers[axis](raw)
        if axis in self.parameters:
            return self._parameter(axis, raw)
        return self._text(axis, raw)

    def _refuse(self, raw: RawValue, reason: str, remedy: str) -> Level | None:
        self._findings.problem(raw.place, reason, remedy)
        return None

    def _model(self, raw: RawValue) -> Level | None:
        name = raw.text or ""
        if name in self._models:
            return Level(axis="model", label=name, value=name, place=raw.place)
        return self._refuse(
            raw, f"the model {quoted(name)} is not in the catalog", suggestion(name, self._models)
        )

    def _duration(self, raw: RawValue) -> Level | None:
        text = raw.text or ""
        digits = text.removeprefix("+")
        if not (
            digits.isascii()
            and digits.isdigit()
            and len(digits) <= 4
            and 0 < int(digits) <= _LONGEST_DURATION
        ):
            return self._refuse(raw, f"duration is {quoted(text)}", "write whole seconds, such as 6")
        return Level(axis="duration", label=str(int(digits)), value=int(digits), place=raw.place)

    def _size(self, raw: RawValue) -> Level | None:
        name = self._sizes.get((raw.text or "").casefold())
        if name is None:
            known = tuple(self._sizes.values())
            return self._refuse(
                raw, f"no model offers the size {quoted(raw.text or '')}", suggestion(raw.text or "", known)
            )
        return Level(axis="size", label=name, value=name, place=raw.place)

    def _parameter(self, axis: str, raw: RawValue) -> Level | None:
        allowed = self.parameters[axis]
        if raw.text is None or raw.text == NOTHING:
            return Level(axis=axis, label=NOTHING, value=None, place=raw.place)
        if raw.text not in allowed:
            return self._refuse(
                raw, f"no model offers the {axis} {quoted(raw.text)}", f"choose {listed(allowed)}"
            )
        return Level(axis=axis, label=raw.text, value=raw.text, place=raw.place)

    def _text(self, axis: str, raw: RawValue) -> Level | None:
        text = self._cleaned(axis, raw)
        if not text:
            return self._refuse(raw, f"{axis}: a value is empty", "write a text, or remove it")
        return Level(axis=axis, label=text, value=text, place=raw.place)

    def _prompt(self, raw: RawValue, *, may_refer: bool) -> Level | None:
        if raw.text is not None and not self._cleaned("prompt", raw):
            return self._refuse(raw, "the prompt is empty", "write what is to be seen")
        found = self._book.find(raw, may_refer=may_refer)
        if found is None:
            return None
        label, text = found
        try:
            read_template(text)
        except ValueError as error:
            return self._refuse(raw, str(error), _BRACES)
        return Level(axis="prompt", label=label, value=text, place=raw.place)

    def _cleaned(self, axis: str, raw: RawValue) -> str:
        text = raw.text or ""
        hidden = len(text) - len(without_hidden(text))
        if hidden:
            reason = f"{axis}: {hidden} invisible character{'s' * (hidden > 1)} taken out"
            self._findings.warning(
                raw.place, reason, "delete them (the vendor refuses such prompts, error 1042)"
            )
        return clean(text)

    def _frame(self, raw: RawValue) -> Level | None:
        if raw.text is None or raw.text.casefold() == NOTHING:
            return Level(axis="first_frame", label=NOTHING, value=None, place=raw.place)
        key = (raw.text, raw.id)
        if key not in self._frames:
            self._frames[key] = read_frame(raw.text, self._folder, label=raw.id)
        found = self._frames[key]
        if isinstance(found, tuple):
            reason, remedy = found
            shown = quoted(_USER.sub("//...@", raw.text))  # a password is not repeated
            return self._refuse(raw, f"first frame {shown}: {reason}", remedy)
        return self._labelled(found, raw)

    def _labelled(self, frame: FirstFrame, raw: RawValue) -> Level | None:
        if frame.label == NOTHING or self._frame_labels.setdefault(frame.label, frame.sha256) != frame.sha256:
            reason = f"a second first frame would be called {quoted(frame.label)}"
            return self._refuse(raw, reason, "give it a name: {id: ..., file: ...}, or rename the file")
        return Level(axis="first_frame", label=frame.label, value=frame, place=raw.place)


def _parameters(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Every further setting that some family understands, with all its values."""
    allowed: dict[str, dict[str, None]] = {}
    for family in catalog.families.values():
        for name, values in family.parameters.items():
            allowed.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in allowed.items()}
