"""Checks one cell of a matrix against the catalog: the rule that forbids it, and what to be careful about."""

from collections.abc import Iterator

from hailuo.campaign.catalog import Catalog, Family, FirstFrameRule, Model, People, Setting, Settled, Trust
from hailuo.campaign.model import Cell, Remark
from hailuo.campaign.portable import is_ratio, way_to_shape
from hailuo.text import listed, quoted, suggestion


def rule_against(cell: Cell, catalog: Catalog, *, in_prompt: frozenset[str] = frozenset()) -> Remark | None:
    """The first rule of the catalog that forbids the cell's settings; None when it is legal.

    A setting of another family is forbidden, unless it is one of `in_prompt`: a word that prompts use.
    """
    name = str(cell["model"].value)
    model = catalog.model(name)
    if model is None:
        reason = f"the model {quoted(name)} is not in the catalog"
        return Remark("model", reason, suggestion(name, catalog.models))
    return (
        _against_offer(cell, model)
        or _against_frame(cell, model, catalog)
        or _against_settings(cell, model, catalog, in_prompt)
        or _against_rules(cell, model, catalog.family_of(model))
    )


def given_settings(cell: Cell, family: Family) -> dict[str, str]:
    """The label of each setting of the family that the cell has a value for."""
    return {
        axis: str(level.value)
        for axis, level in cell.items()
        if axis in family.settings and level.value is not None
    }


def settled(cell: Cell, family: Family) -> Settled:
    """Every setting of the cell as it is sent, and the rules that forbid it."""
    duration, size = cell["duration"].value, str(cell["size"].value)
    seconds = duration if isinstance(duration, int) else 0
    return family.settle(
        given_settings(cell, family), duration=seconds, size=size, has_frame=_has_frame(cell)
    )


def _against_offer(cell: Cell, model: Model) -> Remark | None:
    duration, size = cell["duration"].value, cell["size"].value
    durations = sorted({o.duration for o in model.offers if o.size == size})
    sizes = list(dict.fromkeys(o.size for o in model.offers if o.duration == duration))
    if duration in durations:
        return None
    not_offered = f"is not offered by {model.name}"
    if not durations:
        every = list(dict.fromkeys(o.size for o in model.offers))
        return Remark("size", f"size {size} {not_offered}", f"choose {listed(sizes or every)}")
    if not sizes:
        return Remark("duration", f"duration {duration} {not_offered}", f"choose {listed(durations)}")
    remedy = f"choose {listed(durations)}, or {listed(sizes)}"
    return Remark("duration", f"duration {duration} {not_offered} at {size}", remedy)


def _against_frame(cell: Cell, model: Model, catalog: Catalog) -> Remark | None:
    rule = model.first_frame
    if rule is FirstFrameRule.OPTIONAL or _has_frame(cell) is (rule is FirstFrameRule.REQUIRED):
        return None
    others = [
        m.name for m in catalog.models.values() if m.family == model.family and m.first_frame is not rule
    ]
    instead = f", or choose {listed(others)}" if others else ""
    if rule is FirstFrameRule.REQUIRED:
        return Remark("model", f"{model.name} needs a first frame", f"add a first_frame{instead}")
    return Remark("first_frame", f"{model.name} takes no first frame", f"leave it out{instead}")


def _has_frame(cell: Cell) -> bool:
    return "first_frame" in cell and cell["first_frame"].value is not None


def _against_settings(cell: Cell, model: Model, catalog: Catalog, in_prompt: frozenset[str]) -> Remark | None:
    """A value that the family does not have, or a setting that is not given although nothing else decides it."""
    every = {name for family in catalog.families.values() for name in family.settings}
    family = catalog.family_of(model)
    own = family.settings
    for axis in sorted(((every - in_prompt) | set(own)) & set(cell)):
        level, setting = cell[axis], own.get(axis)
        if level.value is not None and (setting is None or setting.read(str(level.value)) is None):
            reason = f"{axis} {quoted(level.label)} is not offered by {model.name}"
            return Remark(axis, reason, _instead(axis, level.label, model, catalog))
    for name in settled(cell, family).missing:
        reason = f"{model.name} needs a value for {name}: what it does without one is not known"
        return Remark("model", reason, f"add the axis '{name}': {listed(own[name].choices)}")
    return None


