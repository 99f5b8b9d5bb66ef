"""One written value as a Level: looked up in the catalog, measured, cleaned. Or a problem at its line."""

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from hailuo.campaign.catalog import Catalog, Setting, Trust
from hailuo.campaign.files.document import Scalar
from hailuo.campaign.files.frames import read_frame
from hailuo.campaign.files.prompt_book import PromptBook, cleaned
from hailuo.campaign.files.sections import LONGEST_DURATION
from hailuo.campaign.files.text import ProblemList, RefusedValueError
from hailuo.campaign.model import Level
from hailuo.campaign.portable import NOTHING, SHAPE, is_ratio
from hailuo.campaign.variant import FirstFrame
from hailuo.text import listed, quoted, suggestion

_USER = re.compile(r"//.*@")


class LevelReader:
    """Reads the values of one campaign; frames are opened once each."""

    def __init__(
        self,
        catalog: Catalog,
        models: Collection[str],
        folder: Path,
        book: PromptBook,
        problems: ProblemList,
        *,
        trust: Trust,
    ) -> None:
        """`models` are those that the campaign names: an axis is a setting if one of them takes it.

        A model whose facts do not reach `trust` is refused.
        """
        self._catalog, self._trust = catalog, trust
        named = [model for name, model in catalog.models.items() if name in models]
        self.settings: dict[str, list[Setting]] = {}
        for family in dict.fromkeys(model.family for model in named):
            for name, setting in catalog.families[family].settings.items():
                self.settings.setdefault(name, []).append(setting)
        of_families = {name for family in catalog.families.values() for name in family.settings}
        in_prompts = {SHAPE} if book.fields is None else book.fields
        self.has_shape_axis = SHAPE not in of_families | in_prompts
        """Whether the axis `shape` orders shapes: it is no setting, and no prompt asks for {shape}."""
        self._models = tuple(catalog.models)
        families = {model.family for model in named}
        is_known = bool(named) and set(models) <= catalog.models.keys()
        sellers = [m for m in catalog.models.values() if m.family in families or not is_known]
        self._sizes = {o.size.casefold(): o.size for model in sellers for o in model.offers}
        self._folder = folder
        self._book = book
        self._problems = problems
        self._frames: dict[tuple[str, str | None], FirstFrame | RefusedValueError] = {}
        self._frame_labels: dict[str, str] = {}
        self._settled: dict[tuple[str, str | None], tuple[str, str | int | FirstFrame | None]] = {}
        """What was read of values that settings have: a sheet repeats them in every row."""
        self._readers: Mapping[str, Callable[[Scalar], tuple[str, str | int | FirstFrame | None]]] = {
            "model": self._model,
            "duration": self._duration,
            "size": self._size,
        }

    def read(self, axis: str, raw: Scalar, *, may_refer: bool) -> Level | None:
        """The level, or None when the value has a problem. A prompt `may_refer` to another by its id."""
        try:
            is_prompt = axis == "prompt"
            found = (
                self._book.read(raw, may_refer=may_refer) if is_prompt else self._label_and_value(axis, raw)
            )
        except RefusedValueError as refusal:
            self._problems.add(raw.place, refusal.reason, refusal.remedy)
            return None
        return Level(axis=axis, label=found[0], value=found[1], place=raw.place)

    def _label_and_value(self, axis: str, raw: Scalar) -> tuple[str, str | int | FirstFrame | None]:
        if axis == "first_frame":
            return self._frame(raw)
        if axis in self._readers or axis in self.settings:
            key = (axis, raw.content)
            if key not in self._settled:
                read = self._readers.get(axis)
                self._settled[key] = read(raw) if read else self._setting(axis, raw)
            return self._settled[key]
        if axis == SHAPE and self.has_shape_axis:
            return self._shape(raw)
        if isinstance(raw.value, bool):
            reason = f"{axis}: {quoted(raw.text)} is read as a yes/no value"
            raise RefusedValueError(reason, f'put it in quotes: "{raw.text}"')
        text = cleaned(axis, raw, self._problems)
        if not text:
            raise RefusedValueError(f"{axis}: a value is empty", "write a text, or remove it")
        return text, text

    def _setting(self, axis: str, raw: Scalar) -> tuple[str, str | None]:
        """The label as the families of the campaign's models spell it; each family reads it in its own way again."""
        text, settings = raw.content, self.settings[axis]
        if text is None or text == NOTHING:
            return NOTHING, None
        read = [label for setting in settings if (label := setting.read(text)) is not None]
        if not read:
            reason = f"no model offers the {axis} {quoted(text)}"
            choices = dict.fromkeys(choice for setting in settings for choice in setting.choices)
            raise RefusedValueError(reason, f"choose {listed(choices)}")
        label = text if text in read else read[0]
        for setting in settings:
            if setting.trust and not setting.trust.reaches(self._trust):
                source = setting.source
                origin = f" ({source.text}, {source.checked})" if source else ""
                reason = f"the setting {axis} is {setting.trust}{origin}"
                remedy = f"write `trust: {setting.trust}` in the YAML file to accept that, or remove it"
                raise RefusedValueError(reason, remedy)
        return label, label

    def _shape(self, raw: Scalar) -> tuple[str, str | None]:
        text = raw.content
        if text is None or text == NOTHING:
            return NOTHING, None
        if not is_ratio(text):
            raise RefusedValueError(f"shape is {quoted(text)}", "write width and height, such as 9:16")
        return text, text

    def _model(self, raw: Scalar) -> tuple[str, str]:
        name = raw.content or ""
        if name not in self._models:
            reason = f"the model {quoted(name)} is not in the catalog"
            raise RefusedValueError(reason, suggestion(name, self._models))
        model = self._catalog.models[name]
        if not model.trust.reaches(self._trust):
            source = self._catalog.family_of(model).source
            origin = f" ({source.text}, {source.checked})" if source else ""
            reason = f"the facts of {name} are {model.trust}{origin}"
            raise RefusedValueError(reason, f"write `trust: {model.trust}` in the YAML file to accept that")
        return name, name

    def _duration(self, raw: Scalar) -> tuple[str, int]:
        text = raw.content or ""
        digits = text.removeprefix("+")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= 4
        if not is_number or not 0 < int(digits) <= LONGEST_DURATION:
            raise RefusedValueError(f"duration is {quoted(text)}", "write whole seconds, such as 6")
        return str(int(digits)), int(digits)

    def _size(self, raw: Scalar) -> tuple[str, str]:
        text = raw.content or ""
        tier = text.casefold() if text.casefold() in self._catalog.tiers else None
        name = self._sizes.get(text.casefold(), tier)
        if name is None:
            remedy = suggestion(text, (*self._sizes.values(), *self._catalog.tiers))
            raise RefusedValueError(f"no model offers the size {quoted(text)}", remedy)
        return name, name

    def _frame(self, raw: Scalar) -> tuple[str, FirstFrame | None]:
        text = raw.content
        if text is None or text.casefold() == NOTHING:
            return NOTHING, None
        key = (text, raw.id)
        if key not in self._frames:
            try:
                self._frames[key] = read_frame(text, self._folder, label=raw.id)
            except RefusedValueError as refusal:
                self._frames[key] = refusal
        frame = self._frames[key]
        if isinstance(frame, RefusedValueError):
            shown = quoted(_USER.sub("//...@", text))  # a password is not repeated
            raise RefusedValueError(f"first frame {shown}: {frame.reason}", frame.remedy)
        if frame.label == NOTHING or self._frame_labels.setdefault(frame.label, frame.sha256) != frame.sha256:
            reason = f"a second first frame would be called {quoted(frame.label)}"
            raise RefusedValueError(reason, "give it a name: {id: ..., file: ...}, or rename the file")
        return frame.label, frame
