"""One family of a catalog file as a Family, and everything that can be wrong with it.

What passes here can be ordered: a body names only what exists, and sends everything that an order may vary.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from re import fullmatch

from hailuo.campaign.body_template import CONDITION, conditions, placeholders
from hailuo.campaign.catalog import (
    FIELDS,
    Audio,
    Billing,
    Citation,
    ClipShape,
    Family,
    FirstFrameRule,
    Limits,
    Model,
    People,
    Rule,
    Setting,
    Trust,
    label_of,
)
from hailuo.campaign.files.catalog_layers import Layers
from hailuo.campaign.files.catalog_schema import AudioFile, FamilyFile, RuleFile, SettingFile
from hailuo.campaign.files.document import Items
from hailuo.campaign.files.document import Scalar as WrittenScalar
from hailuo.campaign.files.pydantic_errors import Steps
from hailuo.campaign.model import SETTING_AXES
from hailuo.campaign.prompt import FIELD_NAME
from hailuo.text import listed, quoted, suggestion

_RESERVED = frozenset({"none", "set"})
_SHAPE = r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}"
_CONDITIONS = ("duration", "size", "first_frame")


class FamilyReader:
    """Reads the families of one catalog."""

    def __init__(self, layers: Layers, *, cite: Callable[[Steps, str], Citation]) -> None:
        """`cite` finds a source by its name."""
        self._layers = layers
        self._cite = cite

    def read(self, name: str, file: FamilyFile, source: Citation | None) -> Family | None:
        """The family; None where it has no body, which is a problem."""
        steps: Steps = ("families", name)
        settings = {
            key: setting for key, s in file.settings.items() if (setting := self._setting(steps, key, s))
        }
        for key, values in file.parameters.items():
            self._check_name((*steps, "parameters", key), "parameter", key)
            settings.setdefault(key, Setting(name=key, values=tuple(values)))
        request = self._request(steps, file, settings)
        shape = self._shape(steps, file, settings)
        audio = self._audio(steps, file, settings)
        rules = tuple(
            rule for i, r in enumerate(file.rules) if (rule := self._rule((*steps, "rules", i), r, settings))
        )
        pixels = dict(self._pixels(steps, file, settings, shape))
        if request is None:
            return None
        limits = Limits(**file.limits.model_dump()) if file.limits else Limits()
        return Family(
            name=name,
            request=request,
            is_strict=bool(file.strict),
            camera_commands=(*file.camera_commands, *file.camera_commands.values()),
            commands_per_bracket=file.commands_per_bracket,
            settings=settings,
            size_words=file.sizes,
            rules=rules,
            shape=shape,
            audio=audio,
            fps=file.fps,
            pixels=pixels,
            codecs=file.codec,
            billing=Billing(file.billed or Billing.AT_SUBMIT),
            people=People(file.people or People.INLINE),
            limits=limits,
            source=source,
        )

    def check_models(self, family: Family, models: Iterable[Model]) -> None:
        """Whether the body sends everything in which the orders of these models may differ."""
        models, steps = list(models), ("families", family.name, "request")
        sent = placeholders(family.request)
        offers = [offer for model in models for offer in model.offers]
        varied = {
            "duration": len({offer.duration for offer in offers}) > 1,
            "size": len({offer.size for offer in offers}) > 1,
            "first_frame": any(model.first_frame is not FirstFrameRule.NONE for model in models),
        }
        for name in (name for name, is_varied in varied.items() if is_varied and name not in sent):
            reason = f"the request of {family.name} does not send {{{name}}}, in which its orders differ"
            self._layers.refuse(steps, reason, f'add a key with "{{{name}}}"')

    def _setting(self, steps: Steps, name: str, file: SettingFile) -> Setting | None:
        here: Steps = (*steps, "settings", name)
        self._check_name(here, "setting", name)
        labels = [label_of(value) for value in file.values]
        is_range = file.lowest is not None and file.highest is not None
        if bool(labels) is is_range or (file.lowest is None) is not (file.highest is None):
            reason = f"{name} has neither values nor a range, or both"
            self._layers.refuse(here, reason, "write `values:`, or `from:` and `to:`")
            return None
        if file.lowest is not None and file.highest is not None and file.lowest > file.highest:
            self._layers.refuse(here, f"{name} ends before it begins", "swap `from` and `to`")
            return None
        setting = Setting(
            name=name,
            values=tuple(file.values),
            lowest=file.lowest,
            highest=file.highest,
            default=None if file.default is None else label_of(file.default),
            is_always_sent=(file.send or ("asked" if file.default is None else "always")) == "always",
            wire=file.wire,
            per_take=file.per_take,
            trust=Trust(file.trust) if file.trust else None,
            source=self._cite((*here, "source"), file.source) if file.source else None,
        )
        if file.per_take and not is_range:
            reason = f"{name} has no range from which each take could have a number"
            self._layers.refuse((*here, "per_take"), reason, "write `from:` and `to:`, or remove `per_take`")
        self._check_words(here, name, labels)
        for key, label in (("default", setting.default), *(("wire", label) for label in file.wire)):
            if label is not None and setting.read(label) != label:
                reason = f"{key} of {name}: {quoted(label)} is none of its values"
                self._layers.refuse((*here, key), reason, f"choose {listed(setting.choices)}")
                return None
        return setting

    def _check_name(self, steps: Steps, kind: str, name: str) -> None:
        if name in SETTING_AXES or not FIELD_NAME.fullmatch(name):
            reason = f"the {kind} {quoted(name)} cannot be an axis of its own"
            self._layers.refuse(steps, reason, "use letters, digits and _, and no name of a setting")

    def _check_words(self, here: Steps, name: str, labels: Sequence[str]) -> None:
        """Two values of one label, a word of rules, and what YAML reads as yes or no."""
        values = self._layers.written((*here, "values"))
        items = values if isinstance(values, Items) else ()
        flags = [i for i in items if isinstance(i, WrittenScalar) and isinstance(i.value, bool)]
        for word in (flag.text for flag in flags if flag.text.lower() not in ("true", "false")):
            reason = f"{name}: YAML reads {quoted(word)} as a yes/no value"
            remedy = f'write "{word}" in quotes if the vendor wants this word, else true or false'
            self._layers.refuse((*here, "values"), reason, remedy)
        for label in sorted({label for label in labels if labels.count(label) > 1 or label in _RESERVED}):
            reason = f"{name}: {quoted(label)} is listed twice, or a word of rules"
            self._layers.refuse((*here, "values"), reason, "give each value a word of its own, with `wire:`")

    def _request(
        self, steps: Steps, file: FamilyFile, settings: Mapping[str, Setting]
    ) -> Mapping[str, object] | None:
        name, here = steps[-1], (*steps, "request")
        if file.request is None:
            reason, remedy = (
                f"the family {name} has no `request`",
                "write the body, or a name under `requests:`",
            )
            self._layers.refuse(steps, reason, remedy)
            return None
        if isinstance(file.request, str):
            found = self._layers.requests.get(file.request)
            if found is None:
                reason = f"the family {name} names the unknown request {quoted(file.request)}"
                self._layers.refuse(here, reason, suggestion(file.request, self._layers.requests))
                return None
            request: Mapping[str, object] = found
        else:
            request = file.request
        self._check_template(here, request)
        sent, known = placeholders(request), {*FIELDS, *file.settings, *file.parameters}
        for word in sorted({*sent, *conditions(request)} - known):
            reason = f"the request of {name} has the unknown placeholder {{{word}}}"
            self._layers.refuse(here, reason, suggestion(word, known))
        for word in sorted({"model", "prompt", *settings} - sent):
            reason = f"the request of {name} does not send {{{word}}}"
            remedy = f'add a key with "{{{word}}}"' + (", or remove the setting" * (word in settings))
            self._layers.refuse(here, reason, remedy)
        return {str(key): _json(value) for key, value in request.items()}

    def _check_template(self, steps: Steps, template: object) -> None:
        """A condition has both of its words."""
        if isinstance(template, Mapping):
            if set(template) & CONDITION and (
                set(template) != CONDITION or not isinstance(template["if"], str)
            ):
                reason = "a condition needs `if` with a name, and `then`, and nothing else"
                self._layers.refuse(steps, reason, "write {if: first_frame, then: frame}")
                return
            for key, value in template.items():
                self._check_template((*steps, str(key)), value)
        elif isinstance(template, list):
            for index, value in enumerate(template):
                self._check_template((*steps, index), value)

    def _rule(self, steps: Steps, file: RuleFile, settings: Mapping[str, Setting]) -> Rule | None:
        known = {*settings, *_CONDITIONS}
        if unknown := sorted({*file.when, *file.fix} - known):
            reason = f"the rule names the unknown setting {quoted(unknown[0])}"
            self._layers.refuse(steps, reason, suggestion(unknown[0], known))
            return None
        when = {
            name: frozenset(map(label_of, value if isinstance(value, list) else [value]))
            for name, value in file.when.items()
        }
        fix = {name: None if value == "none" else label_of(value) for name, value in file.fix.items()}
        words = [(name, label) for name, labels in when.items() for label in sorted(labels - _RESERVED)]
        for name, label in (*words, *((name, label) for name, label in fix.items() if label is not None)):
            setting = settings.get(name)
            if (setting and setting.read(label) != label) or name == "first_frame":
                reason = f"the rule names {name} {quoted(label)}, which it never is"
                choices = ("set", "none") if setting is None else (*setting.choices, "set", "none")
                self._layers.refuse(steps, reason, f"choose {listed(choices)}")
                return None
        if fixed := sorted(set(fix) & set(_CONDITIONS)):
            self._layers.refuse(
                steps, f"a rule cannot fix {fixed[0]}", "fix a setting, or leave it to people"
            )
            return None
        return Rule(when=when, because=file.because, fix=fix)

    def _shape(self, steps: Steps, file: FamilyFile, settings: Mapping[str, Setting]) -> ClipShape | None:
        if file.shape is None:
            return None
        here, shape = (*steps, "shape"), file.shape
        if shape.setting is not None and shape.setting not in settings:
            self._refuse_setting((*here, "setting"), shape.setting, settings)
        if shape.native is not None and not fullmatch(_SHAPE, shape.native):
            reason = f"the shape {quoted(shape.native)} is no ratio"
            self._layers.refuse((*here, "native"), reason, "write width and height, such as 16:9")
        return ClipShape(setting=shape.setting, native=shape.native, from_frame=shape.from_frame)

    def _audio(self, steps: Steps, file: FamilyFile, settings: Mapping[str, Setting]) -> Audio:
        if not isinstance(file.audio, AudioFile):
            return Audio(always=None if file.audio is None else file.audio == "always")
        name, here = file.audio.setting, (*steps, "audio", "setting")
        if name not in settings:
            self._refuse_setting(here, name, settings)
        elif set(settings[name].labels) != {"true", "false"}:
            reason = f"the setting {name} does not say whether there is sound"
            self._layers.refuse(here, reason, "give it the values [true, false], and `wire:` for other words")
        return Audio(setting=name)

    def _refuse_setting(self, steps: Steps, name: str, settings: Mapping[str, Setting]) -> None:
        self._layers.refuse(steps, f"unknown setting {quoted(name)}", suggestion(name, settings))

    def _pixels(
        self, steps: Steps, file: FamilyFile, settings: Mapping[str, Setting], shape: ClipShape | None
    ) -> Iterator[tuple[tuple[str, str], tuple[int, int]]]:
        by_setting = settings.get(shape.setting or "") if shape else None
        known = by_setting.labels if by_setting else ((shape.native,) if shape and shape.native else None)
        for size, boxes in file.pixels.items():
            for ratio, (width, height) in (boxes if isinstance(boxes, dict) else {"": boxes}).items():
                if ratio and known is not None and ratio not in known:
                    reason = f"no clip of the family has the shape {quoted(ratio)}"
                    self._layers.refuse((*steps, "pixels", size, ratio), reason, f"choose {listed(known)}")
                yield (size, ratio), (width, height)


def _json(value: object) -> object:
    """The value in JSON's own types."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {str(key): _json(inner) for key, inner in value.items()}
        case list():
            return [_json(inner) for inner in value]
        case _:
            return value
