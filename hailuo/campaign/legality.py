"""What a model offers, held against one cell of a matrix: the rule that forbids it, or what to beware of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hailuo.campaign.catalog import Catalog, FirstFrameRule, Model
from hailuo.campaign.model import Level
from hailuo.text import listed, quoted, suggestion

Cell = Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Remark:
    """Reason and remedy, and the axis whose value they blame; equal words are the same rule."""

    axis: str
    reason: str
    remedy: str


def rule_against(cell: Cell, catalog: Catalog, *, spoken: frozenset[str] = frozenset()) -> Remark | None:
    """The first rule of the catalog that forbids the cell's settings; None when it is legal.

    A setting of other families is forbidden, unless the prompt speaks of it (`spoken`).
    """
    name = str(cell["model"].value)
    model = catalog.model(name)
    if model is None:
        return Remark(
            "model", f"the model {quoted(name)} is not in the catalog", suggestion(name, catalog.models)
        )
    return (
        _against_offer(cell, model)
        or _against_frame(cell, model, catalog)
        or _against_parameters(cell, model, catalog, spoken)
    )


def _against_offer(cell: Cell, model: Model) -> Remark | None:
    duration, size = cell["duration"].value, cell["size"].value
    durations = sorted({o.duration for o in model.offers if o.size == size})
    sizes = list(dict.fromkeys(o.size for o in model.offers if o.duration == duration))
    if duration in durations:
        return None
    if not durations:
        every = list(dict.fromkeys(o.size for o in model.offers))
        return Remark(
            "size", f"size {size} is not offered by {model.name}", f"choose {listed(sizes or every)}"
        )
    if not sizes:
        return Remark(
            "duration", f"duration {duration} is not offered by {model.name}", f"choose {listed(durations)}"
        )
    reason = f"duration {duration} is not offered by {model.name} at {size}"
    return Remark("duration", reason, f"choose {listed(durations)}, or {listed(sizes)}")


def _against_frame(cell: Cell, model: Model, catalog: Catalog) -> Remark | None:
    match model.first_frame, _has_frame(cell):
        case FirstFrameRule.REQUIRED, False:
            others = [m.name for m in catalog.models.values() if m.first_frame is not FirstFrameRule.REQUIRED]
            remedy = f"add a first_frame, or choose {listed(others)}"
            return Remark("model", f"{model.name} needs a first frame", remedy)
        case FirstFrameRule.NONE, True:
            others = [m.name for m in catalog.models.values() if m.first_frame is not FirstFrameRule.NONE]
            remedy = f"leave it out, or choose {listed(others)}"
            return Remark("first_frame", f"{model.name} takes no first frame", remedy)
        case _:
            return None


def _has_frame(cell: Cell) -> bool:
    return "first_frame" in cell and cell["first_frame"].value is not None


def _against_parameters(cell: Cell, model: Model, catalog: Catalog, spoken: frozenset[str]) -> Remark | None:
    settings = {name for family in catalog.families.values() for name in family.parameters}
    own = catalog.family_of(model).parameters
    for axis in sorted(((settings - spoken) | set(own)) & set(cell)):
        level, allowed = cell[axis], own.get(axis, ())
        if level.value is not None and level.value not in allowed:
            reason = f"{axis} {quoted(level.label)} is not offered by {model.name}"
            return Remark(axis, reason, f"choose {listed([*allowed, 'none'])}")
    return None


def cautions(cell: Cell, catalog: Catalog) -> Iterator[Remark]:
    """What the catalog warns of in a legal cell: its sources disagree or are silent."""
    model = catalog.models[str(cell["model"].value)]
    duration, size = cell["duration"].value, cell["size"].value
    offer = next((o for o in model.offers if (o.duration, o.size) == (duration, size)), None)
    has_frame = _has_frame(cell)
    if offer and offer.warning and not (offer.warns_without_frame and has_frame):
        yield Remark(
            "size", f"{model.name}, {duration} s, {size}: {offer.warning}", "try one take of it first"
        )
    if has_frame and model.first_frame_warning:
        yield Remark("first_frame", f"{model.name}: {model.first_frame_warning}", "try one take of it first")