def _instead(axis: str, label: str, model: Model, catalog: Catalog) -> str:
    """What to choose where a family does not offer a value of a setting, so that the clip is still what was meant."""
    family, setting = catalog.family_of(model), catalog.family_of(model).settings.get(axis)
    if setting is None:
        if is_ratio(label) and any(f.shape and f.shape.setting == axis for f in catalog.families.values()):
            own = family.shape.native if family.shape else None
            return "choose none" if own == label else way_to_shape(label, model, family)
        if any(f.audio.setting == axis for f in catalog.families.values()):
            return _instead_of_sound(axis, label, model, family)
        return f"choose none, or write `applies: {{{axis}: where offered}}`"
    return f"choose {listed([*setting.choices, *([] if _must_be_given(setting) else ['none'])])}"


def _instead_of_sound(axis: str, label: str, model: Model, family: Family) -> str:
    """The model's own way to sound; where it has none of what was asked, nothing but another model has it."""
    if family.audio.setting:
        return f"write {family.audio.setting} {label}"
    if family.audio.always is (label == "true"):
        return f"choose none, or write `applies: {{{axis}: where offered}}`"
    made = "unknown" if family.audio.always is None else "always on" if family.audio.always else "always off"
    return f"its sound is {made}: choose none, or leave {model.name} out"


def _must_be_given(setting: Setting) -> bool:
    return setting.is_always_sent and setting.default is None


def _against_rules(cell: Cell, model: Model, family: Family) -> Remark | None:
    broken = settled(cell, family).broken
    if not broken:
        return None
    rule = broken[0]
    axis = next((name for name in (*rule.fix, *rule.when) if name in cell), "model")
    words = [f"{name} {label}" if label else f"no {name}" for name, label in rule.fix.items()]
    remedy = f"choose {' and '.join(words)}" if words else f"change {listed(sorted(rule.when))}"
    return Remark(axis, f"{model.name}: {rule.because}", remedy)


def cautions(cell: Cell, catalog: Catalog) -> Iterator[Remark]:
    """The warnings of the catalog about a legal cell: its sources disagree or say nothing."""
    model = catalog.models[str(cell["model"].value)]
    duration, size = cell["duration"].value, cell["size"].value
    offer = next((o for o in model.offers if (o.duration, o.size) == (duration, size)), None)
    has_frame, remedy = _has_frame(cell), "try one take of it first"
    if offer and offer.warning and not (offer.warns_without_frame and has_frame):
        yield Remark("size", f"{model.name}, {duration} s, {size}: {offer.warning}", remedy)
    if not model.trust.reaches(Trust.DOCUMENTED):
        source = catalog.family_of(model).source
        origin = f" {source.text} ({source.checked})" if source else " no source is named"
        yield Remark("model", f"the facts of {model.name} are {model.trust}:{origin}", remedy)
    family = catalog.family_of(model)
    for name in settled(cell, family).labels:
        setting = family.settings[name]
        if (
            setting.trust
            and not setting.trust.reaches(Trust.DOCUMENTED)
            and model.trust.reaches(setting.trust)
        ):
            origin = f": {setting.source.text} ({setting.source.checked})" if setting.source else ""
            yield Remark("model", f"the setting {name} of {model.name} is {setting.trust}{origin}", remedy)
    if has_frame and catalog.family_of(model).people is People.ASSETS:
        reason = f"{model.name} takes pictures of real people only if they are registered: a run registers each first frame"
        yield Remark("first_frame", reason, "write `people: none` where no picture shows a real person")
    if has_frame and model.first_frame_warning:
        yield Remark("first_frame", f"{model.name}: {model.first_frame_warning}", remedy)
